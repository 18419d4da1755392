//! What people have said of causes.
//!
//! ```text
//! pk  !causes
//! sk  {fingerprint}
//! ```

use counterfoil_core::Fault;
use counterfoil_operations::causes::Note;
use counterfoil_operations::ports::Notes;

use super::key;
use crate::fault::fault;
use crate::item::Item;
use crate::ledger::DynamoLedger;
use crate::query::{every, json, read};

const CAUSES: &str = "!causes";

impl Notes for DynamoLedger {
    async fn notes(&self) -> Result<Vec<Note>, Fault> {
        every(self.beneath(CAUSES))
            .await?
            .iter()
            .map(|item| read(item, "note"))
            .collect()
    }

    async fn note(&self, note: &Note) -> Result<(), Fault> {
        let mut item: Item = key(CAUSES, &note.fingerprint).into();
        item.insert("note".into(), json(note)?);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item));
        put.send().await.map(drop).map_err(|error| fault(&error))
    }
}
