//! The words and the rules of Counterfoil: what a form, a submission, a ticket, an envelope and an entry
//! are, and what may become of them. Both homes (one machine, AWS) call these functions, so they behave
//! alike. This crate does no I/O: it knows no AWS, no tokio, no environment, no clock and no HTTP; what
//! it needs from outside comes through the traits in [`ports`].

pub mod accept;
pub mod address;
pub mod bury;
pub mod calls;
pub mod captcha;
pub mod cause;
pub mod coerce;
pub mod entry;
pub mod envelope;
pub mod fault;
pub mod forgive;
pub mod form;
pub mod format;
pub mod json;
pub mod keys;
pub mod notice;
pub mod parked;
pub mod payload;
pub mod ports;
pub mod publish;
pub mod rejection;
pub mod schema;
pub mod settle;
pub mod settling;
pub mod state;
pub mod status;
pub mod submission;
pub mod suggest;
pub mod suspicion;
pub mod ticket;
pub mod time;
pub mod visible;

pub use cause::{Cause, Code, Retryable};
pub use entry::{Body, Entry, Head, State};
pub use envelope::{Checks, Envelope, Kind};
pub use fault::Fault;
pub use form::{Form, FormId, Forms};
pub use format::Format;
pub use keys::{IdSecret, Keyring};
pub use payload::{ContentHash, Payload};
pub use rejection::Rejection;
pub use submission::{SubmissionId, SubmissionRef};
pub use ticket::Ticket;
pub use time::Timestamp;
