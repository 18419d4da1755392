//! A queue in memory that can be told to fail, before or after it has taken the message.

use std::sync::Mutex;

use counterfoil_core::ports::Queue;
use counterfoil_core::{Code, Fault, SubmissionRef};

/// What was sent, in order.
#[derive(Debug, Default)]
pub struct MemoryQueue {
    sent: Mutex<Vec<String>>,
    faults: Mutex<Vec<Fail>>,
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fail {
    /// Nothing was done.
    Before,
    /// It was done, and the answer was lost.
    After,
}

impl MemoryQueue {
    /// Every body that was taken, oldest first; the queue is empty afterwards.
    pub fn drain(&self) -> Vec<String> {
        std::mem::take(&mut self.sent.lock().unwrap())
    }

    /// The next call fails so.
    pub fn fail_next(&self, how: Fail) {
        self.faults.lock().unwrap().push(how);
    }
}

impl Queue for MemoryQueue {
    async fn send(&self, _of: &SubmissionRef, body: String) -> Result<(), Fault> {
        let fail = self.faults.lock().unwrap().pop();
        if fail != Some(Fail::Before) {
            self.sent.lock().unwrap().push(body);
        }
        fail.map_or(Ok(()), |how| {
            Err(Fault::transient(
                Code::Injected,
                format!("fails {how:?} on order"),
            ))
        })
    }
}
