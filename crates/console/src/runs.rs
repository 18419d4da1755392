//! The replay jobs that this console runs, each as it is at this moment. They are driven beside the listener, by the
//! process itself; one that ends with it is written down as stopped, or found without a beat, and can be resumed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use counterfoil_operations::drive::Halted;
use counterfoil_operations::job::{Job, JobId, JobState};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use counterfoil_operations::place::{Begin, OpenError, Place, Watch};

/// A job to run.
pub(crate) struct Errand {
    job: Job,
    begin: Begin,
    run: Arc<Run>,
}

/// A job that is run.
struct Run {
    stop: AtomicBool,
    latest: Mutex<Job>,
}

impl Run {
    /// Is there more to come of it? What is stopped or done is only being tidied up after.
    fn goes_on(&self) -> bool {
        matches!(
            locked(&self.latest).state,
            JobState::Preparing | JobState::Running
        )
    }
}

/// Time that jobs get to be written down as stopped.
const GRACE: Duration = Duration::from_secs(5);

/// What is run at this moment.
pub(crate) struct Runs {
    running: Mutex<HashMap<JobId, Arc<Run>>>,
    orders: Mutex<Option<UnboundedSender<Errand>>>,
}

impl Runs {
    pub(crate) fn new() -> (Self, UnboundedReceiver<Errand>) {
        let (sender, receiver) = unbounded_channel();
        (
            Self {
                running: Mutex::default(),
                orders: Mutex::new(Some(sender)),
            },
            receiver,
        )
    }

    /// Runs a job, unless it is run here already or the console is ending.
    pub(crate) fn start(&self, job: Job, begin: Begin) {
        let mut running = locked(&self.running);
        if running.get(&job.id).is_some_and(|run| run.goes_on()) {
            return;
        }
        let state = match begin {
            Begin::Fresh => JobState::Preparing,
            Begin::Again => JobState::Running,
        };
        let latest = Mutex::new(Job {
            state,
            ..job.clone()
        });
        let run = Arc::new(Run {
            stop: AtomicBool::new(false),
            latest,
        });
        if let Some(orders) = locked(&self.orders).as_ref() {
            running.insert(job.id, Arc::clone(&run));
            // The other end is there as long as this one is.
            let _ = orders.send(Errand { job, begin, run });
        }
    }

    /// A job as it is, if it is run here.
    pub(crate) fn latest(&self, id: &JobId) -> Option<Job> {
        let run = locked(&self.running).get(id).cloned();
        run.map(|run| locked(&run.latest).clone())
    }

    /// Is it run here at this moment?
    pub(crate) fn has(&self, id: &JobId) -> bool {
        locked(&self.running)
            .get(id)
            .is_some_and(|run| run.goes_on())
    }

    /// Asks a job to stop after its next look.
    pub(crate) fn ask_to_stop(&self, id: &JobId) {
        if let Some(run) = locked(&self.running).get(id) {
            run.stop.store(true, Ordering::SeqCst);
        }
    }

    /// Nothing new is begun, and what is run stops.
    pub(crate) fn end(&self) {
        locked(&self.orders).take();
        locked(&self.running)
            .values()
            .for_each(|run| run.stop.store(true, Ordering::SeqCst));
    }

    /// Runs what is ordered until nothing more can be, and for a moment longer.
    pub(crate) async fn drive(&self, place: &dyn Place, mut orders: UnboundedReceiver<Errand>) {
        let mut jobs = FuturesUnordered::new();
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => jobs.push(self.run(place, order)),
                    None => break,
                },
                Some(()) = jobs.next() => {}
            }
        }
        let _ = tokio::time::timeout(GRACE, async { while jobs.next().await.is_some() {} }).await;
    }

    async fn run(&self, place: &dyn Place, order: Errand) {
        let id = order.job.id;
        match run(place, &order).await {
            Ok(()) => {}
            Err(Failed::Place(error)) => {
                tracing::warn!(job = %id, "a replay could not begin: {error}")
            }
            Err(Failed::Halted(Halted::Fault(fault))) => {
                tracing::warn!(job = %id, %fault, "a replay ended early; it can be resumed");
            }
            Err(Failed::Halted(Halted::Taken)) => {
                tracing::info!(job = %id, "a replay was called off or taken over")
            }
        }
        let mut running = locked(&self.running);
        // It may have stopped and been resumed while this run of it came to its end.
        if running
            .get(&id)
            .is_some_and(|run| Arc::ptr_eq(run, &order.run))
        {
            running.remove(&id);
        }
    }
}

/// Why a run ended before its job's end.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Place(#[from] OpenError),
    #[error(transparent)]
    Halted(#[from] Halted),
}

async fn run(place: &dyn Place, Errand { job, begin, run }: &Errand) -> Result<(), Failed> {
    let mut see = |job: &Job| *locked(&run.latest) = job.clone();
    let watch = Watch {
        see: &mut see,
        stop: &|| run.stop.load(Ordering::SeqCst),
    };
    place.work()?.run(job.clone(), *begin, watch).await?;
    Ok(())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
