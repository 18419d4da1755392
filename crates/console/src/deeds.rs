//! What the console does: each deed by the rules of `core`, in the name that it was started with.

use crate::pages::{Runner, Sending, query};
use bytes::Bytes;
use counterfoil_core::Timestamp;
use counterfoil_core::ports::Clock;
use counterfoil_operations::causes::{Mark, Note};
use counterfoil_operations::drive::cancel;
use counterfoil_operations::grammar::{Rate, Share, word};
use counterfoil_operations::job::{Job, JobId, Manner, Order, Selection};
use counterfoil_operations::place::Begin;
use counterfoil_operations::ports::{Jobs, Notes};
use http::Response;

use crate::answer::{Trouble, redirect};
use crate::edit::why;
use crate::route::{Route, Steer};
use crate::views::chosen;
use crate::{Console, PageRequest};

/// Whoever runs a job writes it now and then: tries until nobody was quicker.
const TRIES: u32 = 16;

impl Console {
    pub(crate) async fn act(
        &self,
        route: Route,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        match route {
            Route::Edit(of) => self.edited(&of, asked).await,
            Route::One(deal, of) => self.one(deal, &of, asked).await,
            Route::Release(of) => self.release(&of, asked).await,
            Route::Mark(of) => self.mark(&[of], asked).await,
            Route::MarkMany => self.mark_ticked(asked).await,
            Route::SeeAll => self.see_all(asked).await,
            Route::Many(deal) => self.many(deal, asked).await,
            Route::Send(sending) => {
                self.order(
                    sending,
                    chosen(&[sending.waiting()], asked, self.ops.clock.now())?,
                    asked,
                )
                .await
            }
            Route::Cause(fingerprint) => self.note(fingerprint, asked).await,
            Route::Steer(steer, id) => self.steer(steer, &id).await,
            Route::Deliveries => self.act_on_ticked(asked).await,
            Route::Delivery(id) => self.act_on(&id, asked).await,
            Route::Enable(receiver) => self.enable(&receiver, asked).await,
            // Nothing to do: `Route::writes` says so before.
            Route::Inbox | Route::Fresh | Route::Export | Route::Failures | Route::List => {
                Err(Trouble::Method(route.methods()))
            }
            Route::Entry(_) | Route::Jobs | Route::Job(_) | Route::Live(_) => {
                Err(Trouble::Method(route.methods()))
            }
        }
    }

    async fn note(
        &self,
        fingerprint: String,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        let mark = match query::value(&asked.pairs, "mark") {
            Some("open") => Mark::Open,
            Some("acknowledged") => Mark::Acknowledged,
            Some("resolved") => Mark::Resolved,
            _ => {
                return Err(Trouble::Not(
                    "A cause is open, acknowledged or resolved.".into(),
                ));
            }
        };
        if fingerprint.len() != 16 || !fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Trouble::Nowhere("There is no such cause."));
        }
        let note = Note {
            fingerprint,
            mark,
            who: self.ops.who.clone(),
            at: self.ops.clock.now(),
        };
        self.ops.home.note(&note).await?;
        Ok(redirect("/failures"))
    }

    /// Begins a replay or a release. The page named the job before: pressing its button twice is one job.
    pub(crate) async fn order(
        &self,
        sending: Sending,
        what: Selection,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        let id = query::value(&asked.pairs, "job")
            .and_then(JobId::parse)
            .unwrap_or_else(|| self.fresh_job());
        if self.runs.latest(&id).is_none() && self.ops.home.job(&id).await?.is_none() {
            let manner = manner(asked)?;
            let (who, why) = (self.ops.who.clone(), why(asked));
            let order = Order {
                verb: sending.verb(),
                who,
                why,
                what: before(what, self.ops.clock.now()),
                manner,
            };
            self.runs
                .start(Job::ordered(order, id, self.ops.clock.now()), Begin::Fresh);
        }
        Ok(redirect(&format!("/jobs/{id}")))
    }

    async fn steer(&self, steer: Steer, id: &JobId) -> Result<Response<Bytes>, Trouble> {
        match steer {
            Steer::Stop => self.runs.ask_to_stop(id),
            Steer::Cancel => self.call_off(id).await?,
            Steer::Resume => self.resume(id).await?,
        }
        Ok(redirect(&format!("/jobs/{id}")))
    }

    async fn resume(&self, id: &JobId) -> Result<(), Trouble> {
        let job = self.known(id).await?;
        match self.runner(&job) {
            Runner::Here => Ok(()),
            Runner::Elsewhere => Err(Trouble::Not("Somebody else runs it at this moment.".into())),
            Runner::Nobody if job.state.is_over() => Err(Trouble::Not(format!(
                "It is {} already.",
                job.state.as_str()
            ))),
            Runner::Nobody => {
                self.runs.start(job, Begin::Again);
                Ok(())
            }
        }
    }

    async fn call_off(&self, id: &JobId) -> Result<(), Trouble> {
        for _ in 0..TRIES {
            let nowhere = Trouble::Nowhere("There is no such replay.");
            let job = self.ops.home.job(id).await?.ok_or(nowhere)?;
            if job.state.is_over() || cancel(job, &self.ops.home, &self.ops.clock).await? {
                self.runs.ask_to_stop(id);
                return Ok(());
            }
        }
        Err(Trouble::Not(
            "The replay kept changing under the write. Try again.".into(),
        ))
    }
}

/// Everything a filter takes means: of what was there when it was ordered.
fn before(what: Selection, now: Timestamp) -> Selection {
    match what {
        Selection::Some(of) => Selection::Some(of),
        Selection::All(filter) => Selection::All(filter.so_far(now)),
    }
}

/// How to go about it, as the form says.
fn manner(asked: &PageRequest) -> Result<Manner, Trouble> {
    let rate: Option<Rate> = query::read(&asked.pairs, "rate", str::parse).map_err(Trouble::Not)?;
    let stop_at: Option<Share> =
        query::read(&asked.pairs, "stop_at", str::parse).map_err(Trouble::Not)?;
    let usual = Manner::default();
    Ok(Manner {
        rate: rate.map(Rate::per_second),
        canary: query::read(&asked.pairs, "canary", canary)
            .map_err(Trouble::Not)?
            .flatten(),
        stop_at: stop_at.map_or(usual.stop_at, Share::fraction),
    })
}

/// Whether a canary goes first; `auto` lets the number of candidates decide.
fn canary(text: &str) -> Result<Option<bool>, String> {
    if text == "auto" {
        Ok(None)
    } else {
        word(text).map(Some)
    }
}
