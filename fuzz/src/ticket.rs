//! A ticket: one ticket, one text. Whatever is not one that we signed gets the same answer, and nothing is read.

use std::cell::LazyCell;

use bytes::Bytes;
use counterfoil_core::{ContentHash, Keyring, Ticket};
use counterfoil_testkit::build::{THEN, keyring, reference};
use http::Request;

use super::in_process::Answer;
use super::posted;

thread_local! {
    static KEYS: LazyCell<Keyring> = LazyCell::new(keyring);
}

/// The first byte chooses: any text, or a genuine ticket with some of it changed.
///
/// # Panics
/// When something does not hold.
pub fn check(data: &[u8]) {
    let Some((way, rest)) = data.split_first() else {
        return;
    };
    let genuine = KEYS.with(|keys| {
        Ticket::mint(keys, &reference(1), THEN, &ContentHash::digest(b"x")).to_string()
    });
    let Ok(text) = String::from_utf8(if way & 1 == 0 {
        rest.to_vec()
    } else {
        changed(&genuine, rest)
    }) else {
        return;
    };
    let verified = KEYS.with(|keys| Ticket::verify(keys, &text));
    if let Some(ticket) = &verified {
        assert_eq!(ticket.to_string(), text, "one ticket, one text");
        assert_eq!(text, genuine, "nobody else signs");
    }
    // A text that no path can be made of never gets there.
    if let Ok(uri) = format!("/tickets/{text}").parse::<http::Uri>()
        && uri.path().strip_prefix("/tickets/") == Some(text.as_str())
    {
        let forged = ask("/tickets/forged".parse().expect("a path"));
        let (answer, reads) = ask(uri);
        assert_eq!(
            reads,
            usize::from(verified.is_some()),
            "read only for a genuine one"
        );
        assert!(
            verified.is_some() || answer == forged.0,
            "one answer for all that is not genuine"
        );
    }
    // Keys are a person's own text, but they are parsed too.
    let _ = Keyring::parse(&text);
}

fn ask(uri: http::Uri) -> (Answer, usize) {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = uri;
    posted::with_homes(|homes| {
        let before = homes.status.polls.reads();
        let answer = homes.one_machine(request);
        posted::holds(&answer);
        (answer, homes.status.polls.reads() - before)
    })
}

/// `genuine` with bytes replaced, taken out, put in: three bytes of `data` say what and where.
fn changed(genuine: &str, data: &[u8]) -> Vec<u8> {
    let mut text = genuine.as_bytes().to_vec();
    for change in data.chunks_exact(3).take(8) {
        let at = usize::from(change[1]) % (text.len() + 1);
        match change[0] % 4 {
            0 if at < text.len() => text[at] = change[2],
            1 if at < text.len() => drop(text.remove(at)),
            2 => text.insert(at, change[2]),
            _ => text.truncate(at),
        }
    }
    text
}
