//! The ports on one machine: a SQLite file that is queue, ledger and outbox at once, and the loops that
//! play what SQS, the stream and the topic do on AWS. It knows no HTTP and none of the functions: a loop
//! is given what to call.

pub mod alarms;
mod anchor;
mod boots;
pub mod catalogue;
mod checkpoint;
mod counters;
mod creation;
pub mod data_dir;
mod database;
pub mod deliveries;
mod doubt;
mod fault;
pub mod hand_over;
mod health;
mod history;
mod identity;
mod in_hand;
mod ledger;
pub mod loops;
mod loss;
mod lost;
mod marks;
mod message;
mod migrations;
mod operations;
pub mod outbox;
mod policy;
pub mod queue;
mod reader;
mod rescue;
pub mod retention;
mod rows;
mod salvage;
pub mod search;
mod secrets;
mod shape;
mod store;
pub mod submissions;
mod sums;
pub mod verify;
mod wal;
mod writer;

pub use data_dir::DataDir;
pub use database::OpenError;
pub use lost::Lost;
pub use reader::Reader;
pub use store::Store;
