//! `settings.yaml`, the one place where people set parameters: it has all of them, so that no deploy undoes what another
//! set, and `sam` reads it at each command.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::stack::{Stack, source};
use crate::yaml;

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}

#[test]
fn the_file_has_every_parameter_with_its_default() {
    let ours = Stack::ours();
    let parameters = ours.at("/Parameters").as_object().unwrap();
    let wanted: BTreeMap<_, _> = parameters
        .iter()
        .map(|(name, one)| (name.clone(), text(&one["Default"])))
        .collect();
    let file = yaml::parse(&source("settings.yaml"));
    let found: BTreeMap<_, _> = file
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect();
    assert_eq!(found, wanted);
}

#[test]
fn every_command_reads_the_file() {
    let config: toml::Table = source("samconfig.toml").parse().unwrap();
    for command in ["build", "deploy"] {
        let overrides = &config["default"][command]["parameters"]["parameter_overrides"];
        assert_eq!(
            overrides.as_str(),
            Some("file://settings.yaml"),
            "sam {command}"
        );
    }
    // What `sam build` has the functions built for is what the stack says that they are.
    assert!(source("Makefile").contains("settings.yaml"));
}
