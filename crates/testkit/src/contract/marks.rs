//! The contract of marks, clause by clause. The forms `marks-*` are its own.

use counterfoil_core::ports::{Ledger, Seen, SeenMarks};
use counterfoil_core::{Entry, FormId, Timestamp};
use counterfoil_operations::catalogue::{Catalogue, Spot, Turn};
use counterfoil_operations::history::Actor;
use counterfoil_operations::marks::{Made, Mark, Marking, Marks, Watermark};
use counterfoil_operations::worklist::SortOrder;

use super::catalogue::{at, listed, put, row, scope};

/// Every clause of [`Marking`] and of [`SeenMarks`]. No entry has to be there.
pub async fn marks<H: Marking + SeenMarks>(home: &H) {
    nothing_is_marked_at_first(home).await;
    the_first_mark_stays_until_it_is_taken_away(home).await;
    seen_and_answered_know_nothing_of_each_other(home).await;
    of_two_who_mark_at_once_one_is_told(home).await;
    a_watermark_takes_what_is_at_it_and_before_it(home).await;
    a_watermark_never_goes_back(home).await;
    what_is_below_the_watermark_stays_seen(home).await;
    a_poll_reads_when_and_not_by_whom(home).await;
}

/// A list shows the marks of each entry, and a mark changes neither entry nor order.
pub async fn shown<H: Ledger + Catalogue + Marking>(home: &H) {
    let rows: Vec<Entry> = (0..5)
        .map(|number| row("marks-shown", number, number))
        .collect();
    put(home, &rows).await;
    let answered = made("Ada", 9);
    home.mark(&rows[4].head.of, Mark::Answered, Some(&answered))
        .await
        .unwrap();
    home.see_all(
        &form("marks-shown"),
        &watermark(Spot::from_entry(&rows[2]), "Bob"),
    )
    .await
    .unwrap();
    let shown = listed(
        home,
        &scope("marks-shown"),
        Turn::first(SortOrder::OldestFirst, 2),
    )
    .await;
    assert!(shown.iter().map(|row| &row.entry).eq(&rows));
    let told: Vec<_> = shown
        .iter()
        .map(|row| (row.marks.seen.is_some(), row.marks.answered.clone()))
        .collect();
    let expected = [
        (true, None),
        (true, None),
        (true, None),
        (false, None),
        (false, Some(answered)),
    ];
    assert_eq!(told, expected);
}

fn form(form: &str) -> FormId {
    FormId::parse(form).unwrap()
}

fn made(by: &str, seconds: u8) -> Made {
    Made {
        at: at(seconds),
        by: Actor::parse(by).unwrap(),
    }
}

fn watermark(upto: Spot, by: &str) -> Watermark {
    Watermark {
        upto,
        made: made(by, 100),
    }
}

/// The place of the `number`-th entry of a form, so many seconds after the first.
fn spot(form: &str, number: u8, seconds: u8) -> Spot {
    Spot::from_entry(&row(form, number, seconds))
}

async fn marks_of<H: Marking>(home: &H, spot: &Spot) -> Marks {
    home.marks(std::slice::from_ref(spot))
        .await
        .unwrap()
        .remove(0)
}

async fn nothing_is_marked_at_first<H: Marking>(home: &H) {
    assert_eq!(home.marks(&[]).await.unwrap(), []);
    let spots: Vec<Spot> = (0..120)
        .map(|number| spot("marks-none", number, number))
        .collect();
    assert_eq!(
        home.marks(&spots).await.unwrap(),
        vec![Marks::default(); spots.len()]
    );
}

async fn the_first_mark_stays_until_it_is_taken_away<H: Marking>(home: &H) {
    for (mark, number) in [(Mark::Seen, 1), (Mark::Answered, 2)] {
        let spot = spot("marks-first", number, 1);
        home.mark(&spot.of, mark, None).await.unwrap();
        assert_eq!(
            marks_of(home, &spot).await.get(mark),
            None,
            "there was none"
        );
        home.mark(&spot.of, mark, Some(&made("Ada Ω", 5)))
            .await
            .unwrap();
        home.mark(&spot.of, mark, Some(&made("Bob", 4)))
            .await
            .unwrap();
        assert_eq!(
            marks_of(home, &spot).await.get(mark),
            Some(&made("Ada Ω", 5))
        );
        home.mark(&spot.of, mark, None).await.unwrap();
        assert_eq!(marks_of(home, &spot).await.get(mark), None, "taken away");
        home.mark(&spot.of, mark, Some(&made("Bob", 6)))
            .await
            .unwrap();
        assert_eq!(
            marks_of(home, &spot).await.get(mark),
            Some(&made("Bob", 6)),
            "put there again"
        );
    }
}

async fn seen_and_answered_know_nothing_of_each_other<H: Marking>(home: &H) {
    let (one, other) = (spot("marks-apart", 1, 1), spot("marks-apart", 2, 1));
    let same_id = Spot {
        listed_at: one.listed_at,
        of: spot("marks-apart-too", 1, 1).of,
    };
    home.mark(&one.of, Mark::Answered, Some(&made("Ada", 1)))
        .await
        .unwrap();
    assert_eq!(
        marks_of(home, &one).await,
        Marks {
            seen: None,
            answered: Some(made("Ada", 1))
        }
    );
    home.mark(&one.of, Mark::Seen, Some(&made("Bob", 2)))
        .await
        .unwrap();
    home.mark(&one.of, Mark::Answered, None).await.unwrap();
    let marks = home
        .marks(&[other.clone(), one.clone(), same_id, one, other])
        .await
        .unwrap();
    let seen = Marks {
        seen: Some(made("Bob", 2)),
        answered: None,
    };
    let none = Marks::default();
    assert_eq!(
        marks,
        [none.clone(), seen.clone(), none.clone(), seen, none],
        "in the order asked for"
    );
}

