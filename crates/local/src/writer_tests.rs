//! The end of the writer's thread is the end of the process.

use std::process::Command;

use super::*;
use crate::database::open_for_writing;

/// A job that panics where no job may: while it is answered.
struct Breaks;

impl Job for Breaks {
    fn run(&mut self, _connection: &Connection) -> bool {
        true
    }

    fn answer(self: Box<Self>, _committed: Result<(), Fault>) {
        panic!("on purpose");
    }
}

/// Tells the other process what it is for.
const CHILD: &str = "COUNTERFOIL_BREAKS_ITS_WRITER";

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "the end of a process can only be seen from another one"
)]
fn a_panic_on_the_writers_thread_ends_the_process() {
    if std::env::var_os(CHILD).is_none() {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args([
            "--exact",
            "writer::tests::a_panic_on_the_writers_thread_ends_the_process",
            "--nocapture",
        ]);
        let output = child.env(CHILD, "1").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), None, "it ends by a signal: {said}");
        assert!(said.contains("the writer's thread panicked"), "{said}");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("db");
    let connection = open_for_writing(&path).unwrap();
    let identity = Arc::new(Identity::read(&path, &connection).unwrap());
    let desk = WriterState::new(connection, None, identity, Health::of_command());
    let (writer, thread) = Writer::start(desk).unwrap();
    writer.jobs.send(Box::new(Breaks)).unwrap();
    let _ = thread.join();
    // Before, the server went on here, and refused every post.
}
