//! Reads a request's body within its limits: its size, its time, and what all bodies may take together.

use std::sync::Arc;
use std::time::Duration;

use ::http::HeaderMap;
use ::http::header::CONTENT_LENGTH;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use ingest::MAX_BODY;
use ingest::problem::Problem;
use tokio::sync::{Semaphore, SemaphorePermit};

/// A body that has not arrived by then: most likely its sender is gone.
const TIME: Duration = Duration::from_secs(30);
/// So much of a refused body is read and thrown away, so that its sender gets to read the answer.
const DRAIN: usize = 8 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(5);
/// Bodies up to here are always read; the number of connections bounds them.
const SMALL: usize = 16 * 1024;
/// What larger bodies that are under way may take together, in KiB.
const TOGETHER: usize = 128 * 1024;

/// What bodies under way may take together.
#[derive(Clone)]
pub(crate) struct Room(Arc<Semaphore>);

impl Room {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(TOGETHER)))
    }

    /// Takes room for a body of this size, beyond what is always there.
    fn take(&self, size: usize) -> Result<Option<SemaphorePermit<'_>>, Problem> {
        if size <= SMALL {
            return Ok(None);
        }
        let kib = u32::try_from(size.div_ceil(1024)).unwrap_or(u32::MAX);
        // None left: somebody is sending more than can be kept. Those with small bodies notice nothing.
        self.0.try_acquire_many(kib).map(Some).map_err(|_| Problem::Unavailable)
    }
}

/// The whole body.
pub(crate) async fn read(headers: &HeaderMap, body: &mut Incoming, room: &Room) -> Result<Bytes, Problem> {
    if announced(headers) > MAX_BODY as u64 {
        return Err(Problem::BodyTooLarge);
    }
    match tokio::time::timeout(TIME, collect(body, room)).await {
        Ok(read) => read,
        Err(_) => Err(Problem::RequestTimeout),
    }
}

fn announced(headers: &HeaderMap) -> u64 {
    headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or(0)
}

async fn collect(body: &mut Incoming, room: &Room) -> Result<Bytes, Problem> {
    let mut whole = BytesMut::new();
    // Charged for what has come, not for what was announced: to fill the room one has to send it.
    let mut taken = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::Malformed("The body does not end as it should.".into()))?;
        let Ok(data) = frame.into_data() else { continue };
        if whole.len() + data.len() > MAX_BODY {
            return Err(Problem::BodyTooLarge);
        }
        if whole.is_empty() && body.is_end_stream() {
            // The usual case: one frame, no copy.
            return Ok(data);
        }
        let more = room.take(whole.len() + data.len())?;
        drop(std::mem::replace(&mut taken, more));
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

/// Reads the rest of a refused body and throws it away, within bounds; however far it comes, the connection
/// closes after the answer.
pub(crate) async fn drain(body: &mut Incoming) {
    let rest = async {
        let mut drained = 0;
        while let Some(Ok(frame)) = body.frame().await {
            drained += frame.data_ref().map_or(0, Bytes::len);
            if drained > DRAIN {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(DRAIN_TIME, rest).await;
}
