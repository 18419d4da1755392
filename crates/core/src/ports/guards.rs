//! What judging a submission needs beyond its envelope: counters, and whoever tells people from programs.

use std::future::Future;

use crate::captcha::CaptchaProvider;
use crate::fault::Fault;
use crate::time::Timestamp;

/// One counter: so many in one window of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    /// What is counted, its form and its window: visible ASCII, at most 200 bytes. Equal names are one counter.
    pub name: String,
    /// From then on nobody asks for it, and it may be removed.
    pub until: Timestamp,
}

/// Counts.
pub trait Counters: Sync {
    /// Adds `by` to a counter, which is 0 before the first time, and gives what it is then; 0 only asks, and -1 gives
    /// back what was counted in vain. Of any number of calls at once each is counted.
    ///
    /// `Err` promises nothing: it may have been counted. A call that is tried again may count twice.
    fn add(&self, counter: &Counter, by: i32) -> impl Future<Output = Result<i64, Fault>> + Send;
}

/// A captcha provider's answer as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body; of one over 16 KiB nothing.
    pub body: Vec<u8>,
}

/// The way to the captcha providers.
pub trait Captchas: Sync {
    /// Posts `body`, urlencoded, to the provider's own address over TLS, and to none that is named by a request or a
    /// redirect. Takes a few seconds at most.
    ///
    /// `Err`: there was no whole answer. The question may have arrived all the same.
    fn ask(
        &self,
        provider: CaptchaProvider,
        body: String,
    ) -> impl Future<Output = Result<Reply, Fault>> + Send;
}
