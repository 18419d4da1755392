//! How far publishing comes when the publisher fails in every way it can.

use std::sync::Mutex;

use counterfoil_core::notice::Notice;
use counterfoil_core::{Cause, Code, Fault, State};
use counterfoil_testkit::build::{THEN, reference};
use futures_util::FutureExt;

use super::*;

/// Answers as it was told, and remembers what it was given.
struct Scripted {
    answers: Vec<Result<(), Fault>>,
    seen: Mutex<Vec<String>>,
}

impl Publisher for Scripted {
    async fn publish(&self, notices: &[Notice]) -> Vec<Result<(), Fault>> {
        self.seen
            .lock()
            .unwrap()
            .extend(notices.iter().map(|notice| notice.id.clone()));
        self.answers.clone()
    }
}

fn change(number: u8) -> Change {
    Change {
        of: reference(number),
        seq: 1,
        state: State::Stored,
        run: 0,
        cause: None,
        at: THEN,
    }
}

fn check(answers: Vec<Result<(), Fault>>) -> (usize, Vec<usize>, Option<String>) {
    let publisher = Scripted {
        answers,
        seen: Mutex::default(),
    };
    let notifier = Notifier {
        publisher,
        stage: "local".into(),
    };
    let changes = [change(1), change(2), change(3)];
    let published = notifier.handle(&changes).now_or_never().unwrap();
    let seen = notifier.publisher.seen.lock().unwrap().clone();
    assert_eq!(
        seen,
        changes
            .iter()
            .map(|c| format!("{}:1", c.of))
            .collect::<Vec<_>>(),
        "each once, in order"
    );
    let parked = published.parked.iter().map(|(place, _)| *place).collect();
    (
        published.done,
        parked,
        published.stopped.map(|cause| cause.code),
    )
}

fn transient() -> Result<(), Fault> {
    Err(Fault::transient(Code::DatabaseBusy, "try again"))
}

fn permanent() -> Result<(), Fault> {
    Err(Fault::Permanent(Cause::undecodable("too large")))
}

#[test]
fn publishing_stops_at_a_passing_fault_and_parks_a_lasting_one() {
    assert_eq!(check(vec![Ok(()), Ok(()), Ok(())]), (3, vec![], None));
    assert_eq!(
        check(vec![Ok(()), transient(), Ok(())]),
        (1, vec![], Some("database-busy".into()))
    );
    assert_eq!(check(vec![Ok(()), permanent(), Ok(())]), (3, vec![1], None));
    assert_eq!(
        check(vec![permanent(), transient(), Ok(())]),
        (1, vec![0], Some("database-busy".into()))
    );
    assert_eq!(
        check(vec![transient(), Ok(()), Ok(())]),
        (0, vec![], Some("database-busy".into()))
    );
}

#[test]
fn a_publisher_that_answers_for_too_few_has_not_published_the_rest() {
    assert_eq!(
        check(vec![Ok(())]),
        (1, vec![], Some("short-answer".into()))
    );
    assert_eq!(check(vec![]), (0, vec![], Some("short-answer".into())));
    assert_eq!(
        check(vec![Ok(()), Ok(()), Ok(()), Ok(())]),
        (3, vec![], None)
    );
}

/// Panics once, over whatever it is given.
#[derive(Default)]
struct PanicsOnce(std::sync::atomic::AtomicBool);

impl Publisher for PanicsOnce {
    async fn publish(&self, notices: &[Notice]) -> Vec<Result<(), Fault>> {
        assert!(
            self.0.swap(true, std::sync::atomic::Ordering::SeqCst),
            "on purpose"
        );
        vec![Ok(()); notices.len()]
    }
}

#[test]
fn what_a_publisher_panics_over_once_is_published() {
    let notifier = Notifier {
        publisher: PanicsOnce::default(),
        stage: "local".into(),
    };
    let published = notifier
        .handle(&[change(1), change(2)])
        .now_or_never()
        .unwrap();
    assert_eq!(
        published,
        Published {
            done: 2,
            parked: vec![],
            stopped: None
        }
    );
}

/// Takes so many bytes, then fails.
struct Full(usize);

impl Lines for Full {
    async fn write(&self, lines: String) -> std::io::Result<()> {
        if lines.len() <= self.0 {
            Ok(())
        } else {
            Err(std::io::ErrorKind::StorageFull.into())
        }
    }
}

#[test]
fn a_notice_counts_as_published_only_when_its_line_is_out() {
    let published = |room: usize| {
        let notifier = Notifier {
            publisher: LogPublisher::new(Full(room)),
            stage: "local".into(),
        };
        notifier
            .handle(&[change(1), change(2)])
            .now_or_never()
            .unwrap()
    };
    assert_eq!(published(10_000).done, 2);
    for room in [0, 1, 100, 150] {
        assert_eq!(published(room).done, 0, "{room}");
    }
}

/// Never gets a line out.
struct Unread;

impl Lines for Unread {
    async fn write(&self, _lines: String) -> std::io::Result<()> {
        std::future::pending().await
    }
}

#[test]
fn a_log_that_nobody_reads_holds_up_no_thread() {
    let notifier = Notifier {
        publisher: LogPublisher::new(Unread),
        stage: "local".into(),
    };
    assert!(notifier.handle(&[change(1)]).now_or_never().is_none());
}
