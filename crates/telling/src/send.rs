//! The port through which letters go out. Mail, webhooks and chat implement it, and a courier that knows none of them
//! calls it.

use std::time::Duration;

use counterfoil_core::{Body, Cause, Code, Head, Timestamp};
use std::future::Future;

use crate::news::News;
use crate::receiver::ReceiverName;

/// One attempt's letter: to whom, of what, and what there is to show.
#[derive(Clone, Debug)]
pub struct Letter {
    /// To whom.
    pub receiver: ReceiverName,
    /// What is told. One, or the several of a digest, the oldest first.
    pub items: Vec<Item>,
    /// When this attempt begins: the time that a signature covers.
    pub at: Timestamp,
    /// Is it a test that `receivers test` sends? Then it says so.
    pub test: bool,
}

/// One piece of news in a letter.
#[derive(Clone, Debug)]
pub struct Item {
    /// The delivery's name, `{form}/{id}:{seq}/{receiver}`: what a receiver dedupes on.
    pub id: String,
    /// What is told.
    pub news: News,
    /// What was submitted, as the entry has it now; `None`: it is gone, or the form shows this receiver no field.
    pub body: Option<Body>,
    /// What the entry is now, where `body` is.
    pub head: Option<Box<Head>>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The receiver has it.
    Delivered(Reply),
    /// It may work later: the schedule says when.
    Later {
        /// Why not now.
        cause: Cause,
        /// What came back.
        reply: Reply,
        /// How long the receiver asks to be left alone, at least.
        after: Option<Duration>,
    },
    /// This letter will never be taken; another may.
    Never {
        /// Why.
        cause: Cause,
        /// What came back.
        reply: Reply,
    },
    /// The receiver wants no letter any more (410): it is disabled until an owner enables it.
    Gone {
        /// Why.
        cause: Cause,
        /// What came back.
        reply: Reply,
    },
}

/// What a receiver said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status of HTTP, or the code of SMTP.
    pub code: Option<u16>,
    /// A bounded beginning of the answer, for people. Not kept where the receiver is shown fields: it may echo them.
    pub said: Option<String>,
}

/// Sends letters. An attempt ends within the sender's own time limit, whatever the receiver does.
pub trait Sender: Send + Sync {
    /// Tries once. Whatever goes wrong is an [`Outcome`].
    fn send(&self, letter: &Letter) -> impl Future<Output = Outcome> + Send;
}

/// A sender that gives each letter no more than its time.
#[derive(Debug)]
pub struct Patient<S> {
    /// Sends.
    pub inner: S,
    /// The most that a letter may take.
    pub patience: Duration,
}

impl<S: Sender> Sender for Patient<S> {
    async fn send(&self, letter: &Letter) -> Outcome {
        let sent = tokio::time::timeout(self.patience, self.inner.send(letter)).await;
        sent.unwrap_or_else(|_| Outcome::Later {
            cause: Cause::new(Code::Timeout, "the letter did not end in time"),
            reply: Reply::default(),
            after: None,
        })
    }
}
