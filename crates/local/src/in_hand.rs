//! What is in hand, in a small file beside the database: if the process ends in an unclean way, the next one knows which
//! records it was at, and handles those one by one.
//!
//! The file is rewritten by one small write and never synced. So it survives the end of the process, however it comes,
//! and not a power cut; it costs next to nothing; and what cannot be read in it says nothing.
//!
//! ```text
//! magic ‖ starts:4 ‖ count:2 ‖ alone:1 ‖ (position:8 ‖ ends:1) × count ‖ checksum:8        numbers little-endian
//! ```

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// Tells this file from any other, and this shape from those to come.
const MAGIC: [u8; 4] = *b"CFH1";
/// Bytes before the records.
const HEAD: usize = 11;
/// Bytes of a record.
const RECORD: usize = 9;
/// Records in the file at most: far more than a batch has.
const MOST: usize = 1024;

/// A record that was in hand when the process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Suspect {
    /// Its place in the queue.
    pub(crate) position: i64,
    /// How often the process ended while it was in hand alone.
    pub(crate) ends: u8,
}

/// What an unclean end left in hand.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Left {
    /// The record that was in hand alone.
    pub(crate) alone: Option<Suspect>,
    /// The others, in an order that is another at each start: those that ended no process come first.
    pub(crate) others: Vec<Suspect>,
}

/// The file.
pub(crate) struct InHand {
    /// `None`: it cannot be written, and nothing is known after an unclean end.
    file: Option<File>,
    starts: u32,
}

impl InHand {
    /// Opens the file, and says what was left in hand.
    pub(crate) fn open(path: &Path) -> (Self, Left) {
        let mut options = OpenOptions::new();
        let opened = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path);
        let mut file = match opened {
            Ok(file) => file,
            Err(error) => {
                tracing::warn!(%error, "cannot open {}: what is in hand is not written down", path.display());
                return (
                    Self {
                        file: None,
                        starts: 0,
                    },
                    Left::default(),
                );
            }
        };
        let mut bytes = Vec::new();
        // More than it can be is garbage, and is not read to its end.
        let read = file
            .by_ref()
            .take((HEAD + (MOST + 1) * RECORD + 8) as u64)
            .read_to_end(&mut bytes);
        let (starts, left) = read.ok().and_then(|_| parse(&bytes)).unwrap_or_default();
        (
            Self {
                file: Some(file),
                starts: starts.wrapping_add(1),
            },
            left,
        )
    }

    /// These are in hand together, and the others are still to come.
    pub(crate) fn hold(&mut self, positions: impl Iterator<Item = i64>, others: &[Suspect]) {
        let together = positions.map(|position| Suspect { position, ends: 0 });
        self.write(false, together.chain(others.iter().copied()));
    }

    /// This one is in hand alone in the whole process (`loops/hands.rs`), and the others are still to come.
    pub(crate) fn hold_alone(&mut self, one: Suspect, others: &[Suspect]) {
        self.write(true, std::iter::once(one).chain(others.iter().copied()));
    }

    /// Nothing is in hand; these are still to be handled one by one.
    pub(crate) fn rest(&mut self, others: &[Suspect]) {
        self.write(false, others.iter().copied());
    }

    fn write(&mut self, alone: bool, records: impl Iterator<Item = Suspect>) {
        let Some(file) = &self.file else { return };
        let mut bytes = Vec::with_capacity(HEAD + 32 * RECORD + 8);
        bytes.extend(MAGIC);
        bytes.extend(self.starts.to_le_bytes());
        bytes.extend([0, 0, u8::from(alone)]);
        let mut count: u16 = 0;
        for Suspect { position, ends } in records.take(MOST) {
            bytes.extend(position.to_le_bytes());
            bytes.push(ends);
            count += 1;
        }
        bytes[8..10].copy_from_slice(&count.to_le_bytes());
        bytes.extend(checksum(&bytes).to_le_bytes());
        if let Err(error) = file.write_all_at(&bytes, 0) {
            tracing::warn!(%error, "what is in hand cannot be written down");
            self.file = None;
        }
    }
}

/// Reads what was left; `None` for what is not whole.
fn parse(bytes: &[u8]) -> Option<(u32, Left)> {
    let head = bytes
        .first_chunk::<HEAD>()
        .filter(|head| head.starts_with(&MAGIC))?;
    let starts = u32::from_le_bytes(*head[4..].first_chunk()?);
    let count = usize::from(u16::from_le_bytes(*head[8..].first_chunk()?));
    let end = HEAD + count * RECORD;
    let sum = bytes.get(end..)?.first_chunk()?;
    if checksum(&bytes[..end]) != u64::from_le_bytes(*sum) {
        return None;
    }
    let record = |bytes: &[u8]| {
        Some(Suspect {
            position: i64::from_le_bytes(*bytes.first_chunk()?),
            ends: *bytes.get(8)?,
        })
    };
    let mut records: Vec<Suspect> = bytes[HEAD..end].chunks(RECORD).filter_map(record).collect();
    let alone = (head[10] == 1 && !records.is_empty()).then(|| records.remove(0));
    Some((
        starts,
        Left {
            alone,
            others: ordered(records, starts),
        },
    ))
}

/// Those that ended no process first, each time another of them before the others.
fn ordered(mut records: Vec<Suspect>, starts: u32) -> Vec<Suspect> {
    let turn = starts as usize % records.len().max(1);
    records.rotate_left(turn);
    records.sort_by_key(|suspect| suspect.ends);
    records
}

/// FNV-1a: tells what was written whole from what was not. Nobody is kept out by it.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
#[path = "in_hand_tests.rs"]
mod tests;
