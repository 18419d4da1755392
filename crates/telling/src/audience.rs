//! Who is to hear of what: the question that the configuration of receivers answers.

use std::sync::Arc;

use counterfoil_core::notice::Change;
use counterfoil_core::{FormId, Forms, State};

use crate::alarms::AlarmKey;
use crate::receiver::ReceiverName;
use crate::receivers::{Channel, Receivers};
use crate::times::Times;

/// Says who hears of a change, as the owner has written it down.
pub trait Audience: Send + Sync {
    /// Everybody that there is, each once.
    fn receivers(&self) -> Vec<ReceiverName>;

    /// Who is to be told of this change, each once.
    fn hears(&self, change: &Change) -> Vec<ReceiverName>;

    /// Who is to be told of this alarm, each once. Nobody is told of their own trouble: they would not get it.
    fn hears_alarm(&self, alarm: &AlarmKey) -> Vec<ReceiverName>;

    /// When this receiver gets its letters, if it is a mailbox.
    fn times(&self, _receiver: &ReceiverName) -> Option<Times> {
        None
    }

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
    /// Does this home write to whoever submitted, where a form says so?
    pub copies: bool,
}

impl Audience for Written {
    fn receivers(&self) -> Vec<ReceiverName> {
        let has_copies = self.copies && self.forms.iter().any(|form| form.copy.is_some());
        let can_send = self
            .receivers
            .smtp
            .as_ref()
            .is_some_and(|smtp| smtp.from.is_some());
        let submitter = (has_copies && can_send).then(ReceiverName::submitter);
        let named = self.receivers.iter().map(|one| one.name.clone());
        named.chain(submitter).collect()
    }

    fn hears(&self, change: &Change) -> Vec<ReceiverName> {
        let form = self.forms.get(&change.of.form);
        let rules = form.into_iter().flat_map(|form| &form.notify);
        let named = rules.filter_map(|rule| Some((rule, ReceiverName::parse(&rule.to)?)));
        // A digest counts what is held and what failed too, and what became of it since.
        let of_a_digest = is_counted(change.state);
        let hears = named.filter(|(rule, name)| {
            rule.hears(change.state)
                || (of_a_digest && self.times(name).is_some_and(|times| times.is_digest()))
        });
        let copied = form.is_some_and(|form| form.copy.is_some()) && self.copies;
        let submitter = (copied && change.state == State::Stored).then(ReceiverName::submitter);
        hears.map(|(_, name)| name).chain(submitter).collect()
    }

    fn hears_alarm(&self, alarm: &AlarmKey) -> Vec<ReceiverName> {
        let hears = self.receivers.iter().filter(|one| one.hears_alarm(alarm));
        hears.map(|one| one.name.clone()).collect()
    }

    fn times(&self, receiver: &ReceiverName) -> Option<Times> {
        match &self.receivers.get(receiver)?.channel {
            Channel::Mail(mail) => Some(mail.times.clone()),
            Channel::Webhook(_) | Channel::Chat(..) | Channel::Template(_) => None,
        }
    }

    fn shows_fields(&self, receiver: &ReceiverName, form: &FormId) -> bool {
        let form = self.forms.get(form);
        if receiver.is_submitter() {
            return form.is_some_and(|form| form.copy.is_some());
        }
        let rule = form.and_then(|form| form.notify_rule(receiver.as_str()));
        rule.is_some_and(|rule| rule.fields.shows_any())
    }
}

/// Does a digest tell of a change to this state, whatever the form's rule names?
const fn is_counted(state: State) -> bool {
    match state {
        State::Stored | State::Failed | State::Held | State::Discarded => true,
        State::Erased | State::Expired => false,
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

    fn times(&self, receiver: &ReceiverName) -> Option<Times> {
        T::times(self, receiver)
    }

    fn shows_fields(&self, receiver: &ReceiverName, form: &FormId) -> bool {
        T::shows_fields(self, receiver, form)
    }
}
