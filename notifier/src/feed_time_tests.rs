//! A feed with little time: no call begins that could not end before the function does.

use super::*;

#[test]
fn no_call_begins_that_could_not_end_in_time() {
    // Each call takes five seconds of thirty; one that publishes begins with eighteen left, one that sets aside with ten.
    for (refused, records, far, calls) in [
        (None, 60, 30, 3),
        (Some(0), 60, 30, 3),
        (Some(25), 60, 30, 3),
    ] {
        let left = Mutex::new(Duration::from_secs(30));
        let slow = Slow {
            left: &left,
            topic: Topic::default(),
            refused: refused.map(id),
        };
        let notifier = Notifier {
            publisher: slow,
            stage: "prod".into(),
        };
        let yard = Yard::default();
        let time = Time {
            left: || *left.lock().unwrap(),
            call: Duration::from_secs(8),
        };
        let records: Vec<_> = (0..records).map(record).collect();
        let published = notifier
            .feed(&records, &yard, &time)
            .now_or_never()
            .unwrap();
        assert_eq!(
            (published.done, published.stopped.unwrap().code.as_str()),
            (far, "no-time")
        );
        assert_eq!(
            notifier.publisher.topic.calls.into_inner().unwrap().len(),
            calls
        );
        assert_eq!(
            yard.kept.into_inner().unwrap().len(),
            refused.iter().count()
        );
    }
}

#[test]
fn without_time_nothing_begins() {
    let notifier = Notifier {
        publisher: Topic::default(),
        stage: "prod".into(),
    };
    let time = Time {
        left: || Duration::ZERO,
        call: Duration::from_secs(8),
    };
    for records in [[record(0)], [unreadable(0)]] {
        let published = notifier
            .feed(&records, &Yard::default(), &time)
            .now_or_never()
            .unwrap();
        assert_eq!(
            (published.done, published.stopped.unwrap().code.as_str()),
            (0, "no-time")
        );
    }
    assert!(notifier.publisher.calls.into_inner().unwrap().is_empty());
}

/// Takes five seconds for a call.
struct Slow<'a> {
    left: &'a Mutex<Duration>,
    topic: Topic,
    refused: Option<String>,
}

impl Slow<'_> {
    fn pass(&self, time: Duration) {
        let mut left = self.left.lock().unwrap();
        *left = left.saturating_sub(time);
    }
}

impl Publisher for Slow<'_> {
    const AT_ONCE: usize = 10;

    async fn publish(&self, notices: &[Notice]) -> Vec<Result<(), Fault>> {
        self.pass(Duration::from_secs(5));
        let mut results = self.topic.publish(notices).await;
        for (notice, result) in notices.iter().zip(&mut results) {
            if Some(&notice.id) == self.refused.as_ref() {
                *result = Err(Fault::Permanent(Cause::undecodable("too large")));
            }
        }
        results
    }
}
