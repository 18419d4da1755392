//! Addresses in what people wrote: which texts are some, and how they stand in a link.

use std::fmt::Write;

use counterfoil_core::visible::steers;

/// Is it the address of a page, and nothing else?
pub(super) fn is_web(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        rest.chars().next().is_some_and(char::is_alphanumeric) && !text.chars().any(steers)
    })
}

/// Is it an e-mail address, and nothing else?
pub(super) fn is_address(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else {
        return false;
    };
    let fits = |part: &str, more: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_alphanumeric() || more.contains(c))
            && !part.starts_with('.')
    };
    text.len() <= 254
        && fits(local, ".!#$%&'*+/=?^_`{|}~-")
        && fits(host, ".-")
        && host.contains('.')
        && !host.ends_with('.')
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
