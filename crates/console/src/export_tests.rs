//! What an export is called, and what becomes of one that nobody wants.

use super::*;

#[test]
fn a_files_name_is_of_plain_letters() {
    let now = Timestamp::parse("2026-12-01T23:59:59.999Z").unwrap();
    for (form, name) in [
        (FormId::parse("contact"), "contact-2026-12-01.csv"),
        (None, "submissions-2026-12-01.csv"),
    ] {
        let head = head(Format::Csv, form.as_ref(), now);
        let expected = format!("attachment; filename=\"{name}\"");
        assert_eq!(head[CONTENT_DISPOSITION], expected.as_str());
    }
}

#[test]
fn a_spreadsheet_that_nobody_wants_any_more_is_written_no_further() {
    let (mut file, wanted) = (tempfile::tempfile().unwrap(), Arc::new(()));
    let mut faucet = Faucet {
        file: file.try_clone().unwrap(),
        wanted: Arc::downgrade(&wanted),
    };
    faucet.write_all(b"some").unwrap();
    drop(wanted);
    assert!(faucet.write_all(b" more").is_err());
    file.rewind().unwrap();
    assert_eq!(piece(file).unwrap().1, "some");
}
