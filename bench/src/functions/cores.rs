//! Which cores who runs on. Functions stay on the last one, and what measures them on the others: together they wake
//! each other, and the same program reads 18 or 60 µs.

use std::io;
use std::process::{Child, Command};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// This thread's cores, divided. On a machine with one core nothing is divided.
pub struct Cores {
    ours: CpuSet,
    theirs: CpuSet,
}

impl Cores {
    /// Divides them, and moves this thread to its own.
    pub fn divide() -> io::Result<Self> {
        let mut ours = sched_getaffinity(None)?;
        let mut theirs = ours;
        let last = (0..CpuSet::MAX_CPU).rev().find(|core| ours.is_set(*core));
        if let Some(last) = last.filter(|_| ours.count() > 1) {
            ours.unset(last);
            theirs.clear();
            theirs.set(last);
        }
        sched_setaffinity(None, &ours)?;
        Ok(Self { ours, theirs })
    }

    /// Starts a program on theirs: it inherits where the thread is that starts it.
    pub fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        sched_setaffinity(None, &self.theirs)?;
        let child = command.spawn();
        sched_setaffinity(None, &self.ours)?;
        child
    }
}

impl Drop for Cores {
    fn drop(&mut self) {
        let mut all = self.ours;
        (0..CpuSet::MAX_CPU)
            .filter(|core| self.theirs.is_set(*core))
            .for_each(|core| all.set(core));
        // A thread that stays where it is measures less well, and nothing else.
        let _ = sched_setaffinity(None, &all);
    }
}
