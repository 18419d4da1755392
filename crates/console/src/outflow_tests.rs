//! What is made while it is read, and what ends it.

use super::*;
use http_body_util::BodyExt;

/// Longer than no patience at all.
const AT_LEAST: Duration = Duration::from_millis(20);

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().build().unwrap()
}

/// Sends numbers, and counts what it has made.
fn counting(
    made: Arc<std::sync::atomic::AtomicUsize>,
    most: usize,
    end: Result<(), Cut>,
) -> Outflow {
    Outflow::new(move |out| async move {
        for _ in 0..most {
            made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            out.send(Bytes::from_static(b"piece"))
                .await
                .map_err(|_| Cut::Gone)?;
        }
        end
    })
}

#[test]
fn nothing_is_made_ahead_of_whoever_reads() {
    let made = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    runtime().block_on(async {
        let flow = counting(Arc::clone(&made), 1_000_000, Ok(()));
        let mut flow = flow.begun().await.unwrap();
        for taken in 1..1000 {
            let frame = flow.frame().await.unwrap().unwrap();
            assert_eq!(frame.into_data().unwrap(), "piece");
            let made = made.load(std::sync::atomic::Ordering::Relaxed);
            assert!(made <= taken + 2, "{made} made, {taken} taken");
        }
        drop(flow);
    });
    assert_eq!(
        Arc::strong_count(&made),
        1,
        "whoever makes it went with whoever read it"
    );
}

#[test]
fn what_breaks_off_is_no_end() {
    runtime().block_on(async {
        let made = Arc::default();
        let flow = counting(Arc::clone(&made), 3, Ok(()))
            .begun()
            .await
            .unwrap();
        assert_eq!(flow.collect().await.unwrap().to_bytes().len(), 15);
        let broken = || Err(Cut::Disk(std::io::ErrorKind::StorageFull.into()));
        let flow = counting(Arc::clone(&made), 3, broken())
            .begun()
            .await
            .unwrap();
        assert!(flow.collect().await.is_err());
        // Before the first piece there is nobody yet to be misled.
        assert!(counting(made, 0, broken()).begun().await.is_err());
    });
}

#[test]
fn a_connection_ends_when_nobody_reads_on_and_not_when_the_home_is_slow() {
    runtime().block_on(async {
        let pulse = Pulse::new();
        let goes_on = async |is_waiting| {
            pulse.beat(is_waiting);
            let stopped = pulse.stopped(Duration::ZERO);
            tokio::time::timeout(AT_LEAST, stopped).await.is_err()
        };
        assert!(goes_on(false).await, "the home has to answer");
        assert!(!goes_on(true).await, "whoever reads has to read");
        assert!(goes_on(false).await);
        let fresh = Pulse::new();
        let stopped = fresh.stopped(Duration::ZERO);
        let ended = tokio::time::timeout(AT_LEAST, stopped).await;
        assert!(ended.is_err(), "no answer is sent at all");
    });
}
