//! The template, and what gates ask of it.

use std::path::Path;

use serde_json::Value;

use crate::yaml;

const OURS: &str = "template.yaml";

/// What is wrong, in words, or nothing.
pub type Verdict = Result<(), String>;
/// One thing that must hold.
pub type Gate = fn(&Stack) -> Verdict;

/// A template; ours, or one that was broken on purpose.
#[derive(Clone)]
pub struct Stack(Value);

impl Stack {
    /// `template.yaml`.
    pub fn ours() -> Self {
        Self::load(OURS)
    }

    /// A template in this file.
    pub fn load(path: &str) -> Self {
        Self(yaml::parse(&source(path)))
    }

    /// With something else in one place, which must exist: a mutant that changes nothing shows nothing.
    pub fn with(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        let place = self
            .0
            .pointer_mut(pointer)
            .unwrap_or_else(|| panic!("nothing at {pointer}"));
        *place = value.into();
        self
    }

    /// Without what is in one place, which must exist.
    pub fn without(mut self, pointer: &str) -> Self {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = self
            .0
            .pointer_mut(parent)
            .unwrap_or_else(|| panic!("nothing at {pointer}"));
        assert!(
            parent.as_object_mut().unwrap().shift_remove(name).is_some(),
            "nothing at {pointer}"
        );
        self
    }

    /// With something in one place where nothing is.
    pub fn having(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = self
            .0
            .pointer_mut(parent)
            .unwrap_or_else(|| panic!("nothing at {parent}"));
        assert!(
            parent
                .as_object_mut()
                .unwrap()
                .insert(name.to_owned(), value.into())
                .is_none(),
            "{pointer} is there"
        );
        self
    }

    /// With one more element in a list, which must exist.
    pub fn adding(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        self.0
            .pointer_mut(pointer)
            .unwrap_or_else(|| panic!("nothing at {pointer}"));
        self.0
            .pointer_mut(pointer)
            .and_then(Value::as_array_mut)
            .unwrap()
            .push(value.into());
        self
    }

    /// What is at a place; null where nothing is.
    pub fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// A property of a resource; null where it has none.
    pub fn property(&self, resource: &str, path: &str) -> &Value {
        self.at(&format!("/Resources/{resource}/Properties/{path}"))
    }

    /// The names of all resources of a type.
    pub fn all(&self, kind: &str) -> Vec<&str> {
        let resources = self.at("/Resources").as_object().unwrap().iter();
        resources
            .filter(|(_, resource)| resource["Type"] == kind)
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// A number, itself or as the default of the parameter that stands there.
    pub fn number(&self, resource: &str, path: &str) -> Result<i64, String> {
        let value = self.property(resource, path);
        let named = value["Ref"]
            .as_str()
            .map(|name| self.at(&format!("/Parameters/{name}/Default")));
        named
            .unwrap_or(value)
            .as_i64()
            .ok_or_else(|| format!("{resource} has no number {path}: {value}"))
    }
}

/// A file of the repository.
pub fn source(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// `Err` with the words unless it holds.
pub fn ensure(holds: bool, words: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(words()) }
}

/// Every mutant fails the gate, and ours passes it.
#[track_caller]
pub fn hold(gate: Gate, mutants: &[Stack]) {
    hold_in(OURS, gate, mutants);
}

/// As above, for the template in this file.
#[track_caller]
pub fn hold_in(path: &str, gate: Gate, mutants: &[Stack]) {
    for (number, mutant) in mutants.iter().enumerate() {
        assert!(gate(mutant).is_err(), "mutant {number} passes the gate");
    }
    assert_eq!(gate(&Stack::load(path)), Ok(()));
}

/// The one name in a reference such as `{"Ref": "X"}` or `{"Fn::GetAtt": "X.Arn"}`.
pub fn named(value: &Value) -> Option<&str> {
    let text = value["Ref"]
        .as_str()
        .or_else(|| value["Fn::GetAtt"].as_str())?;
    text.split('.').next()
}
