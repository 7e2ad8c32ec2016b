//! Every package takes its lints and its Rust version from the workspace.

use super::Finding;
use super::workspace::Workspace;

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &workspace.packages {
        for (section, entry, plain) in INHERITED {
            if !says(&package.manifest, section, entry) && !says(&package.manifest, section, plain)
            {
                let line = super::line_of(&package.manifest, |line| line == *section).max(1);
                findings.push(Finding::new(
                    &package.path,
                    line,
                    format!("{section} lacks {entry}"),
                ));
            }
        }
    }
    findings
}

/// Whether a section of a manifest has this line.
fn says(manifest: &str, section: &str, entry: &str) -> bool {
    let after = manifest.lines().skip_while(|line| line.trim() != section).skip(1);
    after.take_while(|line| !line.starts_with('[')).any(|line| line.trim() == entry)
}

/// The section, the line that it must have, and another way of writing it.
const INHERITED: &[(&str, &str, &str)] = &[
    ("[lints]", "workspace = true", "workspace = true"),
    ("[package]", "rust-version.workspace = true", "rust-version = { workspace = true }"),
    ("[package]", "edition.workspace = true", "edition = { workspace = true }"),
];

#[cfg(test)]
mod tests {
    use super::super::workspace::Package;
    use super::*;

    #[test]
    fn a_package_with_lints_of_its_own_is_found() {
        let right = "[package]\nrust-version.workspace = true\nedition.workspace = true\n\n[lints]\nworkspace = true\n";
        let of = |manifest: String| {
            let package = Package { path: "a/Cargo.toml".into(), manifest, ..Package::default() };
            let workspace = Workspace { packages: vec![package], ..Workspace::default() };
            check(&workspace).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert!(of(right.to_owned()).is_empty());
        let own = right.replace("[lints]\nworkspace", "[lints]\nrust");
        assert_eq!(of(own), ["a/Cargo.toml:5: [lints] lacks workspace = true"]);
        let version = right.replace("rust-version.workspace = true", "rust-version = \"1.0\"");
        assert_eq!(of(version), ["a/Cargo.toml:1: [package] lacks rust-version.workspace = true"]);
    }
}
