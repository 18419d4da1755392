//! The commands that the guides have people paste: they work on whichever system, and with the settings that the guides say.

use crate::stack::source;

const GUIDES: [&str; 2] = ["docs/deploy-aws.md", "docs/rehearsal-aws.md"];

/// `sam` and the older `aws` read this one alone, and our own program and the newer `aws` the other first.
#[test]
fn the_region_is_told_to_every_program() {
    for guide in GUIDES {
        let text = source(guide);
        let exports = |name: &str| {
            text.lines()
                .filter(|line| line.starts_with(&format!("export {name}=")))
                .count()
        };
        assert_eq!(
            [exports("AWS_REGION"), exports("AWS_DEFAULT_REGION")],
            [1, 1],
            "{guide}"
        );
        assert!(
            !text.contains("aws configure get region"),
            "{guide}: that is what a file says, and not what is in force"
        );
    }
}

/// macOS and the BSDs have no GNU tools.
#[test]
fn no_command_is_of_gnu_alone() {
    for guide in GUIDES {
        let text = source(guide);
        for gnu in [
            "head -n -",
            "head -n \"-",
            "sed -i ",
            "date -d",
            "date --date",
            "readlink -f",
            "grep -P",
            "xargs -r",
        ] {
            assert!(!text.contains(gnu), "{guide}: {gnu}");
        }
    }
}

/// `sam deploy` deploys what was built last.
#[test]
fn what_is_not_a_setting_alone_is_built_before_it_is_deployed() {
    let after = |guide: &str, of: &str| {
        let text = source(guide);
        let (_, rest) = text
            .split_once(of)
            .unwrap_or_else(|| panic!("{guide} has no {of}"));
        let build = rest.find("sam build").unwrap_or(usize::MAX);
        build < rest.find("sam deploy").unwrap_or(usize::MAX)
    };
    assert!(after("docs/deploy-aws.md", "## Your own forms"));
    assert!(after("docs/deploy-aws.md", "## A captcha"));
    assert!(after(
        "docs/deploy-aws.md",
        "Only a change of `Architecture`"
    ));
    assert!(after(
        "docs/rehearsal-aws.md",
        "Then break `ingest` on purpose"
    ));
}
