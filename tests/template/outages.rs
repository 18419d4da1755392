//! How soon each outage rings, computed from the template's numbers second by second, and that the guide says so.

mod rows;

use std::collections::BTreeSet;
use std::time::Duration;

use counterfoil_core::settling::RetryPolicy;

use crate::alarms::{Rule, rule};
use crate::stack::{Stack, Verdict, ensure, hold, named, source};
use rows::ROWS;

const GUIDE: &str = "docs/deploy-aws.md";
const REHEARSAL: &str = "docs/rehearsal-aws.md";
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
/// A number reaches CloudWatch so late, at most: each of these is tried. AWS promises none.
const LATE: [i64; 3] = [0, MINUTE, 2 * MINUTE];
/// What has not rung by then does not ring.
const LONGEST: i64 = 8 * HOUR;
/// A queue that nobody asks for six hours sleeps, and its metrics come so late once it is used (SQS, "CloudWatch metrics"). A
/// mapping that is there keeps its queue awake.
const WAKING: i64 = 15 * MINUTE;
/// The longest between two tries of a change that cannot be published; Lambda documents no number.
const STREAM_RETRY: i64 = MINUTE;

/// What an alarm sees of an outage, in seconds from its beginning.
struct Seen {
    /// When there is one more.
    at: Vec<i64>,
    /// So many within a point make it a bad one.
    needed: i64,
}

/// Something that happens so often at the beginning, and need not happen again.
fn counted(count: i64) -> Seen {
    Seen {
        at: vec![0; usize::try_from(count).unwrap()],
        needed: count,
    }
}

/// A gauge that is read every minute and is bad for an hour.
fn gauge(since: i64) -> Seen {
    Seen {
        at: (1..=HOUR / MINUTE)
            .map(|minute| since + minute * MINUTE)
            .collect(),
        needed: 1,
    }
}

/// The tries of one lone submission, each of which takes so long.
fn retries(stack: &Stack, call: i64) -> Result<Seen, String> {
    let given = |parameter: &str| {
        let seconds = stack
            .at(&format!("/Parameters/{parameter}/Default"))
            .as_u64();
        seconds
            .map(Duration::from_secs)
            .ok_or_else(|| format!("{parameter} has no default"))
    };
    let tries = stack.number("Queue", "RedrivePolicy/maxReceiveCount")?;
    let tries = u32::try_from(tries).map_err(|_| "a queue counts its receives")?;
    let policy = RetryPolicy {
        base: given("RetryBase")?,
        cap: given("RetryCap")?,
        max_receives: tries,
    };
    let mut now = stack.number("WorkerMapping", "MaximumBatchingWindowInSeconds")?;
    let at = (1..policy.max_receives).map(|receives| {
        now += call;
        let failed = now;
        now += i64::try_from(policy.back_off(receives).as_secs()).unwrap();
        failed
    });
    Ok(Seen {
        at: at.collect(),
        needed: 1,
    })
}

/// Seconds until it rings, by the worst clock and the latest numbers; `None` where it may not ring at all.
fn rings_after(rule: Rule, seen: &Seen) -> Option<i64> {
    // Long points are looked at once an hour at least.
    let step = if rule.period < HOUR { MINUTE } else { HOUR };
    let phases = (0..60).map(|part| part * step / 60);
    let cases = phases.flat_map(|phase| LATE.map(|late| (phase, late)));
    let rung = cases.map(|(phase, late)| {
        let mut looks = (1..=LONGEST / step).map(|look| look * step - phase);
        looks.find(|now| is_ringing(rule, seen, *now, late))
    });
    rung.collect::<Option<Vec<_>>>()
        .and_then(|all| all.into_iter().max())
}

/// CloudWatch looks every minute, at points that end then (CloudWatch, "Alarm evaluation": a sliding window).
fn is_ringing(rule: Rule, seen: &Seen, now: i64, late: i64) -> bool {
    let bad = (0..rule.of).filter(|back| {
        let end = now - back * rule.period;
        let within = |at: &&i64| **at > end - rule.period && **at <= end && **at <= now - late;
        seen.at.iter().filter(within).count() as i64 >= seen.needed
    });
    bad.count() as i64 >= rule.points
}

fn every_outage_rings_in_time(stack: &Stack) -> Verdict {
    let guide = source(GUIDE);
    ROWS.into_iter()
        .try_for_each(|(outage, alarm, from, sees)| {
            let seen = sees(stack, alarm)?;
            let seconds = rings_after(rule(stack, alarm)?, &seen)
                .ok_or_else(|| format!("{outage}: {alarm} may not ring"))?;
            let minutes = (seconds + MINUTE - 1) / MINUTE;
            let row = format!("| {outage} | `{alarm}` | {minutes} min | {from} |");
            ensure(guide.contains(&row), || {
                format!("{GUIDE} does not say: {row}")
            })
        })
}

/// What nobody computes would stand there for ever.
#[test]
fn every_row_of_the_guide_is_computed() {
    let guide = source(GUIDE);
    let (_, table) = guide
        .split_once("| outage | rings | within | from |\n")
        .unwrap();
    let rows = table
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with("| "))
        .count();
    assert_eq!(rows, ROWS.len());
}

