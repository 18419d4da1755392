//! What is taken away from under a running server ends it, before it promises what nobody finds again.

use std::path::Path;
use std::sync::Mutex;

use serde_json::Value;

use crate::client::{accepted, fields, post_json, settled};
use crate::server::{Machine, program};

/// How something is taken from a running server's directory.
type Taken = (&'static str, fn(&Path));

/// Clients at once.
const CLIENTS: usize = 4;

/// Posts from several clients, takes something away in the midst of it, and waits for the server's end: the messages that
/// were answered 202.
fn taken_under_load(home: &Machine, take: fn(&Path)) -> Vec<String> {
    let mut server = home.start();
    let promised = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (server, promised) = (&server, &promised);
            scope.spawn(move || {
                for message in
                    (0..20_000).map(|n| format!("message {n} of {client}, \u{e9}\u{1f600}"))
                {
                    match post_json(server, &fields(&message), &[]) {
                        Ok(answer) if answer.status == 202 => {
                            promised.lock().unwrap().push(message)
                        }
                        Ok(_) | Err(_) => return,
                    }
                }
            });
        }
        crate::wait::until("posts are accepted", || {
            promised.lock().unwrap().len() > 100
        });
        take(&home.data());
    });
    crate::wait::until("it ends", || server.ended().is_some());
    promised.into_inner().unwrap()
}

/// Everything that was promised is there, once and exact.
fn assert_kept(home: &Machine, promised: &[String], way: &str) {
    let server = home.start();
    assert_eq!(
        settled(&server, &accepted(&server, "again")),
        "stored",
        "{way}"
    );
    // Those before it in the queue are settled before it.
    assert!(server.stop().success());
    let kept = home.verb(&["submissions", "export", "--format", "jsonl"]);
    let kept: Vec<Value> = kept
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for message in promised {
        let found = kept
            .iter()
            .filter(|entry| entry["fields"] == fields(message))
            .count();
        assert_eq!(found, 1, "{way}: {message}");
    }
}

#[test]
fn a_log_that_is_taken_away_ends_the_server_and_nothing_that_was_promised_is_lost() {
    let ways: [Taken; 5] = [
        ("removed", |data| {
            std::fs::remove_file(data.join("counterfoil.db-wal")).unwrap()
        }),
        ("moved", |data| {
            std::fs::rename(data.join("counterfoil.db-wal"), data.join("away")).unwrap()
        }),
        ("replaced by an empty one", |data| {
            std::fs::write(data.join("empty"), b"").unwrap();
            std::fs::rename(data.join("empty"), data.join("counterfoil.db-wal")).unwrap();
        }),
        ("removed with its index", |data| {
            std::fs::remove_file(data.join("counterfoil.db-wal")).unwrap();
            std::fs::remove_file(data.join("counterfoil.db-shm")).unwrap();
        }),
        ("its index removed", |data| {
            std::fs::remove_file(data.join("counterfoil.db-shm")).unwrap()
        }),
    ];
    for (way, take) in ways {
        let home = Machine::new();
        let promised = taken_under_load(&home, take);
        assert!(
            home.log()
                .contains("was removed or replaced while the server ran"),
            "{way}: {}",
            home.log()
        );
        assert_kept(&home, &promised, way);
    }
}

#[test]
fn a_database_that_is_removed_or_replaced_is_rescued() {
    let ways: [Taken; 3] = [
        ("removed", |data| {
            std::fs::remove_file(data.join("counterfoil.db")).unwrap()
        }),
        ("all removed", |data| {
            for name in ["counterfoil.db", "counterfoil.db-wal", "counterfoil.db-shm"] {
                std::fs::remove_file(data.join(name)).unwrap();
            }
        }),
        ("replaced", |data| {
            std::fs::copy(data.join("counterfoil.db"), data.join("copy")).unwrap();
            std::fs::rename(data.join("copy"), data.join("counterfoil.db")).unwrap();
        }),
    ];
    for (way, take) in ways {
        let home = Machine::new();
        let promised = taken_under_load(&home, take);
        let names = std::fs::read_dir(home.data())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let rescued = names
            .into_iter()
            .find(|path| path.to_string_lossy().contains("rescued"))
            .unwrap();
        assert!(
            home.log().contains(&rescued.display().to_string()),
            "{way}: {}",
            home.log()
        );
        std::fs::rename(rescued, home.data().join("counterfoil.db")).unwrap();
        assert_kept(&home, &promised, way);
    }
}

