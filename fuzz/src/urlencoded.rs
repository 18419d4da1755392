//! An urlencoded body: what a correct sender writes arrives as it was meant or is refused, and any bytes are answered.

use std::fmt::Write;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::posted;

const TYPE: &str = "application/x-www-form-urlencoded";

/// The first byte chooses: any bytes, or pairs written as senders do.
///
/// # Panics
/// When something does not hold.
pub fn check(data: &[u8]) {
    let Some((way, data)) = data.split_first() else {
        return;
    };
    if way & 1 == 0 {
        posted::post(TYPE, data);
        return;
    }
    let pairs = posted::pairs(data);
    let write: fn(&str) -> String = if way & 2 == 0 {
        escaped
    } else {
        as_browsers_do
    };
    let body = pairs
        .iter()
        .map(|(name, text)| format!("{}={}", write(name), write(text)))
        .collect::<Vec<_>>();
    if let Some(envelope) = posted::post(TYPE, body.join("&").as_bytes()) {
        posted::holds_exactly(&envelope, &pairs);
    }
}

/// Every byte escaped, in both cases of hexadecimal.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        let _ = if byte % 2 == 0 {
            write!(all, "%{byte:02X}")
        } else {
            write!(all, "%{byte:02x}")
        };
        all
    })
}

/// Spaces as plus signs, and letters as they are.
fn as_browsers_do(text: &str) -> String {
    text.split(' ')
        .map(|word| utf8_percent_encode(word, NON_ALPHANUMERIC).to_string())
        .collect::<Vec<_>>()
        .join("+")
}
