//! Notices that come out again, on fakes: what is published is removed behind that, what is refused stays, and a topic that
//! is away loses nothing. And which changes of an entry were announced, held against a ledger that announces them.

mod rebuilt;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use counterfoil_core::notice::{Change, Notice};
use counterfoil_core::parked::{Origin, Parked, What};
use counterfoil_core::ports::{Polls, Publisher, Write};
use counterfoil_core::{Cause, Code, Fault, Head, State, SubmissionRef};
use counterfoil_operations::history::{Action, Edit, Line};
use counterfoil_operations::notices::{
    Found, Heads, Mark, Page, Range, Resending, Tally, called, give_up, resend,
};
use counterfoil_operations::ports::{Actions, Notices};
use counterfoil_testkit::MemoryLedger;
use counterfoil_testkit::build::{THEN, reference};
use counterfoil_testkit::contract::notices::{Ways, notices};
use futures_util::FutureExt;

/// A home in memory: pages of two, and what was given stays hidden until it is given back, as on a queue.
#[derive(Default)]
struct Fixture {
    ledger: MemoryLedger,
    aside: Mutex<BTreeMap<String, Parked>>,
    hidden: Mutex<BTreeSet<String>>,
    out: Mutex<Vec<String>>,
    /// Notices that are never taken, or over which the publisher panics.
    refused: Mutex<BTreeSet<String>>,
    explosive: Mutex<BTreeSet<String>>,
    /// The topic is away after so many more notices.
    most: Mutex<Option<usize>>,
    /// Nothing can be removed.
    is_stuck: bool,
}

impl Fixture {
    fn park(&self, parked: Parked) {
        let mut aside = self.aside.lock().unwrap();
        let id = format!("m-{:03}", aside.len());
        // What was removed from this place was given to somebody.
        self.hidden.lock().unwrap().remove(&id);
        assert!(aside.insert(id, parked).is_none(), "a place of its own");
    }

    fn names(&self) -> Vec<String> {
        let found = |(id, parked): (&String, &Parked)| Found {
            id: id.clone(),
            hold: id.clone(),
            parked: parked.clone(),
        };
        self.aside
            .lock()
            .unwrap()
            .iter()
            .map(found)
            .map(|found| found.name())
            .collect()
    }

    fn take_out(&self) -> Vec<String> {
        std::mem::take(&mut self.out.lock().unwrap())
    }
}

impl Publisher for Fixture {
    const AT_ONCE: usize = 10;

    async fn publish(&self, notices: &[Notice]) -> Vec<Result<(), Fault>> {
        let explosive = self.explosive.lock().unwrap().clone();
        assert!(
            !notices.iter().any(|notice| explosive.contains(&notice.id)),
            "on purpose"
        );
        let one = |notice: &Notice| {
            let mut most = self.most.lock().unwrap();
            if *most == Some(0) {
                return Err(Fault::transient(Code::AwsDenied, "refused"));
            }
            *most = most.map(|most| most - 1);
            if self.refused.lock().unwrap().contains(&notice.id) {
                return Err(Fault::Permanent(Cause::undecodable("too large")));
            }
            self.out.lock().unwrap().push(notice.id.clone());
            Ok(())
        };
        notices.iter().map(one).collect()
    }
}

impl Notices for Fixture {
    async fn parked(&self, _from: Option<String>, most: usize) -> Result<Page, Fault> {
        let (aside, mut hidden) = (self.aside.lock().unwrap(), self.hidden.lock().unwrap());
        let some = aside
            .iter()
            .filter(|(id, _)| !hidden.contains(*id))
            .take(most.min(2));
        let found = |(id, parked): (&String, &Parked)| Found {
            id: id.clone(),
            hold: id.clone(),
            parked: parked.clone(),
        };
        let rows: Vec<Found> = some.map(found).collect();
        hidden.extend(rows.iter().map(|found| found.id.clone()));
        let next = (!rows.is_empty()).then(String::new);
        Ok(Page { rows, next })
    }

    async fn give_back(&self, found: &[Found]) -> Result<(), Fault> {
        self.hidden
            .lock()
            .unwrap()
            .retain(|id| !found.iter().any(|found| found.id == *id));
        Ok(())
    }

    async fn remove(&self, found: &Found) -> Result<(), Fault> {
        if self.is_stuck {
            return Err(Fault::transient(Code::AwsTimeout, "no answer in time"));
        }
        self.aside.lock().unwrap().remove(&found.hold);
        Ok(())
    }

    async fn changed(&self, range: &Range, from: Option<String>) -> Result<Heads, Fault> {
        let start = from.map_or(0, |from| from.parse().unwrap());
        let all = self.ledger.entries();
        let is_in = |head: &Head| {
            head.updated_at >= range.since
                && range.form.as_ref().is_none_or(|form| *form == head.of.form)
        };
        let rows = all
            .iter()
            .skip(start)
            .take(3)
            .map(|entry| entry.head.clone())
            .filter(is_in)
            .collect();
        let next = (start + 3 < all.len()).then(|| (start + 3).to_string());
        Ok(Heads {
            rows,
            unreadable: Vec::new(),
            next,
        })
    }

    fn stage(&self) -> &str {
        "test"
    }

    async fn mark(&self) -> Result<Mark, Fault> {
        Ok(Mark::default())
    }

    async fn is_out(&self, _mark: &Mark) -> Result<bool, Fault> {
        Ok(true)
    }
}

