//! Secrets, and where they come from: the environment, which is handed in. None is ever printed.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::source::{Keys, Text, Wrong};

/// Gives an environment variable's value.
pub type Environment<'e> = dyn Fn(&str) -> Option<String> + 'e;

/// A text that nobody but its receiver may see. It prints as `[redacted]`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    /// Keeps `text` from being printed.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for the one place that sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The key of a signature: what `whsec_` stands before. It prints as `[redacted]`.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(Vec<u8>);

impl SigningKey {
    /// Reads `whsec_` and 24 to 64 bytes of base64. `None`: it is no such secret.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.trim().strip_prefix("whsec_")?).ok()?;
        (24..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The value of the variable that the key names; the fault says which one is not set, and never what is.
pub(super) fn from_env(
    keys: &Keys<'_, '_>,
    name: &str,
    (variable, env): (Text<'_>, &Environment<'_>),
) -> Result<SecretText, Wrong> {
    let text = variable.text;
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let begins = text.bytes().next().is_some_and(|b| !b.is_ascii_digit());
    if !(plain && begins && text.len() <= 64) {
        // What stands there may be the secret itself, so it is not repeated.
        let message = "give the name of an environment variable (A-Z, 0-9, '_'), never the secret";
        return Err((variable.at, keys.wrong(name, message).1));
    }
    match env(text) {
        Some(value) if !value.trim().is_empty() => Ok(SecretText(value.trim().to_owned())),
        Some(_) | None => {
            let message = format!(
                "the environment variable {text} is not set; set it where this program starts"
            );
            Err((variable.at, keys.wrong(name, &message).1))
        }
    }
}
