//! Telling: who is to hear of a submission (receivers), each telling that is owed to one of them (deliveries), and what
//! goes out (letters). It knows no home: where deliveries are kept, and which clock runs, is handed in.

pub mod alarms;
pub mod attempt;
pub mod audience;
pub mod bounce;
pub mod bundle;
mod chat;
pub mod copy;
pub mod courier;
pub mod delivery;
pub mod desk;
mod digest;
pub mod health;
pub mod letter;
mod mail;
pub mod net;
pub mod news;
pub mod notice;
pub mod orders;
pub mod ports;
pub mod post;
pub mod receiver;
pub mod receivers;
pub mod schedule;
pub mod send;
pub mod sign;
mod smtp;
pub mod steps;
pub mod template;
pub mod times;
pub mod trouble;
mod way;
mod web;
