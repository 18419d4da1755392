//! A body from the queue: what can be read is written as it was, and what cannot be read is buried.

use counterfoil_core::Cause;
use counterfoil_core::envelope::Envelope;
use counterfoil_core::settling::buried;
use counterfoil_testkit::build::delivery;

/// Any bytes.
///
/// # Panics
/// When something does not hold.
pub fn check(data: &[u8]) {
    let read = Envelope::decode(data);
    if let Ok(envelope) = &read {
        let text = envelope.encode();
        assert!(
            text.is_ascii() && !text.contains('\u{7f}'),
            "a queue may change anything else"
        );
        let again = Envelope::decode(text.as_bytes()).expect("what we write, we read");
        assert_eq!(&again, envelope);
        assert_eq!(again.encode(), text, "one envelope, one text");
    }
    // Whatever it is, it becomes a row, and the same body the same row.
    let (first, second) = (
        buried(&delivery(data), Cause::gave_up(1)),
        buried(&delivery(data), Cause::gave_up(1)),
    );
    assert_eq!(first.0.of, second.0.of);
}
