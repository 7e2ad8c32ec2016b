//! What a Rust file may be called, how long it may be, and what must not stand in it.

use super::code;
use super::{File, Finding};

/// Where our Rust is.
pub(super) const FOLDERS: &[&str] = &["crates", "examples", "xtask", "benches", "fuzz"];

pub(super) fn check(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(name(&file.path));
    findings.extend(length(file));
    findings.extend(words(file));
    findings
}

fn name(path: &str) -> Option<Finding> {
    let mut parts = path.trim_end_matches(".rs").rsplit('/');
    let stem = parts.next().unwrap_or_default();
    let what = match stem {
        "mod" => "a module is `name.rs`, not `mod.rs`".to_owned(),
        _ if VAGUE.contains(&stem) => format!("`{stem}` says nothing: name what is in it"),
        _ => return None,
    };
    Some(Finding::new(path, 1, what))
}

fn length(file: &File) -> Option<Finding> {
    let lines = file.text.lines().count();
    (lines > LONGEST).then(|| {
        Finding::new(&file.path, lines, format!("{lines} lines, at most {LONGEST} are allowed"))
    })
}

fn words(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let may_be_unsafe = UNSAFE.iter().any(|(prefix, _)| file.path.starts_with(prefix));
    let code = code::without_comments_and_strings(&file.text);
    for (index, (line, code)) in file.text.lines().zip(code.lines()).enumerate() {
        let mut say = |what: &str| findings.push(Finding::new(&file.path, index + 1, what));
        if NOTES.iter().any(|note| has_word(line, note)) {
            say("a note to self: do it, or open an issue");
        }
        if UNFINISHED.iter().any(|macro_name| code.contains(macro_name)) {
            say("unfinished");
        }
        if !may_be_unsafe && has_word(code, "unsafe") {
            say("unsafe outside the files of xtask/src/tidy/sources.rs");
        }
    }
    findings
}

fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part)
    })
}

const LONGEST: usize = 400;
const VAGUE: &[&str] = &["utils", "util", "helpers", "helper", "common", "types", "misc"];
const NOTES: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];
const UNFINISHED: &[&str] = &["todo!", "unimplemented!"];
/// Where unsafe code may stand (beginnings of paths), and why.
const UNSAFE: &[(&str, &str)] = &[
    ("crates/reactor/src/receive.rs", "reading into the spare room of a buffer"),
    ("crates/reactor/src/poll/poller.rs", "the poller lends descriptors that outlive the call"),
    ("crates/reactor/src/inherit.rs", "descriptors that systemd or a parent passed by number"),
    ("crates/reactor/src/process/between.rs", "what a child does between fork and exec"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        check(&file).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn vague_names_are_found() {
        assert_eq!(findings("crates/a/src/utils.rs", "").len(), 1);
        assert_eq!(findings("crates/a/src/b/mod.rs", "").len(), 1);
        assert!(findings("crates/a/src/model.rs", "").is_empty());
    }

    #[test]
    fn a_file_may_have_four_hundred_lines_and_not_one_more() {
        assert!(findings("a.rs", &"\n".repeat(400)).is_empty());
        assert_eq!(
            findings("a.rs", &"\n".repeat(401)),
            ["a.rs:401: 401 lines, at most 400 are allowed"]
        );
    }

    #[test]
    fn unsafe_code_is_found_where_it_has_no_leave() {
        let text = "fn a() {\n    unsafe { b() }\n}\n";
        assert_eq!(findings("crates/a/src/a.rs", text).len(), 1);
        assert!(findings("crates/reactor/src/inherit.rs", text).is_empty());
        let talk = "// unsafe\n/* unsafe */ const A: &str = \"unsafe\";\n#![deny(unsafe_code)]\n";
        assert!(findings("crates/a/src/a.rs", talk).is_empty());
    }

    #[test]
    fn notes_to_self_are_found_in_comments_too() {
        let note = concat!("// TO", "DO later\nfn a() { todo", "!() }\n");
        assert_eq!(findings("a.rs", note).len(), 2);
        assert!(findings("a.rs", "// a TODOS list\n").is_empty());
    }
}
