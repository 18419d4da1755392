//! A delivery as an item of the table, and back; and how a receiver is.
//!
//! ```text
//! pk  !delivery#{receiver}#{shard & 7}   sk  {form}#{id}#{seq, 20 digits}
//! delivery, history, orders              what it is, its attempts, a person's last order: JSON
//! rev                                    counts its writes: each needs the one before
//! view, received_at                      due#{receiver}#{0..7} and when it is due, while it waits; dead#…, once it failed
//!
//! pk  !receivers   sk  {receiver}        how it is, and who enabled it
//! ```

use std::time::Duration;

use counterfoil_core::notice::Change;
use counterfoil_core::{Cause, Fault, FormId, State, SubmissionId, SubmissionRef, Timestamp};
use counterfoil_telling::alarms::{AlarmFacts, AlarmNews, AlarmState};
use counterfoil_telling::courier::Attempt;
use counterfoil_telling::delivery::{Delivery, DeliveryId, DeliveryState};
use counterfoil_telling::health::{Health, ReceiverState};
use counterfoil_telling::news::News;
use counterfoil_telling::orders::{Order, Signed};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::send::Reply;
use serde::{Deserialize, Serialize};

use crate::item::{Item, Key, VIEWS, integer, number, string, text};
use crate::ledger::unreadable;
use crate::query::{json, parsed, read};

/// What every `pk` of a delivery starts with.
pub(crate) const DELIVERY: &str = "!delivery#";
/// The `pk` of all receivers.
pub(crate) const RECEIVERS: &str = "!receivers";
/// How long what was delivered or given up is kept.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A delivery's item.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) delivery: Delivery,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) order: Option<Order>,
    /// When it was delivered or given up.
    pub(crate) done_at: Option<Timestamp>,
    /// How often it was written.
    pub(crate) rev: u64,
}

impl Row {
    /// One that has just been born.
    pub(crate) fn born(delivery: &Delivery) -> Self {
        Self {
            delivery: delivery.clone(),
            attempts: Vec::new(),
            order: None,
            done_at: None,
            rev: 0,
        }
    }

    /// Takes what it becomes `now`.
    pub(crate) fn becomes(&mut self, next: Delivery, now: Timestamp) {
        self.done_at = match next.state {
            DeliveryState::Delivered | DeliveryState::Discarded => self.done_at.or(Some(now)),
            DeliveryState::Waiting | DeliveryState::Failed => None,
        };
        self.delivery = next;
    }

    /// The item, as its next write puts it.
    pub(crate) fn item(&self) -> Result<Item, Fault> {
        let delivery = &self.delivery;
        let mut item: Item = key(&delivery.id).into();
        item.insert("delivery".into(), json(&Kept::of(self))?);
        item.insert("rev".into(), number(self.rev + 1));
        if !self.attempts.is_empty() {
            let history: Vec<_> = self.attempts.iter().map(Try::of).collect();
            item.insert("history".into(), json(&history)?);
        }
        if let Some(order) = &self.order {
            item.insert("orders".into(), json(order)?);
        }
        let view = match delivery.state {
            DeliveryState::Waiting => Some(("due", delivery.due_at)),
            DeliveryState::Failed => Some(("dead", delivery.due_at)),
            DeliveryState::Delivered | DeliveryState::Discarded => None,
        };
        if let Some((kind, at)) = view {
            let partition = shard(&delivery.id.of.id);
            let view = format!("{kind}#{}#{partition}", delivery.id.receiver);
            item.insert("view".into(), text(&view));
            item.insert("received_at".into(), number(at.as_millis()));
        }
        if let Some(done_at) = self.done_at {
            item.insert("expires_at".into(), number(done_at.plus(KEPT).as_secs()));
        }
        Ok(item)
    }

    /// Reads an item.
    pub(crate) fn read(item: &Item) -> Result<Self, Fault> {
        let id = id_of(item).ok_or_else(unreadable)?;
        let kept: Kept = read(item, "delivery")?;
        let history: Vec<Try> = parsed(item, "history")?.unwrap_or_default();
        let done_at = kept.done_at;
        Ok(Self {
            delivery: kept.delivery(id)?,
            attempts: history.into_iter().map(Try::attempt).collect(),
            order: parsed(item, "orders")?,
            done_at,
            rev: integer(item, "rev").ok_or_else(unreadable)?,
        })
    }
}

/// The partition of a submission's deliveries, of those of its receiver.
fn shard(id: &SubmissionId) -> u8 {
    id.shard() % VIEWS
}

/// The `pk`s of a receiver's deliveries.
pub(crate) fn partitions(receiver: &ReceiverName) -> impl Iterator<Item = String> {
    let pk = move |n| format!("{DELIVERY}{receiver}#{n}");
    (0..VIEWS).map(pk)
}

/// The `pk` of a submission's deliveries to a receiver.
pub(crate) fn partition(receiver: &ReceiverName, of: &SubmissionRef) -> String {
    format!("{DELIVERY}{receiver}#{}", shard(&of.id))
}

