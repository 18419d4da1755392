//! Reads a request's body within its limits: its size, its time, and the room that all take together.

use std::time::Duration;

use ::http::HeaderMap;
use ::http::header::CONTENT_LENGTH;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use ingest::MAX_BODY;
use ingest::problem::Problem;

use super::room::{Charge, Room, SMALL};

/// A body that has not arrived by then: most likely its sender is gone.
const TIME: Duration = Duration::from_secs(30);
/// So much of a refused body is read and thrown away, so that its sender gets to read the answer.
const DRAIN: usize = 8 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(5);
/// The whole body, and what it takes of the room.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: &mut Incoming,
    room: &Room,
) -> Result<(Bytes, Charge), Problem> {
    let announced = announced(headers);
    if announced > MAX_BODY as u64 {
        return Err(Problem::BodyTooLarge);
    }
    let mut charge = Charge::default();
    if announced > SMALL as u64 {
        charge.begin_large(room).await?;
    }
    match tokio::time::timeout(TIME, collect(body, room, &mut charge)).await {
        Ok(Ok(bytes)) if bytes.len() <= SMALL => {
            let charge = Charge::small(bytes.len(), room).await?;
            Ok((bytes, charge))
        }
        Ok(read) => Ok((read?, charge)),
        Err(_) => Err(Problem::RequestTimeout),
    }
}

fn announced(headers: &HeaderMap) -> u64 {
    headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok())
        .unwrap_or(0)
}

async fn collect(body: &mut Incoming, room: &Room, charge: &mut Charge) -> Result<Bytes, Problem> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|_| Problem::Malformed("The body does not end as it should.".into()))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let length = whole.len() + data.len();
        if length > MAX_BODY {
            return Err(Problem::BodyTooLarge);
        }
        if length > SMALL {
            charge.grow(length, room).await?;
        }
        if whole.is_empty() && body.is_end_stream() {
            // The usual case: one frame, no copy.
            return Ok(data);
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

/// Reads the rest of a refused body and throws it away, within bounds; however far it comes, the connection
/// closes after the answer.
pub(crate) async fn drain(body: &mut Incoming, room: &Room) {
    let rest = async {
        let _place = room.drain().await;
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
