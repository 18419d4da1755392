//! Telling: who is to hear of a submission (receivers), each telling that is owed to one of them (deliveries), and what
//! goes out (letters). It knows no home: where deliveries are kept, and which clock runs, is handed in.

mod chat;
pub mod delivery;
pub mod letter;
mod mail;
pub mod net;
pub mod notice;
pub mod post;
pub mod receiver;
pub mod receivers;
pub mod send;
pub mod sign;
mod smtp;
pub mod steps;
pub mod template;
pub mod trouble;
mod web;
