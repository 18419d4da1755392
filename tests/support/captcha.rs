//! A captcha provider on this machine, which judges a token by what it says: `good` and a number
//! or none, `old`, `foreign`, anything else; `forbidden` and `moved` get a good verdict under a status that is none.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Answers until it is dropped.
pub(crate) struct Provider {
    address: String,
    questions: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Provider {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (questions, stop) = (
            Arc::new(Mutex::new(Vec::new())),
            Arc::new(AtomicBool::new(false)),
        );
        let (asked, stopped) = (Arc::clone(&questions), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                // Who goes away in the middle is asked about by the test itself.
                let _ = answer(&stream.unwrap(), &asked);
            }
        });
        Self {
            address,
            questions,
            stop,
            thread: Some(thread),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/siteverify", self.address)
    }

    /// Every body that was posted.
    pub(crate) fn questions(&self) -> Vec<String> {
        self.questions.lock().unwrap().clone()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the loop, which then sees that it is to stop.
        drop(TcpStream::connect(&self.address));
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn answer(mut stream: &TcpStream, asked: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let (name, value) = line.split_once(':').unwrap_or((line.trim(), ""));
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8(body).unwrap();
    let (status, says) = verdict(&body);
    asked.lock().unwrap().push(body);
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close");
    write!(
        stream,
        "{head}\r\ncontent-length: {}\r\n\r\n{says}",
        says.len()
    )
}

const GOOD: &str = r#"{"success":true,"hostname":"example.org","action":"contact"}"#;

fn verdict(body: &str) -> (&'static str, &'static str) {
    let token = body
        .split('&')
        .find_map(|pair| pair.strip_prefix("response="))
        .unwrap_or_default();
    match token {
        good if good.trim_end_matches(|c: char| c.is_ascii_digit()) == "good" => ("200 OK", GOOD),
        "forbidden" => ("403 Forbidden", GOOD),
        "moved" => ("302 Found", GOOD),
        "foreign" => (
            "200 OK",
            r#"{"success":true,"hostname":"evil.example","action":"contact"}"#,
        ),
        "old" => (
            "200 OK",
            r#"{"success":false,"error-codes":["timeout-or-duplicate"]}"#,
        ),
        _ => (
            "200 OK",
            r#"{"success":false,"error-codes":["invalid-input-response"]}"#,
        ),
    }
}
