//! A mail: what it says, plain and as simple HTML. No value stands in its subject, and no header takes a line break.

use std::time::{Duration, SystemTime};

use counterfoil_core::Timestamp;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

use crate::letter::Telling;
use crate::receivers::mail::MailReceiver;
use crate::template::markup;
use crate::trouble::Trouble;

/// Says that no person wrote it, so that no automatic answer comes back (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

/// The mail of one telling, or of the several of a digest.
pub(crate) fn mail(
    tellings: &[Telling<'_>],
    receiver: &MailReceiver,
    at: Timestamp,
) -> Result<Message, (Trouble, String)> {
    let Some(first) = tellings.first() else {
        return Err((Trouble::Unwritable, "there is nothing to tell".into()));
    };
    let subject = match tellings.len() {
        1 => first.heading(),
        many => format!("[{}] {many} changes", first.title()),
    };
    let sent = SystemTime::UNIX_EPOCH
        + Duration::from_millis(u64::try_from(at.as_millis()).unwrap_or_default());
    let mut builder = Message::builder()
        .from(receiver.from.clone())
        .subject(subject)
        .date(sent)
        .message_id(Some(message_id(first.id, &receiver.from)))
        .header(AutoSubmitted);
    for to in &receiver.to {
        builder = builder.to(to.clone());
    }
    let answer = first.reply_to.as_deref().filter(|_| tellings.len() == 1);
    if let Some(address) = answer.and_then(one_address) {
        builder = builder.reply_to(Mailbox::new(None, address));
    }
    let plain: Vec<_> = tellings.iter().map(Telling::text).collect();
    let rich: String = tellings.iter().map(html).collect();
    let both = MultiPart::alternative_plain_html(plain.join("\n\n"), rich);
    builder.multipart(both).map_err(|error| {
        (
            Trouble::Unwritable,
            format!("the mail cannot be written: {error}"),
        )
    })
}

/// The delivery's name, as a `Message-ID` has it: it is the same however often it is sent.
fn message_id(id: &str, from: &Mailbox) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '.'
        }
    };
    let left: String = id.chars().map(plain).collect();
    format!("<{left}@{}>", from.email.domain())
}

/// The one address that `text` is. A name in front of it is a stranger's word, and is left out.
pub(crate) fn one_address(text: &str) -> Option<Address> {
    let text = text.trim();
    if text.contains(|c: char| c.is_control()) {
        return None;
    }
    let read: Mailbox = text.parse().ok()?;
    Some(read.email)
}

fn html(telling: &Telling<'_>) -> String {
    let mut html = format!("<p><b>{}</b></p>\n<table>\n", markup(&telling.heading()));
    for (title, value) in telling.lines() {
        let value = markup(&value).replace('\n', "<br>");
        html.push_str(&format!(
            "<tr><th align=\"left\" valign=\"top\">{}</th><td>{value}</td></tr>\n",
            markup(&title)
        ));
    }
    html.push_str("</table>\n");
    if telling.gone {
        html.push_str("<p>What was submitted is no longer kept.</p>\n");
    }
    html.push_str(&format!(
        "<p>{}</p>\n",
        markup(&telling.news.of().to_string())
    ));
    html
}
