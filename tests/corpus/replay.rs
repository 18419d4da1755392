//! The fuzz targets' own questions, asked without a fuzzer: of every seed, of what was once found, and of some
//! thousands of inputs that grow from them by chance. `cargo xtask fuzz` goes on from here.

use std::path::Path;

use crate::fuzz;

type Check = fn(&[u8]);

/// Each target, with what it asks.
const TARGETS: [(&str, Check); 8] = [
    ("json", fuzz::json::check),
    ("urlencoded", fuzz::urlencoded::check),
    ("multipart", fuzz::multipart::check),
    ("ticket", fuzz::ticket::check),
    ("envelope", fuzz::envelope::check),
    ("form_file", fuzz::form_file::check),
    ("request", fuzz::request::check),
    ("lambda_event", fuzz::lambda_event::check),
];

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Numbers that look like chance, and are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        // Marsaglia's xorshift: any will do.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % limit.max(1)
    }

    /// `seed` with a few bytes changed, put in or taken out, or continued with another.
    fn grown(&mut self, seed: &[u8], other: &[u8]) -> Vec<u8> {
        let mut grown = seed.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(grown.len() + 1);
            let byte = u8::try_from(self.below(256)).unwrap();
            match self.below(5) {
                0 if at < grown.len() => grown[at] = byte,
                1 if at < grown.len() => drop(grown.remove(at)),
                2 => grown.insert(at, byte),
                3 => grown.extend_from_slice(&other[self.below(other.len())..]),
                _ => grown.truncate(at),
            }
        }
        grown
    }
}

#[test]
fn what_a_fuzzer_asks_holds_of_every_seed_and_of_what_grows_from_them() {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for (target, check) in TARGETS {
        let seeds = seeds(target);
        assert!(seeds.len() >= 2, "{target} has seeds");
        seeds.iter().for_each(|seed| check(seed));
        for _ in 0..1_000 {
            let (one, other) = (&seeds[chance.below(seeds.len())], &seeds[chance.below(seeds.len())]);
            check(&chance.grown(one, other));
        }
    }
}

#[test]
fn every_target_is_one_that_the_fuzzer_builds() {
    let manifest = include_str!("../../fuzz/Cargo.toml");
    let built: Vec<_> = manifest.lines().filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")).collect();
    assert_eq!(built, TARGETS.map(|(target, _)| format!("{target}.rs\"")));
}
