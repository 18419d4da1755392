//! An event of Lambda's: any bytes are refused or answered, and what is answered is an answer of ours.

use super::posted;

/// Any bytes.
///
/// # Panics
/// When something does not hold.
pub fn check(data: &[u8]) {
    posted::with_homes(|homes| {
        if let Ok(answer) = homes.aws(data) {
            posted::holds(&answer);
            assert_eq!(
                homes.queued().len() == 1,
                answer.status == 202 || answer.status == 303
            );
        }
    });
}
