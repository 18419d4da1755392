//! Budgets and bursts: what is counted, for whom, and what becomes of what nobody can count.

use std::time::Duration;

use counterfoil_core::Envelope;
use counterfoil_testkit::build::{THEN, envelope};

use super::Judge;

/// The `number`-th submission, from this address.
fn from(number: u8, address: &str, message: &str) -> Envelope {
    let mut sent = envelope(number, message);
    sent.checks.address = Some(address.into());
    sent
}

#[test]
fn more_than_the_form_takes_is_held_until_its_window_ends() {
    let home = Judge::with_keys("budget.per_form = { count = 2, per = \"hour\" }\n");
    let results: Vec<_> = (1..=3).map(|n| home.settle(&envelope(n, "m"), 1)).collect();
    assert_eq!(results, ["stored", "stored", "budget"]);
    let mut later = envelope(4, "m");
    later.received_at = THEN.plus(Duration::from_secs(3600));
    assert_eq!(home.settle(&later, 1), "stored");
}

#[test]
fn one_address_uses_up_its_own_budget_and_not_the_forms() {
    let budget = "budget.per_address = { count = 1, per = \"day\" }\nbudget.per_form = { count = 2, per = \"day\" }\n";
    let home = Judge::with_keys(budget);
    assert_eq!(home.settle(&from(1, "aa", "m"), 1), "stored");
    for number in 2..6 {
        assert_eq!(home.settle(&from(number, "aa", "m"), 1), "budget");
    }
    assert_eq!(
        home.settle(&from(6, "bb", "m"), 1),
        "stored",
        "the form's second"
    );
    assert_eq!(
        home.settle(&envelope(7, "m"), 1),
        "budget",
        "without an address only the form's counts"
    );
}

#[test]
fn the_same_content_again_and_again_is_a_burst() {
    let home = Judge::with_keys("burst = { count = 2, per = \"minute\" }\n");
    let results: Vec<_> = (1..=4)
        .map(|n| home.settle(&envelope(n, "buy"), 1))
        .collect();
    assert_eq!(results, ["stored", "stored", "burst", "burst"]);
    assert_eq!(home.settle(&envelope(5, "another"), 1), "stored");
}

#[test]
fn what_is_delivered_again_is_not_counted_again() {
    let home = Judge::with_keys("budget.per_form = { count = 1, per = \"hour\" }\n");
    let sent = envelope(1, "m");
    assert_eq!(home.settle(&sent, 1), "stored");
    home.settle(&sent, 2);
    let added: Vec<_> = home
        .guards
        .counters()
        .calls()
        .into_iter()
        .map(|(_, by)| by)
        .collect();
    assert_eq!(added, [1, 0]);
}

#[test]
fn whoever_sends_the_same_again_uses_up_nobodys_budget() {
    let budget = "budget.per_address = { count = 1, per = \"day\" }\nbudget.per_form = { count = 2, per = \"day\" }\n";
    let home = Judge::with_keys(budget);
    for _ in 0..4 {
        assert_eq!(
            home.settle(&from(1, "aa", "m"), 1),
            "stored",
            "as its first sending"
        );
    }
    assert_eq!(
        home.settle(&from(2, "aa", "other"), 1),
        "budget",
        "its own is used up all the same"
    );
    assert_eq!(home.settle(&from(2, "aa", "other"), 1), "budget");
    assert_eq!(home.settle(&from(3, "bb", "m"), 1), "stored");
    let added: i32 = home
        .guards
        .counters()
        .calls()
        .iter()
        .map(|(_, by)| by)
        .sum();
    assert_eq!(
        added, 5,
        "two for each that was stored, one for the one that was held"
    );
}

#[test]
fn a_count_that_cannot_be_given_back_keeps_nobody_waiting() {
    let home = Judge::with_keys("budget.per_form = { count = 9, per = \"hour\" }\n");
    assert_eq!(home.settle(&envelope(1, "m"), 1), "stored");
    home.guards.counters().be_away_after(1);
    assert_eq!(home.settle(&envelope(1, "m"), 1), "stored");
}

#[test]
fn what_cannot_be_counted_waits_and_is_held_in_the_end() {
    let home = Judge::with_keys("budget.per_form = { count = 1, per = \"hour\" }\n");
    home.guards.counters().be_away_after(0);
    assert_eq!(home.settle(&envelope(1, "m"), 1), "later: injected");
    assert_eq!(home.settle(&envelope(1, "m"), 20), "uncounted");
}

#[test]
fn what_is_held_anyway_is_not_counted() {
    let home = Judge::with_keys("budget.per_form = { count = 1, per = \"hour\" }\n");
    let mut spam = envelope(1, "m");
    spam.checks.honeypot = true;
    assert_eq!(home.settle(&spam, 1), "honeypot");
    assert_eq!(home.guards.counters().calls(), []);
}
