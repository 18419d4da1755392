//! From form to `stored`, as a browser, a script and curl go.

use serde_json::json;

use crate::client::{accepted, fields, get, poll, post_json, send, settled};
use crate::server::Home;

const URLENCODED: &str = "application/x-www-form-urlencoded";
const FORM_BODY: &[u8] = b"name=Ada&email=ada%40example.org&message=two+words&website=&_idempotency=";

#[test]
fn a_json_post_gets_a_ticket_that_turns_stored() {
    let home = Home::new();
    let server = home.start();
    let answer = post_json(&server, &fields("hello"), &[]).unwrap();
    assert_eq!(answer.status, 202);
    let body = answer.json();
    let ticket = body["ticket"].as_str().unwrap();
    assert_eq!(answer.header("location"), Some(format!("/tickets/{ticket}").as_str()));
    assert_eq!((body["state"].as_str(), &body["status_url"]), (Some("queued"), &json!(format!("/tickets/{ticket}"))));
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(settled(&server, ticket), "stored");
}

#[test]
fn every_content_type_gets_the_same() {
    let home = Home::new();
    let server = home.start();
    let multipart = "--b\r\ncontent-disposition: form-data; name=\"name\"\r\n\r\nAda\r\n--b\r\n\
         content-disposition: form-data; name=\"email\"\r\n\r\nada@example.org\r\n--b\r\n\
         content-disposition: form-data; name=\"message\"\r\n\r\ntwo words\r\n--b--\r\n";
    let posts: [(&str, &[u8]); 3] = [
        (URLENCODED, FORM_BODY),
        ("multipart/form-data; boundary=b", multipart.as_bytes()),
        ("application/json; charset=UTF-8", br#"{"name":"Ada","email":"ada@example.org","message":"two words"}"#),
    ];
    for (content_type, body) in posts {
        let headers = [("content-type", content_type), ("accept", "application/json")];
        let answer = send(&server, "POST", "/forms/contact", &headers, body).unwrap();
        assert_eq!(answer.status, 202, "{content_type}: {answer:?}");
        assert_eq!(settled(&server, answer.json()["ticket"].as_str().unwrap()), "stored");
    }
    let lines = home.verb(&["submissions", "export", "--format", "jsonl"]);
    let stored: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(stored.len(), 3);
    assert!(stored.iter().all(|entry| entry["fields"] == fields("two words")), "{lines}");
}

#[test]
fn a_browser_is_sent_to_its_ticket_page_which_refreshes_until_it_is_final() {
    let home = Home::new();
    let server = home.start();
    let headers = [("content-type", URLENCODED), ("accept", "text/html,*/*;q=0.8")];
    let answer = send(&server, "POST", "/forms/contact", &headers, FORM_BODY).unwrap();
    assert_eq!(answer.status, 303);
    let page = answer.header("location").unwrap().to_owned();
    settled(&server, page.strip_prefix("/tickets/").unwrap());
    let last = get(&server, &page, "text/html");
    assert_eq!(last.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(!last.body.contains("http-equiv=\"refresh\"") && !last.body.contains("Ada"), "{}", last.body);
}

#[test]
fn a_mistake_gives_the_form_back_with_everything_typed() {
    let home = Home::new();
    let server = home.start();
    let headers = [("content-type", URLENCODED), ("accept", "text/html")];
    let body = b"name=Ada+%3Cb%3E&email=nobody&message=";
    let answer = send(&server, "POST", "/forms/contact", &headers, body).unwrap();
    assert_eq!(answer.status, 422);
    for part in ["Ada &lt;b&gt;", "nobody", "#field-email", "#field-message", "_idempotency"] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    assert_eq!(home.verb(&["submissions", "export", "--format", "jsonl"]), "");
}

#[test]
fn a_ticket_is_revalidated_with_its_etag() {
    let home = Home::new();
    let server = home.start();
    let ticket = accepted(&server, "hello");
    settled(&server, &ticket);
    let path = format!("/tickets/{ticket}");
    let etag = get(&server, &path, "application/json").header("etag").unwrap().to_owned();
    let again = send(&server, "GET", &path, &[("if-none-match", &etag)], b"").unwrap();
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let page = send(&server, "GET", &path, &[("if-none-match", &etag), ("accept", "text/html")], b"").unwrap();
    assert_eq!(page.status, 200, "another representation");
}

#[test]
fn the_same_key_and_content_is_one_submission_however_often_it_is_sent() {
    let home = Home::new();
    let server = home.start();
    let posts: Vec<_> = std::thread::scope(|scope| {
        let send = || post_json(&server, &fields("once"), &[("idempotency-key", "key-1")]).unwrap();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(send)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for answer in &posts {
        assert_eq!(settled(&server, answer.json()["ticket"].as_str().unwrap()), "stored");
    }
    assert_eq!(home.verb(&["submissions", "export", "--format", "jsonl"]).lines().count(), 1);
}

#[test]
fn the_same_key_with_other_content_keeps_both_and_says_conflict_to_one() {
    let home = Home::new();
    let server = home.start();
    let first = post_json(&server, &fields("first"), &[("idempotency-key", "key-1")]).unwrap().json();
    assert_eq!(settled(&server, first["ticket"].as_str().unwrap()), "stored");
    let second = post_json(&server, &fields("second"), &[("idempotency-key", "key-1")]).unwrap();
    assert_eq!(second.status, 202);
    let second = second.json();
    crate::wait::until("the second is kept apart", || {
        home.verb(&["submissions", "export", "--format", "jsonl", "--state", "failed"])
            .contains("\"message\":\"second\"")
    });
    assert_eq!(poll(&server, second["ticket"].as_str().unwrap())["state"], "conflict");
    assert_eq!(poll(&server, first["ticket"].as_str().unwrap())["state"], "stored");
}

#[test]
fn a_double_click_is_one_submission_and_an_edited_resend_another() {
    let home = Home::new();
    let server = home.start();
    let page = get(&server, "/forms/contact", "text/html").body;
    let at = page.find("name=\"_idempotency\" value=\"").unwrap() + "name=\"_idempotency\" value=\"".len();
    let key = &page[at..at + 36];
    for message in ["one", "one", "two"] {
        let body = format!("name=Ada&email=ada%40example.org&message={message}&_idempotency={key}");
        let headers = [("content-type", URLENCODED)];
        let answer = send(&server, "POST", "/forms/contact", &headers, body.as_bytes()).unwrap();
        assert_eq!(settled(&server, answer.json()["ticket"].as_str().unwrap()), "stored");
    }
    assert_eq!(home.verb(&["submissions", "export", "--format", "jsonl"]).lines().count(), 2);
}

#[test]
fn a_filled_honeypot_looks_accepted_and_is_held() {
    let home = Home::new();
    let server = home.start();
    let mut spam = fields("buy");
    spam["website"] = json!("http://spam.example");
    let answer = post_json(&server, &spam, &[]).unwrap();
    assert_eq!(answer.status, 202);
    let ticket = answer.json()["ticket"].as_str().unwrap().to_owned();
    assert_eq!(settled(&server, &ticket), "held");
    assert_eq!(poll(&server, &ticket).get("reason"), None);
}

#[test]
fn every_change_is_published_with_a_stable_id() {
    let home = Home::new();
    let server = home.start();
    settled(&server, &accepted(&server, "hello"));
    let lines = home.verb(&["submissions", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&lines).unwrap();
    let id = format!("{}:1", listed[0]["submission"].as_str().unwrap());
    crate::wait::until("the notice is in the log", || home.log().contains(&id));
}

#[test]
fn nothing_that_was_submitted_is_ever_logged() {
    let home = Home::new();
    let server = home.start_with(&["--log", "trace"]);
    let canary = "canary-7f3a";
    let ticket = accepted(&server, canary);
    settled(&server, &ticket);
    post_json(&server, &json!({"name": canary, "email": canary, "extra": canary}), &[("idempotency-key", canary)])
        .unwrap();
    send(&server, "POST", "/forms/contact", &[("content-type", "application/json")], b"{canary-7f3a").unwrap();
    let mut bad = fields(canary);
    bad["n"] = json!("\0canary-7f3a");
    post_json(&server, &bad, &[]).unwrap();
    assert!(server.stop().success());
    let log = home.log();
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "the log is at its loudest");
    assert!(!log.contains(canary), "{log}");
    let proof = ticket.split('.').nth(1).unwrap();
    assert!(!log.contains(proof), "a ticket is a capability: {log}");
}

#[test]
fn the_contract_lists_exactly_the_routes_that_answer() {
    let home = Home::new();
    let server = home.start();
    let contract = get(&server, "/openapi.json", "*/*").json();
    assert_eq!(contract["openapi"], "3.1.0");
    let ticket = accepted(&server, "hello");
    for (path, item) in contract["paths"].as_object().unwrap() {
        let live = path.replace("{form}", "contact").replace("{ticket}", &ticket);
        let listed = |method: &str| item.get(method.to_lowercase()).is_some();
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"] {
            let status = send(&server, method, &live, &[], b"").unwrap().status;
            // HEAD follows GET; the contract need not list it.
            let expected = listed(method) || (method == "HEAD" && listed("GET"));
            assert_eq!(status != 405, expected, "{method} {live} answers {status}");
            assert_ne!(status, 404, "{method} {live}");
        }
    }
    for path in ["/", "/healthz", "/openapi.json", "/forms/contact", "/tickets/{ticket}"] {
        let known =
            contract["paths"].as_object().unwrap().keys().any(|listed| listed.replace("{form}", "contact") == path);
        assert!(known, "{path} is missing from the contract");
    }
}
