//! Every dependency from outside is declared once, in the workspace, and has its line in
//! `docs/dependencies.md`.

use super::Finding;
use super::workspace::Workspace;

/// Where it is said why each dependency is there: `| name | ... |`, one a line.
pub(super) const LIST: &str = "docs/dependencies.md";

pub(super) fn check(workspace: &Workspace, documented: &str) -> Vec<Finding> {
    let declared = declared(&workspace.manifest);
    let listed: Vec<(usize, &str)> = listed(documented).collect();
    let mut findings = Vec::new();
    for (line, name) in &declared {
        if !listed.iter().any(|(_, other)| other == name) {
            findings.push(Finding::new(
                "Cargo.toml",
                *line,
                format!("`{name}` has no line in {LIST}"),
            ));
        }
    }
    for (line, name) in listed {
        if !declared.iter().any(|(_, other)| *other == name) {
            findings.push(Finding::new(LIST, line, format!("`{name}` is no dependency")));
        }
    }
    for package in &workspace.packages {
        for dependency in &package.dependencies {
            let name = &*dependency.name;
            if !workspace.has(name) && !declared.iter().any(|(_, other)| *other == name) {
                let what = format!("`{name}` is not declared in [workspace.dependencies]");
                findings.push(Finding::new(&package.path, package.line_of(name), what));
            }
        }
    }
    findings
}

/// The entries of `[workspace.dependencies]` that are not our own, with their lines.
fn declared(manifest: &str) -> Vec<(usize, &str)> {
    let lines = manifest.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines
        .skip_while(|(_, line)| *line != "[workspace.dependencies]")
        .skip(1)
        .take_while(|(_, line)| !line.starts_with('['))
        .filter(|(_, line)| !line.contains("path = ") && !line.starts_with('#'))
        .filter_map(|(number, line)| Some((number, line.split_once('=')?.0.trim())))
        .collect()
}

/// The names in the first column of the table.
fn listed(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter_map(|(index, line)| {
        let name = line.strip_prefix("| `")?.split_once('`')?.0;
        Some((index + 1, name))
    })
}

#[cfg(test)]
mod tests {
    use super::super::workspace::{Dependency, Kind, Package};
    use super::*;

    #[test]
    fn dependencies_without_a_line_lines_without_a_dependency_and_undeclared_ones_are_found() {
        let dependency =
            Dependency { name: "left-pad".into(), kind: Kind::Normal, optional: false };
        let package = Package {
            path: "a/Cargo.toml".into(),
            manifest: "[dependencies]\nleft-pad = \"1\"\n".into(),
            dependencies: vec![dependency],
            ..Package::default()
        };
        let manifest =
            "[workspace.dependencies]\nours = { path = \"x\" }\nbytes = \"1\"\nnom = \"8\"\n";
        let workspace = Workspace {
            manifest: manifest.into(),
            packages: vec![package],
            ..Workspace::default()
        };
        let found = check(&workspace, "| crate | why |\n| `bytes` | buffers |\n| `gone` | - |\n");
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "Cargo.toml:4: `nom` has no line in docs/dependencies.md",
                "docs/dependencies.md:3: `gone` is no dependency",
                "a/Cargo.toml:2: `left-pad` is not declared in [workspace.dependencies]",
            ]
        );
    }
}
