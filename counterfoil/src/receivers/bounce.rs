//! `receivers bounce < message`: for whoever pipes the mailbox of `from` into it.
//!
//! Whatever came, it ends well: a mail server that is told otherwise would send a bounce of the bounce.

use std::io::Read;

use counterfoil_telling::bounce::{self, Bounce, MOST_BYTES};
use counterfoil_telling::ports::{Acted, DeliveryDesk};

use crate::cli::receivers::BounceArgs;
use crate::ops::desk::{desk, runtime};
use crate::say;

pub(super) fn run(verb: &BounceArgs) -> anyhow::Result<()> {
    let mut message = Vec::new();
    let stdin = std::io::stdin().lock();
    stdin.take(MOST_BYTES).read_to_end(&mut message)?;
    let (id, cause) = match bounce::read(&message) {
        Bounce::Failed(id, cause) => (id, cause),
        Bounce::Late(id) => {
            say::line(format_args!("{id} is late: its mail server goes on trying"));
            return Ok(());
        }
        Bounce::Foreign => {
            say::line("it is a bounce of a mail that is none of ours; nothing is changed");
            return Ok(());
        }
        Bounce::None => {
            say::line("it is no bounce; nothing is changed");
            return Ok(());
        }
    };
    let noted = async {
        let desk = desk(&verb.at).await?;
        anyhow::Ok(desk.came_back(&id, &cause).await?)
    };
    match runtime()?.block_on(noted)? {
        Acted::Done => say::line(format_args!(
            "{id} has failed: {cause}\n  after the fix: counterfoil deliveries retry {id}"
        )),
        Acted::NotIn(state) => {
            say::line(format_args!(
                "{id} is {}; nothing is changed",
                state.as_str()
            ));
        }
        Acted::Absent => say::line(format_args!(
            "there is no delivery {id} any more; nothing is changed"
        )),
    }
    Ok(())
}
