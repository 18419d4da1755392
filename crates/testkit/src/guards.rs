//! Counters in memory, held to the contract of the real ones; and a captcha provider that says what it is told to.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use counterfoil_core::captcha::CaptchaProvider;
use counterfoil_core::ports::{Captchas, Counter, Counters, Reply};
use counterfoil_core::{Code, Fault};

/// Counters by name.
#[derive(Debug)]
pub struct MemoryCounters {
    counts: Mutex<BTreeMap<String, i64>>,
    calls: Mutex<Vec<(String, i32)>>,
    /// Calls that succeed before none does.
    left: AtomicUsize,
}

impl Default for MemoryCounters {
    fn default() -> Self {
        Self {
            counts: Mutex::default(),
            calls: Mutex::default(),
            left: AtomicUsize::new(usize::MAX),
        }
    }
}

impl MemoryCounters {
    /// Every call so far: which counter, and what was added.
    pub fn calls(&self) -> Vec<(String, i32)> {
        self.calls.lock().unwrap().clone()
    }

    /// So many more calls succeed, and then none.
    pub fn be_away_after(&self, calls: usize) {
        self.left.store(calls, Ordering::SeqCst);
    }
}

impl Counters for MemoryCounters {
    async fn add(&self, counter: &Counter, by: i32) -> Result<i64, Fault> {
        self.calls.lock().unwrap().push((counter.name.clone(), by));
        let take = |left: usize| left.checked_sub(1);
        if self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
            .is_err()
        {
            return Err(Fault::transient(
                Code::Injected,
                "the counters are away on order",
            ));
        }
        let mut counts = self.counts.lock().unwrap();
        let count = counts.entry(counter.name.clone()).or_default();
        *count += i64::from(by);
        Ok(*count)
    }
}

/// Gives the answers it was told, one by one, and then none.
#[derive(Debug, Default)]
pub struct ScriptedCaptchas {
    answers: Mutex<VecDeque<(u16, String)>>,
    questions: Mutex<Vec<(CaptchaProvider, String)>>,
}

impl ScriptedCaptchas {
    /// The next question gets this answer.
    pub fn answer(&self, status: u16, body: &str) {
        self.answers
            .lock()
            .unwrap()
            .push_back((status, body.to_owned()));
    }

    /// Everything that was asked.
    pub fn questions(&self) -> Vec<(CaptchaProvider, String)> {
        self.questions.lock().unwrap().clone()
    }
}

impl Captchas for ScriptedCaptchas {
    async fn ask(&self, provider: CaptchaProvider, body: String) -> Result<Reply, Fault> {
        self.questions.lock().unwrap().push((provider, body));
        match self.answers.lock().unwrap().pop_front() {
            Some((status, body)) => Ok(Reply {
                status,
                body: body.into_bytes(),
            }),
            None => Err(Fault::transient(
                Code::Injected,
                "the provider is away on order",
            )),
        }
    }
}
