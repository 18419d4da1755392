//! A multipart body: as for urlencoded.

use super::posted;

const TYPE: &str = "multipart/form-data; boundary=b0undary";

/// The first byte chooses: any bytes, or parts written as senders do.
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
    // A name that has to be escaped is written in as many ways as there are senders: those are for the other half.
    let plain = |name: &str| {
        !name.is_empty() && !name.contains(|c: char| c.is_control() || c == '"' || c == '\\')
    };
    let pairs: Vec<_> = posted::pairs(data)
        .into_iter()
        .filter(|(name, text)| plain(name) && !text.contains("--b0undary"))
        .collect();
    let part = |(name, text): &(String, String)| {
        format!("--b0undary\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let body = format!(
        "{}--b0undary--\r\n",
        pairs.iter().map(part).collect::<String>()
    );
    if let Some(envelope) = posted::post(TYPE, body.as_bytes()) {
        posted::holds_exactly(&envelope, &pairs);
    }
}
