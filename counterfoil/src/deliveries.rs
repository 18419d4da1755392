//! `counterfoil deliveries`: what receivers were told, what they are owed, and what is done when one could not be told.

mod act;
mod show;

use std::collections::BTreeMap;
use std::io::Write;

use counterfoil_core::ports::Clock;
use counterfoil_core::{Cause, Timestamp};
use counterfoil_machine::SystemClock;
use counterfoil_operations::harmless::{harmless, pretty_json};
use counterfoil_telling::delivery::{Delivery, DeliveryId};
use counterfoil_telling::desk::SharedDesk;
use counterfoil_telling::orders::DeliveryVerb;
use counterfoil_telling::ports::{DeliveryDesk, DeliveryFilter};
use serde_json::{Value, json};

use crate::cli::deliveries::{Deliveries, List};
use crate::ops::desk::{desk, runtime};
use crate::{say, words};

/// In one read.
const PAGE: usize = 500;

pub(crate) fn run(verb: &Deliveries) -> anyhow::Result<()> {
    let at = match verb {
        Deliveries::List(list) => &list.at,
        Deliveries::Show(show) => &show.at,
        Deliveries::Retry(act) | Deliveries::Resend(act) | Deliveries::Discard(act) => &act.at,
    };
    let done = async {
        let desk = desk(at).await?;
        match verb {
            Deliveries::List(list) => self::list(list, &desk).await,
            Deliveries::Show(show) => show::run(show, &desk).await,
            Deliveries::Retry(act) => act::run(act, DeliveryVerb::Retry, &desk).await,
            Deliveries::Resend(act) => act::run(act, DeliveryVerb::Resend, &desk).await,
            Deliveries::Discard(act) => act::run(act, DeliveryVerb::Discard, &desk).await,
        }
    };
    runtime()?.block_on(done)
}

/// Reads all that fit, page by page, until `takes` says that it has enough.
async fn each(
    desk: &SharedDesk,
    filter: &DeliveryFilter,
    mut takes: impl FnMut(Delivery) -> bool,
) -> anyhow::Result<()> {
    let mut after: Option<DeliveryId> = None;
    loop {
        let page = desk.list(filter, after.as_ref(), PAGE).await?;
        let is_last = page.len() < PAGE;
        after = page.last().map(|last| last.id.clone());
        if !page.into_iter().all(&mut takes) || is_last {
            return Ok(());
        }
    }
}

async fn list(verb: &List, desk: &SharedDesk) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let filter = verb.which.filter(now);
    if verb.causes {
        return causes(verb, desk, &filter).await;
    }
    let most = if verb.limit == 0 {
        usize::MAX
    } else {
        verb.limit
    };
    let mut rows = Vec::new();
    each(desk, &filter, |row| {
        rows.push(row);
        rows.len() <= most
    })
    .await?;
    let is_more = rows.len() > most;
    rows.truncate(most);
    let mut out = std::io::stdout().lock();
    if verb.json {
        let rows = rows.iter().map(told);
        return Ok(writeln!(out, "{}", pretty_json(&Value::from_iter(rows)))?);
    }
    if rows.is_empty() {
        say::note("no delivery is like that");
    }
    rows.iter()
        .try_for_each(|row| writeln!(out, "{}", line(row, now)))?;
    if is_more {
        say::note(format_args!(
            "the first {most}; there are more: --limit 0 lists all"
        ));
    }
    Ok(())
}

async fn causes(verb: &List, desk: &SharedDesk, filter: &DeliveryFilter) -> anyhow::Result<()> {
    let mut groups = BTreeMap::<String, (u64, Cause, Timestamp)>::new();
    each(desk, filter, |row| {
        if let Some(cause) = row.cause {
            let group = groups.entry(cause.fingerprint());
            let group = group.or_insert_with(|| (0, cause, row.born_at));
            group.0 += 1;
            group.2 = group.2.min(row.born_at);
        }
        true
    })
    .await?;
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, (count, ..))| std::cmp::Reverse(*count));
    let mut out = std::io::stdout().lock();
    if verb.json {
        let told = groups.iter().map(|(fingerprint, (count, cause, since))| {
            json!({"fingerprint": fingerprint, "deliveries": count, "cause": words::cause(cause), "since": since})
        });
        return Ok(writeln!(out, "{}", pretty_json(&Value::from_iter(told)))?);
    }
    if groups.is_empty() {
        say::note("no attempt has failed");
    }
    for (fingerprint, (count, cause, since)) in &groups {
        let cause = harmless(&cause.to_string(), false);
        writeln!(out, "{fingerprint}  {count:>6}  since {since}  {cause}")?;
    }
    Ok(())
}

/// A delivery as JSON.
fn told(row: &Delivery) -> Value {
    json!({
        "delivery": row.id.to_string(),
        "receiver": row.id.receiver,
        "submission": row.id.of.to_string(),
        "seq": row.id.seq,
        "of": row.news.state(),
        "state": row.state.as_str(),
        "born_at": row.born_at,
        "due_at": row.due_at,
        "attempts": row.attempts,
        "cause": row.cause.as_ref().map(words::cause),
    })
}

fn line(row: &Delivery, now: Timestamp) -> String {
    let cause = row.cause.as_ref();
    let cause = cause.map_or_else(String::new, |cause| {
        format!("  {}", harmless(&cause.to_string(), false))
    });
    format!(
        "{}  {:<9}  {:>4} ago  {}{cause}",
        row.id,
        row.state.as_str(),
        words::age(row.born_at, now),
        words::count(row.attempts.into(), "attempt"),
    )
}
