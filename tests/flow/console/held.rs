//! What is held, in the console: looked at, let through, given up and taken back.

use serde_json::Value;

use super::deeds::until_job;
use super::visitor::{Visitor, value};
use crate::planted::{Letter, held, letters, plant};
use crate::server::{Machine, Server};
use crate::wait::until;

const REASONS: [&str; 4] = ["honeypot", "captcha-missing", "captcha-missing", "burst"];

/// A server with a dead letter and these held ones, and somebody in its console; their names, the dead one's last.
fn opened(home: &Machine) -> (Server, Visitor, Vec<String>) {
    let all: Vec<Letter> = held(&REASONS).into_iter().chain(letters(1)).collect();
    let names = plant(home, &all);
    let server = home.start_with(&["--as", "ada", "--retry-base", "0.05"]);
    let visitor = Visitor::with_key(&server.console());
    (server, visitor, names)
}

/// The state of each by its name, in their order.
fn states(home: &Machine, names: &[String]) -> Vec<String> {
    let listed: Vec<Value> =
        serde_json::from_str(&home.verb(&["submissions", "list", "--json"])).unwrap();
    let find = |name: &String| {
        listed
            .iter()
            .find(|entry| entry["submission"] == name.as_str())
            .unwrap()
    };
    names
        .iter()
        .map(|name| find(name)["state"].as_str().unwrap().to_owned())
        .collect()
}

/// Goes through the page that asks, to the end of the job; its page.
fn release(ada: &Visitor, query: &str, pairs: &[(&str, &str)]) -> String {
    let page = ada.get(&format!("/release?{query}")).body;
    let job = value(&page, "job");
    let pairs: Vec<_> = pairs
        .iter()
        .copied()
        .chain([("job", job.as_str()), ("canary", "auto")])
        .collect();
    let ordered = ada.post("/release", &pairs);
    assert_eq!(
        ordered.header("location"),
        Some(format!("/jobs/{job}").as_str()),
        "{ordered:?}"
    );
    until_job(ada, &format!("/jobs/{job}"), "done")
}

