//! Reads the write-ahead log before SQLite does. SQLite takes everything up to the first frame that does not fit, and drops
//! what is behind it without a word: right after a power cut, where that was never acknowledged, and wrong after a
//! flipped bit.
//!
//! ```text
//! header   magic, version, page size, number, salts, checksum of these 24 bytes          32 bytes
//! frame    page number, pages after a commit (else 0), salts, checksum    24 bytes, then the page
//!          the checksum goes on from the frame before, over the first 8 bytes and the page
//! ```
//!
//! A commit is synced before the next one begins. So what a power cut leaves behind the last good commit is at most one
//! commit, torn; whatever was written after one that is broken proves that the broken one had been acknowledged. Frames of
//! an earlier turn of the log have other salts. (sqlite.org/fileformat2.html#the_write_ahead_log)

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use counterfoil_machine::files::must_be_regular;

use crate::identity::beside_of;

/// What stands in a log, as far as it can be told without SQLite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Log {
    /// There is none, or nothing was committed to it.
    Empty,
    /// Everything fits, up to the end of what was committed last. `torn`: something of this turn lies behind that, which was
    /// never acknowledged as far as this can tell.
    Sound {
        /// A write that was not finished.
        torn: bool,
    },
    /// Its header does not fit, and there are frames behind it.
    Headless,
    /// Commits that were acknowledged lie behind a frame that does not fit.
    Broken {
        /// Frames up to the last commit that can be read.
        good: u64,
        /// Commits behind it that are certain.
        lost: u64,
    },
}

/// Where the log of the database at `path` is.
pub(crate) fn path(database: &Path) -> PathBuf {
    beside_of(database, "-wal")
}

/// Reads through the log of a database that nobody has open.
pub(crate) fn scan(database: &Path) -> io::Result<Log> {
    let path = path(database);
    // A pipe of this name would be waited for, and a device has no end.
    must_be_regular(&path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    match File::open(path) {
        Ok(file) => read(BufReader::with_capacity(1 << 16, file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Log::Empty),
        Err(error) => Err(error),
    }
}

fn read(mut file: impl BufRead) -> io::Result<Log> {
    let mut header = [0; HEADER];
    if !fill(&mut file, &mut header)? {
        return Ok(Log::Empty);
    }
    let Some(turn) = Turn::read(&header) else {
        return headless(file);
    };
    let mut frame = vec![0; FRAME + turn.page];
    let mut seen = Seen::default();
    // `before`: what the frame before says. As long as all is well, that is what was reckoned.
    let (mut before, mut all_fit) = (turn.start, true);
    while fill(&mut file, &mut frame)? {
        let is_of_this_turn = word8(&frame, 8) == turn.salts;
        let follows = is_of_this_turn
            && turn.checksum(turn.checksum(before, &frame[..8]), &frame[FRAME..]) == sums(&frame);
        let is_commit = word(&frame, 4) != 0;
        all_fit &= follows && word(&frame, 0) != 0;
        if all_fit {
            seen.good(is_commit);
        } else {
            seen.behind(is_of_this_turn, follows, is_commit);
        }
        before = sums(&frame);
    }
    Ok(seen.log())
}

const HEADER: usize = 32;
const FRAME: usize = 24;

/// A running checksum: two words.
type Sums = (u32, u32);

/// One turn of the log, from its header on.
struct Turn {
    big_endian: bool,
    page: usize,
    salts: u64,
    start: Sums,
}

impl Turn {
    fn read(header: &[u8; HEADER]) -> Option<Self> {
        let magic = word(header, 0);
        let page = usize::try_from(word(header, 8)).ok()?;
        let fits = magic & !1 == 0x377f_0682 && word(header, 4) == 3_007_000;
        if !fits || !page.is_power_of_two() || !(512..=65536).contains(&page) {
            return None;
        }
        let mut turn = Self {
            big_endian: magic & 1 == 1,
            page,
            salts: word8(header, 16),
            start: (0, 0),
        };
        turn.start = turn.checksum((0, 0), &header[..24]);
        (turn.start == (word(header, 24), word(header, 28))).then_some(turn)
    }

    fn checksum(&self, (mut one, mut two): Sums, bytes: &[u8]) -> Sums {
        for pair in bytes.chunks_exact(8) {
            let word = |at: usize| {
                let word = [pair[at], pair[at + 1], pair[at + 2], pair[at + 3]];
                if self.big_endian {
                    u32::from_be_bytes(word)
                } else {
                    u32::from_le_bytes(word)
                }
            };
            one = one.wrapping_add(word(0)).wrapping_add(two);
            two = two.wrapping_add(word(4)).wrapping_add(one);
        }
        (one, two)
    }
}

/// What was seen of a log.
#[derive(Default)]
struct Seen {
    frames: u64,
    committed: u64,
    /// Behind the last frame that fits: frames of this turn, commits among them, and what came after the first of those.
    of_this_turn: u64,
    commits: u64,
    after_commit: u64,
}

impl Seen {
    fn good(&mut self, is_commit: bool) {
        self.frames += 1;
        if is_commit {
            self.committed = self.frames;
        }
    }

    /// A frame behind one that does not fit. `follows`: it fits the one right before it.
    fn behind(&mut self, of_this_turn: bool, follows: bool, is_commit: bool) {
        self.of_this_turn += u64::from(of_this_turn);
        if follows {
            self.after_commit += u64::from(self.commits > 0);
            self.commits += u64::from(is_commit);
        }
    }

    fn log(&self) -> Log {
        // One commit and nothing after it may never have been acknowledged: the anchor knows.
        if self.after_commit > 0 {
            return Log::Broken {
                good: self.committed,
                lost: self.commits,
            };
        }
        match (self.committed, self.of_this_turn) {
            (0, 0) if self.frames == 0 => Log::Empty,
            (_, behind) => Log::Sound {
                torn: behind > 0 || self.frames > self.committed,
            },
        }
    }
}

/// The header does not fit. It is 32 bytes and synced before anything else is written: no power cut leaves it half
/// written with frames behind it, unless they are nothing but zeros.
fn headless(file: impl BufRead) -> io::Result<Log> {
    for byte in file.bytes() {
        if byte? != 0 {
            return Ok(Log::Headless);
        }
    }
    Ok(Log::Empty)
}

/// Fills the buffer; `false`: the file ends before.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn word8(bytes: &[u8], at: usize) -> u64 {
    u64::from(word(bytes, at)) << 32 | u64::from(word(bytes, at + 4))
}

fn sums(frame: &[u8]) -> Sums {
    (word(frame, 16), word(frame, 20))
}

#[cfg(test)]
#[path = "wal_tests.rs"]
mod tests;