async fn of_two_who_mark_at_once_one_is_told<H: Marking>(home: &H) {
    let spot = spot("marks-race", 1, 1);
    let (ada, bob) = (made("Ada", 1), made("Bob", 2));
    let marked = futures_util::join!(
        home.mark(&spot.of, Mark::Seen, Some(&ada)),
        home.mark(&spot.of, Mark::Seen, Some(&bob)),
        home.mark(&spot.of, Mark::Answered, Some(&bob))
    );
    assert!(matches!(marked, (Ok(()), Ok(()), Ok(()))), "{marked:?}");
    let Marks { seen, answered } = marks_of(home, &spot).await;
    assert!(seen == Some(ada) || seen == Some(bob.clone()));
    assert_eq!(answered, Some(bob));
}

async fn a_watermark_takes_what_is_at_it_and_before_it<H: Marking>(home: &H) {
    let spots: Vec<Spot> = (0..7)
        .map(|number| spot("marks-water", 10 + number, number / 3))
        .collect();
    home.see_all(&form("marks-water"), &watermark(spots[4].clone(), "Ada"))
        .await
        .unwrap();
    let seen: Vec<_> = home
        .marks(&spots)
        .await
        .unwrap()
        .into_iter()
        .map(|marks| marks.seen)
        .collect();
    let expected = |number| (number <= 4).then(|| made("Ada", 100));
    assert_eq!(
        seen,
        (0..7).map(expected).collect::<Vec<_>>(),
        "within a second too"
    );
    let elsewhere = Spot {
        listed_at: spots[0].listed_at,
        of: spot("marks-dry", 10, 0).of,
    };
    assert_eq!(
        marks_of(home, &elsewhere).await,
        Marks::default(),
        "another form"
    );
    assert!(
        home.marks(&spots)
            .await
            .unwrap()
            .iter()
            .all(|marks| marks.answered.is_none())
    );
}

async fn a_watermark_never_goes_back<H: Marking>(home: &H) {
    let spots: Vec<Spot> = (0..4)
        .map(|number| spot("marks-back", number, number / 2))
        .collect();
    let seen = async || -> Vec<bool> {
        home.marks(&spots)
            .await
            .unwrap()
            .iter()
            .map(|marks| marks.seen.is_some())
            .collect()
    };
    for (upto, expected) in [
        (2, [true, true, true, false]),
        (0, [true, true, true, false]),
        (3, [true; 4]),
    ] {
        home.see_all(&form("marks-back"), &watermark(spots[upto].clone(), "Ada"))
            .await
            .unwrap();
        assert_eq!(seen().await, expected, "up to {upto}");
    }
    home.see_all(&form("marks-back"), &watermark(spots[3].clone(), "Bob"))
        .await
        .unwrap();
    assert_eq!(
        marks_of(home, &spots[3]).await.seen,
        Some(made("Ada", 100)),
        "the first one stays"
    );
}

async fn what_is_below_the_watermark_stays_seen<H: Marking>(home: &H) {
    let (spot, above) = (spot("marks-below", 1, 1), spot("marks-below", 2, 2));
    home.mark(&spot.of, Mark::Seen, Some(&made("Ada", 1)))
        .await
        .unwrap();
    home.see_all(&form("marks-below"), &watermark(spot.clone(), "Bob"))
        .await
        .unwrap();
    assert_eq!(
        marks_of(home, &spot).await.seen,
        Some(made("Ada", 1)),
        "its own mark tells who"
    );
    home.mark(&spot.of, Mark::Seen, None).await.unwrap();
    assert_eq!(marks_of(home, &spot).await.seen, Some(made("Bob", 100)));
    assert_eq!(marks_of(home, &above).await.seen, None);
}

/// Says the same as the marks that people read, without their names.
async fn a_poll_reads_when_and_not_by_whom<H: Marking + SeenMarks>(home: &H) {
    let spots: Vec<Spot> = (0..4)
        .map(|number| spot("marks-told", number, number))
        .collect();
    let told = async || -> Vec<[Option<Timestamp>; 2]> {
        let mut all = Vec::new();
        for spot in &spots {
            let Seen {
                seen_at,
                answered_at,
            } = home.seen(&spot.of, spot.listed_at).await.unwrap();
            all.push([seen_at, answered_at]);
        }
        all
    };
    assert_eq!(told().await, [[None; 2]; 4]);
    let (ada, bob) = (made("Ada", 7), made("Bob", 8));
    for (number, mark, made) in [
        (0, Mark::Seen, &ada),
        (0, Mark::Answered, &bob),
        (2, Mark::Answered, &ada),
        (3, Mark::Seen, &bob),
    ] {
        home.mark(&spots[number].of, mark, Some(made))
            .await
            .unwrap();
    }
    let (own, other) = (Some(ada.at), Some(bob.at));
    let marked = [[own, other], [None; 2], [None, own], [other, None]];
    assert_eq!(told().await, marked);
    home.see_all(&form("marks-told"), &watermark(spots[1].clone(), "Ada"))
        .await
        .unwrap();
    let all = Some(made("Ada", 100).at);
    let marked = [[own, other], [all, None], [None, own], [other, None]];
    assert_eq!(told().await, marked, "its own mark before the watermark's");
    for number in [0, 3] {
        home.mark(&spots[number].of, Mark::Seen, None)
            .await
            .unwrap();
    }
    let marked = [[all, other], [all, None], [None, own], [None; 2]];
    assert_eq!(told().await, marked, "taken away");
}
