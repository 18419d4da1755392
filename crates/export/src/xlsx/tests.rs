//! What stands in a spreadsheet, read as a zip of XML.

use std::fs;
use std::io::{Cursor, Read};

use counterfoil_core::{Body, Cause, Form, FormId, Payload};
use counterfoil_testkit::build::{entry, envelope};
use serde_json::{Value, json};

use super::*;

const FORM: &str = "title = \"x\"\n[schema]\ntype = \"object\"\n[schema.properties.phone]\ntitle = \"Telephone\"\n\
                    [schema.properties.count]\n[schema.properties.colours]\n[schema.properties.sure]\n";

fn row(fields: &Value) -> Entry {
    let mut row = entry(&envelope(1, "m"), None::<Cause>);
    row.body = Body::Payload(Payload::from_fields(fields.as_object().unwrap()));
    row
}

fn form() -> Form {
    Form::parse(FormId::parse("f").unwrap(), FORM).unwrap()
}

/// The file of these rows, with so many rows to a sheet, and what is said of it.
fn file(fields: &[Value], rows: u32) -> (Vec<u8>, Written) {
    let folder = tempfile::tempdir().unwrap();
    let mut out = Vec::new();
    let place = (folder.path().to_owned(), rows);
    let mut xlsx =
        Box::new(Xlsx::with_rows(&mut out, Columns::for_forms([&form()]), place).unwrap());
    fields
        .iter()
        .for_each(|fields| xlsx.entry(&row(fields)).unwrap());
    let written = xlsx.finish().unwrap();
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        0,
        "nothing is left in the folder"
    );
    (out, written)
}

/// A part of a file.
fn part(file: &[u8], name: &str) -> Option<String> {
    let mut zip = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let mut text = String::new();
    zip.by_name(name).ok()?.read_to_string(&mut text).unwrap();
    Some(text)
}

fn sheet(file: &[u8], nth: usize) -> Option<String> {
    part(file, &format!("xl/worksheets/sheet{nth}.xml"))
}

#[test]
fn texts_are_texts_numbers_are_numbers_and_nothing_is_a_formula() {
    let sent = json!({
        "phone": "0049301234567", "count": 42, "colours": ["red", "=1+1"], "sure": true, "new": "=HYPERLINK(\"x\")",
    });
    let (file, written) = file(&[sent], ROWS);
    let sheet = sheet(&file, 1).unwrap();
    for cell in [
        ">Telephone</t>",
        "<c r=\"E2\" t=\"inlineStr\"><is><t>0049301234567</t></is></c>",
        "<c r=\"F2\"><v>42</v></c>",
        "<c r=\"G2\" t=\"inlineStr\"><is><t>red; =1+1</t></is></c>",
        "<c r=\"H2\" t=\"b\"><v>1</v></c>",
        "HYPERLINK",
    ] {
        assert!(sheet.contains(cell), "{cell} in {sheet}");
    }
    assert!(
        !sheet.contains("<f>") && !sheet.contains("<hyperlink"),
        "{sheet}"
    );
    assert_eq!(written, Written::default());
}

#[test]
fn a_number_that_a_spreadsheet_would_change_is_a_text() {
    let sent = [
        json!(123_456_789_012_345_680_u64),
        json!(-1.5),
        json!(0.123_456_789_012_345_68),
    ];
    let (file, _) = file(&sent.map(|number| json!({ "count": number })), ROWS);
    let sheet = sheet(&file, 1).unwrap();
    assert!(
        sheet.contains("<t>123456789012345680</t>") && sheet.contains("<v>-1.5</v>"),
        "{sheet}"
    );
    assert!(sheet.contains("<t>0.12345678901234568</t>"), "{sheet}");
}

#[test]
fn what_no_cell_can_hold_is_cut_with_a_word_and_counted() {
    let long = "😀".repeat(20_000);
    let (file, written) = file(
        &[
            json!({ "phone": long }),
            json!({ "phone": "x".repeat(32_767) }),
        ],
        ROWS,
    );
    let sheet = sheet(&file, 1).unwrap();
    assert!(sheet.contains("cut here") && sheet.contains(&"x".repeat(32_767)));
    assert_eq!(written.cut, 1);
}

#[test]
fn whatever_was_sent_leaves_xml_that_can_be_read() {
    let (file, _) = file(
        &[json!({ "phone": "a\u{0}b\u{1b}c\u{ffff}d<&>\"_x0041_" })],
        ROWS,
    );
    let sheet = sheet(&file, 1).unwrap();
    let is_xml = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..);
    assert!(sheet.chars().all(is_xml), "{sheet}");
    assert!(
        sheet.contains("a_x0000_b_x001B_c")
            && sheet.contains("d&lt;&amp;&gt;")
            && sheet.contains("_x005F_x0041_")
    );
}

#[test]
fn a_sheet_that_is_full_is_followed_by_another_with_its_head() {
    let rows: Vec<Value> = (0..5).map(|count| json!({ "count": count })).collect();
    let (file, _) = file(&rows, 3);
    let sheets: Vec<String> = (1..=3).map(|nth| sheet(&file, nth).unwrap()).collect();
    assert!(
        sheets.iter().all(|sheet| sheet.contains(">Telephone</t>")),
        "{sheets:?}"
    );
    assert!(sheets[2].contains("<v>4</v>") && sheet(&file, 4).is_none());
    assert!(
        part(&file, "xl/workbook.xml")
            .unwrap()
            .contains("\"Submissions 3\"")
    );
}

#[test]
fn a_folder_that_is_not_there_is_an_error_and_not_a_panic() {
    let folder = PathBuf::from("/nowhere/at/all");
    assert!(Xlsx::new(Vec::new(), Columns::for_forms([&form()]), folder).is_err());
}
