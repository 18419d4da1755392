//! What people on call do to entries, in both homes: look for what needs them, see its history and its causes, replay,
//! edit, discard and undo. Every deed is one conditional write that also tells the entry's history who did what.

pub mod act;
pub mod catalogue;
pub mod causes;
pub mod change;
pub mod drive;
pub mod gist;
pub mod grammar;
pub mod harmless;
pub mod history;
pub mod home;
pub mod job;
pub mod marks;
mod notes;
pub mod notices;
pub mod patch;
pub mod place;
pub mod ports;
pub mod rehearse;
pub mod replay;
mod set_aside;
mod spot;
pub mod words;
pub mod worklist;
