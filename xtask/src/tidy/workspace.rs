//! What the rules need to know of the packages, out of `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::shell::Outcome;

/// The packages of the workspace, and who depends on whom in the world outside it.
#[derive(Default)]
pub(super) struct Workspace {
    /// The text of the root `Cargo.toml`.
    pub(super) manifest: String,
    pub(super) packages: Vec<Package>,
    /// Normal and build dependencies of every package, by name.
    pub(super) graph: BTreeMap<String, BTreeSet<String>>,
}

/// A package of the workspace.
#[derive(Clone, Default)]
pub(super) struct Package {
    pub(super) name: String,
    /// Its `Cargo.toml`, relative to the workspace.
    pub(super) path: String,
    pub(super) manifest: String,
    pub(super) dependencies: Vec<Dependency>,
    /// Its features, and what each turns on.
    pub(super) features: BTreeMap<String, Vec<String>>,
}

/// A line of a `[dependencies]` table.
#[derive(Clone)]
pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) optional: bool,
}

/// In which of the three tables a dependency stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Normal,
    Build,
    Dev,
}

impl Workspace {
    /// Reads what `cargo metadata` printed, and the manifests that it names.
    pub(super) fn from_metadata(metadata: &Value, root: &Path) -> Outcome<Self> {
        let members: Vec<&Value> = list(&metadata["workspace_members"]).collect();
        let mut workspace =
            Self { manifest: fs::read_to_string(root.join("Cargo.toml"))?, ..Self::default() };
        let mut names = BTreeMap::new();
        for package in list(&metadata["packages"]) {
            names.insert(text(&package["id"]), text(&package["name"]));
            if members.contains(&&package["id"]) {
                workspace.packages.push(Package::from_metadata(package, root)?);
            }
        }
        for node in list(&metadata["resolve"]["nodes"]) {
            let targets = list(&node["deps"])
                .filter(|edge| list(&edge["dep_kinds"]).any(|kind| kind["kind"] != "dev"))
                .filter_map(|edge| names.get(&text(&edge["pkg"])).cloned());
            if let Some(name) = names.get(&text(&node["id"])) {
                workspace.graph.entry(name.clone()).or_default().extend(targets);
            }
        }
        Ok(workspace)
    }

    /// Whether the workspace has a package of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.packages.iter().any(|package| package.name == name)
    }
}

impl Package {
    fn from_metadata(package: &Value, root: &Path) -> Outcome<Self> {
        let path = text(&package["manifest_path"]);
        let short = Path::new(&path).strip_prefix(root).map(|short| short.display().to_string());
        let features = package["features"].as_object().into_iter().flatten();
        Ok(Self {
            name: text(&package["name"]),
            manifest: fs::read_to_string(&path)?,
            path: short.unwrap_or(path),
            dependencies: list(&package["dependencies"]).map(Dependency::from_metadata).collect(),
            features: features
                .map(|(name, on)| (name.clone(), list(on).map(text).collect()))
                .collect(),
        })
    }

    /// The line of the manifest that names a dependency.
    pub(super) fn line_of(&self, dependency: &str) -> usize {
        super::line_of(&self.manifest, |line| {
            let rest = line.strip_prefix(dependency).unwrap_or_default();
            rest.starts_with(['.', ' ', '='])
        })
    }
}

impl Dependency {
    fn from_metadata(dependency: &Value) -> Self {
        let kind = match dependency["kind"].as_str() {
            Some("dev") => Kind::Dev,
            Some("build") => Kind::Build,
            _ => Kind::Normal,
        };
        let optional = dependency["optional"] == true;
        Self { name: text(&dependency["name"]), kind, optional }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
