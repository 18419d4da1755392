//! Where deliveries are kept, for a command: on this machine, beside its server or alone.

use std::sync::Arc;

use counterfoil_core::ports::Clock;
use counterfoil_local::Store;
use counterfoil_machine::SystemClock;
use counterfoil_telling::orders;

use super::local::Local;
use super::who;
use crate::cli::dead_letters;
use crate::cli::deliveries::{At, Signed};
use crate::exit::configuration;

/// The store that has them.
pub(crate) fn store(at: &At) -> anyhow::Result<Arc<Store>> {
    if at.stack.is_some() {
        return Err(configuration(
            "deliveries are on one machine only, for now; on AWS the topic tells its subscribers, and `counterfoil notices` \
             is about what it refused",
        ));
    }
    let at = dead_letters::At {
        data: at.data.clone(),
        stack: None,
        table: None,
        queue: None,
        forms: None,
    };
    Local::find(&at, who::on_this_machine(None)?, false)?.seen()
}

/// Who acts, now.
pub(crate) fn signed(given: &Signed) -> anyhow::Result<orders::Signed> {
    Ok(orders::Signed {
        by: who::on_this_machine(given.name.as_deref())?,
        at: SystemClock.now(),
        why: given.why.clone(),
    })
}

/// What runs the verbs.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}
