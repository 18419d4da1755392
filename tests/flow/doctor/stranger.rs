//! What else may answer at a form's address: a host, a firewall, a proxy that is not set up as it should be.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use super::secure::is_whole;

/// Answers until it is dropped.
pub(super) struct Stranger {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Stranger {
    /// One answer to everybody.
    pub(super) fn saying(answer: &'static str) -> Self {
        Self::answering(move |_| Some(answer.into()))
    }

    /// Passes what is at `/forms/` on to the server at `HOST:PORT`, as nginx does by default: under that name.
    pub(super) fn renaming(behind: &str) -> Self {
        let behind = behind.to_owned();
        Self::answering(move |request| {
            let (first, rest) = request.split_once("\r\n")?;
            if !first.contains(" /forms/") {
                return Some(
                    "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
                        .into(),
                );
            }
            let (head, body) = rest.split_once("\r\n\r\n")?;
            let kept = head
                .lines()
                .filter(|line| !line.to_ascii_lowercase().starts_with("host:"));
            let head = kept.map(|line| format!("{line}\r\n")).collect::<String>();
            let passed =
                format!("{first}\r\nhost: {behind}\r\nconnection: close\r\n{head}\r\n{body}");
            let mut back = TcpStream::connect(&behind).ok()?;
            back.write_all(passed.as_bytes()).ok()?;
            let mut answer = String::new();
            back.read_to_string(&mut answer).ok().map(|_| answer)
        })
    }

    fn answering(answer: impl Fn(&str) -> Option<String> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, stop) = (
            listener.local_addr().unwrap(),
            Arc::new(AtomicBool::new(false)),
        );
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                // Who hangs up early gets no answer, which is the test's own question.
                let answer = read(&mut stream).and_then(|request| answer(&request));
                let _ = stream.write_all(answer.unwrap_or_default().as_bytes());
            }
        });
        Self {
            address,
            stop,
            thread: Some(thread),
        }
    }

    pub(super) fn form(&self, id: &str) -> String {
        format!("http://{}/forms/{id}", self.address)
    }
}

fn read(stream: &mut TcpStream) -> Option<String> {
    let (mut request, mut piece) = (Vec::new(), [0; 4096]);
    while !is_whole(&request) {
        match stream.read(&mut piece).ok()? {
            0 => return None,
            read => request.extend_from_slice(&piece[..read]),
        }
    }
    String::from_utf8(request).ok()
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the loop, which then sees that it is to stop.
        drop(TcpStream::connect(self.address));
        drop(self.thread.take().map(JoinHandle::join));
    }
}
