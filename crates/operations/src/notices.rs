//! What was set aside of notices comes out again, with the ids it had, or is given up; and what was lost is made again from
//! entries and their history.

mod announced;
mod give_up;
mod resend;

pub use announced::announced;
pub use give_up::{GivenUp, called, give_up};
pub use resend::{Resending, Tally, rebuild, resend};

pub use crate::set_aside::{Found, Heads, Mark, Page, Range, around};
