//! The pages that submitters see: form, ticket, index, problem. Pure functions from what is known to HTML text: no I/O, no
//! clock, no HTTP. Every text stands in `texts.rs`, every rule of the look in `style.css`, every script in `script/`; no page needs
//! its own.

mod captcha;
mod control;
mod direction;
mod field;
mod form_page;
mod hash;
mod index_page;
mod layout;
mod policy;
mod problem_page;
mod problems;
mod script;
mod snippet;
mod texts;
mod ticket_page;
mod typed;

pub use captcha::captcha_in;
pub use form_page::{FormPage, form_page};
pub use index_page::index_page;
pub use layout::ICON;
pub use policy::{content_security_policy, form_page_policy, page_policy, ticket_page_policy};
pub use problem_page::{Onward, problem_page};
pub use snippet::{snippet, styled_snippet};
pub use texts::{all_forms, field_problem, refusal};
pub use ticket_page::ticket_page;

#[cfg(test)]
mod testing;