#[test]
fn held_ones_are_listed_with_their_reasons_and_filtered_by_reason_and_form() {
    let home = Machine::new();
    let evil = Letter {
        hold: Some("<b>\u{202e}odd"),
        form: "removed",
        ..Letter::new("<script>alert(1)</script>")
    };
    let names = plant(
        &home,
        &held(&REASONS).into_iter().chain([evil]).collect::<Vec<_>>(),
    );
    let server = home.start();
    let ada = Visitor::with_key(&server.console());
    let listed = |query: &str| {
        let page = ada.get(&format!("/entries?waiting=held{query}")).body;
        names
            .iter()
            .map(|name| page.contains(&format!("value=\"{name}\"")))
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(""), [true; 5]);
    assert_eq!(
        listed("&cause=captcha-missing"),
        [false, true, true, false, false]
    );
    assert_eq!(listed("&form=removed"), [false, false, false, false, true]);
    let page = ada.get("/entries?waiting=held").body;
    for part in [
        "Ada Lovelace",
        "held 1",
        "<option>captcha-unverified</option>",
        "Release all that match",
        "&lt;b&gt;",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for path in [
        "/entries?waiting=held",
        "/release?all=1&waiting=held",
        &format!("/entries/{}", names[4]),
    ] {
        let page = ada.get(path).body;
        assert!(
            !page.contains("<b>") && !page.contains("<script>alert") && !page.contains('\u{202e}'),
            "{page}"
        );
    }
}

#[test]
fn one_is_looked_at_and_let_through_and_its_history_says_by_whom() {
    let home = Machine::new();
    let (_server, ada, names) = opened(&home);
    let of = &names[0];
    let page = ada.get(&format!("/entries/{of}")).body;
    assert!(
        page.contains(">Release</button>") && page.contains(">honeypot</a>"),
        "{page}"
    );
    let asked = ada.get(&format!("/release?of={of}")).body;
    for part in [
        "id=\"passes\">1</strong> would be stored",
        "honeypot</span> 1",
        ">Release 1 entry</button>",
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    assert_eq!(
        states(&home, &names),
        ["held", "held", "held", "held", "failed"],
        "asking changes nothing"
    );
    let done = release(
        &ada,
        &format!("of={of}"),
        &[("of", of), ("why", "no spam & a person")],
    );
    assert!(
        done.contains("Release of") && done.contains("<dd id=\"stored\">1</dd>"),
        "{done}"
    );
    assert_eq!(
        states(&home, &names),
        ["stored", "held", "held", "held", "failed"]
    );
    let page = ada.get(&format!("/entries/{of}")).body;
    for part in [
        "<strong>released</strong> by ada",
        "no spam &amp; a person",
        "the verdict of the release",
        "in a release",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(ada.get("/jobs").body.contains("Release of "));
}

#[test]
fn chosen_ones_and_all_of_a_reason_are_let_through_and_nothing_else() {
    let home = Machine::new();
    let (_server, ada, names) = opened(&home);
    let all = ada.get("/release?all=1&waiting=held").body;
    for part in [
        "captcha-missing</span> 2",
        "honeypot</span> 1",
        "burst</span> 1",
        ">Release 4 entries<",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
    release(
        &ada,
        &format!("of={}&of={}", names[0], names[3]),
        &[("of", &names[0]), ("of", &names[3])],
    );
    assert_eq!(
        states(&home, &names),
        ["stored", "held", "held", "stored", "failed"]
    );
    let filter = [
        ("all", "1"),
        ("waiting", "held"),
        ("cause", "captcha-missing"),
    ];
    let done = release(&ada, "all=1&waiting=held&cause=captcha-missing", &filter);
    assert!(done.contains("Every one of 2 has its verdict"), "{done}");
    assert!(
        done.contains(">submissions held for captcha-missing, accepted before "),
        "{done}"
    );
    assert_eq!(
        states(&home, &names),
        ["stored", "stored", "stored", "stored", "failed"]
    );
}

#[test]
fn a_release_takes_no_dead_letter_and_nothing_that_was_not_chosen() {
    let home = Machine::new();
    let (_server, ada, names) = opened(&home);
    for (path, pairs) in [
        ("/release", &[("all", "1")][..]),
        ("/release", &[]),
        ("/replay", &[("waiting", "held"), ("all", "1")]),
    ] {
        let answer = ada.post(path, pairs);
        assert_eq!(answer.status, 400, "{path} {pairs:?}: {answer:?}");
    }
    assert_eq!(
        ada.post_as_is("/release", &[("all", "1"), ("waiting", "held")], &[])
            .status,
        403
    );
    // Named all the same, it is skipped.
    let done = release(&ada, &format!("of={}", names[4]), &[("of", &names[4])]);
    assert!(
        done.contains("<dd>1</dd>") && done.contains("<dd id=\"stored\">0</dd>"),
        "{done}"
    );
    assert_eq!(
        states(&home, &names),
        ["held", "held", "held", "held", "failed"]
    );
}

#[test]
fn what_fails_when_it_is_released_is_foreseen_and_becomes_a_dead_letter() {
    let home = Machine::new();
    let names = plant(
        &home,
        &[Letter {
            form: "removed",
            hold: Some("burst"),
            ..Letter::new("m")
        }],
    );
    let server = home.start_with(&["--retry-base", "0.05", "--max-receives", "2"]);
    let ada = Visitor::with_key(&server.console());
    let asked = ada.get("/release?all=1&waiting=held&cause=burst").body;
    assert!(
        asked.contains("id=\"fails\">1</strong> would fail<") && asked.contains("unknown-form"),
        "{asked}"
    );
    let done = release(
        &ada,
        "all=1&waiting=held",
        &[("all", "1"), ("waiting", "held"), ("cause", "burst")],
    );
    assert!(
        done.contains("<dt>failed</dt><dd id=\"failed-again\">1</dd>"),
        "{done}"
    );
    let link = done
        .split("href=\"")
        .find(|rest| rest.contains("See what failed<"))
        .unwrap();
    let list = ada
        .get(&link.split('"').next().unwrap().replace("&amp;", "&"))
        .body;
    assert!(
        list.contains(&names[0]) && list.contains("unknown-form"),
        "{list}"
    );
}

#[test]
fn held_ones_are_given_up_by_their_filter_or_one_by_one_and_are_held_again_when_that_is_undone() {
    let home = Machine::new();
    let (_server, ada, names) = opened(&home);
    let filter = [
        ("all", "1"),
        ("waiting", "held"),
        ("cause", "captcha-missing"),
    ];
    let asked = ada
        .get("/discard?all=1&waiting=held&cause=captcha-missing")
        .body;
    assert!(asked.contains("Discard 2 entries"), "{asked}");
    assert!(
        ada.post("/discard", &filter)
            .body
            .contains("Discarded 2 entries")
    );
    assert_eq!(
        ada.post(&format!("/entries/{}/discard", names[0]), &[])
            .status,
        303
    );
    assert_eq!(
        states(&home, &names),
        ["discarded", "discarded", "discarded", "held", "failed"]
    );
    let undone = ada.post(&format!("/entries/{}/undo", names[0]), &[]);
    let page = ada.get(undone.header("location").unwrap()).body;
    assert!(
        page.contains("it is what it was before") && page.contains(">Release</button>"),
        "{page}"
    );
    ada.post("/undo", &[("all", "1"), ("waiting", "discarded")]);
    assert_eq!(
        states(&home, &names),
        ["held", "held", "held", "held", "failed"]
    );
}

#[test]
fn one_is_let_through_or_given_up_in_the_list_with_one_press() {
    let home = Machine::new();
    let (_server, ada, names) = opened(&home);
    let list = "/entries?waiting=held";
    let page = ada.get(list).body;
    for part in ["form=\"judge\"", "Ada Lovelace", "held 0"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let released = ada.post(&format!("/entries/{}/release", names[0]), &[("back", list)]);
    assert_eq!(
        released.header("location"),
        Some("/entries?waiting=held&done=released"),
        "{released:?}"
    );
    until("it is stored", || states(&home, &names)[0] == "stored");
    let discarded = ada.post(
        &format!("/entries/{}/discard", names[1]),
        &[("back", "/?state=held")],
    );
    assert_eq!(
        discarded.header("location"),
        Some("/?state=held&done=discarded")
    );
    assert_eq!(
        states(&home, &names),
        ["stored", "discarded", "held", "held", "failed"]
    );
    // It leads to pages of ours and nowhere else.
    for elsewhere in [
        "//evil.example/",
        "http://evil.example/",
        "/entries/../nowhere",
        "/jobs",
    ] {
        let answer = ada.post(
            &format!("/entries/{}/discard", names[2]),
            &[("back", elsewhere)],
        );
        assert!(
            answer
                .header("location")
                .unwrap()
                .starts_with(&format!("/entries/{}?done=", names[2])),
            "{answer:?}"
        );
    }
}
