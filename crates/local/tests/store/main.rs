//! The store of one machine, over its public face: contracts, durability, and its bad days.

mod directory;
mod ledger;
mod loops;
mod outbox;
mod place;
mod queue;
