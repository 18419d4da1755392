//! The ports on AWS: the queue is SQS, the ledger DynamoDB, the topic SNS. A file and a cargo feature each, so
//! that a function links only the clients it has permission to use. SDK types do not leave this crate but as
//! clients that `main` makes and hands in. Without a feature there is nothing of it.
#![cfg(any(feature = "dynamodb", feature = "sns", feature = "sqs"))]

pub mod client;
mod fault;
#[cfg(feature = "dynamodb")]
mod item;
#[cfg(feature = "dynamodb")]
mod ledger;
#[cfg(feature = "sqs")]
mod queue;
#[cfg(feature = "sns")]
mod topic;
mod warm;

#[cfg(test)]
mod testing;

#[cfg(feature = "dynamodb")]
pub use ledger::DynamoLedger;
#[cfg(feature = "sqs")]
pub use queue::SqsQueue;
#[cfg(feature = "sns")]
pub use topic::SnsTopic;
