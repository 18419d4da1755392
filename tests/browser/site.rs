//! Another origin: a static host with one page, and a script if need be, on a port of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// The example as it stands in the repository.
pub(crate) const EXAMPLE: &str = include_str!("../../examples/static-page/index.html");
/// The server's address in it: the one place to change.
const SERVER: &str = "http://127.0.0.1:8080/";

/// A running host. Dropped, it ends.
pub(crate) struct Site {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    /// Hosts `examples/static-page` for the server at `HOST:PORT`.
    pub(crate) fn with_example(authority: &str) -> Self {
        Self::with_page(EXAMPLE, authority)
    }

    /// Hosts what somebody made of it.
    pub(crate) fn with_page(page: &str, authority: &str) -> Self {
        assert_eq!(
            page.matches(SERVER).count(),
            1,
            "the example names the server in one place"
        );
        Self::with(page.replace(SERVER, &format!("http://{authority}/")))
    }

    /// Hosts this page.
    pub(crate) fn with(page: String) -> Self {
        Self::with_script(page, None)
    }

    /// Hosts this page, and at `/api.js` this script.
    pub(crate) fn with_script(page: String, script: Option<&'static str>) -> Self {
        Self::hosting(Hosted {
            page: Arc::from(page),
            script,
            html: "text/html; charset=utf-8",
        })
    }

    /// Hosts this page as a host does that knows nothing of charsets.
    pub(crate) fn without_charset(page: String) -> Self {
        Self::hosting(Hosted {
            page: Arc::from(page),
            script: None,
            html: "text/html",
        })
    }

    fn hosting(hosted: Hosted) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let stop = Arc::clone(&stop);
            move || serve(&listener, &hosted, &stop)
        });
        Self {
            address,
            stop,
            thread: Some(thread),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread, which waits for a connection.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

#[derive(Clone)]
struct Hosted {
    page: Arc<str>,
    script: Option<&'static str>,
    /// What it says the page is.
    html: &'static str,
}

impl Hosted {
    /// Status, content type, body.
    fn at(&self, path: &str) -> (&str, &str, &str) {
        match (path, self.script) {
            ("/", _) => ("200 OK", self.html, &self.page),
            ("/api.js", Some(script)) => ("200 OK", "text/javascript; charset=utf-8", script),
            _ => ("404 Not Found", "text/html; charset=utf-8", ""),
        }
    }
}

/// A thread for each connection: a browser opens some that it never uses.
fn serve(listener: &TcpListener, hosted: &Hosted, stop: &AtomicBool) {
    for stream in listener.incoming().map_while(Result::ok) {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let hosted = hosted.clone();
        std::thread::spawn(move || answer(stream, &hosted));
    }
}

/// A browser that went away wants no answer, so a failed write is none of ours.
fn answer(mut stream: TcpStream, hosted: &Hosted) {
    let head = BufReader::new(&stream)
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty());
    let Some(first) = head.collect::<Vec<_>>().into_iter().next() else {
        return;
    };
    let (status, kind, body) = hosted.at(first.split([' ', '?']).nth(1).unwrap_or_default());
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    );
}
