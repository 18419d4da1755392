//! What receivers were told and are owed: looked at, tried once more, sent again, given up.

use bytes::Bytes;
use counterfoil_core::SubmissionRef;
use counterfoil_core::ports::Clock;
use counterfoil_telling::delivery::DeliveryId;
use counterfoil_telling::desk::SharedDesk;
use counterfoil_telling::orders::{DeliveryVerb, Order, Signed};
use counterfoil_telling::ports::{Acted, DeliveryDesk, Told};
use counterfoil_telling::receiver::ReceiverName;
use http::Response;

use crate::answer::{Trouble, page, redirect};
use crate::edit::why;
use crate::pages::{
    DeliveriesPage, DeliveryPage, Done, Owed, deliveries_page, delivery_page, query,
};
use crate::{Console, PageRequest};

/// Rows of a page.
const ROWS: usize = 50;

impl Console {
    fn desk(&self) -> Result<&SharedDesk, Trouble> {
        let nowhere = Trouble::Nowhere("This home keeps no deliveries.");
        self.desk.as_ref().ok_or(nowhere)
    }

    pub(crate) async fn deliveries(&self, asked: &PageRequest) -> Result<Response<Bytes>, Trouble> {
        let desk = self.desk()?;
        let (owed, problem) = match Owed::read(&asked.pairs, self.ops.clock.now()) {
            Ok(owed) => (owed, None),
            Err(problem) => (Owed::default(), Some(problem)),
        };
        let from = query::value(&asked.pairs, "from").map(|text| {
            DeliveryId::parse(text)
                .ok_or_else(|| Trouble::Not("This is no place in the list to go on from.".into()))
        });
        let from = from.transpose()?;
        let mut rows = desk.list(&owed.filter(), from.as_ref(), ROWS + 1).await?;
        let has_more = rows.len() > ROWS;
        rows.truncate(ROWS);
        let list = DeliveriesPage {
            owed: &owed,
            rows: &rows,
            has_more,
            is_first: from.is_none(),
            standings: &desk.standings().await?,
            forms: &self.ops.forms,
            done: Done::read(&asked.pairs),
            problem: problem.as_deref(),
        };
        Ok(page(deliveries_page(&self.frame(&asked.csrf), &list)))
    }

    pub(crate) async fn delivery(
        &self,
        id: &DeliveryId,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        let told = self.desk()?.told(id).await?;
        let told = told.ok_or(Trouble::Nowhere("There is no such delivery."))?;
        let shown = DeliveryPage {
            told: &told,
            done: Done::read(&asked.pairs),
        };
        Ok(page(delivery_page(&self.frame(&asked.csrf), &shown)))
    }

    /// Who was told of a submission; a home without deliveries tells nobody.
    pub(crate) async fn told_of(&self, of: &SubmissionRef) -> Result<Vec<Told>, Trouble> {
        match &self.desk {
            Some(desk) => Ok(desk.told_of(of).await?),
            None => Ok(Vec::new()),
        }
    }

    /// Does to one delivery what its page asks for.
    pub(crate) async fn act_on(
        &self,
        id: &DeliveryId,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        let done = self.act_on_all(std::slice::from_ref(id), asked).await?;
        Ok(redirect(&query::href(
            &format!("/deliveries/{id}"),
            &done.pairs(),
        )))
    }

    /// Does to the ticked ones what the list asks for, and leads back to it.
    pub(crate) async fn act_on_ticked(
        &self,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        let ticked = asked.pairs.iter().filter(|(name, _)| name == "of");
        let ids: Option<Vec<_>> = ticked.map(|(_, text)| DeliveryId::parse(text)).collect();
        let ids = ids.ok_or_else(|| Trouble::Not("This is no delivery.".into()))?;
        if ids.is_empty() {
            return Err(Trouble::Not("Nothing is ticked.".into()));
        }
        let done = self.act_on_all(&ids, asked).await?;
        // A list that nobody understands any more is the whole list.
        let owed = Owed::read(&asked.pairs, self.ops.clock.now()).unwrap_or_default();
        let mut back = owed.pairs();
        back.extend(done.pairs());
        Ok(redirect(&query::href("/deliveries", &back)))
    }

    async fn act_on_all(&self, ids: &[DeliveryId], asked: &PageRequest) -> Result<Done, Trouble> {
        let verb = query::value(&asked.pairs, "do").and_then(DeliveryVerb::parse);
        let verb = verb.ok_or_else(|| {
            Trouble::Not("A delivery is retried, sent again or discarded.".into())
        })?;
        let order = Order {
            verb,
            signed: self.signed(asked),
        };
        let mut done = Done::none_of(verb);
        for id in ids {
            match self.desk()?.act(id, &order).await? {
                Acted::Done => done.count += 1,
                Acted::NotIn(_) | Acted::Absent => done.left += 1,
            }
        }
        Ok(done)
    }

    pub(crate) async fn enable(
        &self,
        receiver: &ReceiverName,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        let signed = self.signed(asked);
        self.desk()?.enable(receiver, &signed).await?;
        Ok(redirect("/deliveries"))
    }

    fn signed(&self, asked: &PageRequest) -> Signed {
        Signed {
            by: self.ops.who.clone(),
            at: self.ops.clock.now(),
            why: why(asked),
        }
    }
}
