//! A mail: what it says, plain and as simple HTML. No value stands in its subject, and no header takes a line break.

use std::time::{Duration, SystemTime};

use counterfoil_core::Timestamp;
use lettre::message::MessageBuilder;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

use crate::digest::Digest;
use crate::letter::Telling;
use crate::news::News;
use crate::receivers::mail::MailReceiver;
use crate::template::markup;
use crate::trouble::Trouble;

/// Says that no person wrote it, so that no automatic answer comes back (RFC 3834).
#[derive(Clone, Copy)]
pub(crate) enum Automatic {
    /// By itself.
    Generated,
    /// To somebody who wrote first.
    Replied,
}

impl Header for Automatic {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self::Generated)
    }

    fn display(&self) -> HeaderValue {
        let how = match self {
            Self::Generated => "auto-generated",
            Self::Replied => "auto-replied",
        };
        HeaderValue::new(Self::name(), how.into())
    }
}

/// A mail but for whom it goes to and what it says. `id` is the delivery's.
pub(crate) fn builder(
    from: &Mailbox,
    (id, at): (&str, Timestamp),
    automatic: Automatic,
) -> MessageBuilder {
    let sent = SystemTime::UNIX_EPOCH
        + Duration::from_millis(u64::try_from(at.as_millis()).unwrap_or_default());
    Message::builder()
        .from(from.clone())
        .date(sent)
        .message_id(Some(message_id(id, from)))
        .header(automatic)
}

/// The mail of one telling, or the digest of several. `None`: nothing is left to say.
pub(crate) fn mail(
    tellings: &[Telling<'_>],
    receiver: &MailReceiver,
    at: Timestamp,
) -> Result<Option<Message>, (Trouble, String)> {
    let Some(first) = tellings.first() else {
        return Ok(None);
    };
    let is_change = matches!(first.news, News::Change(_)) && !first.test;
    let together = tellings.len() > 1 || (receiver.times.is_digest() && is_change);
    let words = if together {
        let Some(digest) = Digest::new(tellings, receiver.times.when) else {
            return Ok(None);
        };
        Words {
            id: first.id,
            answer: None,
            subject: digest.subject(),
            plain: digest.text(),
            rich: digest.html(),
        }
    } else {
        Words {
            id: first.id,
            answer: first.reply_to.as_deref(),
            subject: first.heading(),
            plain: first.text(),
            rich: html(first),
        }
    };
    words.written(receiver, at).map(Some).map_err(|error| {
        (
            Trouble::Unwritable,
            format!("the mail cannot be written: {error}"),
        )
    })
}

/// What a mail says.
struct Words<'l> {
    /// The id of the first delivery that it tells.
    id: &'l str,
    /// Where an answer goes.
    answer: Option<&'l str>,
    subject: String,
    plain: String,
    rich: String,
}

impl Words<'_> {
    fn written(
        self,
        receiver: &MailReceiver,
        at: Timestamp,
    ) -> Result<Message, lettre::error::Error> {
        let id = (self.id, at);
        let mut builder = builder(&receiver.from, id, Automatic::Generated).subject(self.subject);
        for to in &receiver.to {
            builder = builder.to(to.clone());
        }
        if let Some(address) = self.answer.and_then(one_address) {
            builder = builder.reply_to(Mailbox::new(None, address));
        }
        builder.multipart(MultiPart::alternative_plain_html(self.plain, self.rich))
    }
}

/// The delivery's name, as a `Message-ID` has it: it is the same however often it is sent.
fn message_id(id: &str, from: &Mailbox) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
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
