//! An answer that is longer than memory is made while it is read: nothing is made ahead of whoever reads but the next
//! piece, and when they are gone nothing more is.
//!
//! ```text
//! producer ──piece──► a channel of one ──► body ──► the connection, which asks when it has room
//!    ▲ polled by the body alone: no task, so it ends with the connection
//! ```

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use counterfoil_core::Fault;
use counterfoil_export::ExportError;
use futures_util::future::{BoxFuture, poll_fn};
use http_body_util::{Either, Full};
use hyper::body::{Body, Frame};
use tokio::sync::{mpsc, watch};

/// What an answer has in it.
pub(crate) enum Content {
    /// A page, or another answer that is there as a whole.
    Whole(Bytes),
    /// One that is made while it is read.
    Flow(Outflow),
}

impl Content {
    /// The body that a connection sends.
    pub(crate) fn into_body(self, pulse: &Pulse) -> Either<Full<Bytes>, Outflow> {
        match self {
            Self::Whole(bytes) => Either::Left(Full::new(bytes)),
            Self::Flow(flow) => Either::Right(Outflow {
                pulse: Some(pulse.clone()),
                ..flow
            }),
        }
    }
}

/// Why an answer ends before its end. The connection ends with it, so that no program takes it for whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cut {
    /// It could not be read or written.
    #[error("{0}")]
    Export(#[from] ExportError),
    /// Something that belongs there cannot be read.
    #[error("{0}")]
    Damaged(Fault),
    /// It could not be kept until it was whole.
    #[error("a temporary file could not be written or read: {0}")]
    Disk(#[from] std::io::Error),
    /// Nobody reads it any more.
    #[error("nobody reads it any more")]
    Gone,
}

/// A body whose pieces come one after another.
pub(crate) struct Outflow {
    producer: Option<BoxFuture<'static, Result<(), Cut>>>,
    pieces: mpsc::Receiver<Bytes>,
    first: Option<Bytes>,
    pulse: Option<Pulse>,
}

impl Outflow {
    /// A body of what `produce` sends. It is a channel of one piece, and no task.
    pub(crate) fn new<F>(produce: impl FnOnce(mpsc::Sender<Bytes>) -> F) -> Self
    where
        F: Future<Output = Result<(), Cut>> + Send + 'static,
    {
        let (sender, pieces) = mpsc::channel(1);
        Self {
            producer: Some(Box::pin(produce(sender))),
            pieces,
            first: None,
            pulse: None,
        }
    }

    /// Waits for the first piece, so that what goes wrong before it can still be said on a page.
    pub(crate) async fn begun(mut self) -> Result<Self, Cut> {
        let first = poll_fn(|context| self.piece(context)).await;
        self.first = first.transpose()?;
        Ok(self)
    }

    fn piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        if let Some(producer) = &mut self.producer {
            if let Poll::Ready(Some(piece)) = self.pieces.poll_recv(context) {
                return Poll::Ready(Some(Ok(piece)));
            }
            match producer.as_mut().poll(context) {
                Poll::Ready(Ok(())) => self.producer = None,
                Poll::Ready(Err(cut)) => {
                    self.producer = None;
                    return Poll::Ready(Some(Err(cut)));
                }
                Poll::Pending => {}
            }
        }
        // Without the producer nobody can send: what is still in the channel, and then the end.
        self.pieces.poll_recv(context).map(|piece| piece.map(Ok))
    }
}

impl Body for Outflow {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let this = self.get_mut();
        let piece = this.piece(context);
        if let (Some(pulse), Poll::Ready(piece)) = (&this.pulse, &piece) {
            pulse.beat(matches!(piece, Some(Ok(_))));
        }
        if let (Some(pulse), Poll::Pending) = (&this.pulse, &piece) {
            pulse.beat(false);
        }
        if let Poll::Ready(Some(Err(cut))) = &piece {
            tracing::warn!(error = %cut, "an export from the console broke off, and its connection with it");
        }
        piece.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

/// What a connection tells of the answer that it sends: whether a piece waits for whoever reads.
#[derive(Clone)]
pub(crate) struct Pulse(Arc<watch::Sender<(u64, bool)>>);

impl Pulse {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new((0, false))))
    }

    fn beat(&self, waits_for_the_reader: bool) {
        self.0.send_modify(|(beats, waits)| {
            *beats += 1;
            *waits = waits_for_the_reader;
        });
    }

    /// Done when a piece has waited so long for whoever reads. How long the home takes for the next one does not count.
    pub(crate) async fn stopped(&self, patience: Duration) {
        let mut beats = self.0.subscribe();
        loop {
            let waits = beats.borrow_and_update().1;
            let next = beats.changed();
            if !waits {
                // The sender is ours, so it is there.
                let _ = next.await;
            } else if tokio::time::timeout(patience, next).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
#[path = "outflow_tests.rs"]
mod tests;