/// The command that a refused start names.
fn way_back(home: &Machine) -> String {
    let refused = home.serve(&[]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    said.split_once("start again: ")
        .unwrap_or_else(|| panic!("{said}"))
        .1
        .trim()
        .to_owned()
}

#[test]
fn what_is_removed_comes_back_whole_by_what_the_next_start_says() {
    let ways: [Taken; 4] = [
        ("without database and index", |data| {
            std::fs::remove_file(data.join("counterfoil.db")).unwrap();
            std::fs::remove_file(data.join("counterfoil.db-shm")).unwrap();
        }),
        // What the server writes meanwhile may keep the directory in its place.
        ("removed", |data| drop(std::fs::remove_dir_all(data))),
        ("emptied", |data| {
            for file in std::fs::read_dir(data).unwrap() {
                let _ = std::fs::remove_file(file.unwrap().path());
            }
        }),
        ("made anew", |data| {
            let _ = std::fs::remove_dir_all(data);
            let _ = std::fs::create_dir(data);
        }),
    ];
    for (way, take) in ways {
        let home = Machine::new();
        let promised = taken_under_load(&home, take);
        assert!(
            home.log().contains("stays as it is"),
            "{way}: {}",
            home.log()
        );
        let command = way_back(&home);
        let verb = program()
            .args(["submissions", "list", "--data"])
            .arg(home.data())
            .output()
            .unwrap();
        assert!(
            String::from_utf8_lossy(&verb.stderr).contains(&command),
            "{way}: {verb:?}"
        );
        assert!(
            std::process::Command::new("sh")
                .args(["-c", &command])
                .status()
                .unwrap()
                .success(),
            "{command}"
        );
        assert_kept(&home, &promised, way);
    }
}

#[test]
fn a_directory_that_is_moved_is_whole_where_it_is() {
    let home = Machine::new();
    let promised = taken_under_load(&home, |data| {
        std::fs::rename(data, data.with_extension("old")).unwrap();
        std::fs::create_dir(data).unwrap();
    });
    std::fs::remove_dir(home.data()).unwrap();
    std::fs::rename(home.data().with_extension("old"), home.data()).unwrap();
    assert_kept(&home, &promised, "moved");
}

#[test]
fn a_server_that_nobody_posts_to_notices_that_its_files_are_gone() {
    let ways: [Taken; 4] = [
        ("counterfoil.db-shm", |data| {
            std::fs::remove_file(data.join("counterfoil.db-shm")).unwrap()
        }),
        ("counterfoil.db-wal", |data| {
            std::fs::remove_file(data.join("counterfoil.db-wal")).unwrap()
        }),
        ("cut short", |data| {
            let log = std::fs::OpenOptions::new()
                .write(true)
                .open(data.join("counterfoil.db-wal"))
                .unwrap();
            log.set_len(0).unwrap();
        }),
        ("database file was removed", |data| {
            std::fs::rename(data, data.with_extension("old")).unwrap();
            std::fs::create_dir(data).unwrap();
        }),
    ];
    for (said, take) in ways {
        let home = Machine::new();
        let mut server = home.start();
        let ticket = accepted(&server, "before");
        assert_eq!(settled(&server, &ticket), "stored");
        take(&home.data());
        crate::wait::until("it ends", || server.ended().is_some());
        assert!(home.log().contains(said), "{said}: {}", home.log());
    }
}

#[test]
fn a_database_that_is_cut_ends_the_server_and_nothing_is_said_to_be_safe() {
    let ways: [Taken; 3] = [
        ("to nothing", |data| {
            cut(&data.join("counterfoil.db"), |_| 0)
        }),
        ("to a half", |data| {
            cut(&data.join("counterfoil.db"), |all| all / 2)
        }),
        ("and removed", |data| {
            cut(&data.join("counterfoil.db"), |_| 4096);
            std::fs::remove_file(data.join("counterfoil.db")).unwrap();
        }),
    ];
    for (way, take) in ways {
        for under_load in [false, true] {
            let home = Machine::new();
            // So that there is something in the main file.
            let server = home.start();
            assert_eq!(settled(&server, &accepted(&server, "before")), "stored");
            assert!(server.stop().success());
            if under_load {
                taken_under_load(&home, take);
            } else {
                let mut server = home.start();
                take(&home.data());
                crate::wait::until("it ends", || server.ended().is_some());
            }
            let log = home.log();
            assert!(
                log.contains("cut short") && log.contains("may be lost"),
                "{way}: {log}"
            );
            assert!(!log.contains("stays as it is"), "{way}: {log}");
        }
    }
}

fn cut(file: &Path, left: fn(u64) -> u64) {
    let file = std::fs::OpenOptions::new().write(true).open(file).unwrap();
    file.set_len(left(file.metadata().unwrap().len())).unwrap();
}

#[test]
fn a_server_beside_a_removed_lock_is_refused() {
    let home = Machine::new();
    let first = home.start();
    std::fs::remove_file(home.data().join("lock")).unwrap();
    let second = home.serve(&[]).output().unwrap();
    assert_eq!(second.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&second.stderr).contains("another counterfoil"),
        "{second:?}"
    );
    assert_eq!(settled(&first, &accepted(&first, "still served")), "stored");
}

#[test]
fn a_server_that_must_end_ends_though_nobody_reads_its_log() {
    let home = Machine::new();
    let (unread, log) = std::io::pipe().unwrap();
    let mut server = home.start_logging_to(log.into(), &["--log", "trace"]);
    for n in 0..300 {
        accepted(&server, &format!("fills the pipe {n}"));
    }
    std::fs::remove_file(home.data().join("counterfoil.db-wal")).unwrap();
    crate::wait::until("it ends", || server.ended().is_some());
    drop(unread);
}
