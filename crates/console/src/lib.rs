//! The console: operations as pages, on a listener of its own that only this machine reaches. `serve` has one, and
//! `counterfoil console` is one by itself; both are the same code over a home behind ports.

mod answer;
mod bulk;
mod deeds;
mod door;
mod edit;
mod export;
mod guard;
mod inbox;
mod outflow;
pub mod pages;
mod rehearsal;
mod route;
mod runs;
mod survey;
mod tallies;
mod telling;
mod views;

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::pages::Frame;
use crate::pages::query::{self, Pairs};
use bytes::Bytes;
use counterfoil_core::ports::Clock;
use http::header::IF_NONE_MATCH;
use http::{Method, Request, Response, StatusCode, Version};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedReceiver;

use answer::{Trouble, dressed, file, message, redirect, refused};
use counterfoil_operations::place::{Ops, Place};
use counterfoil_telling::desk::SharedDesk;
use guard::Guard;
pub use guard::{is_console, is_forwarded};
use outflow::Content;
use route::Route;
use runs::{Errand, Runs};
use survey::Survey;
use tallies::Tallies;

/// Reached by nobody but this machine.
pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A console of one home.
pub struct Console {
    ops: Ops,
    /// Which home, in a word.
    place: String,
    guard: Guard,
    runs: Runs,
    /// What is to be run; taken when it is served.
    orders: Mutex<Option<UnboundedReceiver<Errand>>>,
    survey: Survey,
    tallies: Tallies,
    /// What receivers were told, where this home keeps it.
    desk: Option<SharedDesk>,
    /// How many may be exported at once.
    exports: Arc<Semaphore>,
    /// Where a spreadsheet lies until it is whole.
    folder: PathBuf,
    /// Where people post, where that is known.
    front: Option<String>,
    /// Is every question to the home one over a network, to be paid?
    is_far: bool,
}

/// A request that came from a page of a session.
struct PageRequest {
    /// The session's proof.
    csrf: String,
    /// The pairs of the address; of a post, those of its body.
    pairs: Pairs,
    /// The tag of what the browser has already.
    known: Option<String>,
}

impl Console {
    /// A console that listens there. `place`: which home, in a word.
    pub fn new(ops: Ops, place: &str, listener: &TcpListener) -> std::io::Result<Self> {
        let (runs, orders) = Runs::new();
        Ok(Self {
            ops,
            place: place.to_owned(),
            guard: Guard::new(listener.local_addr()?.port())?,
            runs,
            orders: Mutex::new(Some(orders)),
            survey: Survey::default(),
            tallies: Tallies::default(),
            desk: None,
            exports: Arc::new(Semaphore::new(export::AT_ONCE)),
            folder: PathBuf::from("."),
            front: None,
            is_far: false,
        })
    }

    /// It says where people post: `http://127.0.0.1:8080`, without a slash at the end.
    #[must_use]
    pub fn of_server(self, front: String) -> Self {
        Self {
            front: Some(front),
            ..self
        }
    }

    /// It shows what receivers were told, too.
    #[must_use]
    pub fn with_desk(self, desk: SharedDesk) -> Self {
        Self {
            desk: Some(desk),
            ..self
        }
    }

    /// Its home is far away: nothing is asked without somebody asking.
    #[must_use]
    pub fn of_far_home(self) -> Self {
        Self {
            is_far: true,
            ..self
        }
    }

    /// Where it is, without what opens it.
    pub fn address(&self) -> String {
        self.guard.address()
    }

    /// Where it is, with what opens it: for the terminal of whoever started it, and for no log.
    pub fn key(&self) -> String {
        self.guard.key()
    }

    /// Serves until `stop` is done; a replay that goes on here is then stopped, and can be resumed.
    pub async fn serve(
        self,
        place: &dyn Place,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
    ) {
        let orders = self
            .orders
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let console = Arc::new(self);
        let door = async {
            door::serve(&listener, &console, stop).await;
            console.runs.end();
        };
        let runs = async {
            if let Some(orders) = orders {
                console.runs.drive(place, orders).await;
            }
        };
        tokio::join!(door, runs);
    }

