//! The console of a server: on the server's own store, beside its door and not behind it.

use std::net::SocketAddr;
use std::sync::Arc;

use counterfoil_core::Forms;
use counterfoil_local::Store;
use counterfoil_operations::history::Actor;
use counterfoil_telling::desk::SharedDesk;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::Machine;
use super::place::{Wanted, listen};
use crate::cli;
use crate::ops::{local, who};
use counterfoil_console::{Console, LOOPBACK, short};
use counterfoil_operations::place::{OpenError, Ops, Place, Work};

/// A console that is about to be served.
pub(crate) struct Ready {
    console: Console,
    served: Served,
    listener: TcpListener,
}

impl Ready {
    /// Where it is, without what opens it.
    pub(crate) fn address(&self) -> String {
        self.console.address()
    }

    /// Where it is, with what opens it.
    pub(crate) fn key(&self) -> String {
        self.console.key()
    }

    /// Serves until `stop` is done, on threads of its own: its pages read much of the ledger at a time, and no
    /// submission and no poll has to wait for that. Gives what is done when it has ended.
    pub(crate) fn start(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<oneshot::Receiver<()>> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("console")
            .enable_all()
            .build()?;
        let Self {
            console,
            served,
            listener,
        } = self;
        let listener = listener.into_std()?;
        let (ended, end) = oneshot::channel();
        std::thread::Builder::new()
            .name("console".into())
            .spawn(move || {
                let done = runtime.block_on(async {
                    console
                        .serve(&served, TcpListener::from_std(listener)?, stop)
                        .await;
                    std::io::Result::Ok(())
                });
                if let Err(error) = done {
                    tracing::error!(%error, "the console could not be served");
                }
                // The store is closed by the server, at its end: nothing of it may be left here.
                drop((served, runtime));
                // Nobody waits any more when the server has ended without it.
                let _ = ended.send(());
            })?;
        Ok(end)
    }
}

/// For its pages; replays and the listener have the thread that started them.
const THREADS: usize = 2;

/// What a server has at hand: it settles by itself what a replay sends.
struct Served {
    store: Arc<Store>,
    forms: Arc<Forms>,
    who: Actor,
}

impl Place for Served {
    fn look(&self) -> Result<Ops, OpenError> {
        Ok(local::ops(
            Arc::clone(&self.store),
            Arc::clone(&self.forms),
            self.who.clone(),
        ))
    }

    fn work(&self) -> Result<Work, OpenError> {
        Ok(Work {
            ops: self.look()?,
            stand_in: None,
        })
    }

    fn arguments(&self) -> String {
        String::new()
    }
}

/// The console of a server that listens at `door`; `None`: it is to have none.
pub(crate) async fn ready(
    settings: &cli::Serve,
    home: &Machine,
    door: SocketAddr,
) -> anyhow::Result<Option<Ready>> {
    if settings.console.no_console {
        return Ok(None);
    }
    // A server on any free port has its console on any free port.
    let any = (settings.port == Some(0)).then_some(0);
    let port = settings.console.console_port.or(any);
    let first = door.port().saturating_add(1);
    let listener = listen(
        LOOPBACK,
        &Wanted {
            port,
            first,
            flag: "--console-port",
        },
    )
    .await?;
    let who = who::on_this_machine(settings.console.name.as_deref())?;
    let served = Served {
        store: Arc::clone(&home.store),
        forms: Arc::clone(&home.forms),
        who,
    };
    let console = Console::new(served.look()?, &short(&settings.data), &listener)?
        .of_server(format!("http://{door}"))
        .with_desk(SharedDesk::new(Arc::clone(&home.store)))
        .with_folder(settings.data.clone());
    Ok(Some(Ready {
        console,
        served,
        listener,
    }))
}
