//! The console's addresses: which there are, and whether each is looked at, acted on, or both.

use crate::pages::{Deal, Sending};
use counterfoil_core::SubmissionRef;
use counterfoil_operations::job::JobId;
use counterfoil_telling::delivery::DeliveryId;
use counterfoil_telling::receiver::ReceiverName;

/// One address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Inbox,
    /// What came to the inbox since it was looked at.
    Fresh,
    /// What the inbox shows, as a file.
    Export,
    Failures,
    List,
    Entry(SubmissionRef),
    Edit(SubmissionRef),
    /// Discard or undo one.
    One(Deal, SubmissionRef),
    /// Let one held through, without a page in between.
    Release(SubmissionRef),
    /// Mark one, or say that it is not so.
    Mark(SubmissionRef),
    /// That page with those that are ticked.
    MarkMany,
    /// All of a form up to a place was seen.
    SeeAll,
    /// Discard or undo many.
    Many(Deal),
    /// Replay or release, one or many.
    Send(Sending),
    Cause(String),
    Jobs,
    Job(JobId),
    Live(JobId),
    Steer(Steer, JobId),
    /// What receivers were told and are owed, and how they are.
    Deliveries,
    Delivery(DeliveryId),
    /// A receiver is tried as if nothing had been.
    Enable(ReceiverName),
}

/// What is done with a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Steer {
    Stop,
    Resume,
    Cancel,
}

impl Route {
    /// Reads a path.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        let of = |form: &str, id: &str| SubmissionRef::parse(&format!("{form}/{id}"));
        match segments.as_slice() {
            [""] => Some(Self::Inbox),
            ["new"] => Some(Self::Fresh),
            ["export"] => Some(Self::Export),
            ["failures"] => Some(Self::Failures),
            ["mark"] => Some(Self::MarkMany),
            ["seen"] => Some(Self::SeeAll),
            ["entries"] => Some(Self::List),
            ["entries", form, id] => of(form, id).map(Self::Entry),
            ["entries", form, id, "edit"] => of(form, id).map(Self::Edit),
            ["entries", form, id, "discard"] => of(form, id).map(|of| Self::One(Deal::Discard, of)),
            ["entries", form, id, "undo"] => of(form, id).map(|of| Self::One(Deal::Undo, of)),
            ["entries", form, id, "release"] => of(form, id).map(Self::Release),
            ["entries", form, id, "mark"] => of(form, id).map(Self::Mark),
            ["discard"] => Some(Self::Many(Deal::Discard)),
            ["undo"] => Some(Self::Many(Deal::Undo)),
            ["replay"] => Some(Self::Send(Sending::Replay)),
            ["release"] => Some(Self::Send(Sending::Release)),
            ["causes", fingerprint] => Some(Self::Cause((*fingerprint).to_owned())),
            ["jobs"] => Some(Self::Jobs),
            ["jobs", id] => JobId::parse(id).map(Self::Job),
            ["jobs", id, "live"] => JobId::parse(id).map(Self::Live),
            ["jobs", id, "stop"] => JobId::parse(id).map(|id| Self::Steer(Steer::Stop, id)),
            ["jobs", id, "resume"] => JobId::parse(id).map(|id| Self::Steer(Steer::Resume, id)),
            ["jobs", id, "cancel"] => JobId::parse(id).map(|id| Self::Steer(Steer::Cancel, id)),
            ["deliveries"] => Some(Self::Deliveries),
            ["deliveries", form, change, receiver] => {
                DeliveryId::parse(&format!("{form}/{change}/{receiver}")).map(Self::Delivery)
            }
            ["receivers", name, "enable"] => ReceiverName::parse(name).map(Self::Enable),
            _ => None,
        }
    }

    /// Is there something to look at? Looking never writes.
    pub(crate) const fn reads(&self) -> bool {
        match self {
            Self::Inbox
            | Self::Fresh
            | Self::Export
            | Self::Failures
            | Self::List
            | Self::Entry(_)
            | Self::Edit(_) => true,
            Self::Many(_) | Self::Send(_) | Self::Jobs | Self::Job(_) | Self::Live(_) => true,
            Self::Deliveries | Self::Delivery(_) => true,
            Self::One(..) | Self::Release(_) | Self::Mark(_) | Self::MarkMany | Self::SeeAll => {
                false
            }
            Self::Cause(_) | Self::Steer(..) | Self::Enable(_) => false,
        }
    }

    /// Is there something to do?
    pub(crate) const fn writes(&self) -> bool {
        match self {
            Self::Edit(_)
            | Self::Many(_)
            | Self::Send(_)
            | Self::One(..)
            | Self::Cause(_)
            | Self::Steer(..) => true,
            Self::Release(_) | Self::Mark(_) | Self::MarkMany | Self::SeeAll => true,
            Self::Deliveries | Self::Delivery(_) | Self::Enable(_) => true,
            Self::Inbox | Self::Fresh | Self::Export => false,
            Self::Failures | Self::List | Self::Entry(_) => false,
            Self::Jobs | Self::Job(_) | Self::Live(_) => false,
        }
    }

    /// Does what is done there change what needs somebody? Marks do not, and neither do tellings.
    pub(crate) const fn changes_the_worklist(&self) -> bool {
        let is_a_mark = matches!(self, Self::Mark(_) | Self::MarkMany | Self::SeeAll);
        let is_a_telling = matches!(self, Self::Deliveries | Self::Delivery(_) | Self::Enable(_));
        self.writes() && !is_a_mark && !is_a_telling
    }

    /// For the header `Allow`.
    pub(crate) const fn methods(&self) -> &'static str {
        match (self.reads(), self.writes()) {
            (true, true) => "GET, HEAD, POST",
            (true, false) => "GET, HEAD",
            (false, _) => "POST",
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::*;

    #[test]
    fn what_changes_something_is_never_merely_looked_at() {
        let of = "contact/01930000-0000-7abc-8def-0123456789ab";
        let id = "01930000-0000-7abc-8def-0123456789ab";
        for path in [
            format!("/entries/{of}/discard"),
            format!("/entries/{of}/undo"),
            format!("/entries/{of}/release"),
            format!("/entries/{of}/mark"),
            "/mark".to_owned(),
            "/seen".to_owned(),
            "/causes/0123456789abcdef".to_owned(),
            format!("/jobs/{id}/stop"),
            format!("/jobs/{id}/resume"),
            format!("/jobs/{id}/cancel"),
            "/receivers/crm/enable".to_owned(),
        ] {
            let route = Route::parse(&path).unwrap();
            assert!(route.writes() && !route.reads(), "{path}");
            assert_eq!(route.methods(), "POST");
        }
    }

    #[test]
    fn what_is_no_address_of_ours_is_none() {
        for path in [
            "",
            "//",
            "/entries/",
            "/entries/contact",
            "/entries/x/y",
            "/jobs/1",
            "/jobs/../replay",
            "/Replay",
            "/deliveries/contact/x/crm",
            "/receivers/CRM/enable",
        ] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }
}
