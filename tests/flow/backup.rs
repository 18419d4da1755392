//! What docs/one-machine.md says of backups: its own lines, run while submissions come, and the copy put to use.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::Signal;
use serde_json::Value;

use crate::client::{accepted, fields, poll, post_json, settled};
use crate::python::lend_sqlite3;
use crate::server::Machine;
use crate::wait::until;

/// The documentation's block of shell that has this word in it.
fn documented(word: &str) -> &'static str {
    let text = include_str!("../../docs/one-machine.md");
    let blocks = text
        .split("```sh\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next());
    blocks
        .into_iter()
        .find(|block| block.contains(word))
        .unwrap()
}

/// Where the documentation's directories are in a test.
struct Places {
    data: PathBuf,
    backups: PathBuf,
    programs: PathBuf,
}

impl Places {
    fn beside(home: &Machine) -> Self {
        let data = home.data();
        let (backups, programs) = (data.with_file_name("backups"), data.with_file_name("bin"));
        fs::create_dir(&backups).unwrap();
        lend_sqlite3(&programs);
        Self {
            data,
            backups,
            programs,
        }
    }

    /// Runs a block as it stands there, but for where things are.
    fn run(&self, block: &str) {
        let data = self.data.display().to_string();
        let block = block
            .replace("/var/lib/counterfoil", &data)
            .replace("/backups", &self.backups.display().to_string());
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.programs.display());
        let done = Command::new("sh")
            .args(["-euc", &block])
            .env("PATH", path)
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{block}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    /// Backs up: where the copy is.
    fn back_up(&self) -> PathBuf {
        self.run(documented("VACUUM INTO"));
        fs::read_dir(&self.backups)
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path()
    }

    fn restore(&self, copy: &Path) {
        let name = copy.file_name().unwrap().to_str().unwrap();
        self.run(&documented("counterfoil.old").replace("counterfoil-2026-11-30", name));
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_backup_ends_on_a_busy_server_and_a_restored_one_knows_every_ticket() {
    let home = Machine::new();
    let server = home.start();
    let places = Places::beside(&home);
    let before: Vec<_> = (0..50)
        .map(|n| accepted(&server, &format!("before {n}")))
        .collect();
    before
        .iter()
        .for_each(|ticket| assert_eq!(settled(&server, ticket), "stored"));
    let done = AtomicBool::new(false);
    let (copy, meanwhile) = std::thread::scope(|scope| {
        let poster = scope.spawn(|| {
            let mut tickets = Vec::new();
            while !done.load(Ordering::SeqCst) {
                tickets.push(accepted(&server, &format!("meanwhile {}", tickets.len())));
            }
            tickets
        });
        let copy = places.back_up();
        done.store(true, Ordering::SeqCst);
        (copy, poster.join().unwrap())
    });
    for file in ["counterfoil.db", "ticket-keys", "id-secret"] {
        assert_eq!(mode(&copy.join(file)), 0o600, "{file}");
    }
    assert_eq!(mode(&copy), 0o700);
    let key = [("idempotency-key", "the-same-after-it")];
    let after = post_json(&server, &fields("after"), &key).unwrap().json();
    let after = after["ticket"].as_str().unwrap();
    assert_eq!(settled(&server, after), "stored");
    let listed: Value =
        serde_json::from_str(&home.verb(&["submissions", "list", "--json"])).unwrap();
    let latest = listed[0]["submission"].as_str().unwrap().to_owned();
    // With a `-wal` left behind, which a restore must not meet.
    server.signal(Signal::KILL);
    drop(server);
    places.restore(&copy);
    let restored = home.start();
    before
        .iter()
        .for_each(|ticket| assert_eq!(settled(&restored, ticket), "stored"));
    assert_eq!(
        poll(&restored, after)["state"],
        "queued",
        "a good ticket, of what came after the copy"
    );
    post_json(&restored, &fields("after"), &key).unwrap();
    assert_eq!(
        settled(&restored, after),
        "stored",
        "sent again, it is what it was"
    );
    home.verb(&["submissions", "show", &latest]);
    until("what was queued in the copy is settled", || {
        let known = meanwhile
            .iter()
            .map(|ticket| poll(&restored, ticket)["state"].to_string());
        let missing = known.filter(|state| state != "\"stored\"").count();
        let kept = home
            .verb(&["submissions", "export", "--format", "jsonl"])
            .lines()
            .count();
        kept + missing == before.len() + meanwhile.len() + 1
    });
    assert!(restored.stop().success());
}
