//! The fuzz targets' own questions, asked without a fuzzer: of every seed, of what was once found, and of some
//! thousands of inputs that grow from them by chance. `cargo xtask fuzz` goes on from here.

use std::path::Path;

use crate::fuzz::TARGETS;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/seeds")
        .join(target);
    let files =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
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
            let (one, other) = (
                &seeds[chance.below(seeds.len())],
                &seeds[chance.below(seeds.len())],
            );
            check(&chance.grown(one, other));
        }
    }
}

#[test]
fn every_folder_of_seeds_is_a_target() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    let mut folders: Vec<_> = std::fs::read_dir(seeds)
        .unwrap()
        .map(|folder| folder.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    assert_eq!(folders, TARGETS.map(|(target, _)| target));
}
