//! A journal in a file.

use std::{fs, io::Write};

use proptest::prelude::*;
use ropewalk_task::{BadLine, FileJournal, Journal, JournalError, JournalLine};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn it_is_whole_again_wherever_it_was_cut_off() {
    let folder = folder();
    let path = folder.path().join("journal");
    let mut journal = FileJournal::open(&path).unwrap();
    let steps = ["fetch", "compile\nall of it", "link \\ strip"];
    for step in steps {
        journal.note(step, 7).unwrap();
    }
    drop(journal);
    let text = fs::read(&path).unwrap();
    let ends: Vec<_> = (0..text.len()).filter(|at| text[*at] == b'\n').collect();
    for cut in 0..=text.len() {
        fs::write(&path, &text[..cut]).unwrap();
        let mut journal = FileJournal::open(&path).unwrap();
        let whole = ends.iter().filter(|end| **end < cut).count();
        assert_eq!(journal.len(), whole, "cut at {cut}");
        for (number, step) in steps.iter().enumerate() {
            assert_eq!(journal.has(step, 7), number < whole);
            assert!(!journal.has(step, 8));
        }
        journal.note("after", 0).unwrap();
        drop(journal);
        let journal = FileJournal::open(&path).unwrap();
        assert_eq!(journal.len(), whole + 1);
        assert!(journal.has("after", 0));
    }
}

#[test]
fn damage_before_the_last_line_is_named_and_changes_nothing() {
    let folder = folder();
    let path = folder.path().join("journal");
    let mut journal = FileJournal::open(&path).unwrap();
    for step in ["a", "b", "c"] {
        journal.note(step, 0).unwrap();
    }
    drop(journal);
    let text = fs::read_to_string(&path).unwrap().replace(" b", " x");
    fs::write(&path, &text).unwrap();
    let error = FileJournal::open(&path).unwrap_err();
    let JournalError::Damaged { line, source, .. } = &error else { panic!("{error}") };
    assert_eq!((*line, *source), (2, BadLine::Checksum));
    assert_eq!(
        error.to_string(),
        format!("line 2 of the journal {} is damaged: its checksum is wrong", path.display())
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn two_runs_cannot_have_the_same_one() {
    let folder = folder();
    let path = folder.path().join("journal");
    let journal = FileJournal::open(&path).unwrap();
    assert!(matches!(FileJournal::open(&path), Err(JournalError::InUse { .. })));
    drop(journal);
    let journal = FileJournal::open(&path).unwrap();
    assert!(journal.is_empty());
    journal.remove().unwrap();
    assert!(!path.exists());
}

#[test]
fn one_that_is_too_large_is_not_read() {
    let folder = folder();
    let path = folder.path().join("journal");
    let file = fs::File::create(&path).unwrap();
    file.set_len(FileJournal::LIMIT + 1).unwrap();
    let error = FileJournal::open(&path).unwrap_err();
    assert!(matches!(error, JournalError::TooLarge { limit: FileJournal::LIMIT, .. }), "{error}");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = folder();
    let error = FileJournal::open(folder.path().join("none/journal")).unwrap_err();
    assert!(error.to_string().starts_with("cannot open the journal "), "{error}");
}

#[test]
fn lines_that_are_not_a_journals_say_why() {
    let line = JournalLine { revision: 1, step: "a".into() }.to_string();
    let bad = [
        ("", BadLine::Form),
        (&line[1..], BadLine::Form),
        (&line.replace(' ', "_"), BadLine::Form),
        (&line.to_uppercase(), BadLine::Form),
        (&line.replace('a', "b"), BadLine::Checksum),
    ];
    for (text, why) in bad {
        let got = JournalLine::parse(text.as_bytes()).unwrap_err();
        assert!(got == why || got == BadLine::Checksum, "{text}: {got}");
    }
}

#[test]
fn a_line_is_appended_to_what_others_may_read() {
    let folder = folder();
    let path = folder.path().join("journal");
    let mut journal = FileJournal::open(&path).unwrap();
    journal.note("a", 0x1f).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.ends_with(" 000000000000001f a\n"), "{text}");
    let mut more = fs::OpenOptions::new().append(true).open(&path).unwrap();
    more.write_all(JournalLine { revision: 2, step: "b".into() }.to_string().as_bytes()).unwrap();
    drop((journal, more));
    assert_eq!(FileJournal::open(&path).unwrap().len(), 1, "the second has no end");
}

proptest! {
    #[test]
    fn what_is_written_is_read(revision: u64, step in any::<String>()) {
        let line = JournalLine { revision, step: step.into() };
        let text = line.to_string();
        prop_assert!(!text.contains(['\n', '\r']));
        prop_assert_eq!(JournalLine::parse(text.as_bytes()), Ok(line));
    }

    #[test]
    fn nothing_makes_it_panic(bytes: Vec<u8>) {
        let _ = JournalLine::parse(&bytes);
    }

    #[test]
    fn no_changed_byte_goes_unnoticed(step in "[a-z\\\\\n]{0,9}", at: prop::sample::Index, by in 1_u8..) {
        let line = JournalLine { revision: 3, step: step.into() };
        let mut text = line.to_string().into_bytes();
        let at = at.index(text.len());
        text[at] ^= by;
        prop_assert!(JournalLine::parse(&text).is_err());
    }
}