/// What the `sk` of every delivery of a submission starts with.
pub(crate) fn prefix(of: &SubmissionRef) -> String {
    format!("{}#{}#", of.form, of.id)
}

/// Where a delivery stands. They sort as their ids do.
pub(crate) fn key(id: &DeliveryId) -> Key {
    let sk = format!("{}{:020}", prefix(&id.of), id.seq);
    let pk = partition(&id.receiver, &id.of);
    [("pk".into(), text(&pk)), ("sk".into(), text(&sk))]
}

/// Which delivery an item is, or an entry of the index.
pub(crate) fn id_of(item: &Item) -> Option<DeliveryId> {
    let (receiver, _) = string(item, "pk")?
        .strip_prefix(DELIVERY)?
        .rsplit_once('#')?;
    let mut parts = string(item, "sk")?.split('#');
    let of = SubmissionRef {
        form: FormId::parse_stored(parts.next()?)?,
        id: SubmissionId::parse(parts.next()?)?,
    };
    Some(DeliveryId {
        receiver: ReceiverName::parse(receiver)?,
        of,
        seq: parts.next()?.parse().ok()?,
    })
}

/// A delivery but for its id. A stored format.
#[derive(Serialize, Deserialize)]
struct Kept {
    news: KeptNews,
    state: String,
    born_at: Timestamp,
    due_at: Timestamp,
    attempts: u32,
    tries: u32,
    since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cause: Option<Cause>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    done_at: Option<Timestamp>,
}

/// What it tells. A stored format.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeptNews {
    Change {
        state: State,
        run: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<String>,
        at: Timestamp,
    },
    Alarm {
        state: String,
        at: Timestamp,
        facts: AlarmFacts,
    },
}

impl Kept {
    fn of(row: &Row) -> Self {
        let delivery = &row.delivery;
        let news = match &delivery.news {
            News::Change(change) => KeptNews::Change {
                state: change.state,
                run: change.run,
                cause: change.cause.clone(),
                at: change.at,
            },
            News::Alarm(alarm) => KeptNews::Alarm {
                state: alarm.state.as_str().to_owned(),
                at: alarm.at,
                facts: alarm.facts.clone(),
            },
        };
        Self {
            news,
            state: delivery.state.as_str().to_owned(),
            born_at: delivery.born_at,
            due_at: delivery.due_at,
            attempts: delivery.attempts,
            tries: delivery.tries,
            since: delivery.since,
            cause: delivery.cause.clone(),
            done_at: row.done_at,
        }
    }

    fn delivery(self, id: DeliveryId) -> Result<Delivery, Fault> {
        let (of, seq) = (id.of.clone(), id.seq);
        let news = match self.news {
            KeptNews::Change {
                state,
                run,
                cause,
                at,
            } => News::Change(Change {
                of,
                seq,
                state,
                run,
                cause,
                at,
            }),
            KeptNews::Alarm { state, at, facts } => News::Alarm(AlarmNews {
                of,
                seq,
                at,
                state: AlarmState::parse(&state).ok_or_else(unreadable)?,
                facts,
            }),
        };
        Ok(Delivery {
            id,
            news,
            state: DeliveryState::parse(&self.state).ok_or_else(unreadable)?,
            born_at: self.born_at,
            due_at: self.due_at,
            attempts: self.attempts,
            tries: self.tries,
            since: self.since,
            cause: self.cause,
        })
    }
}

/// An attempt. A stored format.
#[derive(Serialize, Deserialize)]
struct Try {
    n: u32,
    at: Timestamp,
    ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    said: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cause: Option<Cause>,
}

impl Try {
    fn of(attempt: &Attempt) -> Self {
        Self {
            n: attempt.n,
            at: attempt.at,
            ms: u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
            code: attempt.reply.code,
            said: attempt.reply.said.clone(),
            cause: attempt.cause.clone(),
        }
    }

    fn attempt(self) -> Attempt {
        Attempt {
            n: self.n,
            at: self.at,
            took: Duration::from_millis(self.ms),
            reply: Reply {
                code: self.code,
                said: self.said,
            },
            cause: self.cause,
        }
    }
}

/// How a receiver is. A stored format.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct KeptHealth {
    state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    failures: u32,
    told: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    back_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cause: Option<Cause>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    enabled: Option<Signed>,
}

impl KeptHealth {
    pub(crate) fn of(health: &Health, enabled: Option<&Signed>) -> Self {
        Self {
            state: health.state.as_str().to_owned(),
            since: health.since,
            failures: health.failures,
            told: health.told,
            back_at: health.back_at,
            cause: health.cause.clone(),
            enabled: enabled.cloned(),
        }
    }

    pub(crate) fn read(self) -> Result<(Health, Option<Signed>), Fault> {
        let health = Health {
            state: ReceiverState::parse(&self.state).ok_or_else(unreadable)?,
            since: self.since,
            failures: self.failures,
            told: self.told,
            back_at: self.back_at,
            cause: self.cause,
        };
        Ok((health, self.enabled))
    }
}
