//! `held release`: the same job as a replay, of what is held. Each goes through the queue and the worker, which does not
//! suspect it again, and is announced as any other.

use counterfoil_operations::job::Manner;
use counterfoil_operations::worklist::Waiting;

use super::choice::Summary;
use super::send::{self, SendCall};
use crate::cli::held::HeldArgs;
use counterfoil_operations::place::Place;

pub(crate) async fn run(deed: &HeldArgs, place: &dyn Place) -> anyhow::Result<()> {
    let waiting = Waiting::Held;
    // What was suspected is not let through by a verb that names nothing.
    let choice = send::choice(&deed.chosen(), waiting, false)?;
    let summary = Summary::gather(&choice, waiting, &place.look()?.home).await?;
    let asked = SendCall {
        waiting,
        actor: &deed.actor,
        manner: Manner::default(),
        talk: &deed.talk,
    };
    send::run(asked, &choice, &summary, place).await
}
