//! Addresses in what people wrote: which texts are some, and how they stand in a link.

use std::fmt::Write;

use counterfoil_core::visible::steers;
pub(super) use counterfoil_operations::gist::is_address;

/// Is it the address of a page, and nothing else?
pub(super) fn is_web(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        rest.chars().next().is_some_and(char::is_alphanumeric) && !text.chars().any(steers)
    })
}

/// Percent-encoded for every part of a `mailto:` (RFC 6068).
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
