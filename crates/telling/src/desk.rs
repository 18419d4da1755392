//! A desk that is handed around whole, whichever home is behind it: for pages, which know no home.

use std::sync::Arc;

use counterfoil_core::{Cause, Fault, SubmissionRef};
use futures_util::future::BoxFuture;

use crate::delivery::{Delivery, DeliveryId};
use crate::orders::{Order, Signed};
use crate::ports::{Acted, DeliveryDesk, DeliveryFilter, Standing, Told};
use crate::receiver::ReceiverName;

/// A desk of any home. Clones share it.
#[derive(Clone)]
pub struct SharedDesk(Arc<dyn AnyDesk>);

impl SharedDesk {
    /// Shares this one.
    pub fn new(desk: Arc<impl DeliveryDesk + Send + 'static>) -> Self {
        Self(desk)
    }
}

type Answer<'a, T> = BoxFuture<'a, Result<T, Fault>>;

/// [`DeliveryDesk`], as one type for all.
trait AnyDesk: Send + Sync {
    fn list<'a>(
        &'a self,
        filter: &'a DeliveryFilter,
        after: Option<&'a DeliveryId>,
        most: usize,
    ) -> Answer<'a, Vec<Delivery>>;
    fn told<'a>(&'a self, id: &'a DeliveryId) -> Answer<'a, Option<Told>>;
    fn told_of<'a>(&'a self, of: &'a SubmissionRef) -> Answer<'a, Vec<Told>>;
    fn act<'a>(&'a self, id: &'a DeliveryId, order: &'a Order) -> Answer<'a, Acted>;
    fn came_back<'a>(&'a self, id: &'a DeliveryId, cause: &'a Cause) -> Answer<'a, Acted>;
    fn standings(&self) -> Answer<'_, Vec<Standing>>;
    fn enable<'a>(&'a self, receiver: &'a ReceiverName, signed: &'a Signed) -> Answer<'a, ()>;
}

impl<T: DeliveryDesk + Send> AnyDesk for T {
    fn list<'a>(
        &'a self,
        filter: &'a DeliveryFilter,
        after: Option<&'a DeliveryId>,
        most: usize,
    ) -> Answer<'a, Vec<Delivery>> {
        Box::pin(DeliveryDesk::list(self, filter, after, most))
    }

    fn told<'a>(&'a self, id: &'a DeliveryId) -> Answer<'a, Option<Told>> {
        Box::pin(DeliveryDesk::told(self, id))
    }

    fn told_of<'a>(&'a self, of: &'a SubmissionRef) -> Answer<'a, Vec<Told>> {
        Box::pin(DeliveryDesk::told_of(self, of))
    }

    fn act<'a>(&'a self, id: &'a DeliveryId, order: &'a Order) -> Answer<'a, Acted> {
        Box::pin(DeliveryDesk::act(self, id, order))
    }

    fn came_back<'a>(&'a self, id: &'a DeliveryId, cause: &'a Cause) -> Answer<'a, Acted> {
        Box::pin(DeliveryDesk::came_back(self, id, cause))
    }

    fn standings(&self) -> Answer<'_, Vec<Standing>> {
        Box::pin(DeliveryDesk::standings(self))
    }

    fn enable<'a>(&'a self, receiver: &'a ReceiverName, signed: &'a Signed) -> Answer<'a, ()> {
        Box::pin(DeliveryDesk::enable(self, receiver, signed))
    }
}

impl DeliveryDesk for SharedDesk {
    async fn list(
        &self,
        filter: &DeliveryFilter,
        after: Option<&DeliveryId>,
        most: usize,
    ) -> Result<Vec<Delivery>, Fault> {
        self.0.list(filter, after, most).await
    }

    async fn told(&self, id: &DeliveryId) -> Result<Option<Told>, Fault> {
        self.0.told(id).await
    }

    async fn told_of(&self, of: &SubmissionRef) -> Result<Vec<Told>, Fault> {
        self.0.told_of(of).await
    }

    async fn act(&self, id: &DeliveryId, order: &Order) -> Result<Acted, Fault> {
        self.0.act(id, order).await
    }

    async fn came_back(&self, id: &DeliveryId, cause: &Cause) -> Result<Acted, Fault> {
        self.0.came_back(id, cause).await
    }

    async fn standings(&self) -> Result<Vec<Standing>, Fault> {
        self.0.standings().await
    }

    async fn enable(&self, receiver: &ReceiverName, signed: &Signed) -> Result<(), Fault> {
        self.0.enable(receiver, signed).await
    }
}
