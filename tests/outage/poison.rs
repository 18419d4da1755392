//! A record that ends the process each time it is settled, and those that come with it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use counterfoil_core::ports::{Clock, Ledger, Write};
use counterfoil_core::{Code, Entry, Fault, Head, SubmissionId, Timestamp};
use counterfoil_testkit::{ManualClock, MemoryLedger, build};

use crate::functions::{Deadly, Functions};
use crate::numbers::Numbers;
use crate::queue::Queue;
use crate::{MINUTE, SPAN};

/// A ledger that ends whoever writes one submission: nothing that is called after that happens.
struct Poisoned {
    ledger: MemoryLedger,
    clock: Arc<ManualClock>,
    poison: SubmissionId,
    ended: AtomicBool,
    written: Mutex<BTreeMap<SubmissionId, Timestamp>>,
}

impl Deadly for Poisoned {
    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    fn start(&self) {
        self.ended.store(false, Ordering::SeqCst);
    }
}

impl Ledger for Poisoned {
    async fn insert(&self, entry: &Entry) -> Result<Write, Fault> {
        if entry.head.of.id == self.poison {
            self.ended.store(true, Ordering::SeqCst);
        }
        if self.has_ended() {
            return Err(Fault::transient(Code::Injected, "nobody lives to see this"));
        }
        self.written
            .lock()
            .unwrap()
            .entry(entry.head.of.id)
            .or_insert_with(|| self.clock.now());
        self.ledger.insert(entry).await
    }

    async fn update(&self, next: &Head) -> Result<Write, Fault> {
        self.ledger.update(next).await
    }

    async fn mend(&self, next: &Entry) -> Result<Write, Fault> {
        self.ledger.mend(next).await
    }
}

fn id(number: u8) -> SubmissionId {
    build::reference(number).id
}

/// The fourth of five ends the process. When it comes back, five others have just come, and are in its batch.
#[test]
fn a_record_that_ends_the_process_costs_those_that_came_with_it_minutes_and_not_a_quarter_of_an_hour()
 {
    let (numbers, clock) = (Numbers::ours(), Arc::new(ManualClock::new()));
    let ledger = Arc::new(Poisoned {
        ledger: MemoryLedger::default(),
        clock: Arc::clone(&clock),
        poison: id(4),
        ended: AtomicBool::new(false),
        written: Mutex::default(),
    });
    let functions = Functions::new(Arc::clone(&ledger), Arc::clone(&clock), numbers.retry);
    let mut queue = Queue::new(numbers.visibility, Some(numbers.retry.max_receives));
    let sent_at = clock.now();
    let late = sent_at.plus(numbers.visibility);
    for number in 1..=10 {
        let at = if number <= 5 { sent_at } else { late };
        queue.send(
            usize::from(number),
            build::envelope(number, "m").encode(),
            at,
        );
    }
    let mut dead = Vec::new();
    while let Some(next) = queue.next() {
        clock.reach(next);
        let (received, given_up) = queue.receive(numbers.batch, next);
        dead.extend(
            given_up
                .into_iter()
                .map(|(number, _)| (number, next.since(sent_at))),
        );
        functions.work(&received, &mut queue, numbers.timeout);
    }
    let written = ledger.written.lock().unwrap();
    assert_eq!(written.len(), 9, "all but one are stored");
    for number in 6..=10 {
        let waited = written[&id(number)].since(late);
        assert!(waited <= 2 * MINUTE, "{number} waited for {waited:?}");
    }
    let waited = [1, 2, 3, 5].map(|number| written[&id(number)].since(sent_at));
    assert!(
        waited
            .iter()
            .all(|waited| *waited <= 3 * numbers.visibility),
        "{waited:?}"
    );
    // What was stored beside it, in a process that could not say so any more, may come with it to the end; buried, it is a
    // duplicate.
    assert!(dead.iter().any(|(number, _)| *number == 4), "{dead:?}");
    assert!(
        dead.iter()
            .all(|(number, age)| *number <= 5 && *age >= SPAN),
        "{dead:?}"
    );
}