#[test]
fn an_outage_rings_as_soon_as_the_guide_says() {
    let place = |alarm: &str, path: &str| format!("/Resources/{alarm}/Properties/{path}");
    let ours = Stack::ours;
    let mutants = [
        ours().with(&place("Retrying", "DatapointsToAlarm"), 6),
        ours().with(&place("Retrying", "EvaluationPeriods"), 4),
        ours().with(&place("Stuck", "DatapointsToAlarm"), 8),
        ours().with(&place("NotBuried", "EvaluationPeriods"), 5),
        ours().with(&place("WorkerErrors", "DatapointsToAlarm"), 2),
        ours().with(&place("NoticesLate", "Threshold"), 600_000),
        ours().with(&place("NoticesGivenUp", "Period"), 3600),
        ours().with("/Parameters/RetryBase/Default", 600),
        ours().without("/Resources/FailedEntries"),
    ];
    hold(every_outage_rings_in_time, &mutants);
}

/// An outage of all of the table, or a broken permission, with the defaults.
#[test]
fn a_total_outage_rings_within_minutes() {
    let stack = Stack::ours();
    let late = ["NoticesGivenUp", "NoticesStopped"];
    let of_all = ROWS
        .into_iter()
        .filter(|(_, alarm, _, _)| !late.contains(alarm));
    for (outage, alarm, _, sees) in of_all {
        let seen = sees(&stack, alarm).unwrap();
        let seconds = rings_after(rule(&stack, alarm).unwrap(), &seen).unwrap();
        let asleep = if of_sleeping(&seen) { WAKING } else { 0 };
        assert!(
            seconds <= 10 * MINUTE + asleep,
            "{outage}: {alarm} rings after {seconds} s"
        );
    }
}

/// Is this seen only when a queue has woken up?
fn of_sleeping(seen: &Seen) -> bool {
    seen.at.first().is_some_and(|first| *first > WAKING)
}

/// The types of gradual deployments that a text names, with how long each takes.
fn deployments(text: &str) -> Vec<(&str, i64)> {
    let names = text.split(|sign: char| !sign.is_ascii_alphanumeric());
    let takes = |name: &str| {
        let (steps, rest) = match name.strip_prefix("Canary10Percent") {
            Some(rest) => (1, rest),
            None => (10, name.strip_prefix("Linear10PercentEvery")?),
        };
        Some(
            steps
                * rest
                    .strip_suffix("Minutes")
                    .or(rest.strip_suffix("Minute"))?
                    .parse::<i64>()
                    .ok()?
                * MINUTE,
        )
    };
    names
        .filter_map(|name| Some((name, takes(name)?)))
        .collect()
}

/// CodeDeploy goes back for an alarm that rings while it is under way, and for none after that.
fn a_new_version_goes_back_in_time(stack: &Stack) -> Verdict {
    let asked = ["Worker", "Buryer", "Notifier"]
        .map(|function| stack.property(function, "DeploymentPreference/Alarms"));
    let asked: BTreeSet<_> = asked
        .iter()
        .filter_map(|all| all.as_array())
        .flatten()
        .filter_map(named)
        .collect();
    ensure(asked.len() > 5, || {
        format!("they go back for {asked:?} alone")
    })?;
    for (outage, alarm, _, sees) in ROWS
        .into_iter()
        .filter(|(_, alarm, _, _)| asked.contains(alarm))
    {
        let seen = sees(stack, alarm)?;
        // What runs is called, and so keeps its queue awake.
        if of_sleeping(&seen) {
            continue;
        }
        let seconds = rings_after(rule(stack, alarm)?, &seen)
            .ok_or_else(|| format!("{alarm} may not ring"))?;
        let texts = [GUIDE, REHEARSAL].map(source);
        let early = texts
            .iter()
            .flat_map(|text| deployments(text))
            .find(|(_, takes)| seconds > *takes);
        ensure(early.is_none(), || {
            format!("{early:?} is over before {alarm} rings: {outage}")
        })?;
    }
    Ok(())
}

#[test]
fn the_guides_take_deployments_that_go_back_in_time() {
    assert_eq!(
        deployments("or `Canary10Percent5Minutes`, Linear10PercentEvery1Minute."),
        [
            ("Canary10Percent5Minutes", 5 * MINUTE),
            ("Linear10PercentEvery1Minute", 10 * MINUTE)
        ]
    );
    assert!(
        [GUIDE, REHEARSAL]
            .map(source)
            .iter()
            .all(|text| !deployments(text).is_empty())
    );
    let place = |alarm: &str, path: &str| format!("/Resources/{alarm}/Properties/{path}");
    let ours = Stack::ours;
    let mutants = [
        ours()
            .with(&place("NotBuried", "DatapointsToAlarm"), 12)
            .with(&place("NotBuried", "EvaluationPeriods"), 15),
        ours().with(&place("Retrying", "DatapointsToAlarm"), 5),
        ours().with(
            "/Resources/Worker/Properties/DeploymentPreference/Alarms",
            serde_json::json!([]),
        ),
    ];
    hold(a_new_version_goes_back_in_time, &mutants);
}
