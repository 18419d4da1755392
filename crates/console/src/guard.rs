//! Who may use the console: whoever has the token that was printed, in a browser on this machine, from its own pages.
//!
//! ```text
//! printed token ─► GET /?token=… ─► session cookie (HttpOnly, Strict) ─► pages, each with the session's proof
//!                                                                        └► POST: own Origin, and that proof
//! ```

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::pages::query;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{COOKIE, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use http::{Request, Uri};
use subtle::ConstantTimeEq;

/// Sessions of one process; of more, the oldest ends.
const SESSIONS: usize = 64;

/// What browsers say about where a request comes from.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The console's door.
pub(crate) struct Guard {
    port: u16,
    token: String,
    sessions: Mutex<VecDeque<Session>>,
}

struct Session {
    id: String,
    csrf: String,
}

impl Guard {
    pub(crate) fn new(port: u16) -> std::io::Result<Self> {
        let token = secret()
            .ok_or_else(|| std::io::Error::other("the operating system gives no random bytes"))?;
        Ok(Self {
            port,
            token,
            sessions: Mutex::default(),
        })
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    pub(crate) fn key(&self) -> String {
        format!("{}?token={}", self.address(), self.token)
    }

    /// Was it sent to us, by name, and by nobody in between? A page elsewhere whose name was made to point here (DNS
    /// rebinding) says its own name.
    pub(crate) fn is_for_us<B>(&self, request: &Request<B>) -> Result<(), &'static str> {
        if is_forwarded(request.headers()) {
            return Err("The console is for this machine alone, and this request was forwarded.");
        }
        let mut hosts = request.headers().get_all(HOST).iter();
        let named = matches!((hosts.next(), hosts.next()), (Some(host), None) if host.to_str().is_ok_and(|host| self.is_ours(host)));
        let absolute = request
            .uri()
            .authority()
            .is_none_or(|authority| self.is_ours(authority.as_str()));
        if named && absolute {
            Ok(())
        } else {
            Err("The console answers to its own address only, as it was printed.")
        }
    }

    fn is_ours(&self, host: &str) -> bool {
        let name = host.strip_suffix(&format!(":{}", self.port));
        name.is_some_and(|name| {
            matches!(name, "127.0.0.1" | "[::1]") || name.eq_ignore_ascii_case("localhost")
        })
    }

    /// A cookie for whoever has the token.
    pub(crate) fn open(&self, token: &str) -> Option<String> {
        if !same(token, &self.token) {
            return None;
        }
        let session = Session {
            id: secret()?,
            csrf: secret()?,
        };
        let cookie = format!(
            "{}={}; Path=/; HttpOnly; SameSite=Strict",
            self.cookie(),
            session.id
        );
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.push_back(session);
        if sessions.len() > SESSIONS {
            sessions.pop_front();
        }
        Some(cookie)
    }

    /// The proof of the session that a request belongs to.
    pub(crate) fn session(&self, headers: &HeaderMap) -> Option<String> {
        let name = self.cookie();
        let cookies = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok());
        let mut ids = cookies
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| {
                let (there, id) = pair.trim().split_once('=')?;
                (there == name).then_some(id)
            });
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        ids.find_map(|id| {
            sessions
                .iter()
                .find(|session| same(&session.id, id))
                .map(|session| session.csrf.clone())
        })
    }

    /// Cookies know no ports: two consoles on one machine must not end each other's sessions.
    fn cookie(&self) -> String {
        format!("counterfoil-console-{}", self.port)
    }

    /// Is it asked for from a page of ours, or by somebody who typed the address? A download costs reads, so that no other
    /// page may begin one, of this machine neither.
    pub(crate) fn may_take<B>(&self, request: &Request<B>) -> Result<(), &'static str> {
        let headers = request.headers();
        let site = headers.get(FETCH_SITE).map(HeaderValue::as_bytes);
        let own = headers.get(ORIGIN).is_none_or(|origin| {
            origin
                .to_str()
                .is_ok_and(|origin| is_origin_of(origin, headers))
        });
        if own && matches!(site, None | Some(b"same-origin" | b"none")) {
            Ok(())
        } else {
            Err("This did not come from a page of the console. Nothing was exported.")
        }
    }

    /// Does it come from a page of ours, of this session?
    pub(crate) fn may_write<B>(
        &self,
        request: &Request<B>,
        pairs: &[(String, String)],
        csrf: &str,
    ) -> Result<(), &'static str> {
        let headers = request.headers();
        let site = headers
            .get(FETCH_SITE)
            .map(|site| site.as_bytes() == b"same-origin");
        let own = match headers.get(ORIGIN) {
            Some(origin) => {
                site != Some(false)
                    && origin
                        .to_str()
                        .is_ok_and(|origin| is_origin_of(origin, headers))
            }
            None => site == Some(true),
        };
        if !own {
            return Err("This did not come from a page of the console. Nothing was done.");
        }
        match query::value(pairs, "csrf") {
            Some(proof) if same(proof, csrf) => Ok(()),
            _ => Err("This page is of another session. Nothing was done: open the page again."),
        }
    }
}

/// The host was ours already.
fn is_origin_of(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    host.is_some_and(|host| {
        origin
            .strip_prefix("http://")
            .is_some_and(|origin| origin.eq_ignore_ascii_case(host))
    })
}

/// Does it say that somebody stands between?
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED)
        || headers
            .keys()
            .any(|name| name.as_str().starts_with("x-forwarded-"))
}

/// Is this the address of the console on the public listener?
pub fn is_console(uri: &Uri) -> bool {
    matches!(uri.path(), "/console" | "/console/")
}

/// 32 random bytes, as text.
fn secret() -> Option<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}
