//! How the server of a directory tries again lies with the data.

use std::time::Duration;

use counterfoil_core::settling::RetryPolicy;

use crate::place::Place;

#[tokio::test]
async fn what_the_last_server_said_is_known_and_nothing_where_none_has() {
    let place = Place::new();
    let store = place.open();
    assert!(store.policy().unwrap().is_none());
    for max_receives in [500, 7] {
        let policy = RetryPolicy {
            base: Duration::from_millis(50),
            cap: Duration::from_secs(86_400),
            max_receives,
        };
        store.set_policy(policy).await.unwrap();
        let known = store.policy().unwrap().unwrap();
        assert_eq!(
            (known.base, known.cap, known.max_receives),
            (policy.base, policy.cap, max_receives)
        );
    }
}
