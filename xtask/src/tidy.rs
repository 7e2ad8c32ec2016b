//! `cargo xtask tidy`: what must stay true of this workspace and no compiler checks.
//!
//! Each rule is a function from what was read to findings, so that it is tested on a tree of its
//! own. A finding is one line, `path:line: what`.

mod code;
mod dependencies;
mod floors;
mod manifests;
mod sources;
mod workspace;

use std::fmt;
use std::fs;
use std::path::Path;

use crate::ci;
use crate::shell::{self, Outcome};

use workspace::Workspace;

/// Something that is not as it has to be.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    what: String,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// A file that was read, its path relative to the workspace.
struct File {
    path: String,
    text: String,
}

pub(crate) fn run(mut parser: lexopt::Parser) -> Outcome {
    ci::no_arguments(&mut parser)?;
    check()
}

/// Prints every finding; one is enough for an error.
pub(crate) fn check() -> Outcome {
    let root = shell::root();
    let workspace = Workspace::from_metadata(&shell::metadata()?, &root)?;
    let documented = fs::read_to_string(root.join(dependencies::LIST)).unwrap_or_default();
    let mut files = Vec::new();
    for folder in sources::FOLDERS {
        gather(&root, Path::new(folder), &mut files)?;
    }

    let mut findings = floors::check(&workspace);
    findings.extend(manifests::check(&workspace));
    findings.extend(dependencies::check(&workspace, &documented));
    findings.extend(files.iter().flat_map(sources::check));
    findings.sort();
    findings.dedup();
    findings.iter().for_each(|finding| println!("{finding}"));
    match findings.len() {
        0 => Ok(()),
        1 => Err("1 finding".into()),
        several => Err(format!("{several} findings").into()),
    }
}

/// All Rust files below a folder.
fn gather(root: &Path, folder: &Path, files: &mut Vec<File>) -> Outcome {
    if !root.join(folder).is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(root.join(folder))? {
        let path = folder.join(entry?.file_name());
        if root.join(&path).is_dir() {
            if !path.ends_with("target") {
                gather(root, &path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(root.join(&path))?;
            files.push(File { path: path.display().to_string(), text });
        }
    }
    Ok(())
}

/// The line on which `text` first says `what` (0 where it does not), for pointing at it.
fn line_of(text: &str, what: impl Fn(&str) -> bool) -> usize {
    text.lines().position(what).map_or(0, |index| index + 1)
}
