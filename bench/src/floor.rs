//! The floor: what the disk allows to a program that does nothing but keep records. Append a batch of 1 KB records,
//! `fdatasync`, again.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::samples::{Figures, Samples};

/// As large as the submissions that the load sends.
pub const RECORD: usize = 1024;
/// Beyond this the file is emptied, so that a fast disk does not fill up. Far above any batch.
const FILE_LIMIT: usize = 256 << 20;

/// Appends batches for this long. One sample is one batch, written and synced; `per_second` counts records.
pub fn measure(folder: &Path, batch: u32, lasting: Duration) -> Result<Figures> {
    let path = folder.join("floor");
    let mut file =
        File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    let records = vec![b'x'; RECORD * batch as usize];
    let (mut samples, mut written) = (Samples::default(), 0);
    let start = Instant::now();
    while start.elapsed() < lasting || samples.count() == 0 {
        if written > FILE_LIMIT {
            file = File::create(&path)?;
            written = 0;
        }
        let before = Instant::now();
        file.write_all(&records)
            .and_then(|()| file.sync_data())
            .context("the floor's file could not be synced")?;
        samples.add(before.elapsed());
        written += records.len();
    }
    let figures = samples
        .figures(start.elapsed(), batch)
        .context("the floor measured nothing")?;
    std::fs::remove_file(&path)?;
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_counts_as_all_its_records() {
        let folder = crate::server::Scratch::new(None).unwrap();
        let figures = measure(folder.path(), 32, Duration::from_millis(50)).unwrap();
        assert!(
            figures.per_second > 0.0 && figures.p50 <= figures.p99,
            "{figures:?}"
        );
        assert!(
            std::fs::read_dir(folder.path()).unwrap().next().is_none(),
            "the floor leaves nothing behind"
        );
    }
}
