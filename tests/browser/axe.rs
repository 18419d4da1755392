//! axe-core's rules for WCAG 2.2 AA, run in a page.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::given::variable;

/// Every rule for WCAG 2.0, 2.1 and 2.2, A and AA; what is wrong, as sentences.
const RUN: &str = "
    const done = arguments[arguments.length - 1];
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] }).then(
        ({ violations, passes }) => done({ checked: passes.length, wrong: violations.map((rule) =>
            `${rule.id}: ${rule.help}: ${rule.nodes.map((node) => node.html).join(' ')}`) }),
        (error) => done({ checked: 0, wrong: [String(error)] }));
";

/// What axe finds wrong in the page that is open. Where there is no axe-core, nothing, and `xtask` has said so.
pub(crate) fn complaints(browser: &Browser) -> Value {
    if variable("COUNTERFOIL_WITHOUT_AXE").is_some() {
        return json!([]);
    }
    let file = variable("COUNTERFOIL_AXE").expect("`cargo xtask test` sets COUNTERFOIL_AXE");
    browser.run(&std::fs::read_to_string(file).unwrap());
    let found = browser
        .post("execute/async", &json!({"script": RUN, "args": []}))
        .unwrap();
    assert!(
        found["checked"].as_u64() > Some(0) || found["wrong"] != json!([]),
        "axe checked nothing: {found}"
    );
    found["wrong"].clone()
}
