//! Actions, and the history they and the verdicts wrote.

use counterfoil_core::ports::Write;
use counterfoil_core::{Body, Fault, Head, Payload, State, SubmissionRef, Timestamp};
use counterfoil_operations::history::{Action, Edit, Line};
use counterfoil_operations::ports::Actions;

use crate::item::{Item, fits_hash, integer, string, text};
use crate::ledger::{DynamoLedger, unreadable};
use crate::line;
use crate::query::{every, read};

impl Actions for DynamoLedger {
    async fn act(&self, next: &Head, deed: &Action, edit: Option<&Edit>) -> Result<Write, Fault> {
        let after = edit.map(|edit| Body::Payload(edit.after.clone()));
        self.write(
            next,
            &Line::from_change(next, Some(deed), edit),
            after.as_ref(),
        )
        .await
    }

    async fn history(&self, of: &SubmissionRef) -> Result<Vec<Line>, Fault> {
        let query = self
            .beneath(&line::home(of))
            .key_condition_expression("pk = :pk AND begins_with(sk, :id)");
        let items =
            every(query.expression_attribute_values(":id", text(&format!("{}#", of.id)))).await?;
        items.iter().map(|item| written(item, of)).collect()
    }
}

/// Reads a line. What is there and cannot be read is a fault: a history with a gap would mislead.
fn written(item: &Item, of: &SubmissionRef) -> Result<Line, Fault> {
    let line = || {
        Some(Line {
            seq: integer(item, "seq")?,
            at: Timestamp::from_millis(integer(item, "at")?),
            state: State::parse(string(item, "state")?)?,
            run: integer(item, "run")?,
            attempts: integer(item, "attempts")?,
            cause: None,
            hold: string(item, "hold").map(str::to_owned),
            deed: None,
            before: string(item, "before").map(|text| Payload::from_stored(text.to_owned())),
        })
    };
    let mut line = line().ok_or_else(unreadable)?;
    if line
        .before
        .as_ref()
        .is_some_and(|before| !fits_hash(item, "before", before.as_str().as_bytes()))
    {
        return Err(Fault::damaged(format!(
            "the history of {of} is damaged: it differs from the hash beside it"
        )));
    }
    line.cause = item
        .contains_key("cause")
        .then(|| read(item, "cause"))
        .transpose()?;
    line.deed = item
        .contains_key("deed")
        .then(|| read(item, "deed"))
        .transpose()?;
    Ok(line)
}
