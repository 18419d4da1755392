//! The document says what the dispatcher does.

use std::collections::BTreeSet;

use super::*;
use crate::testing::{forms, ingest, request};

fn read() -> Value {
    ingest()
        .ask(request("GET", "/openapi.json", &[], ""))
        .json()
}

#[test]
fn it_lists_exactly_the_route_table_and_every_form() {
    let document = read();
    let listed: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    let mut expected: BTreeSet<String> = ROUTES.iter().map(|route| route.path.to_owned()).collect();
    expected.remove("/forms/{form}");
    expected.extend(open(&forms()).map(|form| format!("/forms/{}", form.id)));
    assert_eq!(listed, expected);
    for (path, item) in document["paths"].as_object().unwrap() {
        let (route, _) = crate::routes::find(path).unwrap();
        let methods: Vec<_> = item
            .as_object()
            .unwrap()
            .keys()
            .map(|method| method.to_uppercase())
            .collect();
        assert_eq!(
            methods,
            route
                .methods
                .iter()
                .map(Method::to_string)
                .collect::<Vec<_>>(),
            "{path}"
        );
    }
}

#[test]
fn a_closed_form_is_in_no_contract() {
    let form = |id, text| Form::parse(counterfoil_core::FormId::parse(id).unwrap(), text).unwrap();
    let open = form("open-one", "title = \"x\"\n[schema]\ntype = \"object\"\n");
    let closed = form(
        "closed-one",
        "title = \"x\"\nenabled = false\n[schema]\ntype = \"object\"\n",
    );
    let document = document(&[open, closed].into_iter().collect()).to_string();
    assert!(
        document.contains("/forms/open-one") && !document.contains("closed-one"),
        "{document}"
    );
}

#[test]
fn each_form_is_posted_by_its_own_schema() {
    let document = read();
    for form in open(&forms()) {
        let content =
            &document["paths"][format!("/forms/{}", form.id)]["post"]["requestBody"]["content"];
        assert_eq!(content.as_object().unwrap().len(), 3);
        for (content_type, body) in content.as_object().unwrap() {
            let target = body["schema"]["$ref"].as_str().unwrap();
            let schema = document.pointer(target.trim_start_matches('#')).unwrap();
            let id = format!("urn:counterfoil:form:{}", form.id);
            if content_type == "application/json" {
                assert_eq!(
                    (&schema["properties"], &schema["$id"]),
                    (&form.schema.source()["properties"], &json!(id))
                );
            } else {
                let names = |schema: &Value| {
                    schema["properties"]
                        .as_object()
                        .unwrap()
                        .keys()
                        .cloned()
                        .collect::<Vec<_>>()
                };
                assert_eq!(names(schema), names(form.schema.source()));
                assert_eq!(
                    schema["properties"]["name"]["allOf"][1],
                    json!({"not": {"const": ""}}),
                    "left empty, missing"
                );
                assert_eq!(schema["$id"], format!("{id}:text"));
            }
        }
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_has_its_own_id() {
    fn visit<'a>(node: &'a Value, key: &str, found: &mut Vec<&'a str>) {
        match node {
            Value::Object(members) => members.iter().for_each(|(name, value)| {
                found.extend((name == key).then(|| value.as_str()).flatten());
                visit(value, key, found);
            }),
            Value::Array(items) => items.iter().for_each(|item| visit(item, key, found)),
            _ => {}
        }
    }
    let document = read();
    let (mut references, mut ids) = (Vec::new(), Vec::new());
    visit(&document, "$ref", &mut references);
    visit(&document, "operationId", &mut ids);
    assert!(references.len() > 20);
    for reference in references {
        assert!(
            document
                .pointer(reference.trim_start_matches('#'))
                .is_some(),
            "{reference}"
        );
    }
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}
