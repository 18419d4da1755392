//! What is in hand is known after any end of the process, and garbage says nothing.

use super::*;

fn suspect(position: i64, ends: u8) -> Suspect {
    Suspect { position, ends }
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("in-hand")
    }

    fn open(&self) -> (InHand, Left) {
        InHand::open(&self.path())
    }
}

#[test]
fn what_was_held_is_there_at_the_next_start_and_a_clean_end_leaves_nothing() {
    let place = Place::new();
    let (mut hand, left) = place.open();
    assert_eq!(left, Left::default());
    hand.hold([7, 9].into_iter(), &[]);
    let (mut hand, left) = place.open();
    let mut positions: Vec<_> = left.others.iter().map(|suspect| suspect.position).collect();
    positions.sort_unstable();
    assert_eq!((left.alone, positions), (None, vec![7, 9]));
    hand.rest(&[]);
    assert_eq!(place.open().1, Left::default());
}

#[test]
fn the_one_that_was_alone_is_told_from_the_others() {
    let place = Place::new();
    let (mut hand, _) = place.open();
    hand.hold_alone(suspect(5, 2), &[suspect(6, 0), suspect(7, 1)]);
    let left = place.open().1;
    assert_eq!(
        left,
        Left {
            alone: Some(suspect(5, 2)),
            others: vec![suspect(6, 0), suspect(7, 1)]
        }
    );
    hand.hold([1].into_iter(), &[]);
    assert_eq!(
        place.open().1.alone,
        None,
        "a batch of one is a batch: it was not set apart"
    );
}

#[test]
fn another_one_comes_first_at_each_start() {
    let place = Place::new();
    let mut first = Vec::new();
    for _ in 0..4 {
        let (mut hand, _) = place.open();
        hand.hold([1, 2, 3, 4].into_iter(), &[]);
        first.push(place.open().1.others[0].position);
    }
    first.sort_unstable();
    assert_eq!(first, [1, 2, 3, 4]);
}

#[test]
fn what_is_damaged_or_cut_anywhere_says_nothing() {
    let place = Place::new();
    let (mut hand, _) = place.open();
    hand.hold_alone(suspect(5, 2), &[suspect(6, 0)]);
    let whole = std::fs::read(place.path()).unwrap();
    assert!(place.open().1.alone.is_some());
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 4;
        std::fs::write(place.path(), &damaged).unwrap();
        assert_eq!(place.open().1, Left::default(), "byte {at} is another");
        std::fs::write(place.path(), &whole[..at]).unwrap();
        assert_eq!(place.open().1, Left::default(), "cut at {at}");
    }
    std::fs::write(place.path(), vec![0xff; 1 << 20]).unwrap();
    let (mut hand, left) = place.open();
    assert_eq!(left, Left::default());
    hand.hold([3].into_iter(), &[]);
    assert_eq!(
        place.open().1.others,
        [suspect(3, 0)],
        "and is written over"
    );
}

#[test]
fn where_nothing_can_be_written_everything_goes_on() {
    let place = Place::new();
    std::fs::create_dir(place.path()).unwrap();
    let (mut hand, left) = place.open();
    hand.hold([1].into_iter(), &[]);
    assert_eq!(left, Left::default());
}
