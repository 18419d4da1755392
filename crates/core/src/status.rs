//! Use case of `status`: what a ticket's holder may know.

use std::time::Duration;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::cause::{Cause, Retryable};
use crate::entry::{Head, State};
use crate::fault::Fault;
use crate::form::{FormId, Forms};
use crate::keys::Keyring;
use crate::ports::{Clock, Entropy, Polls, Seen, SeenMarks};
use crate::ticket::Ticket;
use crate::time::Timestamp;

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;
/// Without a verdict for this long, a ticket says `delayed`.
pub const DELAYED_AFTER: Duration = Duration::from_secs(15 * MINUTE);

/// What is left of an entry when its form's retention is over stays for so long. By then its ticket, if it had been lost,
/// has said `unresolved` for days.
pub const HEAD_KEPT: Duration = Duration::from_secs(15 * DAY);

/// What a ticket says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TicketState {
    /// Accepted and kept; no verdict yet.
    Queued,
    /// Queued for longer than it should take.
    Delayed,
    /// Settled for good.
    Stored,
    /// Could not be processed; kept, operators see it.
    Failed,
    /// Waiting for a person.
    Held,
    /// Another submission with the same key was settled first.
    Conflict,
    /// Removed on request.
    Erased,
    /// Past the form's retention.
    Expired,
    /// No entry after days: an alarm is out.
    Unresolved,
}

impl TicketState {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Delayed,
        Self::Stored,
        Self::Failed,
        Self::Held,
        Self::Conflict,
        Self::Erased,
        Self::Expired,
        Self::Unresolved,
    ];

    /// The word, as in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Delayed => "delayed",
            Self::Stored => "stored",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Conflict => "conflict",
            Self::Erased => "erased",
            Self::Expired => "expired",
            Self::Unresolved => "unresolved",
        }
    }

    /// Does nothing more happen without a person?
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Delayed)
    }

    /// Is there nothing (any more) to show? Answered with 410.
    #[must_use]
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::Erased | Self::Expired | Self::Unresolved)
    }
}

/// A ticket's answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct View {
    /// The ticket, as it was asked for.
    pub ticket: String,
    /// The form.
    pub form: FormId,
    /// What became of the submission.
    pub state: TicketState,
    /// Counts its changes; 0 before the first.
    pub seq: u64,
    /// When it was accepted, to the second.
    pub submitted_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Does nothing more happen without a person?
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Seconds to wait before asking again; only while not final.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When people have seen and answered it: only of what is stored, and only where its form shows that.
    #[serde(flatten)]
    pub seen: Seen,
}

/// The public reason of a failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// Stable and machine-readable.
    pub code: String,
    /// What may come of it yet.
    pub outlook: Outlook,
}

/// What may come of a failure yet. Says nothing of our insides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// The operators can see it and try again.
    MayBeRetried,
    /// The operators can see it.
    Kept,
}

impl Reason {
    /// What a ticket's holder may know of a cause: nothing of our insides.
    #[must_use]
    pub fn from_cause(cause: &Cause) -> Self {
        let outlook = match cause.retryable {
            Retryable::Yes | Retryable::AfterFix => Outlook::MayBeRetried,
            Retryable::No => Outlook::Kept,
        };
        Self {
            code: cause.code.clone(),
            outlook,
        }
    }

    /// One English sentence for a person. Pages in other languages write their own from the outlook.
    #[must_use]
    pub const fn detail(&self) -> &'static str {
        match self.outlook {
            Outlook::MayBeRetried => {
                "It could not be processed yet. It is kept, and the operators can see it and try again."
            }
            Outlook::Kept => "It could not be processed. It is kept, and the operators can see it.",
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut reason = serializer.serialize_struct("Reason", 2)?;
        reason.serialize_field("code", &self.code)?;
        reason.serialize_field("detail", self.detail())?;
        reason.end()
    }
}

/// What answering polls needs.
pub struct Answering<'a, P, C, E> {
    /// Verify tickets.
    pub keys: &'a Keyring,
    /// Reads entries, never payloads; and when they were seen.
    pub polls: &'a P,
    /// The time.
    pub clock: &'a C,
    /// For the jitter.
    pub entropy: &'a E,
    /// For their retention. A ticket outlives its form's removal.
    pub forms: &'a Forms,
    /// Is `bury` switched on? Without it a message may wait in the dead-letter queue for 14 days.
    pub buries: bool,
    /// Is told why the marks of people cannot be read. They are an extra: the ticket is answered without them.
    pub unread: &'a (dyn Fn(&Fault) + Sync),
}

