//! What people do to an entry, in its row, its history and its outbox, in one transaction.

use counterfoil_core::ports::Write;
use counterfoil_core::{Fault, Head, SubmissionRef};
use counterfoil_operations::history::{Action, Edit, Line};
use counterfoil_operations::ports::Actions;

use rusqlite::Connection;

use crate::history::lines;
use crate::ledger::{Next, change};
use crate::store::Store;

impl Actions for Store {
    async fn act(&self, next: &Head, deed: &Action, edit: Option<&Edit>) -> Result<Write, Fault> {
        let (next, deed, edit, uptime) = (next.clone(), deed.clone(), edit.cloned(), self.uptime());
        let changed = move |connection: &Connection| {
            let next = Next {
                head: &next,
                uptime: &uptime,
            };
            change(connection, next, Some(&deed), edit.as_ref())
        };
        self.writer().write(changed).await
    }

    async fn history(&self, of: &SubmissionRef) -> Result<Vec<Line>, Fault> {
        self.read(|connection| lines(connection, of))
    }
}
