//! A replay job that is killed, stopped, called off, or run by two at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use counterfoil_core::State;
use counterfoil_operations::drive::{Halted, cancel, prepare, resume, run};
use counterfoil_operations::job::{Job, JobId, JobState, Manner, Selection};
use counterfoil_operations::ports::Jobs;
use counterfoil_operations::worklist::Filter;
use counterfoil_testkit::build::THEN;
use counterfoil_testkit::contract::operations::job;
use futures_util::FutureExt;

use super::{PLAIN, World, now, order, replay};

/// Runs until the process dies after `calls`, then again from what is written down.
fn killed(dead: usize, calls: i64) -> bool {
    let world = World::new(dead, |_| false);
    world.calls.store(calls, Ordering::SeqCst);
    let survived = replay(&world, 1, PLAIN).now_or_never().is_some();
    world.calls.store(i64::MAX, Ordering::SeqCst);
    world.settle();
    let with = world.driving();
    let job = match now(world.ledger.job(&order(1, PLAIN).id)).unwrap() {
        Some(job) if job.state == JobState::Done => job,
        Some(job) => {
            let job = now(resume(job, &with)).unwrap();
            now(run(job, &with, &mut |_| {}, &|| false)).unwrap()
        }
        None => now(replay(&world, 1, PLAIN)).unwrap(),
    };
    world.settle();
    assert_eq!(
        (job.state, job.tally().stored, job.total),
        (JobState::Done, dead as u64, dead as u64),
        "at {calls}"
    );
    for row in world.ledger.entries() {
        let head = &row.head;
        assert_eq!(
            (head.state, head.run, head.seq),
            (State::Stored, 1, 3),
            "sent once in effect; killed at {calls}"
        );
    }
    !survived
}

#[test]
fn wherever_it_is_killed_the_next_one_ends_it_and_counts_right() {
    let deaths = (0..).take_while(|calls| killed(24, *calls)).count();
    assert!(deaths > 24 * 3, "it was killed at every call: {deaths}");
}

#[test]
fn a_replay_of_a_thousand_survives_being_killed() {
    for calls in (0..5000).step_by(1213) {
        killed(1000, calls);
    }
}

#[test]
fn two_people_who_replay_the_same_at_once_do_no_harm() {
    let world = World::new(120, |number| number % 10 == 0);
    let both = async { futures_util::join!(replay(&world, 1, PLAIN), replay(&world, 2, PLAIN)) };
    let (one, two) = now(both);
    assert_eq!(
        (one.unwrap().state, two.unwrap().state),
        (JobState::Done, JobState::Done)
    );
    assert_eq!(world.states(), (108, 12));
    let stored = world
        .ledger
        .changes()
        .into_iter()
        .filter(|(_, _, state)| *state == State::Stored);
    assert_eq!(stored.count(), 108, "each is stored once");
}

#[test]
fn an_order_to_stop_leaves_a_job_that_can_be_resumed() {
    let world = World::new(100, |_| false);
    let with = world.driving();
    let job = now(prepare(
        order(
            1,
            Manner {
                canary: None,
                ..PLAIN
            },
        ),
        &with,
    ))
    .unwrap();
    assert!(job.manner.has_canary(), "above twenty a canary goes first");
    let looks = AtomicUsize::new(0);
    let stop = || looks.fetch_add(1, Ordering::SeqCst) > 3;
    let job = now(run(job, &with, &mut |_| {}, &stop)).unwrap();
    assert_eq!(job.state, JobState::Stopped);
    assert_eq!(
        now(world.ledger.job(&job.id)).unwrap(),
        Some(job.clone()),
        "it is written down"
    );
    let job = now(resume(job, &with)).unwrap();
    let job = now(run(job, &with, &mut |_| {}, &|| false)).unwrap();
    assert_eq!((job.state, job.tally().stored), (JobState::Done, 100));
}

#[test]
fn a_job_called_off_ends_its_runner_at_the_next_beat() {
    let world = World::new(400, |_| false);
    let with = world.driving();
    let job = now(prepare(order(1, PLAIN), &with)).unwrap();
    let off = &job.clone();
    let mut looks = 0;
    let mut call_off = |_: &Job| {
        looks += 1;
        if looks == 3 {
            let there = now(world.ledger.job(&off.id)).unwrap().unwrap();
            assert!(now(cancel(there, &world.ledger, &world.clock)).unwrap());
            world.clock.advance(Duration::from_secs(2));
        }
    };
    let ended = now(run(job, &with, &mut call_off, &|| false));
    assert!(matches!(ended, Err(Halted::Taken)), "{ended:?}");
    assert_eq!(
        now(world.ledger.job(&off.id)).unwrap().unwrap().state,
        JobState::Cancelled
    );
    assert!(world.states().1 > 300, "the rest stays where it is");
}

#[test]
fn a_runner_that_wakes_up_after_a_resume_changes_nothing() {
    let world = World::new(700, |_| false);
    let with = world.driving();
    // Killed, or asleep, wherever it may be while it writes its candidates down.
    for calls in 0..6 {
        let ordered = Job {
            id: JobId::fresh(THEN, [calls; 10]),
            ..job(1, Selection::All(Filter::default()))
        };
        let mut old = Box::pin(prepare(ordered.clone(), &with));
        world.calls.store(i64::from(calls), Ordering::SeqCst);
        assert!(
            old.as_mut().now_or_never().is_none(),
            "it hangs in call {calls}"
        );
        world.calls.store(i64::MAX, Ordering::SeqCst);
        let Some(left) = now(world.job(&ordered.id)).unwrap() else {
            continue;
        };
        let resumed = now(resume(left.clone(), &with)).unwrap();
        assert_eq!((resumed.total, resumed.parts), (700, 2));
        for part in 0..3 {
            assert!(
                !now(world.put_part(&left, part, &[])).unwrap(),
                "what it would have written next"
            );
        }
        assert_eq!(now(world.job(&ordered.id)).unwrap(), Some(resumed.clone()));
        let parts: Vec<_> = (0..2)
            .map(|part| now(world.part(&ordered.id, part)).unwrap().len())
            .collect();
        assert_eq!(parts, [500, 200]);
    }
}
