//! Tickets while their keys change: none that was given out is ever refused.

use bytes::Bytes;
use counterfoil_core::{ContentHash, Keyring, SubmissionId, SubmissionRef, Ticket, Timestamp};
use counterfoil_testkit::build::{THEN, reference};
use counterfoil_testkit::corpus::FORMS;
use http::Request;

use crate::in_process::{Answer, Homes};

const OLD: &str = "1:local:0123456789abcdefghijklmnopqrstuv";
const NEW: &str = "2:local:abcdefghijklmnopqrstuv0123456789";
const LIVE: usize = 10_000;

fn keys(texts: &[&str]) -> Keyring {
    Keyring::parse(&texts.join(" ")).unwrap()
}

/// So many tickets, each for a submission of its own.
fn tickets(keys: &Keyring, count: usize) -> Vec<String> {
    let mint = |number: usize| {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&(number as u64).to_be_bytes());
        let id = SubmissionId::fresh(THEN, random);
        let of = SubmissionRef {
            form: reference(1).form,
            id,
        };
        Ticket::mint(keys, &of, THEN, &ContentHash::digest(&random)).to_string()
    };
    (0..count).map(mint).collect()
}

fn poll(homes: &Homes, ticket: &str) -> Answer {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = format!("/tickets/{ticket}").parse().unwrap();
    homes.one_machine(request)
}

/// Two deploys: the new key only verifies, everywhere, and only then signs. At each step some instances are at the
/// step before, and every one of them takes every ticket that any of them gives out.
#[test]
fn a_rotation_of_keys_refuses_no_ticket_that_was_given_out() {
    let steps = [vec![OLD], vec![OLD, NEW], vec![NEW, OLD]];
    let mut live = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        live.extend(tickets(&keys(step), LIVE / steps.len() + 1));
        let instances = steps[at.saturating_sub(1)..=at].iter();
        let from_this_step = live.len() - (LIVE / steps.len() + 1);
        for (behind, instance) in instances.rev().enumerate() {
            let homes = Homes::with_keys(&FORMS, keys(instance));
            // The step where NEW begins to sign comes when all verify with it: nobody is two behind.
            for ticket in &live[if behind == 0 { 0 } else { from_this_step }..] {
                assert_eq!(
                    poll(&homes, ticket).status,
                    200,
                    "step {at}, {behind} behind"
                );
            }
        }
    }
    assert!(live.len() >= LIVE);
}

#[test]
fn a_key_that_was_taken_away_verifies_nothing_any_more() {
    let homes = Homes::with_keys(&FORMS, keys(&[NEW]));
    let forged = poll(&homes, "forged");
    for ticket in tickets(&keys(&[OLD]), 100) {
        assert_eq!(poll(&homes, &ticket), forged);
    }
    assert_eq!(homes.status.polls.reads(), 0);
}

#[test]
fn only_the_ticket_itself_is_taken() {
    let homes = Homes::with_keys(&FORMS, keys(&[OLD]));
    let [ticket] = tickets(&keys(&[OLD]), 1).try_into().unwrap();
    assert_eq!(poll(&homes, &ticket).status, 200);
    assert_eq!(homes.status.polls.reads(), 1);
    assert_eq!(
        Ticket::verify(&keys(&[OLD]), &ticket).unwrap().issued_at(),
        Timestamp::from_secs(THEN.as_secs())
    );
}
