//! Which function answers what: the same cut as the routes of the AWS home.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ::http::header::HOST;
use ::http::request::Parts;
use ::http::{Method, Request, Response, StatusCode, Uri};
use bytes::Bytes;
use counterfoil_local::Store;
use counterfoil_machine::{OsEntropy, SystemClock};
use futures_util::FutureExt;
use ingest::problem::Problem;
use ingest::{Ingest, Status, is_status_path};
use ipnet::IpNet;

use super::alarms::Refused;
use super::flood::Flood;
use super::injections::Failing;
use super::{Machine, caller};
use crate::cli::limits::Limits;
use counterfoil_console::{is_console, is_forwarded};

/// Whose connection a request came by.
#[derive(Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The functions behind the door.
pub(crate) struct Front {
    ingest: Ingest<Failing<Arc<Store>>, SystemClock, OsEntropy>,
    status: Status<Arc<Store>, SystemClock, OsEntropy>,
    /// Where the console is.
    pub(crate) console: Option<String>,
    store: Arc<Store>,
    stopping: AtomicBool,
    flood: Flood,
    trusted: Vec<IpNet>,
    refused: Arc<Refused>,
}

impl Front {
    pub(crate) fn new(home: &Machine, limits: &Limits) -> Self {
        let secrets = &home.secrets;
        Self {
            ingest: Ingest {
                keys: Arc::clone(&secrets.keys),
                id_secret: Arc::clone(&secrets.id_secret),
                forms: Arc::clone(&home.forms),
                queue: home.failing(Arc::clone(&home.store)),
                clock: SystemClock,
                entropy: OsEntropy,
                status_base_url: None,
                refusals: ingest::Refusals::default(),
            },
            status: Status {
                keys: Arc::clone(&secrets.keys),
                forms: Arc::clone(&home.forms),
                polls: Arc::clone(&home.store),
                clock: SystemClock,
                entropy: OsEntropy,
                buries: true,
            },
            console: None,
            store: Arc::clone(&home.store),
            stopping: AtomicBool::new(false),
            flood: Flood::new(limits.flood_per_address, limits.flood_per_form),
            trusted: limits.trusted_proxy.clone(),
            refused: Arc::clone(&home.refused),
        }
    }

    /// From now on new submissions are refused with 503; polls are still answered.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Notes an answer that goes out: who is on call is told of submissions that are refused, but for those at a stop.
    pub(crate) fn note(&self, method: &Method, status: StatusCode) {
        let is_refused = *method == Method::POST && status == StatusCode::SERVICE_UNAVAILABLE;
        if is_refused && !self.stopping.load(Ordering::Relaxed) {
            self.refused.count();
        }
    }

    /// Is a request with this method work that a stopping server must not take?
    fn refuses(&self, method: &Method) -> bool {
        self.stopping.load(Ordering::Relaxed) && method == Method::POST
    }

    /// Where a request comes from. From here on it says so itself, and what a proxy of ours says of it stands in the place
    /// of what its connection says: as on AWS, where `counterfoil_lambda::edge` does it.
    pub(crate) fn place(&self, Peer(peer): Peer, parts: &mut Parts) -> IpAddr {
        let from = caller::address(peer, &parts.headers, &self.trusted);
        parts.extensions.insert(from);
        if let Some(asked) = caller::host(peer, &parts.headers, &self.trusted) {
            parts.headers.insert(HOST, asked);
        }
        from
    }

    /// Why a request is not taken, whatever it holds. Counts it.
    pub(crate) fn refusal(&self, parts: &Parts, from: IpAddr) -> Option<Problem> {
        let flood = self.flood.count(parts, from).err();
        if self.refuses(&parts.method) {
            Some(Problem::ShuttingDown)
        } else {
            flood
        }
    }

    /// Answers a person's post that is refused, with the form and all that was typed.
    pub(crate) fn give_back(
        &self,
        parts: &Parts,
        body: &Bytes,
        problem: Problem,
    ) -> Response<Bytes> {
        self.ingest.give_back(parts, body, problem)
    }

    /// Answers what the server refuses before a function sees it.
    pub(crate) fn refuse(&self, parts: &Parts, problem: &Problem) -> Response<Bytes> {
        self.ingest.refuse(parts, problem)
    }

    /// The console's address, for somebody on this machine who asks for it and whom nobody stands before. To all others
    /// there is no such page.
    fn console_for(&self, request: &Request<Bytes>) -> Option<&str> {
        let is_here = request
            .extensions()
            .get::<Peer>()
            .is_some_and(|Peer(peer)| peer.is_loopback());
        let asks =
            matches!(*request.method(), Method::GET | Method::HEAD) && is_console(request.uri());
        self.console
            .as_deref()
            .filter(|_| asks && is_here && !is_forwarded(request.headers()))
    }

    /// Answers one request. A panic is answered as on AWS: what was sent may be sent again.
    pub(crate) async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let answer = AssertUnwindSafe(self.route(request)).catch_unwind().await;
        answer.unwrap_or_else(|_| Problem::Unavailable.response())
    }

    /// Would a post be accepted now? Answered as liveness is, or with the reason why not.
    async fn readiness(&self, mut request: Request<Bytes>) -> Response<Bytes> {
        let asks = matches!(*request.method(), Method::GET | Method::HEAD);
        match self.is_ready() {
            Err(why) if asks => self.ingest.refuse(&request.into_parts().0, &why),
            Ok(()) | Err(_) => {
                *request.uri_mut() = Uri::from_static("/healthz");
                self.ingest.handle(request).await
            }
        }
    }

    /// A loop that ended by itself stops the server, too.
    fn is_ready(&self) -> Result<(), Problem> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err(Problem::ShuttingDown);
        }
        self.store.readiness().map_err(|fault| {
            Problem::NotReady(match fault.cause().code.as_str() {
                "disk-full" => "The disk is full.",
                "disk-error" => "The disk fails.",
                "database-doubted" => {
                    "An error told of damage; the database is being read through."
                }
                "database-corrupt" => "The database is damaged.",
                _ => "The last write failed.",
            })
        })
    }

    async fn route(&self, request: Request<Bytes>) -> Response<Bytes> {
        if request.uri().path() == "/readyz" {
            return self.readiness(request).await;
        }
        if self.refuses(request.method()) {
            let (parts, body) = request.into_parts();
            self.give_back(&parts, &body, Problem::ShuttingDown)
        } else if let Some(address) = self.console_for(&request) {
            counterfoil_console::lead_to(address)
        } else if is_status_path(request.uri().path()) {
            self.status.handle(request).await
        } else {
            self.ingest.handle(request).await
        }
    }
}
