//! No clock shortens what was promised: it jumps, stands still, is set right, or starts wrong.

use std::time::Duration;

use super::{DAY, HOUR, keep, left, pass, sweep};
use crate::place::Place;

#[tokio::test]
async fn a_clock_set_ahead_after_a_day_of_uptime_removes_nothing_before_its_time() {
    for jump in [2 * DAY, 60 * DAY, 366 * DAY] {
        let place = Place::new();
        let store = place.open();
        keep(&place, &store, 1, 30 * DAY).await;
        sweep(&store).await;
        pass(&place, &store, 25).await;
        keep(&place, &store, 2, 30 * DAY).await;
        place.clock().set_forward(jump);
        assert_eq!(sweep(&store).await, None, "{jump:?}");
        // Nobody sets it right for a week, and then somebody does.
        assert_eq!(pass(&place, &store, 7 * 24).await, 0, "{jump:?}");
        place.clock().set_back(jump);
        assert_eq!(pass(&place, &store, 16 * 24).await, 0, "{jump:?}");
        assert_eq!(left(&store), [1, 2]);
        assert_eq!(pass(&place, &store, 10 * 24).await, 2, "{jump:?}");
    }
}

#[tokio::test]
async fn what_is_stored_while_the_clock_is_wrong_is_kept_as_long_as_was_promised() {
    for behind in [true, false] {
        let place = Place::new();
        let store = place.open();
        sweep(&store).await;
        pass(&place, &store, 25).await;
        let set = |to_wrong: bool| match behind == to_wrong {
            true => place.clock().set_back(60 * DAY),
            false => place.clock().set_forward(60 * DAY),
        };
        set(true);
        // Some before anybody has seen it, some in doubt, some when the wrong clock has long been believed.
        keep(&place, &store, 1, 20 * DAY).await;
        sweep(&store).await;
        pass(&place, &store, 5).await;
        keep(&place, &store, 2, 20 * DAY).await;
        pass(&place, &store, 67).await;
        keep(&place, &store, 3, 20 * DAY).await;
        set(false);
        assert_eq!(sweep(&store).await, None);
        assert_eq!(pass(&place, &store, 17 * 24).await, 0, "behind: {behind}");
        assert_eq!(pass(&place, &store, 5 * 24).await, 3, "behind: {behind}");
    }
}

#[tokio::test]
async fn jumps_that_cancel_between_two_sweeps_shorten_nothing() {
    let place = Place::new();
    let store = place.open();
    sweep(&store).await;
    pass(&place, &store, 48).await;
    place.clock().set_back(60 * DAY);
    keep(&place, &store, 1, 3 * DAY).await;
    place.clock().set_forward(120 * DAY);
    keep(&place, &store, 2, 3 * DAY).await;
    place.clock().set_back(60 * DAY);
    assert_eq!(sweep(&store).await, Some(0));
    assert_eq!(pass(&place, &store, 3 * 24 + 23).await, 0);
    assert_eq!(pass(&place, &store, 2).await, 2);
}

#[tokio::test]
async fn a_laptop_that_sleeps_and_a_clock_that_is_set_right_slowly_are_not_doubted() {
    let place = Place::new();
    let store = place.open();
    sweep(&store).await;
    for _ in 0..10 {
        place.clock().advance(8 * HOUR);
        assert_eq!(sweep(&store).await, Some(0));
        place.clock().set_forward(Duration::from_millis(30));
        place.clock().advance(Duration::from_secs(60));
        assert_eq!(sweep(&store).await, Some(0));
    }
}

#[tokio::test]
async fn a_doubt_starts_again_whenever_the_clocks_part() {
    let place = Place::new();
    let store = place.open();
    keep(&place, &store, 1, HOUR).await;
    sweep(&store).await;
    let jump = Duration::from_secs(61);
    for round in 0..60 {
        if round % 2 == 0 {
            place.clock().set_forward(jump)
        } else {
            place.clock().set_back(jump)
        }
        assert_eq!(sweep(&store).await, None);
        assert_eq!(pass(&place, &store, 23).await, 0);
    }
    assert_eq!(left(&store), [1]);
    assert_eq!(pass(&place, &store, 24).await, 0);
    assert_eq!(pass(&place, &store, 2).await, 1);
}

