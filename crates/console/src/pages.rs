//! The console's pages: what people on call look at and do. Pure functions from data to HTML text, in English, that
//! work without a script; the one script only spares reloading. What people wrote is in the inbox, in the lists of
//! what is held or failed, and on the page of one submission; causes and replays do without it.

mod address;
mod bits;
mod bulk;
mod chart;
mod deliveries;
mod delivery;
mod diff;
mod edit;
mod entry;
mod export;
mod frame;
mod history;
mod inbox;
#[cfg(test)]
mod inbox_tests;
mod job;
mod letter;
mod list;
mod look;
mod notice;
mod overview;
mod owed;
pub mod query;
mod replay;
mod reply;
mod row;
#[cfg(test)]
mod tests;

pub use bulk::{BulkPage, Deal, bulk_done_page, bulk_page};
pub use deliveries::{DeliveriesPage, deliveries_page};
pub use delivery::{DeliveryPage, delivery_page};
pub use edit::{EditPage, PreviewPage, edit_page, preview_page};
pub use entry::{Beside, EntryPage, entry_page};
pub use export::Format;
pub use frame::Frame;
pub use inbox::{InboxPage, Tally, fresh_fragment, inbox_page};
pub use job::{JobPage, Runner, job_fragment, job_page, jobs_page};
pub use list::{ListPage, list_page};
pub use look::{Look, Tray, of_spot, spot};
pub use notice::{message_page, refused_page};
pub use overview::{Counts, Overview, overview_page};
pub use owed::{Done, Owed, Which};
pub use replay::{Looked, ReplayPage, Sending, replay_page};

/// The look.
pub const STYLE: &str = concat!(
    include_str!("pages/console.css"),
    include_str!("pages/inbox.css")
);
/// What moves without reloading, the reader's own time, and the keys `j`, `k`, `x`, `u` and `/`.
pub const SCRIPT: &str = include_str!("pages/console.js");
/// The Content-Security-Policy: its own style, its own script, its own forms, and nothing else.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
