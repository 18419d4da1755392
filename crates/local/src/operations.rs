//! The ports of operations on SQLite.

mod deeds;
mod jobs;
mod notices;
mod worklist;

pub(crate) use jobs::{notes, sealed};

use counterfoil_core::{Code, Fault};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A word of `core` as the JSON of a column.
fn json(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value)
        .map_err(|error| Fault::transient(Code::DatabaseError, error.to_string()))
}

/// And back. What cannot be read was written by a newer program, or is damaged.
fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| {
        Fault::transient(
            Code::DatabaseError,
            format!("a row that cannot be read: {error}"),
        )
    })
}
