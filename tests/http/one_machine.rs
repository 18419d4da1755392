//! One machine as the suite sees it: a server of its own, and what an operator does to it.

use std::sync::Arc;

use counterfoil_core::SubmissionRef;
use counterfoil_local::{DataDir, Store};
use counterfoil_machine::SystemClock;
use counterfoil_operations::history::Verb;
use counterfoil_operations::replay::{Replayed, Replaying, replay_one};
use counterfoil_testkit::build::deed;
use serde_json::Value;

use crate::client::{Answer, Door, Doors, send};
use crate::hold;
use crate::server::{self, Server};
use crate::suite::home::{Home, LATE, Oddity};

/// Tries twice and a second apart, so that what fails has soon failed.
const QUICK: [&str; 6] = [
    "--retry-base",
    "1",
    "--retry-cap",
    "1",
    "--max-receives",
    "2",
];

pub(crate) struct OneMachine {
    home: server::Machine,
    /// `None` only while nobody serves.
    server: Option<Server>,
}

impl OneMachine {
    pub(crate) fn start() -> Self {
        let home = server::Machine::new();
        home.write_form("closed", include_str!("forms/closed.toml"));
        home.write_form("shut", include_str!("forms/shut.toml"));
        home.write_form(LATE, include_str!("forms/late.toml"));
        let server = Some(home.start_with(&QUICK));
        Self { home, server }
    }
}

impl Doors for OneMachine {
    fn door(&self, path: &str) -> Door {
        self.server.as_ref().unwrap().door(path)
    }
}

impl Home for OneMachine {
    fn has(&self, _: Oddity) -> bool {
        false
    }

    fn preflight(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        send(self, "OPTIONS", path, headers, b"").unwrap()
    }

    fn kept(&self, of: &SubmissionRef) -> Option<Value> {
        let mut show = server::program();
        show.args(["submissions", "show", "--json", &of.to_string(), "--data"])
            .arg(self.home.data());
        let output = show.output().unwrap();
        // 1: there is no such entry.
        assert!(
            [Some(0), Some(1)].contains(&output.status.code()),
            "{output:?}"
        );
        let entry: Value = serde_json::from_slice(&output.stdout).ok()?;
        entry.get("fields").cloned()
    }

    fn poison(&mut self) {
        hold::poison(&self.home, LATE);
    }

    fn mend(&mut self) {
        hold::mend(&self.home);
    }

    /// By the use case itself, on the data that nobody serves meanwhile.
    fn replay(&mut self, of: &SubmissionRef) {
        assert!(self.server.take().unwrap().stop().success());
        let directory = DataDir::existing(&self.home.data()).unwrap();
        let lock = directory.lock().unwrap();
        let store = Store::open(&directory.database(), Arc::new(SystemClock)).unwrap();
        let with = Replaying {
            home: &store,
            queue: &store,
            clock: &SystemClock,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        assert_eq!(
            runtime
                .block_on(replay_one(of, 0, &deed(Verb::Replay), &with))
                .unwrap(),
            Replayed::Sent { run: 1 }
        );
        drop((store, lock));
        self.server = Some(self.home.start_with(&QUICK));
    }
}
