//! How deliveries are born: behind the outbox, by a cursor that moves in the transaction that writes them.

use counterfoil_core::Fault;
use counterfoil_telling::delivery::Delivery;
use rusqlite::Connection;

use super::rows::{Stored, insert};
use crate::outbox;
use crate::store::Store;

/// The name of the cursor.
pub const DELIVERIES: &str = "deliveries";

impl Store {
    /// Makes the outbox wait for deliveries from its end on: who is added today is not owed what was before. Where they
    /// are born already, it stays as it is. Before [`Store::register_publishers`], which else begins at what is there.
    pub async fn begin_deliveries(&self) -> Result<(), Fault> {
        self.writer()
            .write(|connection| outbox::join_at_end(connection, DELIVERIES))
            .await
    }

    /// Writes down what is owed of the changes up to `position`, and that they are done with: at once, or not at all.
    pub async fn bear_up_to(&self, position: i64, born: Vec<Delivery>) -> Result<(), Fault> {
        self.writer()
            .write(move |connection| {
                bear(connection, &born)?;
                outbox::move_on(connection, DELIVERIES, position)
            })
            .await
    }
}

pub(crate) fn bear(connection: &Connection, born: &[Delivery]) -> rusqlite::Result<()> {
    born.iter()
        .try_for_each(|delivery| insert(connection, &Stored::born(delivery)))
}
