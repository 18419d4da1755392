//! The signals of one machine, and a bound on the end that they ask for. They are waited for by a thread of their own,
//! which has nothing else to do and writes nothing: whatever else hangs, it does not.

use std::process::exit;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, oneshot};

/// SIGXFSZ, on Linux and macOS: a file grew over its quota.
const SIGXFSZ: i32 = 25;

/// From the first signal to the end of the process, whatever hangs. What was accepted is on disk at any moment, so more
/// patience would save nothing; and Docker, which waits the shortest, kills after 10 s.
const WHOLE: Duration = Duration::from_secs(9);

/// Of that, for what is done in order. The rest is for closing the database, and for the log's last lines.
pub(crate) const IN_ORDER: Duration = Duration::from_millis(7500);

/// Of that, for the requests in flight.
pub(crate) const REQUESTS: Duration = Duration::from_secs(4);

/// What is known of the end.
pub(crate) struct StopRequest {
    told: oneshot::Receiver<()>,
    ending: Arc<Notify>,
}

impl StopRequest {
    /// Done when the process is asked to stop.
    pub(crate) async fn wait_for_stop(&mut self) {
        // The thread of the signals only ends with the process.
        let _ = (&mut self.told).await;
    }

    /// The process ends although nobody has asked: bounds that as well.
    pub(crate) fn begin(&self) {
        self.ending.notify_one();
    }
}

/// Waits for SIGTERM and Ctrl-C from now on. The second of them ends the process at once.
pub(crate) fn stop_requested() -> std::io::Result<impl Future<Output = ()>> {
    let mut asked = listen(None)?;
    Ok(async move { asked.wait_for_stop().await })
}

/// Does that too; and after the first, the process ends within a bound.
pub(crate) fn asked_in_bounds() -> std::io::Result<StopRequest> {
    listen(Some(WHOLE))
}

/// Does this, and ends the process, when SIGTERM, Ctrl-C or the end of the terminal asks for it: for a verb that leaves
/// nothing behind.
pub(crate) fn when_ended(clean: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (mut signals, mut hangup) = {
        let _inside = runtime.enter();
        (Signals::new()?, signal(SignalKind::hangup())?)
    };
    let wait = move || {
        runtime.block_on(async {
            tokio::select! {
                () = signals.next() => {}
                _ = hangup.recv() => {}
            }
        });
        clean();
        exit(1);
    };
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(wait)
        .map(drop)
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    /// With a handler, a quota is an error of the write, answered with 503, and not the end of the process.
    _quota: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            _quota: signal(SignalKind::from_raw(SIGXFSZ))?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn listen(bound: Option<Duration>) -> std::io::Result<StopRequest> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let signals = {
        let _inside = runtime.enter();
        Signals::new()?
    };
    let (tell, told) = oneshot::channel();
    let ending = Arc::new(Notify::new());
    let asked = StopRequest {
        told,
        ending: Arc::clone(&ending),
    };
    let wait = move || runtime.block_on(wait(signals, tell, (bound, ending)));
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(wait)?;
    Ok(asked)
}

async fn wait(
    mut signals: Signals,
    tell: oneshot::Sender<()>,
    (bound, ending): (Option<Duration>, Arc<Notify>),
) {
    tokio::select! {
        () = signals.next() => {}
        () = ending.notified() => {}
    }
    // Nobody listens any more where the process ends already.
    let _ = tell.send(());
    tokio::select! {
        () = signals.next() => {}
        () = over(bound) => {}
    }
    // Without a word: what hangs may be whoever would have to read it.
    exit(1);
}

/// Done when the bound is over.
#[allow(
    clippy::disallowed_methods,
    reason = "what is waited for may never come"
)]
async fn over(bound: Option<Duration>) {
    match bound {
        Some(bound) => tokio::time::sleep(bound).await,
        None => std::future::pending().await,
    }
}
