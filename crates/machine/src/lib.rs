//! What both homes take from the machine they run on: its clock, its random numbers, and forms in a directory. It
//! keeps SQLite out of the functions, and them out of the one-machine home.

pub mod files;
pub mod forms;
mod system;

pub use system::{OsEntropy, SystemClock};