    /// Answers one request, whoever sent it.
    async fn handle(&self, request: Request<Bytes>) -> Response<Content> {
        let answer = match self.answer(&request).await {
            Ok(answer) => answer,
            Err(trouble) => message(&self.frame(""), &trouble).map(Content::Whole),
        };
        dressed(answer)
    }

    async fn answer(&self, request: &Request<Bytes>) -> Result<Response<Content>, Trouble> {
        if let Err(why) = self.guard.is_for_us(request) {
            return Ok(
                refused(StatusCode::FORBIDDEN, "This is not for you", why, false)
                    .map(Content::Whole),
            );
        }
        if let Some(file) = file(request.method(), request.uri().path()) {
            return Ok(file.map(Content::Whole));
        }
        let pairs = query::pairs(request.uri().query().unwrap_or_default().as_bytes());
        if let (Some(token), &Method::GET, "/") = (
            query::value(&pairs, "token"),
            request.method(),
            request.uri().path(),
        ) {
            return Ok(self.open(token).map(Content::Whole));
        }
        let Some(csrf) = self.guard.session(request.headers()) else {
            let detail = "The console's address, with the token that opens it, was printed where Counterfoil was started. \
                          Open that address, or give the token here.";
            return Ok(refused(
                StatusCode::UNAUTHORIZED,
                "The console is closed",
                detail,
                true,
            )
            .map(Content::Whole));
        };
        let known = request
            .headers()
            .get(IF_NONE_MATCH)
            .and_then(|tag| tag.to_str().ok())
            .map(str::to_owned);
        match self
            .routed(
                request,
                PageRequest {
                    csrf: csrf.clone(),
                    pairs,
                    known,
                },
            )
            .await
        {
            Err(trouble) => Ok(message(&self.frame(&csrf), &trouble).map(Content::Whole)),
            answer => answer,
        }
    }

    async fn routed(
        &self,
        request: &Request<Bytes>,
        mut asked: PageRequest,
    ) -> Result<Response<Content>, Trouble> {
        let route =
            Route::parse(request.uri().path()).ok_or(Trouble::Nowhere("There is no such page."))?;
        let answer = match *request.method() {
            Method::GET | Method::HEAD if route == Route::Export => {
                self.guard.may_take(request).map_err(Trouble::Forbidden)?;
                if request.version() < Version::HTTP_11 {
                    return Err(Trouble::Not(
                        "An export is sent by HTTP/1.1, in which an end is not a break.".into(),
                    ));
                }
                return self.export(&asked, request.method() == Method::HEAD).await;
            }
            Method::GET | Method::HEAD if route.reads() => self.view(route, &asked).await,
            Method::POST if route.writes() => {
                asked.pairs = query::pairs(request.body());
                self.guard
                    .may_write(request, &asked.pairs, &asked.csrf)
                    .map_err(Trouble::Forbidden)?;
                if route.changes_the_worklist() {
                    self.survey.forget().await;
                    self.tallies.forget();
                }
                self.act(route, &asked).await
            }
            _ => Err(Trouble::Method(route.methods())),
        };
        answer.map(|answer| answer.map(Content::Whole))
    }

    /// The token for a session, once it is right; the address that holds it is left at once.
    fn open(&self, token: &str) -> Response<Bytes> {
        match self.guard.open(token) {
            Some(cookie) => answer::opened(&cookie),
            None => {
                let detail = "This token opens nothing: it is as old as the process that printed it. Look where Counterfoil \
                              was started last.";
                refused(
                    StatusCode::UNAUTHORIZED,
                    "The console is closed",
                    detail,
                    true,
                )
            }
        }
    }

    fn frame<'a>(&'a self, csrf: &'a str) -> Frame<'a> {
        Frame {
            place: &self.place,
            who: self.ops.who.as_str(),
            csrf,
            has_deliveries: self.desk.is_some(),
            now: self.ops.clock.now(),
        }
    }
}

/// A directory's last name.
pub fn short(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.display().to_string(),
    )
}

/// Whom the public listener leads to the console, and where it is.
pub fn lead_to(address: &str) -> Response<Bytes> {
    dressed(redirect(address))
}
