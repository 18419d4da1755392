//! A feed whose place can only move on from the front, such as a shard of a stream: what would hold it up for good is
//! set aside before it moves on.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use crate::cause::{Cause, Code};
use crate::fault::Fault;
use crate::notice::{Change, Notice};
use crate::parked::{Origin, Parked, What};
use crate::ports::{Aside, Publisher};

use super::{Published, Publishing};

/// One record of a feed.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A change, and where it stands in its feed.
    Change(Box<Change>, Origin),
    /// What no program of this version can read as a change. It may be a newer program's.
    Unreadable(Box<Parked>),
}

/// What feeding takes.
pub struct Feeding<'a, P, A, T, U> {
    /// How it is published.
    pub publishing: Publishing<'a, P, T>,
    /// Where to is set aside what never will be.
    pub aside: &'a A,
    /// Is there time to set one more aside?
    pub is_time: U,
}

/// Works a feed off from its front: publishes what can be, and sets aside what is refused by itself, cannot be read, or
/// makes the publisher panic. A record is done with when it is published or durably set aside; what comes after the first
/// that is neither comes again, although some of it may have been published.
pub async fn feed<P, A, T, U>(records: &[Record], with: &Feeding<'_, P, A, T, U>) -> Published
where
    P: Publisher,
    A: Aside,
    T: Fn() -> bool + Sync,
    U: Fn() -> bool + Sync,
{
    let mut all = Published {
        done: 0,
        parked: Vec::new(),
        stopped: None,
    };
    while all.stopped.is_none() && all.done < records.len() {
        let rest = &records[all.done..];
        let next = match rest {
            [Record::Unreadable(parked), ..] => with.set_aside(parked).await,
            _ => with.some(rest).await,
        };
        all.parked.extend(
            next.parked
                .into_iter()
                .map(|(place, cause)| (all.done + place, cause)),
        );
        (all.done, all.stopped) = (all.done + next.done, next.stopped);
    }
    all
}

impl<P, A, T, U> Feeding<'_, P, A, T, U>
where
    P: Publisher,
    A: Aside,
    T: Fn() -> bool + Sync,
    U: Fn() -> bool + Sync,
{
    /// One that cannot be read.
    async fn set_aside(&self, parked: &Parked) -> Published {
        match self.park(parked).await {
            Ok(()) => Published {
                done: 1,
                parked: vec![(0, parked.cause.clone())],
                stopped: None,
            },
            Err(fault) => Published {
                done: 0,
                parked: Vec::new(),
                stopped: Some(unparked(&fault)),
            },
        }
    }

    /// As many changes from the front as the publisher takes at once.
    async fn some(&self, records: &[Record]) -> Published {
        let readable = |record: &Record| match record {
            Record::Change(change, origin) => Some(((**change).clone(), origin.clone())),
            Record::Unreadable(_) => None,
        };
        let (changes, origins): (Vec<Change>, Vec<Origin>) =
            records.iter().map_while(readable).take(P::AT_ONCE).unzip();
        let mut published = self.publishing.publish(&changes).await;
        for at in 0..published.parked.len() {
            let (place, cause) = published.parked[at].clone();
            let notice = Notice::new(&changes[place], self.publishing.stage);
            let parked = Parked {
                what: What::Notice(Box::new(notice)),
                cause,
                origin: origins[place].clone(),
            };
            if let Err(fault) = self.park(&parked).await {
                published.parked.truncate(at);
                return Published {
                    done: place,
                    stopped: Some(unparked(&fault)),
                    ..published
                };
            }
        }
        published
    }

    async fn park(&self, parked: &Parked) -> Result<(), Fault> {
        if !(self.is_time)() {
            return Err(super::no_time());
        }
        let set_aside = AssertUnwindSafe(self.aside.set_aside(parked))
            .catch_unwind()
            .await;
        set_aside.unwrap_or_else(|_| Err(Fault::transient(Code::Panic, "setting aside panicked")))
    }
}

/// Why something that is to be set aside is not.
fn unparked(fault: &Fault) -> Cause {
    let cause = fault.cause();
    let detail = format!("a notice could not be set aside: {}", cause.detail);
    Cause::written(cause.code, cause.retryable.while_kept(), detail)
}
