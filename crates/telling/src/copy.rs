//! The mail to whoever submitted: words of the form's file, and the address of the ticket's page. The ticket stands nowhere, so
//! it is minted again; the address is read from the entry, and stands in no delivery.

use std::fmt;
use std::sync::Arc;

use counterfoil_core::form::{Copy, Form, TICKET};
use counterfoil_core::ports::Counter;
use counterfoil_core::{Body, Fault, Head, Keyring, Ticket, Timestamp};
use futures_util::future::BoxFuture;
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

use crate::mail::{self, one_address};
use crate::send::Item;
use crate::template::markup;
use crate::trouble::Trouble;

/// What copies take of a home.
#[derive(Clone)]
pub struct Copies {
    /// Sign tickets.
    pub keys: Arc<Keyring>,
    /// Counts the mails of a day, and gives how many there are by now.
    pub count: Arc<dyn Fn(Counter) -> BoxFuture<'static, Result<i64, Fault>> + Send + Sync>,
}

impl fmt::Debug for Copies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Copies")
    }
}

const DAY: i64 = 24 * 60 * 60 * 1000;

/// What counts the mails that a form sends to those who submit, in the day of `at`, which begins where UTC's does.
pub(crate) fn counter(form: &Form, at: Timestamp) -> Counter {
    let day = at.as_millis() / DAY;
    Counter {
        name: format!("copies#{}#{day}", form.id),
        until: Timestamp::from_millis((day + 2) * DAY),
    }
}

/// To whom, by which delivery, and which ticket.
pub(crate) struct Addressed {
    id: String,
    to: Address,
    ticket: String,
}

/// Who is written to, and of what. `Err`: nobody can be.
pub(crate) fn addressed(
    item: &Item,
    copy: &Copy,
    copies: &Copies,
) -> Result<Addressed, &'static str> {
    let (Some(Body::Payload(payload)), Some(head)) = (&item.body, &item.head) else {
        return Err("what was submitted is no longer kept");
    };
    let fields = payload.fields();
    let address = fields.get(&copy.to).and_then(|value| value.as_str());
    let to = address.and_then(one_address).ok_or("it holds no address")?;
    let ticket = ticket(head, copies).ok_or("its ticket cannot be made again")?;
    Ok(Addressed {
        id: item.id.clone(),
        to,
        ticket,
    })
}

fn ticket(head: &Head, copies: &Copies) -> Option<String> {
    let content = head.content.as_ref()?;
    Some(Ticket::mint(&copies.keys, &head.of, head.received_at, content).to_string())
}

/// The mail.
pub(crate) fn mail(
    addressed: Addressed,
    copy: &Copy,
    from: &Mailbox,
    at: Timestamp,
) -> Result<Message, lettre::error::Error> {
    let page = copy.tickets.as_deref().map_or_else(String::new, |tickets| {
        format!("{tickets}/tickets/{}", addressed.ticket)
    });
    let text = copy.text.replace(TICKET, &page);
    let rich = markup(&text).replace('\n', "<br>\n");
    let rich = if page.is_empty() {
        rich
    } else {
        let page = markup(&page);
        rich.replace(&page, &format!("<a href=\"{page}\">{page}</a>"))
    };
    mail::builder(from, (&addressed.id, at), mail::Automatic::Replied)
        .to(Mailbox::new(None, addressed.to))
        .subject(&copy.subject)
        .multipart(MultiPart::alternative_plain_html(
            text,
            format!("<p>{rich}</p>\n"),
        ))
}

/// More than the form's `per_day`.
pub(crate) fn over_budget() -> counterfoil_core::Cause {
    Trouble::OverBudget.cause("the mails of this day to those who submit are used up: copy.per_day")
}
