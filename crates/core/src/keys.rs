//! The two kinds of secret: ticket keys (rotated) and the id secret (never rotated). There is no default
//! key: what is missing, short or garbage stops the program.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Shortest and longest secret, in characters.
const SECRET: std::ops::RangeInclusive<usize> = 32..=256;

/// Why a key was refused. Never says the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing there.
    #[error("there is no key")]
    Missing,
    /// Not of the form `kid:stage:secret` (or `stage:secret`).
    #[error("key {0} is not of the form {1}")]
    Shape(usize, &'static str),
    /// The secret is too short, too long, or of a strange alphabet.
    #[error(
        "the secret of key {0} must be 32 to 256 letters, digits, '-' or '_', and not one repeated"
    )]
    Secret(usize),
    /// Two keys share a key id.
    #[error("two keys have the key id {0}")]
    Twice(u8),
}

/// One ticket key.
pub(crate) struct Key {
    pub(crate) kid: u8,
    pub(crate) stage: String,
    secret: HmacSha256,
}

impl Key {
    /// A fresh HMAC keyed with this secret (the keyed state is computed once).
    pub(crate) fn mac(&self) -> HmacSha256 {
        self.secret.clone()
    }
}

/// The ticket keys: the first signs, all verify.
pub struct Keyring(Vec<Key>);

impl Keyring {
    /// Reads `kid:stage:secret`, one or many, between commas or white space. `kid` is 0–255.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut keys: Vec<Key> = Vec::new();
        for (index, word) in words(text).enumerate() {
            let shape = || KeyError::Shape(index + 1, "kid:stage:secret");
            let mut parts = word.splitn(3, ':');
            let (Some(kid), Some(stage), Some(secret)) = (parts.next(), parts.next(), parts.next())
            else {
                return Err(shape());
            };
            let kid: u8 = kid.parse().map_err(|_| shape())?;
            if !is_stage(stage) {
                return Err(shape());
            }
            if keys.iter().any(|key| key.kid == kid) {
                return Err(KeyError::Twice(kid));
            }
            keys.push(Key {
                kid,
                stage: stage.to_owned(),
                secret: hmac(checked(secret, index)?),
            });
        }
        if keys.is_empty() {
            Err(KeyError::Missing)
        } else {
            Ok(Self(keys))
        }
    }

    pub(crate) fn signing(&self) -> &Key {
        // `parse` refuses an empty list, and nothing removes a key.
        &self.0[0]
    }

    pub(crate) fn find(&self, kid: u8) -> Option<&Key> {
        self.0.iter().find(|key| key.kid == kid)
    }

    /// The stage of the key that signs, such as `local`.
    #[must_use]
    pub fn stage(&self) -> &str {
        &self.signing().stage
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} keys, [redacted])", self.0.len())
    }
}

/// What ids are derived from idempotency keys with. Changing it would make every resend a new submission.
pub struct IdSecret {
    stage: String,
    secret: HmacSha256,
}

impl IdSecret {
    /// Reads `stage:secret`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let word = words(text).next().ok_or(KeyError::Missing)?;
        let shape = KeyError::Shape(1, "stage:secret");
        if words(text).count() > 1 {
            return Err(shape);
        }
        let (stage, secret) = word.split_once(':').ok_or_else(|| shape.clone())?;
        if !is_stage(stage) {
            return Err(shape);
        }
        Ok(Self {
            stage: stage.to_owned(),
            secret: hmac(checked(secret, 0)?),
        })
    }

    /// A fresh HMAC, the stage already fed to it.
    pub(crate) fn mac(&self) -> HmacSha256 {
        let mut mac = self.secret.clone();
        framed(&mut mac, &[self.stage.as_bytes()]);
        mac
    }
}

impl fmt::Debug for IdSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdSecret([redacted])")
    }
}

/// The HMAC used throughout.
pub(crate) type HmacSha256 = Hmac<Sha256>;

/// An HMAC over `key`. HMAC takes keys of any length, so there is nothing to refuse.
pub(crate) fn hmac(key: &[u8]) -> HmacSha256 {
    #[allow(
        clippy::expect_used,
        reason = "`new_from_slice` fails for no key length: RFC 2104 hashes long keys"
    )]
    HmacSha256::new_from_slice(key).expect("HMAC takes a key of any length")
}

/// Feeds each part preceded by its length (32 bits, big-endian), so that no two lists of parts look alike.
pub(crate) fn framed(mac: &mut HmacSha256, parts: &[&[u8]]) {
    for part in parts {
        // Parts are ids, stages, keys and hashes: far below 4 GiB, and a wrapped length would only be a wrong MAC.
        mac.update(&(part.len() as u32).to_be_bytes());
        mac.update(part);
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|word| !word.is_empty())
}

fn is_stage(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

fn checked(secret: &str, index: usize) -> Result<&[u8], KeyError> {
    let bytes = secret.as_bytes();
    let alphabet = bytes
        .iter()
        .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(b));
    let repeated = bytes.windows(2).all(|pair| pair[0] == pair[1]);
    if SECRET.contains(&bytes.len()) && alphabet && !repeated {
        Ok(bytes)
    } else {
        Err(KeyError::Secret(index + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "0123456789abcdefghijklmnopqrstuv";

    #[test]
    fn keys_are_read_and_the_first_signs() {
        let ring = Keyring::parse(&format!("7:prod:{GOOD}\n 3:local:{GOOD}_,")).unwrap();
        assert_eq!((ring.signing().kid, ring.stage()), (7, "prod"));
        assert!(ring.find(3).is_some() && ring.find(4).is_none());
        assert!(!format!("{ring:?}").contains(GOOD));
    }

    #[test]
    fn a_missing_short_or_garbage_key_is_refused() {
        let refused = |text: &str| Keyring::parse(text).unwrap_err();
        assert_eq!(refused(" \n"), KeyError::Missing);
        assert_eq!(refused(GOOD), KeyError::Shape(1, "kid:stage:secret"));
        assert_eq!(
            refused(&format!("300:local:{GOOD}")),
            KeyError::Shape(1, "kid:stage:secret")
        );
        assert_eq!(
            refused(&format!("1::{GOOD}")),
            KeyError::Shape(1, "kid:stage:secret")
        );
        assert_eq!(refused("1:local:short"), KeyError::Secret(1));
        assert_eq!(
            refused(&format!("1:local:{}", "a".repeat(40))),
            KeyError::Secret(1)
        );
        assert_eq!(
            refused(&format!("1:local:{GOOD}\u{fffd}")),
            KeyError::Secret(1)
        );
        assert_eq!(
            refused(&format!("1:local:{GOOD} 1:prod:{GOOD}")),
            KeyError::Twice(1)
        );
        assert!(IdSecret::parse(GOOD).is_err() && IdSecret::parse("").is_err());
    }
}
