//! Does the time to refuse a ticket say where its signature is wrong? Welch's t over two classes of forged tickets,
//! asked in turns so that both see the same machine, and over one class split in two, which says what chance alone
//! gives. Beyond 4.5 the classes differ (the threshold of dudect).

use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil_core::{ContentHash, Keyring, Ticket};
use counterfoil_testkit::build::{THEN, keyring, reference};

/// Samples of each class.
const SAMPLES: usize = 100_000;
/// |t| beyond this is a difference.
const THRESHOLD: f64 = 4.5;
/// Where the signature stands in a ticket's 45 bytes.
const SIGNATURE: std::ops::Range<usize> = 29..45;

/// Both t values, and what they mean.
pub fn table() -> String {
    let keys = keyring();
    let genuine = Ticket::mint(&keys, &reference(1), THEN, &ContentHash::digest(b"x")).to_string();
    let (first, last) = (
        wrong_at(&genuine, SIGNATURE.start),
        wrong_at(&genuine, SIGNATURE.end - 1),
    );
    let (t, chance) = (welch(&keys, &first, &last), welch(&keys, &first, &first));
    let verdict = if t.abs() < THRESHOLD { "met" } else { "MISSED" };
    format!(
        "forged tickets, {SAMPLES} each: wrong in the first byte against the last: t = {t:.2}, |t| < {THRESHOLD}: {verdict}\n\
         the same text against itself: t = {chance:.2}\n"
    )
}

/// The ticket with one bit of this byte flipped.
fn wrong_at(ticket: &str, at: usize) -> String {
    let (form, proof) = ticket.split_once('.').expect("a ticket has a dot");
    let mut raw = URL_SAFE_NO_PAD.decode(proof).expect("a ticket's alphabet");
    raw[at] ^= 1;
    format!("{form}.{}", URL_SAFE_NO_PAD.encode(raw))
}

fn welch(keys: &Keyring, one: &str, other: &str) -> f64 {
    let mut nanos = [Vec::with_capacity(SAMPLES), Vec::with_capacity(SAMPLES)];
    // Which comes first changes, in no period that a machine could follow.
    let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
    while nanos.iter().any(|class| class.len() < SAMPLES) {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        let class = usize::from(chance & 0x100 != 0);
        let text = [one, other][class];
        let start = Instant::now();
        let verified = Ticket::verify(keys, std::hint::black_box(text));
        let took = start.elapsed();
        assert!(verified.is_none(), "a forged ticket was verified");
        if nanos[class].len() < SAMPLES {
            nanos[class].push(took.as_nanos() as f64);
        }
    }
    let [one, other] = nanos.map(|class| moments(&class));
    (one.0 - other.0) / (one.1 / SAMPLES as f64 + other.1 / SAMPLES as f64).sqrt()
}

/// Mean and variance of all but the slowest hundredth, which interruptions made.
fn moments(class: &[f64]) -> (f64, f64) {
    let mut sorted = class.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.truncate(class.len() * 99 / 100);
    let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
    let variance = sorted
        .iter()
        .map(|nanos| (nanos - mean).powi(2))
        .sum::<f64>()
        / (sorted.len() - 1) as f64;
    (mean, variance)
}
