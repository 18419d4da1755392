//! Memory with an end: what is refused for its size must not take more of it than what fits.

use std::io;

/// Memory that takes so many bytes and no more.
pub(crate) struct Limited {
    bytes: Vec<u8>,
    limit: usize,
}

impl Limited {
    /// Goes on after `bytes`, up to `limit` bytes in all.
    pub(crate) const fn new(bytes: Vec<u8>, limit: usize) -> Self {
        Self { bytes, limit }
    }

    /// What was written.
    pub(crate) fn into_inner(self) -> Vec<u8> {
        self.bytes
    }
}

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
