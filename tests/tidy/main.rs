//! The rules of the house that no compiler checks: who may depend on whom, what a source file looks like, which words
//! stay out. Each rule is a small function from a file or a manifest to what is wrong with it, and is first shown to
//! be able to fail.

// Clippy's `allow-unwrap-in-tests` sees `#[test]` functions only, and all of this is one test.
#![allow(clippy::unwrap_used, reason = "a test's panic is its report")]

mod circles;
mod directions;
mod functions;
mod links;
mod lists;
mod manifests;
mod orphans;
mod parameters;
mod problems;
mod size;
mod sources;
mod tree;
mod words;
