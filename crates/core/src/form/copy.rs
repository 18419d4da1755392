//! What whoever submitted is sent: one mail with the ticket's address, with words of the form's file alone.

use std::num::NonZeroU32;

/// A form's mail to whoever submitted. Only a form with a captcha has one: else anybody could have this server write to
/// anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The field that holds their address.
    pub to: String,
    /// The mail's subject.
    pub subject: String,
    /// What it says; `{ticket}` stands for the address of the ticket's page.
    pub text: String,
    /// Where tickets are answered: `https://host`, without a slash at the end. Without it, the text has no `{ticket}`.
    pub tickets: Option<String>,
    /// The most mails of a day; beyond them none is sent.
    pub per_day: NonZeroU32,
}

/// What stands for the ticket's address in a copy's text.
pub const TICKET: &str = "{ticket}";
