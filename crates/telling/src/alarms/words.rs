//! An alarm in words: what happened, since when, how many, and what helps.

use super::{AlarmFacts, AlarmKind, AlarmNews, AlarmState};

impl AlarmNews {
    /// What happened, on one line.
    #[must_use]
    pub fn heading(&self) -> String {
        let what = self.facts.what();
        match self.state {
            AlarmState::Raised => what,
            AlarmState::Cleared => format!("Over: {what}"),
        }
    }

    /// Each thing that is said of it, by its name.
    #[must_use]
    pub fn lines(&self) -> Vec<(String, String)> {
        let facts = &self.facts;
        let mut lines = vec![("Since".to_owned(), facts.since.to_string())];
        if let Some((name, count)) = facts.how_many(self.state) {
            lines.push((name.to_owned(), count));
        }
        if !facts.detail.is_empty() {
            lines.push(("Why".to_owned(), facts.detail.clone()));
        }
        match self.state {
            AlarmState::Raised => lines.push(("What helps".to_owned(), facts.help())),
            AlarmState::Cleared => lines.push(("Over since".to_owned(), self.at.to_string())),
        }
        lines
    }
}

impl AlarmFacts {
    fn what(&self) -> String {
        let of = &self.subject;
        match self.alarm {
            AlarmKind::DeadLetters => "Submissions have failed".into(),
            AlarmKind::Receiver if self.count >= 100 => {
                format!("The receiver {of} is disabled, and is told nothing any more")
            }
            AlarmKind::Receiver => format!("The receiver {of} fails"),
            AlarmKind::Deliveries => {
                format!("The receiver {of} was not told, and will not be unless you retry")
            }
            AlarmKind::Lost => "Submissions that were accepted are lost".into(),
            AlarmKind::Disk => "The disk is nearly full".into(),
            AlarmKind::Clock => "The clock of the server was set".into(),
            AlarmKind::Intake => "Submissions are refused with 503".into(),
        }
    }

    /// What `count` counts, and how much.
    fn how_many(&self, state: AlarmState) -> Option<(&'static str, String)> {
        let count = self.count;
        let raised = state == AlarmState::Raised;
        match self.alarm {
            AlarmKind::Receiver if raised => Some((
                "Time until it is disabled",
                format!("{count} % of it are over"),
            )),
            AlarmKind::Disk => Some(("Full", format!("{count} %"))),
            AlarmKind::Receiver | AlarmKind::Clock => None,
            AlarmKind::DeadLetters
            | AlarmKind::Deliveries
            | AlarmKind::Lost
            | AlarmKind::Intake => Some((
                if raised {
                    "How many"
                } else {
                    "How many at the worst"
                },
                count.to_string(),
            )),
        }
    }

    /// The command that helps, and where the console shows it.
    #[must_use]
    pub fn help(&self) -> String {
        let of = &self.subject;
        match self.alarm {
            AlarmKind::DeadLetters => format!(
                "counterfoil dead-letters list --cause {of} (console: Failures); after the fix, counterfoil dead-letters replay --cause {of}"
            ),
            AlarmKind::Receiver => format!(
                "counterfoil receivers test {of} says what is wrong, step by step (console: Deliveries); nothing that it is owed is lost"
            ),
            AlarmKind::Deliveries => format!(
                "counterfoil deliveries list --receiver {of} --state failed (console: Deliveries); after the fix, counterfoil deliveries retry --receiver {of}"
            ),
            AlarmKind::Lost => {
                "counterfoil submissions lost says of which forms; look for them in a backup".into()
            }
            AlarmKind::Disk => {
                "make room on the disk of the data directory; when it is full, submissions are refused".into()
            }
            AlarmKind::Clock => {
                "set the clock right; until it has agreed with the machine's uptime for a day, nothing that is past its retention is removed".into()
            }
            AlarmKind::Intake => {
                "counterfoil doctor asks the server from outside; its log says why (journalctl, or where you keep it)".into()
            }
        }
    }
}
