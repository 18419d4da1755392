//! A replay job on the command line: it is begun, driven and watched (`course`), and what became of it is told (`report`).
//! For the verbs that send submissions again, whatever they are called.

pub(crate) mod course;
pub(crate) mod report;
