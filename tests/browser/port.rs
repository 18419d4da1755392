//! A port for a server that is to be started later, or twice.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that Linux (32768) and macOS (49152) give to whoever asks for any, so that nobody gets it by
/// chance while the server is down.
const FIRST: u16 = 20_000;
/// So many are looked at in one process, and another process begins elsewhere.
const SPAN: u16 = 100;

/// A server's console listens on one of the next ports.
const APART: u16 = 5;

/// Free now, and not handed out before in this process.
pub(crate) fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let block = u16::try_from(std::process::id() % 120).unwrap() * SPAN;
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    std::iter::repeat_with(|| NEXT.fetch_add(APART, Ordering::SeqCst))
        .take_while(|offset| *offset < SPAN)
        .map(|offset| FIRST + block + offset)
        .find(is_free)
        .expect("a free port")
}
