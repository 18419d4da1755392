//! Where a home is, what works there, and whoever plays its worker while nobody serves.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::Forms;
use counterfoil_core::ports::Clock;
use futures_util::future::BoxFuture;

use crate::act::Acting;
use crate::causes::note_resolved;
use crate::drive::{self, Driving, Halted, Pace};
use crate::history::Actor;
use crate::home::Home;
use crate::job::{Job, JobState};
use crate::ports::Sleep;

/// Why a home cannot be opened, in the words of whoever tried.
#[derive(Debug)]
pub struct OpenError(Box<dyn Error + Send + Sync>);

impl OpenError {
    /// Of this error.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(error.into())
    }

    /// The error itself.
    #[must_use]
    pub fn inner(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// Where a home is: whoever works there opens it, once or twice.
pub trait Place: Send + Sync {
    /// To read, and to write a few times: nobody else has to wait for it.
    ///
    /// # Errors
    ///
    /// The home cannot be opened.
    fn look(&self) -> Result<Ops, OpenError>;

    /// To work on it: to write much, or to wait until what was sent is settled.
    ///
    /// # Errors
    ///
    /// The home cannot be opened, or somebody else has it.
    fn work(&self) -> Result<Work, OpenError>;

    /// The arguments of the command that lead there again; empty where it is the default.
    fn arguments(&self) -> String;
}

/// The time, as every part of a home reads it.
pub type SharedClock = Arc<dyn Clock + Send + Sync>;

/// Waits by whatever timer the program has.
#[derive(Clone)]
pub struct Timer(Arc<dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync>);

impl Timer {
    /// A timer that waits by this function.
    pub fn new(wait: impl Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(wait))
    }
}

impl Sleep for Timer {
    async fn sleep(&self, how_long: Duration) {
        (self.0)(how_long).await;
    }
}

/// A home, and who works on it. Clones share the home.
#[derive(Clone)]
pub struct Ops {
    /// Where everything is.
    pub home: Home,
    /// The forms of this deployment, for dry runs and edits.
    pub forms: Arc<Forms>,
    /// Who acts.
    pub who: Actor,
    /// How a replay job goes in this home.
    pub pace: Pace,
    /// The time.
    pub clock: SharedClock,
    /// Waits.
    pub timer: Timer,
}

impl Ops {
    /// What a deed needs.
    #[must_use]
    pub fn acting(&self) -> Acting<'_, Home, SharedClock> {
        Acting {
            home: &self.home,
            clock: &self.clock,
            forms: &self.forms,
        }
    }

    /// What a replay job needs.
    #[must_use]
    pub fn driving(&self) -> Driving<'_, Home, Home, SharedClock, Timer> {
        Driving {
            home: &self.home,
            queue: &self.home,
            clock: &self.clock,
            rest: &self.timer,
            pace: self.pace,
        }
    }
}

/// Somebody who can play the worker of a home that has none of its own at this moment.
pub trait StandIn: Send + Sync {
    /// Plays until it is stopped.
    fn play(&self) -> Box<dyn Playing>;
}

/// A stand-in at work.
pub trait Playing: Send {
    /// Lets it finish what it has in hand.
    fn stop(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// A home that is worked on. Fields end in their order: what works on a directory, before its lock.
pub struct Work {
    /// What to work with.
    pub ops: Ops,
    /// The worker, where the home has none of its own at this moment.
    pub stand_in: Option<Box<dyn StandIn>>,
}

/// How a run of a job begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Its candidates are written down first.
    Fresh,
    /// From where it was.
    Again,
}

/// How much of a job whoever runs it sees, and when they want it to stop.
pub struct Watch<'a> {
    /// Sees the job after each look.
    pub see: &'a mut (dyn FnMut(&Job) + Send),
    /// Asks for an end between two looks.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

impl Work {
    /// Runs a job until it is done, or is stopped: with a worker, where there is none, and with its causes noted as resolved
    /// when nothing is left of them. The job it gives is written down.
    ///
    /// # Errors
    ///
    /// Somebody else took the job over, or the home does not answer: then it can be resumed.
    pub async fn run(&self, job: Job, begin: Begin, watch: Watch<'_>) -> Result<Job, Halted> {
        let playing = self.stand_in.as_ref().map(|stand_in| stand_in.play());
        let ended = self.run_to_its_end(job, begin, watch).await;
        if let Some(playing) = playing {
            playing.stop().await;
        }
        ended
    }

    async fn run_to_its_end(
        &self,
        job: Job,
        begin: Begin,
        watch: Watch<'_>,
    ) -> Result<Job, Halted> {
        let (ops, driving) = (&self.ops, self.ops.driving());
        let job = match begin {
            Begin::Fresh => drive::prepare(job, &driving).await?,
            Begin::Again => drive::resume(job, &driving).await?,
        };
        (watch.see)(&job);
        let job = drive::run(job, &driving, &mut |job| (watch.see)(job), &|| {
            (watch.stop)()
        })
        .await?;
        if job.state == JobState::Done {
            note_resolved(&ops.home, &ops.who, ops.clock.now()).await?;
        }
        Ok(job)
    }
}
