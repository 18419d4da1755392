//! Signatures as Standard Webhooks 1.0.0 has them: `v1,` and HMAC-SHA-256 over `{id}.{timestamp}.{body}`, in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::receivers::SigningKey;

/// What `webhook-signature` says: a signature by each key, so that a receiver may know either.
#[must_use]
pub fn signature(keys: &[SigningKey], (id, seconds): (&str, u32), body: &str) -> String {
    let signed = format!("{id}.{seconds}.{body}");
    let each = keys.iter().map(|key| {
        #[allow(clippy::expect_used, reason = "hMAC takes a key of any length")]
        let mut mac =
            Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key of any length will do");
        mac.update(signed.as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    });
    each.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_is_signed_as_published() {
        let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let at = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330);
        let body = r#"{"test": 2432232314}"#;
        let one = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signature(std::slice::from_ref(&key), at, body), one);
        assert_eq!(
            signature(&[key.clone(), key], at, body),
            format!("{one} {one}")
        );
    }
}
