//! The pages people see: form, ticket, index, problem; and the console's, for those on call. Pure functions from what is
//! known to HTML text: no I/O, no clock, no HTTP. Every text of the public pages stands in `texts.rs`, every rule of their
//! look in `style.css`, and they have no script; the console has a look and a script of its own.

mod captcha;
pub mod console;
mod control;
mod field;
mod form_page;
mod index_page;
mod layout;
mod policy;
mod problem_page;
mod problems;
mod snippet;
mod texts;
mod ticket_page;
mod typed;
mod visible;

pub use captcha::captcha_in;
pub use form_page::{FormPage, form_page};
pub use index_page::index_page;
pub use policy::{content_security_policy, form_page_policy};
pub use problem_page::problem_page;
pub use snippet::snippet;
pub use texts::{field_problem, refusal};
pub use ticket_page::ticket_page;
pub use visible::steers;

#[cfg(test)]
mod testing;
