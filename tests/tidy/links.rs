//! Links between our pages lead somewhere.

use crate::tree::{self, File};

fn leads_somewhere(file: &File) -> Vec<String> {
    if !file.path.ends_with(".md") {
        return Vec::new();
    }
    let folder = tree::root().join(&file.path);
    let broken = |target: &&str| {
        let path = target.split('#').next().unwrap_or_default();
        !path.is_empty() && !folder.with_file_name(path).exists()
    };
    let text = without_code(&file.text);
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ']).next());
    let relative =
        targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
    relative
        .filter(broken)
        .map(|target| format!("{}: leads nowhere: {target}", file.path))
        .collect()
}

/// The text outside fenced blocks and code spans: what looks like a link in there is none.
fn without_code(text: &str) -> String {
    let mut fenced = false;
    let mut prose = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            line.split('`')
                .step_by(2)
                .for_each(|part| prose.push_str(part));
            prose.push('\n');
        }
    }
    prose
}

#[test]
fn every_link_between_pages_leads_to_a_file() {
    tree::catches(leads_somewhere, "docs/x.md", "see [this](nowhere.md)");
    tree::catches(
        leads_somewhere,
        "docs/x.md",
        "![a picture](pictures/nowhere.png \"title\")",
    );
    tree::allows(
        leads_somewhere,
        "docs/x.md",
        "[up](../Cargo.toml), [on](https://example.org), [here](#there)",
    );
    tree::allows(
        leads_somewhere,
        "docs/x.md",
        "`[no](link.md)`\n```\n[no](link.md)\n```",
    );
    tree::hold(leads_somewhere);
}