impl Polls for Fixture {
    async fn head(&self, of: &SubmissionRef) -> Result<Option<Head>, Fault> {
        self.ledger.head(of).await
    }
}

impl Actions for Fixture {
    async fn act(&self, next: &Head, deed: &Action, edit: Option<&Edit>) -> Result<Write, Fault> {
        self.ledger.act(next, deed, edit).await
    }

    async fn history(&self, of: &SubmissionRef) -> Result<Vec<Line>, Fault> {
        self.ledger.history(of).await
    }
}

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the fake never waits")
}

fn change_of(number: u8) -> Change {
    Change {
        of: reference(number),
        seq: 1,
        state: State::Stored,
        run: 0,
        cause: None,
        at: THEN,
    }
}

fn id(number: u8) -> String {
    format!("{}:1", reference(number))
}

fn ids(numbers: impl IntoIterator<Item = u8>) -> Vec<String> {
    numbers.into_iter().map(id).collect()
}

fn parked(what: What) -> Parked {
    Parked {
        what,
        cause: Cause::undecodable("too large"),
        origin: Origin::default(),
    }
}

fn notice(number: u8) -> Parked {
    parked(What::Notice(Box::new(Notice::new(
        &change_of(number),
        "test",
    ))))
}

fn holding(numbers: std::ops::Range<u8>) -> Fixture {
    let home = Fixture::default();
    numbers.for_each(|number| home.park(notice(number)));
    home
}

fn all(home: &Fixture) -> Tally {
    now(resend(home, &Resending::All)).unwrap()
}

#[test]
fn the_fake_keeps_the_contract_of_what_is_set_aside() {
    let home = Fixture::default();
    let park = async |change: &Change| {
        home.park(parked(What::Notice(Box::new(Notice::new(change, "test")))))
    };
    let out = async |_count: usize| home.take_out().into_iter().collect();
    now(notices(
        &home,
        &Ways {
            ledger: &home.ledger,
            park,
            out,
        },
    ));
}

#[test]
fn one_that_is_refused_again_or_explodes_stays_and_the_others_go_out() {
    let home = holding(0..5);
    home.refused.lock().unwrap().insert(id(1));
    home.explosive.lock().unwrap().insert(id(3));
    let tally = all(&home);
    assert_eq!((tally.resent, tally.refused, tally.stopped), (3, 2, None));
    assert_eq!(home.take_out(), ids([0, 2, 4]));
    assert_eq!(home.names(), ids([1, 3]));
    assert!(
        home.hidden
            .lock()
            .unwrap()
            .iter()
            .all(|id| !home.aside.lock().unwrap().contains_key(id)),
        "given back"
    );
}

#[test]
fn a_topic_that_is_away_ends_it_and_what_is_not_out_stays() {
    let home = Fixture {
        most: Mutex::new(Some(3)),
        ..holding(0..9)
    };
    let tally = all(&home);
    assert_eq!(
        (tally.resent, tally.stopped.unwrap().code.as_str()),
        (3, "aws-denied")
    );
    assert_eq!(home.names(), ids(3..9));
    *home.most.lock().unwrap() = None;
    let tally = all(&home);
    assert_eq!(
        (tally.resent, tally.refused),
        (6, 0),
        "nothing was kept back"
    );
    assert_eq!(home.take_out(), ids(0..9));
}

#[test]
fn what_cannot_be_removed_is_told_though_it_is_out() {
    let home = Fixture {
        is_stuck: true,
        ..holding(0..1)
    };
    let tally = all(&home);
    assert_eq!(
        (tally.resent, tally.refused, home.names()),
        (0, 1, ids([0]))
    );
    assert!(
        tally.told[0]
            .1
            .starts_with("it is out, and is still set aside"),
        "{:?}",
        tally.told
    );
}

#[test]
fn what_is_dropped_is_gone_and_nothing_else() {
    let home = holding(0..5);
    home.park(parked(What::Nothing));
    let (found, missing) = now(called(
        &home,
        &[id(1), reference(3).to_string(), "m-005".into(), id(9)],
    ))
    .unwrap();
    let names: Vec<_> = found.iter().map(Found::name).collect();
    assert_eq!(
        (names, missing),
        (vec![id(1), id(3), "m-005".into()], vec![id(9)])
    );
    assert!(
        home.hidden.lock().unwrap().is_empty(),
        "asking keeps nothing from others"
    );
    let done = now(give_up(&home, &found)).unwrap();
    assert_eq!((done.gone.len(), done.told.len()), (3, 0));
    assert_eq!(
        (home.names(), home.take_out()),
        (ids([0, 2, 4]), Vec::new())
    );
    assert_eq!(all(&home).resent, 3, "the others were given back");
}

#[test]
fn what_is_out_by_then_or_cannot_be_removed_is_told() {
    let home = holding(0..2);
    let (found, _) = now(called(&home, &ids([0, 1]))).unwrap();
    now(resend(&home, &Resending::Named(ids([0])))).unwrap();
    let stuck = Fixture {
        is_stuck: true,
        ..home
    };
    let done = now(give_up(&stuck, &found)).unwrap();
    let told: Vec<_> = done.told.into_iter().map(|(name, _)| name).collect();
    assert_eq!((done.gone.len(), told), (0, vec![id(1), id(0)]));
    assert_eq!(
        (
            stuck.names(),
            stuck.hidden.lock().unwrap().contains("m-001")
        ),
        (ids([1]), false)
    );
}
