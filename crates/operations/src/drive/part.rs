//! A part of a job's candidates, and what has become of each.

use futures_util::{StreamExt, stream};

use super::PARALLEL;
use crate::job::{Candidate, Tally};
use crate::replay::Replayed;
use counterfoil_core::entry::{Head, State};
use counterfoil_core::fault::Fault;
use counterfoil_core::ports::Polls;

/// What has become of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is to be sent.
    Pending,
    /// It is on its way as this run.
    UnderWay(u32),
    Stored,
    FailedAgain,
    /// It was not for this job to send.
    Skipped,
}

/// A part under way.
pub(super) struct Part {
    candidates: Vec<Candidate>,
    fates: Vec<Fate>,
    /// Everything before it is not pending.
    next: usize,
    /// The state that the job sends again.
    wanted: Option<State>,
}

impl Part {
    /// None of them is sent yet.
    pub(super) fn new(candidates: Vec<Candidate>, wanted: Option<State>) -> Self {
        Self {
            fates: vec![Fate::Pending; candidates.len()],
            candidates,
            next: 0,
            wanted,
        }
    }

    /// Looks what an earlier run of the job, or somebody else, has done about each. One whose run was ordered and has
    /// no verdict stays pending: it may not have been sent, and sending it again sends that same run.
    pub(super) async fn assess(&mut self, home: &impl Polls) -> Result<(), Fault> {
        let all = (0..self.candidates.len()).collect();
        for (at, head) in self.heads(all, home).await? {
            self.fates[at] = fate(head.as_ref(), &self.candidates[at], self.wanted);
        }
        Ok(())
    }

    /// The next pending ones, at most `most`.
    pub(super) fn pending(&mut self, most: usize) -> Vec<(usize, Candidate)> {
        let is_pending = |fate: &Fate| *fate == Fate::Pending;
        self.next += self.fates[self.next..]
            .iter()
            .take_while(|fate| !is_pending(fate))
            .count();
        let rest = self
            .fates
            .iter()
            .enumerate()
            .skip(self.next)
            .filter(|(_, fate)| is_pending(fate));
        rest.take(most)
            .map(|(at, _)| (at, self.candidates[at].clone()))
            .collect()
    }

    /// Notes what replaying one came to. Was it sent?
    pub(super) fn replayed(&mut self, at: usize, replayed: Replayed) -> bool {
        self.fates[at] = match replayed {
            Replayed::Sent { run } => Fate::UnderWay(run),
            Replayed::FailedSince { .. } => Fate::FailedAgain,
            Replayed::NotNow {
                state: State::Stored,
                run,
            } if run > self.candidates[at].run => Fate::Stored,
            Replayed::NotNow { .. } | Replayed::Nowhere | Replayed::Unreadable => Fate::Skipped,
        };
        matches!(self.fates[at], Fate::UnderWay(_))
    }

    /// Looks for verdicts; gives how many there are new.
    pub(super) async fn look(&mut self, home: &impl Polls) -> Result<usize, Fault> {
        let under_way = |fate: &Fate| matches!(fate, Fate::UnderWay(_));
        let places = self
            .fates
            .iter()
            .enumerate()
            .filter(|(_, fate)| under_way(fate))
            .map(|(at, _)| at)
            .collect();
        let mut new = 0;
        for (at, head) in self.heads(places, home).await? {
            let Fate::UnderWay(run) = self.fates[at] else {
                continue;
            };
            self.fates[at] = verdict(head.as_ref(), run, self.wanted);
            new += usize::from(!under_way(&self.fates[at]));
        }
        Ok(new)
    }

    /// One that is damaged counts as none: there is nothing to send of it, and no verdict to be read.
    async fn heads(
        &self,
        places: Vec<usize>,
        home: &impl Polls,
    ) -> Result<Vec<(usize, Option<Head>)>, Fault> {
        let asked = stream::iter(places).map(|at| {
            let of = &self.candidates[at].of;
            async move {
                match home.head(of).await {
                    Err(fault) if fault.is_damage() => Ok((at, None)),
                    head => head.map(|head| (at, head)),
                }
            }
        });
        let heads: Vec<_> = asked.buffer_unordered(PARALLEL).collect().await;
        heads.into_iter().collect()
    }

    pub(super) fn under_way(&self) -> usize {
        self.fates
            .iter()
            .filter(|fate| matches!(fate, Fate::UnderWay(_)))
            .count()
    }

    pub(super) fn is_done(&self) -> bool {
        !self
            .fates
            .iter()
            .any(|fate| matches!(fate, Fate::Pending | Fate::UnderWay(_)))
    }

    pub(super) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for fate in &self.fates {
            match fate {
                Fate::Pending => {}
                Fate::UnderWay(_) => tally.under_way += 1,
                Fate::Stored => tally.stored += 1,
                Fate::FailedAgain => tally.failed_again += 1,
                Fate::Skipped => tally.skipped += 1,
            }
        }
        tally
    }
}

/// What a candidate's row says about it at the start of a run.
fn fate(head: Option<&Head>, candidate: &Candidate, wanted: Option<State>) -> Fate {
    let Some(head) = head else {
        return Fate::Skipped;
    };
    let later = head.verdict_run > candidate.run;
    match head.state {
        State::Failed if later => Fate::FailedAgain,
        state if Some(state) == wanted => Fate::Pending,
        State::Stored if head.run > candidate.run => Fate::Stored,
        State::Stored
        | State::Failed
        | State::Held
        | State::Discarded
        | State::Erased
        | State::Expired => Fate::Skipped,
    }
}

/// What the row of one that was sent as `run` says.
fn verdict(head: Option<&Head>, run: u32, wanted: Option<State>) -> Fate {
    let Some(head) = head else {
        return Fate::Skipped;
    };
    match head.state {
        State::Stored => Fate::Stored,
        State::Failed if head.verdict_run >= run => Fate::FailedAgain,
        state if Some(state) == wanted => Fate::UnderWay(run),
        State::Failed | State::Held | State::Discarded | State::Erased | State::Expired => {
            Fate::Skipped
        }
    }
}
