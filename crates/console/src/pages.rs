//! The console's pages: what people on call look at and do. Pure functions from data to HTML text, in English, that
//! work without a script; the one script only spares reloading. A payload is in a page only when it was asked for.

mod bits;
mod bulk;
mod chart;
mod diff;
mod edit;
mod entry;
mod frame;
mod job;
mod list;
mod notice;
mod overview;
mod payload;
pub mod query;
mod replay;
#[cfg(test)]
mod tests;

pub use bulk::{BulkPage, Deal, bulk_done_page, bulk_page};
pub use edit::{EditPage, PreviewPage, edit_page, preview_page};
pub use entry::{EntryPage, entry_page};
pub use frame::Frame;
pub use job::{JobPage, Runner, job_fragment, job_page, jobs_page};
pub use list::{ListPage, list_page};
pub use notice::{message_page, refused_page};
pub use overview::{Counts, Overview, overview_page};
pub use replay::{Looked, ReplayPage, Sending, replay_page};

/// The look.
pub const STYLE: &str = include_str!("pages/console.css");
/// Live progress and the keys `j`, `k`, `x` and `/`.
pub const SCRIPT: &str = include_str!("pages/console.js");
/// The Content-Security-Policy: its own style, its own script, its own forms, and nothing else.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
