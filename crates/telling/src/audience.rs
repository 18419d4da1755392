//! Who is to hear of what: the question that the configuration of receivers answers.

use std::sync::Arc;

use counterfoil_core::notice::Change;
use counterfoil_core::{FormId, Forms};

use crate::alarms::AlarmKey;
use crate::receiver::ReceiverName;
use crate::receivers::Receivers;

/// Says who hears of a change, as the owner has written it down.
pub trait Audience: Send + Sync {
    /// Everybody that there is, each once.
    fn receivers(&self) -> Vec<ReceiverName>;

    /// Who is to be told of this change, each once.
    fn hears(&self, change: &Change) -> Vec<ReceiverName>;

    /// Who is to be told of this alarm, each once. Nobody is told of their own trouble: they would not get it.
    fn hears_alarm(&self, alarm: &AlarmKey) -> Vec<ReceiverName>;

    /// Does this form show the receiver any field? Only then what was submitted is read for it.
    fn shows_fields(&self, receiver: &ReceiverName, form: &FormId) -> bool;
}

/// The audience as forms and `receivers.toml` have it.
///
/// Who hears of a change is the form's word alone: what a receiver is owed that `receivers.toml` does not have, or has wrong,
/// is written down and waits.
#[derive(Clone, Debug)]
pub struct Written {
    /// Those that can be told.
    pub receivers: Arc<Receivers>,
    /// Who hears of what, and is shown what.
    pub forms: Arc<Forms>,
}

impl Audience for Written {
    fn receivers(&self) -> Vec<ReceiverName> {
        self.receivers.iter().map(|one| one.name.clone()).collect()
    }

    fn hears(&self, change: &Change) -> Vec<ReceiverName> {
        let form = self.forms.get(&change.of.form);
        let rules = form
            .into_iter()
            .flat_map(|form| form.notifies(change.state));
        rules
            .filter_map(|rule| ReceiverName::parse(&rule.to))
            .collect()
    }

    fn hears_alarm(&self, alarm: &AlarmKey) -> Vec<ReceiverName> {
        let hears = self.receivers.iter().filter(|one| one.hears_alarm(alarm));
        hears.map(|one| one.name.clone()).collect()
    }

    fn shows_fields(&self, receiver: &ReceiverName, form: &FormId) -> bool {
        let form = self.forms.get(form);
        let rule = form.and_then(|form| form.notify_rule(receiver.as_str()));
        rule.is_some_and(|rule| rule.fields.shows_any())
    }
}

impl<T: Audience + ?Sized> Audience for Arc<T> {
    fn receivers(&self) -> Vec<ReceiverName> {
        T::receivers(self)
    }

    fn hears(&self, change: &Change) -> Vec<ReceiverName> {
        T::hears(self, change)
    }

    fn hears_alarm(&self, alarm: &AlarmKey) -> Vec<ReceiverName> {
        T::hears_alarm(self, alarm)
    }

    fn shows_fields(&self, receiver: &ReceiverName, form: &FormId) -> bool {
        T::shows_fields(self, receiver, form)
    }
}
