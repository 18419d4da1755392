//! Who is believed: the edge alone, by its secret, whatever else a request says.

use std::sync::{Arc, Mutex};

use super::*;

const OURS: &str = "EdgeSecretEdgeSecretEdgeSecret01";
const NEXT: &str = "EdgeSecretEdgeSecretEdgeSecret02";
/// Whom the connection is from: the edge, or a stranger.
const PEER: &str = "192.0.2.1";

fn only() -> Edge {
    Edge::knowing(OURS, true).unwrap()
}

fn beside() -> Edge {
    Edge::knowing(OURS, false).unwrap()
}

fn request(headers: &[(&str, &[u8])]) -> Request<Bytes> {
    let mut request = Request::new(Bytes::from("body"));
    request
        .headers_mut()
        .insert(HOST, HeaderValue::from_static("api.example"));
    request
        .extensions_mut()
        .insert(PEER.parse::<IpAddr>().unwrap());
    for (name, value) in headers {
        let value = HeaderValue::from_bytes(value).unwrap();
        request
            .headers_mut()
            .append(name.parse::<HeaderName>().unwrap(), value);
    }
    request
}

/// The address and the host that a handler sees; `None` for a refusal.
fn seen(edge: &Edge, headers: &[(&str, &[u8])]) -> Option<(String, String)> {
    let request = edge.admit(request(headers)).ok()?;
    assert_eq!(request.body(), "body");
    let ours = request
        .headers()
        .keys()
        .find(|name| name.as_str().starts_with("counterfoil-edge"));
    assert_eq!(ours, None, "no handler sees it");
    let host = String::from_utf8_lossy(request.headers()[HOST].as_bytes()).into_owned();
    Some((
        request.extensions().get::<IpAddr>().unwrap().to_string(),
        host,
    ))
}

fn direct() -> Option<(String, String)> {
    Some((PEER.into(), "api.example".into()))
}

const VIEWER: (&str, &[u8]) = ("counterfoil-edge-viewer", b"198.51.100.7");
const ASKED: (&str, &[u8]) = ("counterfoil-edge-host", b"forms.example.org");

fn secret(text: &str) -> (&str, &[u8]) {
    ("counterfoil-edge", text.as_bytes())
}

#[test]
fn the_edge_says_whom_it_was_called_by_and_for_which_host() {
    let told = Some(("198.51.100.7".into(), "forms.example.org".into()));
    assert_eq!(seen(&only(), &[secret(OURS), VIEWER, ASKED]), told);
    assert_eq!(seen(&beside(), &[secret(OURS), VIEWER, ASKED]), told);
}

#[test]
fn without_the_secret_nothing_is_believed() {
    let longer = format!("{OURS}x");
    let forged: [&[(&str, &[u8])]; 8] = [
        &[],
        &[secret("")],
        &[secret(NEXT)],
        &[secret(&OURS[..31])],
        &[secret(&longer)],
        &[("counterfoil-edge", &[0xff; 32])],
        // As two headers, and as API Gateway joins them.
        &[secret(OURS), secret(OURS)],
        &[secret(
            "EdgeSecretEdgeSecretEdgeSecret01,EdgeSecretEdgeSecretEdgeSecret01",
        )],
    ];
    for headers in forged {
        let headers = [headers, &[VIEWER, ASKED]].concat();
        assert_eq!(seen(&only(), &headers), None, "{headers:?}");
        assert_eq!(seen(&beside(), &headers), direct(), "{headers:?}");
        assert_eq!(seen(&Edge::default(), &headers), direct(), "{headers:?}");
    }
}

#[test]
fn without_an_edge_its_secret_opens_nothing() {
    assert_eq!(
        seen(&Edge::default(), &[secret(OURS), VIEWER, ASKED]),
        direct()
    );
    assert_eq!(
        seen(&Edge::default(), &[secret("none"), VIEWER, ASKED]),
        direct()
    );
}

#[test]
fn two_secrets_are_good_while_one_takes_the_place_of_the_other() {
    let both = Edge::knowing(&format!("{OURS},{NEXT}"), true).unwrap();
    assert!(seen(&both, &[secret(OURS)]).is_some() && seen(&both, &[secret(NEXT)]).is_some());
    assert!(seen(&both, &[secret(&format!("{OURS},{NEXT}"))]).is_none());
    let one = Edge::knowing(&format!("{OURS},none"), true).unwrap();
    assert!(seen(&one, &[secret(OURS)]).is_some() && seen(&one, &[secret("none")]).is_none());
}

/// The guide's three deploys. While one is under way, edge and functions may each be at the step before or after it.
#[test]
fn a_rotation_in_three_deploys_refuses_no_request() {
    let steps = [(OURS, "none"), (OURS, NEXT), (NEXT, OURS), (NEXT, "none")];
    for pair in steps.windows(2) {
        for (sent, _) in pair {
            for (first, second) in pair {
                let functions = Edge::knowing(&format!("{first},{second}"), true).unwrap();
                assert!(seen(&functions, &[secret(sent)]).is_some(), "{pair:?}");
            }
        }
    }
}

#[test]
fn what_cannot_be_read_counts_for_the_edge() {
    let good = |viewer: &[u8]| {
        seen(
            &only(),
            &[secret(OURS), ("counterfoil-edge-viewer", viewer)],
        )
        .unwrap()
        .0
    };
    assert_eq!(good(b"2001:db8::7"), "2001:db8::7");
    assert_eq!(good(b"::ffff:198.51.100.7"), "198.51.100.7");
    for bad in [
        &b""[..],
        b"198.51.100.7:443",
        b"[2001:db8::7]",
        b"198.51.100.7, 203.0.113.9",
        b"unknown",
        b"\xff\xfe",
    ] {
        assert_eq!(good(bad), PEER, "{bad:?}");
    }
    let two = [
        secret(OURS),
        VIEWER,
        ("counterfoil-edge-viewer", b"203.0.113.9"),
        ASKED,
        ASKED,
    ];
    assert_eq!(seen(&only(), &two), direct());
}

#[test]
fn a_host_is_taken_as_it_came_and_there_is_one() {
    let twice = [secret(OURS), ("host", b"second.example"), ASKED];
    let mut request = request(&twice);
    request = only().admit(request).unwrap();
    assert_eq!(
        request.headers().get_all(HOST).iter().collect::<Vec<_>>(),
        ["forms.example.org"]
    );
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_request_past_the_edge_is_logged_once_and_without_any_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let edge = only();
        assert!(seen(&edge, &[secret(NEXT), VIEWER]).is_none() && seen(&edge, &[]).is_none());
        assert!(seen(&edge, &[secret(OURS), VIEWER]).is_some());
    });
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("EDGE_SECRETS"), "{text}");
    assert!(
        !text.contains(OURS) && !text.contains(NEXT) && !text.contains("198.51.100.7"),
        "{text}"
    );
}
