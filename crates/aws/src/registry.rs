//! Which forms the sparse index has partitions of: an item for each, because an index cannot be asked for its keys, and
//! a form may be gone from the deployment while its dead letters are there.
//!
//! ```text
//! pk  !forms
//! sk  {form}
//! ```

use counterfoil_core::{Fault, FormId};

use crate::fault::fault;
use crate::item::{Item, text};
use crate::ledger::DynamoLedger;

/// Where they are.
pub(crate) const FORMS: &str = "!forms";

impl DynamoLedger {
    /// Before anything of this form enters the index: one more write, once for each process.
    pub(crate) async fn register(&self, form: &FormId) -> Result<(), Fault> {
        if self.known.with(|known| known.contains(form)) {
            return Ok(());
        }
        let item: Item = [
            ("pk".into(), text(FORMS)),
            ("sk".into(), text(form.as_str())),
        ]
        .into();
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item));
        put.send().await.map_err(|error| fault(&error))?;
        self.known.with(|known| known.insert(form.clone()));
        Ok(())
    }
}