#[tokio::test]
async fn a_doubt_and_what_was_believed_survive_restarts() {
    let place = Place::new();
    keep(&place, &place.open(), 1, 40 * DAY).await;
    sweep(&place.open()).await;
    assert_eq!(
        pass(&place, &place.open(), 41 * 24).await,
        1,
        "one process or many: the days count"
    );
    keep(&place, &place.open(), 2, HOUR).await;
    place.clock().set_forward(60 * DAY);
    assert_eq!(sweep(&place.open()).await, None);
    assert_eq!(pass(&place, &place.open(), 20).await, 0);
    // Another boot: whether the clock is right now cannot be told, and the doubt goes on from where it was.
    place.clock().reboot(HOUR);
    assert_eq!(sweep(&place.open()).await, None);
    assert_eq!(pass(&place, &place.open(), 3).await, 0);
    assert_eq!(left(&place.open()), [2]);
    assert_eq!(pass(&place, &place.open(), 26).await, 1);
}

#[tokio::test]
async fn a_restart_with_a_wrong_clock_is_seen_whether_the_machine_was_off_or_not() {
    for reboot in [true, false] {
        for wrong in [-60_i64, 60] {
            let place = Place::new();
            keep(&place, &place.open(), 1, 30 * DAY).await;
            sweep(&place.open()).await;
            pass(&place, &place.open(), 49).await;
            if reboot {
                place.clock().reboot(HOUR);
            }
            let by = DAY * u32::try_from(wrong.unsigned_abs()).unwrap();
            if wrong < 0 {
                place.clock().set_back(by)
            } else {
                place.clock().set_forward(by)
            }
            let store = place.open();
            assert_eq!(sweep(&store).await, None, "{reboot} {wrong}");
            keep(&place, &store, 2, 3 * DAY).await;
            assert_eq!(pass(&place, &store, 47).await, 0, "{reboot} {wrong}");
            if wrong < 0 {
                place.clock().set_forward(by)
            } else {
                place.clock().set_back(by)
            }
            assert_eq!(sweep(&store).await, None, "{reboot} {wrong}");
            assert_eq!(pass(&place, &store, 48).await, 0, "{reboot} {wrong}");
            assert_eq!(pass(&place, &store, 2).await, 1, "{reboot} {wrong}");
            assert_eq!(left(&store), [1]);
        }
    }
}

#[tokio::test]
async fn what_was_stored_behind_the_time_is_kept_over_the_restart_that_sets_it_right() {
    for believed in [false, true] {
        let place = Place::new();
        if !believed {
            sweep(&place.open()).await;
            place.clock().reboot(Duration::ZERO);
        }
        // A new directory on a machine whose clock is behind; or one where that can be seen.
        place.clock().set_back(60 * DAY);
        let store = place.open();
        assert_eq!(sweep(&store).await.is_some(), believed);
        keep(&place, &store, 1, 10 * DAY).await;
        pass(&place, &store, 2).await;
        place.clock().reboot(60 * DAY);
        assert_eq!(sweep(&store).await, None);
        assert_eq!(pass(&place, &store, 9 * 24).await, 0);
        assert_eq!(pass(&place, &store, 3 * 24).await, 1);
    }
}

#[tokio::test]
async fn a_server_that_was_off_removes_what_is_over_when_its_clock_has_held() {
    for reboot in [true, false] {
        let place = Place::new();
        keep(&place, &place.open(), 1, 3 * DAY).await;
        sweep(&place.open()).await;
        pass(&place, &place.open(), 49).await;
        if reboot {
            place.clock().reboot(10 * DAY)
        } else {
            place.clock().advance(10 * DAY)
        }
        let store = place.open();
        assert_eq!(sweep(&store).await, (!reboot).then_some(0));
        assert_eq!(pass(&place, &store, 23).await, 0);
        assert_eq!(pass(&place, &store, 26).await, 1, "{reboot}");
    }
}
