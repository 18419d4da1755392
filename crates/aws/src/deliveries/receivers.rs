//! Receivers: each has an item once it is owed anything, which says how it is.

use counterfoil_core::{Code, Fault};
use counterfoil_telling::health::Health;
use counterfoil_telling::orders::Signed;
use counterfoil_telling::receiver::ReceiverName;

use super::TURNS;
use super::row::{KeptHealth, RECEIVERS};
use crate::item::{Item, integer, number, string, text};
use crate::ledger::{DynamoLedger, unreadable};
use crate::query::{every, json, read};

/// A receiver's item.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    pub(super) name: ReceiverName,
    pub(super) health: Health,
    pub(super) enabled: Option<Signed>,
    rev: u64,
}

impl Receiver {
    fn new(name: &ReceiverName) -> Self {
        Self {
            name: name.clone(),
            health: Health::default(),
            enabled: None,
            rev: 0,
        }
    }

    fn item(&self) -> Result<Item, Fault> {
        let mut item: Item = [
            ("pk".into(), text(RECEIVERS)),
            ("sk".into(), text(self.name.as_str())),
        ]
        .into();
        let health = KeptHealth::of(&self.health, self.enabled.as_ref());
        item.insert("health".into(), json(&health)?);
        item.insert("rev".into(), number(self.rev + 1));
        Ok(item)
    }

    fn read(item: &Item) -> Result<Self, Fault> {
        let name = string(item, "sk").and_then(ReceiverName::parse);
        let kept: KeptHealth = read(item, "health")?;
        let (health, enabled) = kept.read()?;
        Ok(Self {
            name: name.ok_or_else(unreadable)?,
            health,
            enabled,
            rev: integer(item, "rev").ok_or_else(unreadable)?,
        })
    }
}

impl DynamoLedger {
    /// One that is owed something is there: the index cannot be asked for whom it has.
    pub(super) async fn register_receiver(&self, name: &ReceiverName) -> Result<(), Fault> {
        if self.known_receivers.with(|known| known.contains(name)) {
            return Ok(());
        }
        self.put_over(Receiver::new(name).item()?, 0).await?;
        self.known_receivers
            .with(|known| known.insert(name.clone()));
        Ok(())
    }

    pub(super) async fn receiver(&self, name: &ReceiverName) -> Result<Receiver, Fault> {
        let item = self.one(RECEIVERS, name.as_str()).await?;
        item.map_or_else(|| Ok(Receiver::new(name)), |item| Receiver::read(&item))
    }

    /// Every receiver that is or was owed something, by name.
    pub(super) async fn receivers(&self) -> Result<Vec<Receiver>, Fault> {
        let items = every(self.beneath(RECEIVERS)).await?;
        items.iter().map(Receiver::read).collect()
    }

    /// Changes how a receiver is, as it is by then; gives how it is after that.
    pub(super) async fn change_health<T>(
        &self,
        name: &ReceiverName,
        change: impl Fn(&mut Health) -> T + Send + Sync,
    ) -> Result<(Health, T), Fault> {
        let keep = |receiver: &mut Receiver| change(&mut receiver.health);
        let (receiver, done) = self.change_receiver(name, keep).await?;
        Ok((receiver.health, done))
    }

    pub(super) async fn change_receiver<T>(
        &self,
        name: &ReceiverName,
        change: impl Fn(&mut Receiver) -> T + Send + Sync,
    ) -> Result<(Receiver, T), Fault> {
        for _ in 0..TURNS {
            let before = self.receiver(name).await?;
            let mut after = before.clone();
            let done = change(&mut after);
            let is_same = after.health == before.health && after.enabled == before.enabled;
            if is_same || self.put_over(after.item()?, before.rev).await? {
                return Ok((after, done));
            }
        }
        Err(contended())
    }
}

/// Others kept being quicker.
pub(super) fn contended() -> Fault {
    Fault::transient(
        Code::AwsContention,
        "other writers of this item kept being quicker",
    )
}
