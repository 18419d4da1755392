//! The ports on AWS: the queue is SQS, the ledger DynamoDB, the topic SNS. A file and a cargo feature each, so
//! that a function links only the clients it has permission to use; the ports of operations are a feature of their own,
//! which no function has. What AWS bills for their calls stands in [`units`], which needs no feature. SDK types do not
//! leave this crate but as clients that `main` makes and hands in.

#[cfg(feature = "captcha")]
mod captchas;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "dynamodb")]
mod contention;
#[cfg(feature = "dynamodb")]
mod counters;
#[cfg(feature = "deliveries")]
mod deliveries;
#[cfg(feature = "client")]
mod fault;
#[cfg(feature = "dynamodb")]
mod gone;
#[cfg(feature = "dynamodb")]
mod item;
#[cfg(feature = "dynamodb")]
mod known;
#[cfg(feature = "dynamodb")]
mod ledger;
#[cfg(feature = "dynamodb")]
mod line;
#[cfg(feature = "notice-failures")]
mod notice_failures;
#[cfg(feature = "notices")]
mod notices;
#[cfg(feature = "operations")]
mod operations;
#[cfg(feature = "operator")]
mod operator;
#[cfg(any(feature = "deliveries", feature = "operations"))]
mod query;
#[cfg(feature = "sqs")]
mod queue;
#[cfg(feature = "redrive")]
mod redrive;
#[cfg(feature = "dynamodb")]
mod registry;
#[cfg(feature = "dynamodb")]
mod seen;
#[cfg(feature = "sns")]
mod topic;
pub mod units;
#[cfg(feature = "client")]
mod warm;

#[cfg(feature = "client")]
#[cfg(test)]
mod testing;

#[cfg(feature = "captcha")]
pub use captchas::Providers;
#[cfg(feature = "dynamodb")]
pub use ledger::DynamoLedger;
#[cfg(feature = "notice-failures")]
pub use notice_failures::NoticeFailures;
#[cfg(feature = "notices")]
pub use notices::SetAside;
#[cfg(feature = "operations")]
pub use operations::BackFill;
#[cfg(feature = "operator")]
pub use operator::Operator;
#[cfg(feature = "sqs")]
pub use queue::SqsQueue;
#[cfg(feature = "redrive")]
pub use redrive::{Phase, Progress, Redrive};
#[cfg(feature = "sns")]
pub use topic::SnsTopic;
