//! `counterfoil serve`: everything on one machine, put together. Queue, ledger and outbox are one SQLite file;
//! the functions are the same that run on AWS.

mod alarms;
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
mod room;
mod telling;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::notice::Change;
use counterfoil_core::publish::Published;
use counterfoil_core::settling::RetryPolicy;
use counterfoil_core::{Cause, Code, Forms};
use counterfoil_local::data_dir::{DataDirError, ServerLock};
use counterfoil_local::{DataDir, Store, hand_over, loops};
use counterfoil_machine::SystemClock;
use notifier::{LogPublisher, Notifier};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use worker::Worker;

use crate::exit::configuration;
use crate::forms::served::Served;
use crate::shutdown::{self, StopRequest};
use crate::{cli, crew, guards};
use front::Front;
use injections::{Failing, Injections, Switch};
use place::Wanted;

/// How long to wait for a command that works on the directory, which most do for a moment.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait for a command that will hand the directory over: as long as a batch in its hands may take.
const HAND_OVER: Duration = Duration::from_secs(90);

/// Serves until it is told to stop.
pub(crate) fn run(settings: &cli::Serve) -> anyhow::Result<()> {
    let log = log::start(&settings.log)?;
    place::raise_file_limit();
    place::keep_private();
    // Before anything is written or said: a quota, and whoever starts the server and stops it at once.
    let asked = shutdown::asked_in_bounds()?;
    let directory = DataDir::create(&settings.data).map_err(configuration)?;
    hold(lock(&directory).map_err(configuration)?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let _inside = runtime.enter();
    let forms_dir = crate::forms::directory::made(settings.forms.as_deref(), &directory)?;
    let forms = Arc::new(crate::forms::checked(&forms_dir)?);
    let secrets = Arc::new(directory.secrets().map_err(configuration)?);
    let store = Arc::new(store(&directory, settings.accept_loss)?);
    directory.created().map_err(configuration)?;
    let injections = Arc::new(Injections::new(&settings.fail).map_err(configuration)?);
    let _switch = Switch::open(directory.path(), &injections);
    let guards = guards::all(&store, &forms)?;
    let telling = telling::plan(settings.receivers.clone(), &forms_dir, &forms);
    let home = Machine {
        store,
        forms,
        secrets,
        injections,
        retry: retry(settings),
        notices: log.notices(),
        telling,
        refused: Arc::default(),
        data: directory.path().into(),
    };
    let front = Front::new(&home, &settings.limits);
    let done = runtime.block_on(async {
        let wanted = Wanted {
            port: settings.port,
            first: place::FIRST,
            flag: "--port",
        };
        let listener = place::listen(settings.listen, &wanted).await?;
        let console = console::ready(settings, &home, listener.local_addr()?).await?;
        let key = console.as_ref().map(console::Ready::key);
        let places = greeting::Places {
            data: directory.path(),
            forms: &forms_dir,
            console: key.as_deref(),
        };
        greeting::print(listener.local_addr()?, &home.forms, &places);
        Served::new(&forms_dir, &home.forms).take_over(directory.path());
        greeting::warn_of(&settings.fail, directory.path());
        home.telling.iter().for_each(telling::Plan::warn);
        serve(
            Parts {
                home,
                guards,
                front,
                console,
            },
            listener,
            asked,
        )
        .await
    });
    // What still hangs there ends with the process.
    runtime.shutdown_timeout(LEAVE);
    done
}

/// What is left of the tasks gets to end, at the end.
const LEAVE: Duration = Duration::from_millis(500);

/// Keeps the directory until the process has ended, to its last thread: whatever hangs, and may still write, no second
/// server is beside it.
fn hold(lock: ServerLock) {
    std::mem::forget(lock);
}

/// The store, which has lost nothing; or what it has lost is accepted.
fn store(directory: &DataDir, accept_loss: bool) -> anyhow::Result<Store> {
    let open = if accept_loss {
        Store::open_accepting_losses
    } else {
        Store::open
    };
    open(&directory.database(), Arc::new(SystemClock)).map_err(configuration)
}

/// The directory for this server alone. A command that stands in for one hands it over when it is asked to; another
/// server does not.
#[allow(
    clippy::disallowed_methods,
    reason = "another process frees the lock, and tells nobody"
)]
fn lock(directory: &DataDir) -> Result<ServerLock, DataDirError> {
    let start = std::time::Instant::now();
    let mut asking = None;
    loop {
        let in_use = match directory.lock() {
            Err(error @ DataDirError::InUse { .. }) => error,
            other => return other,
        };
        if asking.is_none() {
            asking = hand_over::ask(directory);
        }
        let patience = if hand_over::will_be_handed_over(directory) {
            HAND_OVER
        } else {
            PATIENCE
        };
        if start.elapsed() >= patience {
            return Err(in_use);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What the parts of one machine share.
struct Machine {
    store: Arc<Store>,
    forms: Arc<Forms>,
    secrets: Arc<counterfoil_local::data_dir::Secrets>,
    injections: Arc<Injections>,
    retry: RetryPolicy,
    notices: log::Notices,
    telling: Option<telling::Plan>,
    refused: Arc<alarms::Refused>,
    data: PathBuf,
}

impl Machine {
    /// A port of this home, failing when it is asked to.
    fn failing<T>(&self, inner: T) -> Failing<T> {
        Failing {
            inner,
            injections: Arc::clone(&self.injections),
        }
    }
}

/// What is put together before anything runs.
struct Parts {
    home: Machine,
    guards: guards::Here,
    front: Front,
    console: Option<console::Ready>,
}

/// Runs the loops and the door; at the end the door closes first, then each loop finishes its batch. A loop that
/// ends before is a fault of ours: nothing more is accepted that it would not settle.
async fn serve(
    Parts {
        home,
        guards,
        mut front,
        console,
    }: Parts,
    listener: TcpListener,
    mut asked: StopRequest,
) -> anyhow::Result<()> {
    let (stop, stopping) = watch::channel(false);
    let mut loops = JoinSet::new();
    start_loops(&mut loops, home, guards, &stopping).await?;
    front.console = console.as_ref().map(console::Ready::address);
    let console = console
        .map(|console| console.start(wait_for_stop(stopping)))
        .transpose()?;
    let mut died = None;
    let mut in_order = None;
    let asked_or_dead = async {
        tokio::select! {
            () = asked.wait_for_stop() => {}
            ended = loops.join_next() => died = ended,
        }
        asked.begin();
        in_order = Some(Instant::now() + shutdown::IN_ORDER);
    };
    http::serve(listener, Arc::new(front), asked_or_dead).await;
    // Nobody listens any more when every loop has ended by itself.
    let _ = stop.send(true);
    let in_order = in_order.unwrap_or_else(Instant::now);
    if let Some(console) = console {
        // Its replays are written down as stopped. Where that fails, they are found without a beat.
        let _ = tokio::time::timeout_at(in_order, console).await;
    }
    let finished = tokio::time::timeout_at(in_order, async {
        while loops.join_next().await.is_some() {}
    })
    .await;
    if finished.is_err() {
        tracing::warn!(
            "a loop did not finish in time; what it left is done again at the next start"
        );
    }
    if died.is_some() {
        anyhow::bail!(
            "a loop ended by itself, which is a fault of this program; everything accepted is on disk"
        );
    }
    tracing::info!("stopped; everything accepted is on disk");
    Ok(())
}

/// Done when it is told to stop.
async fn wait_for_stop(mut stop: loops::Stop) {
    // Nobody tells any more: that is the end, too.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn start_loops(
    loops: &mut JoinSet<()>,
    home: Machine,
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
    home.store.set_policy(home.retry).await?;
    let publishers = std::iter::once(LOG.to_owned()).chain(telling::cursor(&home).await?);
    home.store.register_publishers(publishers.collect()).await?;
    telling::start(loops, &home, stop);
    crew::start(loops, &home.store, worker, stop);
    loops.spawn(sweep(Arc::clone(&home.store), stop.clone()));
    loops.spawn(loops::watch(Arc::clone(&home.store), stop.clone()));
    loops.spawn(index(Arc::clone(&home.store), stop.clone()));
    let (store, injections) = (home.store, home.injections);
    let publisher = Failing {
        inner: LogPublisher::new(home.notices),
        injections,
    };
    loops.spawn(publish(store, Notifier { publisher, stage }, stop.clone()));
    Ok(())
}

/// The name of the first publisher's cursor.
const LOG: &str = "log";

/// Publishes until it is told to stop. Whom the log's reader keeps waiting then does so for a moment more: what is not
/// out by then is published at the next start.
async fn publish(
    store: Arc<Store>,
    notifier: Notifier<Failing<LogPublisher<log::Notices>>>,
    stop: loops::Stop,
) {
    let notifier = Arc::new(notifier);
    let publish = |changes: Vec<Change>| {
        let (notifier, stop) = (Arc::clone(&notifier), stop.clone());
        async move {
            tokio::select! {
                published = notifier.handle(&changes) => published,
                () = a_moment_after(stop) => unpublished(),
            }
        }
    };
    loops::publish(&store, LOG, publish, stop.clone()).await;
}

/// What a reader of notices gets at the end.
const MOMENT: Duration = Duration::from_secs(1);

#[allow(
    clippy::disallowed_methods,
    reason = "whoever reads the log may never come"
)]
async fn a_moment_after(stop: loops::Stop) {
    wait_for_stop(stop).await;
    tokio::time::sleep(MOMENT).await;
}

/// What became of notices that nobody has read.
fn unpublished() -> Published {
    let cause = Cause::new(Code::LogUnread, "nobody reads the log");
    Published {
        done: 0,
        parked: Vec::new(),
        stopped: Some(cause),
    }
}

async fn index(store: Arc<Store>, stop: loops::Stop) {
    loops::index(&store, stop).await;
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
