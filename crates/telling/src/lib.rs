//! Telling: who is to hear of a submission (receivers), each telling that is owed to one of them (deliveries), and what
//! goes out (letters). It knows no home: where deliveries are kept, and which clock runs, is handed in.

pub mod attempt;
pub mod audience;
pub mod courier;
pub mod delivery;
pub mod health;
pub mod orders;
pub mod ports;
pub mod receiver;
pub mod schedule;
pub mod send;
