//! `counterfoil console`: a console by itself, beside a running server or alone.

use crate::cli::console as cli;
use crate::cli::dead_letters::At;
use crate::cli::deliveries;
use crate::ops::{self, Task};
use crate::say;
use crate::serve::log;
use crate::serve::place::{Wanted, listen};
use crate::shutdown;
use counterfoil_operations::place::Place;

use counterfoil_console::{Console, LOOPBACK, short};

/// The port without `--port`: the next one after what `serve` takes first.
const FIRST: u16 = 8081;

pub(crate) fn run(verb: &cli::Console) -> anyhow::Result<()> {
    let _log = log::start("warn")?;
    ops::run(verb)
}

impl Task for cli::Console {
    fn needs_forms(&self) -> bool {
        true
    }

    fn who(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn at(&self) -> &At {
        &self.at
    }

    async fn run(&self, place: &dyn Place) -> anyhow::Result<()> {
        let mut asked = shutdown::asked_in_bounds()?;
        let listener = listen(
            LOOPBACK,
            &Wanted {
                port: self.port,
                first: FIRST,
                flag: "--port",
            },
        )
        .await?;
        let is_far = self.at.stack.is_some() || self.at.table.is_some();
        let folder = if is_far {
            std::env::temp_dir()
        } else {
            self.at.data.clone()
        };
        let mut console =
            Console::new(place.look()?, &name(&self.at), &listener)?.with_folder(folder);
        if is_far {
            console = console.of_far_home();
        }
        if self.at.table.is_none() {
            let at = deliveries::At {
                data: self.at.data.clone(),
                stack: self.at.stack.clone(),
            };
            console = console.with_desk(ops::desk::desk(&at).await?);
        }
        // Nobody has to read it: a closed output is no reason to end, and neither is a full one.
        say::aloud(format!(
            "\nThe console is open at\n\n  {}\n\nCtrl-C ends it.\n\n",
            console.key()
        ));
        console
            .serve(place, listener, async move { asked.wait_for_stop().await })
            .await;
        Ok(())
    }
}

/// What the pages call this home.
fn name(at: &At) -> String {
    let own = at.stack.as_ref().or(at.table.as_ref()).cloned();
    own.unwrap_or_else(|| short(&at.data))
}
