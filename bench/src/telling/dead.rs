//! Three receivers of webhooks that take nothing: one refuses connections, one hangs, one answers 500.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};

/// What the server signs by.
pub(super) const SECRET: &str = "whsec_YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2g=";
/// So many of those that hang are held; who comes later is held in their place.
const HELD: usize = 64;
const NO: &[u8] = b"HTTP/1.1 500 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// They listen as long as this program runs.
pub(super) struct Dead {
    /// Each by its name, with its port.
    ports: [(&'static str, u16); 3],
    hung: Arc<AtomicUsize>,
    answered: Arc<AtomicUsize>,
}

impl Dead {
    pub(super) fn start() -> Result<Self> {
        let refuses = {
            // Nobody listens there any more.
            let listener = listener()?;
            listener.local_addr()?.port()
        };
        let (hung, answered) = (Arc::default(), Arc::default());
        let mut held = Vec::new();
        let hangs = listen(&hung, move |stream| {
            if held.len() == HELD {
                held.remove(0);
            }
            held.push(stream);
        })?;
        let fails = listen(&answered, |mut stream| {
            // Whoever breaks off is one that fails all the same.
            let mut bytes = [0; 4096];
            if stream.read(&mut bytes).is_ok_and(|read| read > 0) {
                drop(stream.write_all(NO));
                drop(stream.shutdown(std::net::Shutdown::Write));
                while stream.read(&mut bytes).is_ok_and(|read| read > 0) {}
            }
        })?;
        Ok(Self {
            ports: [("refuses", refuses), ("hangs", hangs), ("fails", fails)],
            hung,
            answered,
        })
    }

    /// What `receivers.toml` says of them.
    pub(super) fn receivers(&self) -> String {
        let mut text = String::new();
        for (name, port) in self.ports {
            let _ = writeln!(
                text,
                "[receivers.{name}]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{port}/hook\"\n\
                 secret_env = [\"BENCH_SECRET\"]\nallow_private = [\"127.0.0.0/8\"]"
            );
        }
        text
    }

    /// What a form says of them.
    pub(super) fn rules(&self) -> String {
        let rule = |(name, _): &(&str, u16)| format!("\n[[notify]]\nto = \"{name}\"\n");
        self.ports.iter().map(rule).collect()
    }

    /// How often the one that hangs and the one that answers were tried.
    pub(super) fn told(&self) -> (usize, usize) {
        let count = |of: &AtomicUsize| of.load(Ordering::Relaxed);
        (count(&self.hung), count(&self.answered))
    }
}

fn listener() -> Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", 0)).context("there is no free port")
}

/// Counts whoever comes, and hands them on, one after the other; the port.
fn listen(
    count: &Arc<AtomicUsize>,
    mut each: impl FnMut(TcpStream) + Send + 'static,
) -> Result<u16> {
    let listener = listener()?;
    let port = listener.local_addr()?.port();
    let count = Arc::clone(count);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            count.fetch_add(1, Ordering::Relaxed);
            each(stream);
        }
    });
    Ok(port)
}
