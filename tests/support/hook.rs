//! A receiver of webhooks on this machine: keeps what it is told, and answers as the test says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// The secret by which it knows who tells it.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What it was told once.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.unwrap_or_else(|| panic!("{name}: {}", self.head)).1
    }

    /// What it dedupes on.
    pub(crate) fn id(&self) -> &str {
        self.header("webhook-id")
    }
}

/// What it answers: a status, or nothing as long as it lives.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Says {
    Status(u16),
    Nothing,
}

/// Gives what the n-th request is answered.
type Answers = Box<dyn Fn(usize) -> Says + Send>;

#[derive(Default)]
struct Kept {
    asked: Vec<Asked>,
    /// Whoever is not answered waits here.
    unanswered: Vec<TcpStream>,
}

/// Answers until it is dropped.
pub(crate) struct Hook {
    port: u16,
    kept: Arc<Mutex<Kept>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Hook {
    pub(crate) fn start(answers: impl Fn(usize) -> Says + Send + 'static) -> Self {
        Self::at(TcpListener::bind("127.0.0.1:0").unwrap(), answers)
    }

    /// One that answers where whoever tells it was told to.
    pub(crate) fn at(
        listener: TcpListener,
        answers: impl Fn(usize) -> Says + Send + 'static,
    ) -> Self {
        let port = listener.local_addr().unwrap().port();
        let (kept, stop) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (keeps, stops) = (Arc::clone(&kept), Arc::clone(&stop));
        let answers: Answers = Box::new(answers);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stops.load(Ordering::SeqCst) {
                    break;
                }
                // Who is killed in the middle is what a test is about.
                let _ = serve(stream.unwrap(), &keeps, &answers);
            }
        });
        Self {
            port,
            kept,
            stop,
            thread: Some(thread),
        }
    }

    /// What `receivers.toml` says of it.
    pub(crate) fn receiver(&self, name: &str) -> String {
        format!(
            "[receivers.{name}]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{}/hook\"\nsecret_env = [\"CRM_SECRET\"]\n\
             allow_private = [\"127.0.0.0/8\"]\n",
            self.port
        )
    }

    /// Everything that it was told, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.kept.lock().unwrap().asked.clone()
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the loop, which then sees that it is to stop.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn serve(mut stream: TcpStream, kept: &Mutex<Kept>, answers: &Answers) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let begins = head.len();
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
        if let Some(value) = head[begins..].strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8(body).unwrap();
    let mut kept = kept.lock().unwrap();
    kept.asked.push(Asked { head, body });
    match answers(kept.asked.len()) {
        Says::Status(status) => write!(
            stream,
            "HTTP/1.1 {status} So\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
        ),
        Says::Nothing => {
            kept.unanswered.push(stream);
            Ok(())
        }
    }
}
