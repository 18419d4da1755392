//! The numbers that the home on AWS has, as its template says them.

use std::time::Duration;

use counterfoil_core::settling::RetryPolicy;

use crate::stack::Stack;

/// How long a call hangs before it is given up: as the functions' clients have it.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// What stands in `template.yaml`.
#[derive(Clone, Copy)]
pub struct Numbers {
    /// When the worker tries again, and when the queue gives up.
    pub retry: RetryPolicy,
    /// How long the queue hides what was received.
    pub visibility: Duration,
    /// How long the dead-letter queue hides what was received.
    pub dead_visibility: Duration,
    /// When the worker is ended.
    pub timeout: Duration,
    /// When `bury` is ended.
    pub bury_timeout: Duration,
    /// Messages in a batch.
    pub batch: usize,
    /// Workers at a time.
    pub concurrency: usize,
}

impl Numbers {
    pub fn ours() -> Self {
        let stack = Stack::ours();
        let number = |resource: &str, path: &str| stack.number(resource, path).unwrap();
        let secs =
            |resource: &str, path: &str| Duration::from_secs(number(resource, path).unsigned_abs());
        let retry = RetryPolicy {
            base: secs("Worker", "Environment/Variables/RETRY_BASE_SECONDS"),
            cap: secs("Worker", "Environment/Variables/RETRY_CAP_SECONDS"),
            max_receives: u32::try_from(number("Queue", "RedrivePolicy/maxReceiveCount")).unwrap(),
        };
        Self {
            retry,
            visibility: secs("Queue", "VisibilityTimeout"),
            dead_visibility: secs("DeadLetterQueue", "VisibilityTimeout"),
            timeout: secs("Worker", "Timeout"),
            bury_timeout: secs("Buryer", "Timeout"),
            batch: usize::try_from(number("WorkerMapping", "BatchSize")).unwrap(),
            concurrency: usize::try_from(number(
                "WorkerMapping",
                "ScalingConfig/MaximumConcurrency",
            ))
            .unwrap(),
        }
    }
}
