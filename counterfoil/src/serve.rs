//! `counterfoil serve`: everything on one machine, put together. Queue, ledger and outbox are one SQLite file;
//! the functions are the same that run on AWS.

mod body;
mod caller;
mod console;
mod flood;
mod front;
mod greeting;
mod http;
mod injections;
pub(crate) mod log;
pub(crate) mod place;
pub(crate) mod shutdown;

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::Forms;
use counterfoil_core::notice::Change;
use counterfoil_core::settling::RetryPolicy;
use counterfoil_local::data_dir::{DataDirError, ServerLock};
use counterfoil_local::{DataDir, Store, loops};
use counterfoil_machine::SystemClock;
use notifier::{LogPublisher, Notifier};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use worker::Worker;

use crate::exit::configuration;
use crate::{cli, crew, guards};
use front::Front;
use injections::{Failing, Injections, Switch};
use place::Wanted;

/// How long to wait for a command that works on the directory, which most do for a moment.
const PATIENCE: Duration = Duration::from_secs(2);

/// Serves until it is told to stop.
pub(crate) fn run(settings: &cli::Serve) -> anyhow::Result<()> {
    let _log = log::start(&settings.log)?;
    place::raise_file_limit();
    place::keep_private();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let _inside = runtime.enter();
    // Before anything is written or said: a quota, and whoever starts the server and stops it at once.
    let stop = shutdown::asked()?;
    let directory = DataDir::create(&settings.data).map_err(configuration)?;
    // Held until the process ends: a second server on this directory is refused.
    let _lock = lock(&directory).map_err(configuration)?;
    let forms_dir = place::forms_directory(settings.forms.as_deref(), &directory)?;
    let forms = Arc::new(crate::forms::checked(&forms_dir)?);
    let secrets = Arc::new(directory.secrets().map_err(configuration)?);
    let store = Arc::new(Store::open(&directory.database(), Arc::new(SystemClock)).map_err(configuration)?);
    let injections = Arc::new(Injections::new(&settings.fail).map_err(configuration)?);
    let _switch = Switch::open(directory.path(), &injections);
    let guards = guards::all(&store, &forms)?;
    let home = Home { store, forms, secrets, injections, retry: retry(settings) };
    let front = Front::new(&home, &settings.limits);
    runtime.block_on(async {
        let wanted = Wanted { port: settings.port, first: place::FIRST, flag: "--port" };
        let listener = place::listen(settings.listen, &wanted).await?;
        let console = console::ready(settings, &home, listener.local_addr()?).await?;
        let key = console.as_ref().map(console::Ready::key);
        let places = greeting::Places { data: directory.path(), forms: &forms_dir, console: key.as_deref() };
        greeting::print(listener.local_addr()?, &home.forms, &places);
        greeting::warn_of(&settings.fail, directory.path());
        serve(Parts { home, guards, front, console }, listener, stop).await
    })
}

/// The directory for this server alone.
#[allow(clippy::disallowed_methods, reason = "another process frees the lock, and tells nobody")]
fn lock(directory: &DataDir) -> Result<ServerLock, DataDirError> {
    let start = std::time::Instant::now();
    loop {
        match directory.lock() {
            Err(DataDirError::InUse { .. }) if start.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(20));
            }
            other => return other,
        }
    }
}

/// What the parts of one machine share.
struct Home {
    store: Arc<Store>,
    forms: Arc<Forms>,
    secrets: Arc<counterfoil_local::data_dir::Secrets>,
    injections: Arc<Injections>,
    retry: RetryPolicy,
}

impl Home {
    /// A port of this home, failing when it is asked to.
    fn failing<T>(&self, inner: T) -> Failing<T> {
        Failing { inner, injections: Arc::clone(&self.injections) }
    }
}

/// What is put together before anything runs.
struct Parts {
    home: Home,
    guards: guards::Here,
    front: Front,
    console: Option<console::Ready>,
}

/// Runs the loops and the door; at the end the door closes first, then each loop finishes its batch. A loop that
/// ends before is a fault of ours: nothing more is accepted that it would not settle.
async fn serve(
    Parts { home, guards, mut front, console }: Parts,
    listener: TcpListener,
    asked: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let (stop, stopping) = watch::channel(false);
    let mut loops = JoinSet::new();
    start_loops(&mut loops, &home, guards, &stopping).await?;
    front.console = console.as_ref().map(console::Ready::address);
    let console = console.map(|console| console.start(told(stopping))).transpose()?;
    let mut died = None;
    let asked_or_dead = async {
        tokio::select! {
            () = asked => {}
            ended = loops.join_next() => died = ended,
        }
    };
    http::serve(listener, Arc::new(front), asked_or_dead).await;
    // Nobody listens any more when every loop has ended by itself.
    let _ = stop.send(true);
    if let Some(console) = console {
        // Its replays are written down as stopped. Where that fails, they are found without a beat.
        let _ = tokio::time::timeout(GRACE, console).await;
    }
    let finished = tokio::time::timeout(GRACE, async { while loops.join_next().await.is_some() {} }).await;
    if finished.is_err() {
        tracing::warn!("a loop did not finish in time; what it left is done again at the next start");
    }
    if died.is_some() {
        anyhow::bail!("a loop ended by itself, which is a fault of this program; everything accepted is on disk");
    }
    tracing::info!("stopped; everything accepted is on disk");
    Ok(())
}

/// Done when it is told to stop.
async fn told(mut stop: loops::Stop) {
    // Nobody tells any more: that is the end, too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Time that the loops get to finish what they have in hand: a publisher may hang for ever.
const GRACE: Duration = Duration::from_secs(10);

async fn start_loops(
    loops: &mut JoinSet<()>,
    home: &Home,
    guard: guards::Here,
    stop: &loops::Stop,
) -> anyhow::Result<()> {
    let worker = Worker {
        ledger: home.failing(Arc::clone(&home.store)),
        clock: SystemClock,
        forms: Arc::clone(&home.forms),
        guard,
        retry: home.retry,
        parallel: crew::PARALLEL,
    };
    let stage = home.secrets.keys.stage().to_owned();
    let notifier = Arc::new(Notifier { publisher: home.failing(ToLog::new(log::notices)), stage });
    home.store.register_publishers(vec![LOG.to_owned()]).await?;
    crew::start(loops, &home.store, worker, stop);
    loops.spawn(publish(Arc::clone(&home.store), notifier, stop.clone()));
    loops.spawn(sweep(Arc::clone(&home.store), stop.clone()));
    loops.spawn(loops::watch(Arc::clone(&home.store), stop.clone()));
    Ok(())
}

/// The first publisher.
type ToLog = LogPublisher<fn() -> log::Notices>;

/// The name of the first publisher's cursor.
const LOG: &str = "log";

async fn publish(store: Arc<Store>, notifier: Arc<Notifier<Failing<ToLog>>>, stop: loops::Stop) {
    let publish = |changes: Vec<Change>| {
        let notifier = Arc::clone(&notifier);
        async move { notifier.handle(&changes).await }
    };
    loops::publish(&store, LOG, publish, stop).await;
}

async fn sweep(store: Arc<Store>, stop: loops::Stop) {
    loops::sweep(&store, stop).await;
}

fn retry(settings: &cli::Serve) -> RetryPolicy {
    RetryPolicy {
        base: Duration::from_secs_f64(settings.retry_base),
        cap: Duration::from_secs_f64(settings.retry_cap),
        max_receives: settings.max_receives,
    }
}
