//! One browser of one test: a driver on a free port, a session with an empty profile. Dropped, both end.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::given::{Given, given};
use crate::wire::ask;

/// Whether pages may run scripts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    On,
    Off,
}

/// No sandbox: the tests may run as root in a container. The rest keeps the browser from the network and from
/// whatever it likes to do at a first start.
const FLAGS: [&str; 12] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--window-size=1000,900",
];

/// A running browser.
pub(crate) struct Browser {
    driver: Child,
    authority: String,
    session: String,
    /// The profile, and every temporary file; removed after the browser has ended.
    directory: TempDir,
}

impl Browser {
    /// `None` when the browser tests are left out.
    pub(crate) fn open(script: Script) -> Option<Self> {
        let given = given()?;
        let directory = tempfile::tempdir().unwrap();
        let (driver, authority) = start(&given, &directory);
        let mut browser = Self {
            driver,
            authority,
            session: String::new(),
            directory,
        };
        let wanted = capabilities(&given, script, &browser);
        let session = ask(&browser.authority, "POST", "/session", &wanted).unwrap();
        session["sessionId"]
            .as_str()
            .unwrap()
            .clone_into(&mut browser.session);
        Some(browser)
    }

    /// One WebDriver command.
    pub(crate) fn post(&self, command: &str, body: &Value) -> Result<Value, String> {
        ask(
            &self.authority,
            "POST",
            &format!("/session/{}/{command}", self.session),
            body,
        )
    }

    /// One WebDriver question.
    pub(crate) fn get(&self, question: &str) -> Result<Value, String> {
        ask(
            &self.authority,
            "GET",
            &format!("/session/{}/{question}", self.session),
            &Value::Null,
        )
    }

    /// One command of Chromium's own protocol, for what WebDriver has no word for.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post(
            "goog/cdp/execute",
            &json!({"cmd": command, "params": parameters}),
        )
        .unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends Chromium, which is the driver's child and not ours; then the driver, by its own id.
        let _ = ask(
            &self.authority,
            "DELETE",
            &format!("/session/{}", self.session),
            &Value::Null,
        );
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Starts the driver. One that ends before it listens is started again: on a busy machine somebody else may have taken
/// the port, which it looks for in IPv4 and then needs in IPv6 too.
fn start(given: &Given, directory: &TempDir) -> (Child, String) {
    let mut said = String::new();
    for _ in 0..3 {
        match try_to_start(given, directory) {
            Ok(started) => return started,
            Err(why) => said = why,
        }
    }
    panic!("{} did not start: {said}", given.chromedriver.display());
}

/// Port 0: the driver takes a free one and says which. `Err`: what it said when it ended instead.
fn try_to_start(given: &Given, directory: &TempDir) -> Result<(Child, String), String> {
    let complaints = directory.path().join("driver.log");
    let mut command = Command::new(&given.chromedriver);
    command
        .arg("--port=0")
        .env("TMPDIR", directory.path())
        .env("HOME", directory.path());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(&complaints).unwrap());
    let mut driver = command.spawn().unwrap();
    let mut lines = BufReader::new(driver.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let mut said = String::new();
    let port = lines.by_ref().find_map(|line| {
        said += &format!("{line}\n");
        let (_, port) = line.split_once("started successfully on port ")?;
        Some(port.trim_end_matches('.').to_owned())
    });
    let Some(port) = port else {
        let _ = driver.kill();
        let ended = driver.wait();
        return Err(format!(
            "{ended:?}\n{said}{}",
            std::fs::read_to_string(complaints).unwrap()
        ));
    };
    // Reads on, so that the driver never waits for a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    Ok((driver, format!("127.0.0.1:{port}")))
}

fn capabilities(given: &Given, script: Script, browser: &Browser) -> Value {
    let profile = browser.directory.path().join("profile");
    let flags = FLAGS.iter().map(|flag| (*flag).to_owned());
    let flags: Vec<String> = flags
        .chain([format!("--user-data-dir={}", profile.display())])
        .collect();
    // Chromium's content settings: 1 allows, 2 blocks.
    let javascript = if script == Script::On { 1 } else { 2 };
    json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": {
        "binary": given.chromium,
        "args": flags,
        "prefs": {"profile.managed_default_content_settings.javascript": javascript},
    }}}})
}
