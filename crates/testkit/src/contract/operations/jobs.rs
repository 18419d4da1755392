//! The contract of replay jobs: of two writers one wins, and parts are kept by the latest.

use counterfoil_operations::history::Verb;
use counterfoil_operations::job::{self, Candidate, Job, JobId, JobState, Manner, Selection};
use counterfoil_operations::ports::Jobs;
use counterfoil_operations::worklist::Filter;

use super::who;
use crate::build::{THEN, reference};

/// A job that has only been thought of.
#[must_use]
pub fn job(number: u8, what: Selection) -> Job {
    let manner = Manner {
        rate: None,
        canary: Some(false),
        stop_at: 0.2,
    };
    let order = job::Order {
        verb: Verb::Replay,
        who: who(),
        why: None,
        what,
        manner,
    };
    Job::ordered(order, JobId::fresh(THEN, [number; 10]), THEN)
}

pub(super) async fn of_two_writers_of_a_job_one_wins<H: Jobs>(home: &H) {
    let mut mine = Job {
        version: 1,
        ..job(
            1,
            Selection::All(Filter {
                cause: Some("database-busy".into()),
                ..Filter::default()
            }),
        )
    };
    assert_eq!(home.job(&mine.id).await.unwrap(), None);
    assert!(
        !home
            .save(&Job {
                version: 2,
                ..mine.clone()
            })
            .await
            .unwrap(),
        "there is no first"
    );
    assert!(home.save(&mine).await.unwrap());
    assert!(!home.save(&mine).await.unwrap(), "again");
    (mine.version, mine.state, mine.total) = (2, JobState::Running, 7);
    let theirs = Job {
        state: JobState::Cancelled,
        ..mine.clone()
    };
    let (first, second) = futures_util::join!(home.save(&mine), home.save(&theirs));
    assert_eq!(u8::from(first.unwrap()) + u8::from(second.unwrap()), 1);
    assert_eq!(home.job(&mine.id).await.unwrap().unwrap().total, 7);
    let later = Job {
        version: 1,
        ..job(2, Selection::Some(vec![reference(9)]))
    };
    assert!(home.save(&later).await.unwrap());
    assert_eq!(home.jobs(1).await.unwrap(), [later]);
    assert_eq!(home.jobs(10).await.unwrap().len(), 2);
}

pub(super) async fn the_parts_of_a_job_are_kept_and_forgotten<H: Jobs>(home: &H) {
    let job = Job {
        version: 1,
        ..job(9, Selection::All(Filter::default()))
    };
    let id = job.id;
    assert!(home.save(&job).await.unwrap());
    let candidates: Vec<_> = (0..=255)
        .map(|n| Candidate {
            of: crate::build::reference(n),
            run: u32::from(n),
        })
        .collect();
    assert!(home.put_part(&job, 0, &candidates).await.unwrap());
    assert!(home.put_part(&job, 1, &candidates[..3]).await.unwrap());
    assert!(home.put_part(&job, 1, &candidates[..2]).await.unwrap());
    assert_eq!(home.part(&id, 0).await.unwrap(), candidates);
    assert_eq!(home.part(&id, 1).await.unwrap(), candidates[..2]);
    assert_eq!(home.part(&id, 2).await.unwrap(), []);
    home.forget_parts(&id, 2).await.unwrap();
    assert_eq!(home.part(&id, 0).await.unwrap(), []);
}

pub(super) async fn a_part_is_its_jobs_latest_writers<H: Jobs>(home: &H) {
    let old = Job {
        version: 1,
        ..job(8, Selection::All(Filter::default()))
    };
    let candidates = [
        Candidate {
            of: reference(1),
            run: 0,
        },
        Candidate {
            of: reference(2),
            run: 0,
        },
    ];
    assert!(
        !home.put_part(&old, 0, &candidates).await.unwrap(),
        "there is no such job"
    );
    assert!(home.save(&old).await.unwrap());
    let new = Job {
        version: 2,
        ..old.clone()
    };
    assert!(
        !home.put_part(&new, 0, &candidates).await.unwrap(),
        "not written yet"
    );
    assert!(home.save(&new).await.unwrap());
    assert!(home.put_part(&new, 0, &candidates).await.unwrap());
    for part in [0, 1] {
        assert!(
            !home.put_part(&old, part, &candidates[..1]).await.unwrap(),
            "somebody has resumed it"
        );
    }
    assert_eq!(home.part(&new.id, 0).await.unwrap(), candidates);
    assert_eq!(home.part(&new.id, 1).await.unwrap(), []);
}
