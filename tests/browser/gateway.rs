//! The AWS home's front door as a browser on another origin needs it. The emulator answers every OPTIONS itself ("CORS
//! not configured"), where AWS's gateway hands it to the function, because the template has no `CorsConfiguration`. So
//! this door hands OPTIONS to the function, and everything else to the emulator.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use serde_json::{Map, Value, json};

use crate::client::{Answer, Door, send};

/// The emulator asks for a signature and does not check it.
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, \
                      Signature=0";

/// A running door. Dropped, it closes.
pub(crate) struct Gateway {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Gateway {
    /// In front of the home that `places` tells of.
    pub(crate) fn before(places: &Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (stop, places) = (Arc::clone(&stop), Arc::new(places.clone()));
            move || {
                for stream in listener.incoming().map_while(Result::ok) {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let places = Arc::clone(&places);
                    std::thread::spawn(move || serve(stream, &places));
                }
            }
        });
        Self {
            address,
            stop,
            thread: Some(thread),
        }
    }

    /// `HOST:PORT`.
    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread, which waits for a connection.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// One request of a browser; it may also go away without one.
fn serve(mut stream: TcpStream, places: &Value) {
    let mut reader = BufReader::new(&stream);
    let head: Vec<String> = reader
        .by_ref()
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    let Some((method, path)) = head.first().and_then(|line| line.split_once(' ')) else {
        return;
    };
    let path = path.split(' ').next().unwrap_or_default().to_owned();
    let named = head.iter().skip(1).filter_map(|line| line.split_once(": "));
    let headers: Vec<(String, String)> = named
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, n)| n.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let answer = if method == "OPTIONS" {
        preflight(places, &path, &headers)
    } else {
        let kept = headers
            .iter()
            .filter(|(name, _)| !["host", "connection", "content-length"].contains(&name.as_str()));
        let kept: Vec<_> = kept
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        send(
            &door(places, "url", text(&places["host"])),
            method,
            &path,
            &kept,
            &body,
        )
        .unwrap()
    };
    write(&mut stream, &answer);
}

fn write(stream: &mut TcpStream, answer: &Answer) {
    let mut head = format!("HTTP/1.1 {} Answer\r\nconnection: close\r\n", answer.status);
    let passed = answer.headers.iter().filter(|(name, _)| {
        !["connection", "content-length", "transfer-encoding", "date"].contains(&name.as_str())
    });
    passed.for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
    let length = answer.body.len();
    let _ = write!(
        stream,
        "{head}content-length: {length}\r\n\r\n{}",
        answer.body
    );
}

/// Asked of the function by an event as API Gateway sends it.
fn preflight(places: &Value, path: &str, headers: &[(String, String)]) -> Answer {
    let function = if path.starts_with("/tickets/") {
        "status"
    } else {
        "ingest"
    };
    let headers: Map<String, Value> = headers
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let http = json!({"method": "OPTIONS", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test"});
    let event = json!({"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
        "headers": headers, "isBase64Encoded": false, "requestContext": {"http": http, "stage": "$default",
        "accountId": "000000000000", "apiId": "api", "requestId": "id", "routeKey": "$default", "timeEpoch": 0}});
    let invoke = format!(
        "/2015-03-31/functions/{}:live/invocations",
        text(&places[function])
    );
    let lambda = door(places, "endpoint", "lambda.us-east-1.amazonaws.com");
    let signed = [
        ("authorization", SIGNED),
        ("content-type", "application/json"),
    ];
    let answer = send(
        &lambda,
        "POST",
        &invoke,
        &signed,
        event.to_string().as_bytes(),
    )
    .unwrap()
    .json();
    let named = answer["headers"].as_object().unwrap().iter();
    Answer {
        status: u16::try_from(answer["statusCode"].as_u64().unwrap()).unwrap(),
        headers: named
            .map(|(name, value)| (name.to_lowercase(), text(value).to_owned()))
            .collect(),
        body: answer["body"].as_str().unwrap_or_default().to_owned(),
    }
}

fn door(places: &Value, place: &str, host: &str) -> Door {
    Door {
        authority: text(&places[place])
            .trim_start_matches("http://")
            .to_owned(),
        host: host.to_owned(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
