//! The ports on one machine: a SQLite file that is queue, ledger and outbox at once, and the loops that
//! play what SQS, the stream and the topic do on AWS. It knows no HTTP and none of the functions: a loop
//! is given what to call.

mod boots;
mod checkpoint;
mod counters;
pub mod data_dir;
mod database;
mod doubt;
mod fault;
mod history;
mod identity;
mod ledger;
pub mod loops;
mod lost;
mod migrations;
mod operations;
pub mod outbox;
pub mod queue;
mod reader;
pub mod retention;
mod rows;
mod secrets;
mod store;
pub mod submissions;
mod writer;

pub use data_dir::DataDir;
pub use database::OpenError;
pub use lost::Lost;
pub use reader::Reader;
pub use store::Store;
