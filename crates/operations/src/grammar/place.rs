//! A place in the catalogue, as a command prints it and a link has it: `1795385651007.contact/0193…`.

use std::fmt;
use std::str::FromStr;

use counterfoil_core::{SubmissionRef, Timestamp};

use crate::catalogue::Spot;

impl FromStr for Spot {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (millis, of) = text.split_once('.')?;
            let listed_at = Timestamp::from_millis(millis.parse().ok()?);
            Some(Self {
                listed_at,
                of: SubmissionRef::parse(of)?,
            })
        };
        read().ok_or_else(|| {
            "this is no place to go on from: give the one that was printed".to_owned()
        })
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.listed_at.as_millis(), self.of)
    }
}