/// What `text` says; `None` when it is no ticket of ours (nothing was read then).
pub async fn view<P: Polls + SeenMarks, C: Clock, E: Entropy>(
    text: &str,
    with: &Answering<'_, P, C, E>,
) -> Result<Option<View>, Fault> {
    let Some(ticket) = Ticket::verify(with.keys, text) else {
        return Ok(None);
    };
    let now = with.clock.now();
    let head = match with.polls.head(&ticket.submission()).await? {
        // Whatever the form keeps today, which may have been less when this came, and whenever the ticket is of: a key that
        // is used again names the same entry. But not in the minutes in which people poll.
        None if now.since(ticket.issued_at()) >= DELAYED_AFTER => {
            with.polls.left(&ticket.submission()).await?
        }
        head => head,
    };
    let state = state(&ticket, head.as_ref(), now, with);
    let seen = seen(state, head.as_ref(), with).await;
    let updated_at = head
        .as_ref()
        .map_or(ticket.issued_at(), |head| head.updated_at);
    // The wait grows with the age of what is waited for: the submission, or its latest replay.
    let age = now.since(if head.is_some() {
        updated_at
    } else {
        ticket.issued_at()
    });
    let retry_after = (!state.is_final()).then(|| retry_after(age, with.entropy.ten_bytes()[0]));
    Ok(Some(View {
        ticket: text.to_owned(),
        form: ticket.submission().form,
        state,
        seq: head.as_ref().map_or(0, |head| head.seq),
        submitted_at: ticket.issued_at(),
        updated_at,
        is_final: state.is_final(),
        retry_after,
        reason: (state == TicketState::Failed).then(|| reason(head.as_ref())),
        seen,
    }))
}

/// The marks of an entry: nothing is read where nothing would be shown.
async fn seen<P: SeenMarks, C: Sync, E: Sync>(
    state: TicketState,
    head: Option<&Head>,
    with: &Answering<'_, P, C, E>,
) -> Seen {
    let shows = |head: &&Head| {
        with.forms
            .get(&head.of.form)
            .is_some_and(|form| form.show_seen)
    };
    match head.filter(shows) {
        Some(head) if state == TicketState::Stored => {
            let read = with.polls.seen(&head.of, head.listed_at()).await;
            read.unwrap_or_else(|fault| {
                (with.unread)(&fault);
                Seen::default()
            })
        }
        _ => Seen::default(),
    }
}

fn state<P, C, E>(
    ticket: &Ticket,
    head: Option<&Head>,
    now: Timestamp,
    with: &Answering<'_, P, C, E>,
) -> TicketState {
    let Some(head) = head else {
        return without_entry(ticket, now, with);
    };
    if head
        .content
        .is_some_and(|content| !ticket.is_for(with.keys, &content))
    {
        return TicketState::Conflict;
    }
    match head.state {
        State::Failed | State::Held if head.is_awaiting() => {
            if now.since(head.updated_at) < DELAYED_AFTER {
                TicketState::Queued
            } else {
                TicketState::Delayed
            }
        }
        State::Stored => TicketState::Stored,
        State::Failed | State::Discarded => TicketState::Failed,
        State::Held => TicketState::Held,
        State::Erased => TicketState::Erased,
        State::Expired => TicketState::Expired,
    }
}

/// No entry, and nothing left of one: age only widens what is said.
fn without_entry<P, C, E>(
    ticket: &Ticket,
    now: Timestamp,
    with: &Answering<'_, P, C, E>,
) -> TicketState {
    let age = now.since(ticket.issued_at());
    let retention = with
        .forms
        .get(&ticket.submission().form)
        .and_then(crate::Form::retention);
    let unresolved = Duration::from_secs(if with.buries { 5 } else { 15 } * DAY);
    // While what is left of an entry would say so itself, none means that there was none.
    let told = |kept: Duration| {
        if kept < HEAD_KEPT {
            kept + HEAD_KEPT
        } else {
            kept
        }
    };
    if retention.is_some_and(|kept| age >= told(kept).max(DELAYED_AFTER)) {
        TicketState::Expired
    } else if age >= unresolved {
        TicketState::Unresolved
    } else if age >= DELAYED_AFTER {
        TicketState::Delayed
    } else {
        TicketState::Queued
    }
}

fn reason(head: Option<&Head>) -> Reason {
    let cause = head.and_then(|head| head.cause.as_ref());
    cause.map_or_else(
        || Reason {
            code: "failed".into(),
            outlook: Outlook::Kept,
        },
        Reason::from_cause,
    )
}

/// Seconds to wait: 1 + half the age, up to a minute, with a jitter of ± 20 %, kept within 1–60 after it.
#[must_use]
pub fn retry_after(age: Duration, random: u8) -> u32 {
    let wait = (1.0 + age.as_secs_f64() / 2.0).min(60.0);
    let jitter = 0.8 + 0.4 * f64::from(random) / 255.0;
    // Between 0.8 and 72 before the clamp: the cast cannot lose anything.
    ((wait * jitter).round() as u32).clamp(1, 60)
}
