//! What a crowd of slow clients costs the others: the same load, alone and among them.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};

use counterfoil_bench::load::{self, Ask};
use counterfoil_bench::samples::Figures;
use counterfoil_bench::server::{Scratch, Server};

/// Connections of the load.
const CONNECTIONS: u32 = 32;
/// What NUMBERS asks of the p99 among slow clients, in p99s without them.
const GOAL: f64 = 2.0;

/// What to measure.
pub struct Crowd<'a> {
    /// The server's program.
    pub server: &'a Path,
    /// The forms it reads.
    pub forms: &'a Path,
    /// How long each load lasts.
    pub lasting: Duration,
    /// Slow clients.
    pub slow: usize,
}

impl Crowd<'_> {
    /// Both loads, and their ratio.
    pub fn table(&self) -> Result<String> {
        let scratch = Scratch::new(None)?;
        let server = Server::start(self.server, self.forms, &scratch.path().join("data"))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let load = || -> Result<Figures> {
            let done = runtime.block_on(load::run(
                server.address,
                Ask::Submit,
                CONNECTIONS,
                self.lasting,
            ))?;
            done.samples
                .figures(done.lasted, 1)
                .context("no submission was accepted")
        };
        // Once unseen: the first syncs write out what others have left behind.
        load()?;
        let alone = load()?;
        let slow = Slow::begin(server.address, self.slow);
        let among = load()?;
        let closed = slow.end();
        server.stop()?;
        let ratio = among.p99 / alone.p99;
        let verdict = if ratio <= GOAL { "met" } else { "MISSED" };
        Ok(format!(
            "{CONNECTIONS} connections         accepted/s    p50 ms    p99 ms\n\
             alone                  {:>10.0}{:>10.2}{:>10.2}\n\
             among {:>6} slow ones {:>10.0}{:>10.2}{:>10.2}\n\
             p99 among / alone: {ratio:.2}, ≤ {GOAL}: {verdict}; slow ones closed meanwhile: {closed}\n",
            alone.per_second,
            alone.p50,
            alone.p99,
            self.slow,
            among.per_second,
            among.p50,
            among.p99,
        ))
    }
}

/// Clients that send their head a byte at a time, on a thread of their own. Who is closed comes again.
struct Slow {
    stop: Arc<AtomicBool>,
    closed: Arc<AtomicUsize>,
    thread: std::thread::JoinHandle<()>,
}

impl Slow {
    fn begin(address: SocketAddr, count: usize) -> Self {
        let (stop, closed) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicUsize::new(0)),
        );
        let (stopping, closing) = (Arc::clone(&stop), Arc::clone(&closed));
        let thread = std::thread::spawn(move || {
            let mut streams: Vec<_> = (0..count).filter_map(|_| connect(address)).collect();
            while !stopping.load(Ordering::Relaxed) {
                for stream in &mut streams {
                    if is_closed(stream) {
                        closing.fetch_add(1, Ordering::Relaxed);
                        *stream = connect(address)
                            .unwrap_or_else(|| stream.try_clone().expect("a file of ours"));
                    }
                }
                // As slow clients do: a byte each, now and then.
                std::thread::sleep(Duration::from_millis(500));
            }
        });
        Self {
            stop,
            closed,
            thread,
        }
    }

    fn end(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.join();
        self.closed.load(Ordering::Relaxed)
    }
}

fn connect(address: SocketAddr) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream
        .write_all(b"POST /forms/contact HTTP/1.1\r\nhost: x\r\nx-slow: ")
        .ok()?;
    stream.set_nonblocking(true).ok()?;
    Some(stream)
}

/// Sends one more byte; has the server had enough?
fn is_closed(stream: &mut TcpStream) -> bool {
    let sent = stream.write(b"x");
    let read = stream.read(&mut [0; 512]);
    sent.is_err_and(|error| error.kind() != ErrorKind::WouldBlock) || matches!(read, Ok(0))
}
