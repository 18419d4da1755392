//! Refuses what would harm the server itself: more requests from one address, or to one form, than it could answer. A
//! token bucket each (GCRA). How much a form wants is its `budget`, and is held rather than refused.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;

use ::http::Method;
use ::http::request::Parts;
use governor::clock::{Clock, DefaultClock};
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use ingest::problem::Problem;

/// Buckets of one kind; half a MiB. Memory stays the same whoever calls: addresses share a bucket by a hash that nobody
/// outside can foresee, and of a thousand callers at once hardly any two do.
const BUCKETS: usize = 1 << 16;

/// As many buckets as there ever are.
struct Buckets(Box<[InMemoryState]>);

impl StateStore for Buckets {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        // The remainder is below the number of buckets, which fits.
        let place = (key % self.0.len() as u64) as usize;
        self.0[place].measure_and_replace(&NotKeyed::NonKey, f)
    }
}

type Limiter = RateLimiter<u64, Buckets, DefaultClock>;

/// The limits of one machine.
pub(crate) struct Flood {
    /// Posts keep no polls out, and polls no posts.
    posts: Limiter,
    reads: Limiter,
    forms: Limiter,
    hasher: RandomState,
    clock: DefaultClock,
}

impl Flood {
    /// So many requests a second from one address, of each kind, and so many posts to one form.
    pub(crate) fn new(per_address: NonZeroU32, per_form: NonZeroU32) -> Self {
        let clock = DefaultClock::default();
        let limiter = |most| {
            let buckets = (0..BUCKETS).map(|_| InMemoryState::default()).collect();
            RateLimiter::new(Quota::per_second(most), Buckets(buckets), clock.clone())
        };
        let (posts, reads, forms) = (
            limiter(per_address),
            limiter(per_address),
            limiter(per_form),
        );
        Self {
            posts,
            reads,
            forms,
            hasher: RandomState::new(),
            clock,
        }
    }

    /// Counts a request; `Err` when it is one too many.
    pub(crate) fn count(&self, parts: &Parts, from: IpAddr) -> Result<(), Problem> {
        let is_post = parts.method == Method::POST;
        let limiter = if is_post { &self.posts } else { &self.reads };
        self.take(limiter, self.hasher.hash_one(network(from)))?;
        if is_post {
            self.take(&self.forms, self.hasher.hash_one(parts.uri.path()))
        } else {
            Ok(())
        }
    }

    fn take(&self, limiter: &Limiter, key: u64) -> Result<(), Problem> {
        limiter.check_key(&key).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            let retry_after = u32::try_from(wait.as_secs())
                .unwrap_or(u32::MAX)
                .saturating_add(1);
            Problem::TooManyRequests { retry_after }
        })
    }
}

/// One caller: an address, or in IPv6 a network, whose every machine has as many addresses as it likes.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, path: &str) -> Parts {
        ::http::Request::builder()
            .method(method)
            .uri(path)
            .body(())
            .unwrap()
            .into_parts()
            .0
    }

    fn flood(per_address: u32, per_form: u32) -> Flood {
        Flood::new(
            NonZeroU32::new(per_address).unwrap(),
            NonZeroU32::new(per_form).unwrap(),
        )
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_caller_that_is_too_fast_is_refused_and_the_others_are_not() {
        let flood = flood(2, 100);
        let post = request(Method::POST, "/forms/contact");
        let taken = |from| flood.count(&post, address(from)).is_ok();
        assert_eq!([0; 3].map(|_| taken("192.0.2.7")), [true, true, false]);
        assert!(taken("198.51.100.1"));
        assert_eq!(
            flood.count(&post, address("192.0.2.7")),
            Err(Problem::TooManyRequests { retry_after: 1 })
        );
        assert!(
            flood
                .count(&request(Method::GET, "/tickets/x"), address("192.0.2.7"))
                .is_ok(),
            "polls are apart"
        );
    }

    #[test]
    fn a_form_that_is_flooded_by_many_is_refused_alone() {
        let flood = flood(100, 2);
        let taken = |n: u8, path| {
            flood
                .count(&request(Method::POST, path), IpAddr::from([192, 0, 2, n]))
                .is_ok()
        };
        assert_eq!([1, 2, 3].map(|n| taken(n, "/forms/a")), [true, true, false]);
        assert!(taken(4, "/forms/b"));
    }

    #[test]
    fn a_network_of_ipv6_is_one_caller() {
        let flood = flood(1, 100);
        let get = request(Method::GET, "/");
        assert!(flood.count(&get, address("2001:db8::1")).is_ok());
        assert!(flood.count(&get, address("2001:db8::ffff:1")).is_err());
        assert!(flood.count(&get, address("2001:db8:0:1::1")).is_ok());
    }
}
