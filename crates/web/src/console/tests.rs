//! What holds for every page of the console.
