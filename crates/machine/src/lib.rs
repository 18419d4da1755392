//! What both homes take from the machine they run on: its clock, its random numbers, forms in a directory; and
//! the account as which it calls AWS. It keeps SQLite out of the functions, and them out of the one-machine home.

mod account;
pub mod files;
pub mod forms;
mod system;

pub use account::Account;
pub use system::{OsEntropy, SystemClock};
