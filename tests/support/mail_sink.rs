//! A mail server on this machine that takes every mail and keeps it.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Takes mails until it is dropped.
pub(crate) struct MailSink {
    port: u16,
    mails: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl MailSink {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mails, stop) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (keeps, stops) = (Arc::clone(&mails), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stops.load(Ordering::SeqCst) {
                    break;
                }
                let _ = talk(stream.unwrap(), &keeps);
            }
        });
        Self {
            port,
            mails,
            stop,
            thread: Some(thread),
        }
    }

    /// What `receivers.toml` says of it: the server, and a mailbox behind it.
    pub(crate) fn receiver(&self, name: &str) -> String {
        format!(
            "[smtp]\nurl = \"smtp://127.0.0.1:{}?tls=none\"\nuser = \"forms\"\npassword_env = \"SMTP_PASSWORD\"\n\
             [receivers.{name}]\nkind = \"mail\"\nfrom = \"Forms <forms@example.org>\"\nto = [\"owner@example.org\"]\n",
            self.port
        )
    }

    /// Every mail, as it came.
    pub(crate) fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }
}

impl Drop for MailSink {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the loop, which then sees that it is to stop.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn talk(mut stream: TcpStream, mails: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    stream.write_all(b"220 sink\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        let word = line.split(' ').next().unwrap_or_default();
        let answer = match word {
            "EHLO" => "250-sink\r\n250 AUTH PLAIN",
            "AUTH" => "235 in",
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                let until_dot = lines.by_ref().map_while(Result::ok);
                let mail: Vec<_> = until_dot.take_while(|line| line != ".").collect();
                mails.lock().unwrap().push(mail.join("\n"));
                "250 kept"
            }
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes())?;
    }
    Ok(())
}
