//! The floors of the house: who may depend on whom.
//!
//! - No arrow goes up: a package depends on its own floor and those below.
//! - Floors 0 to 3, and the `words` library, reach no reactor, whatever the way there. The `words`
//!   program does: its reactor is an optional dependency that only the feature `server` turns on.
//! - `testkit` is for tests, the facade for examples, and nothing depends on the tools but
//!   the fuzz targets, which fuzz what examples parse.

use std::collections::BTreeSet;

use super::Finding;
use super::workspace::{Dependency, Kind, Package, Workspace};

/// Every library of the workspace and its floor; a new one is a new row.
const FLOORS: &[(&str, u8)] = &[
    ("ropewalk-clock", 0),
    ("ropewalk-protocol", 1),
    ("ropewalk-deferred", 1),
    ("ropewalk-task", 2),
    ("ropewalk-line", 2),
    ("ropewalk-policies", 2),
    ("ropewalk-tls", 2),
    ("ropewalk-sasl", 2),
    ("ropewalk-http", 2),
    (TESTKIT, 2),
    ("ropewalk-wire", 3),
    ("ropewalk-finger", 3),
    ("ropewalk-websocket", 3),
    ("ropewalk-irc", 3),
    ("ropewalk-xmpp", 3),
    ("ropewalk-reactor", 4),
    ("ropewalk-tokio", 4),
    ("ropewalk-endpoints", 4),
    ("ropewalk-adbapi", 4),
    ("ropewalk-service", 5),
    (WORDS, 5),
    (FACADE, 6),
];
/// What stands beside the house: programs for people and for us. They may use anything.
const TOOLS: &[&str] = &[EXAMPLES, "ropewalk-benches", FUZZ, "xtask"];

const TESTKIT: &str = "ropewalk-testkit";
const WORDS: &str = "ropewalk-words";
const FACADE: &str = "ropewalk";
const EXAMPLES: &str = "ropewalk-examples";
const FUZZ: &str = "ropewalk-fuzz";
/// The feature of `words` that may turn on a reactor.
const SERVER: &str = "server";
/// What drives sockets: never below floor 4.
const REACTORS: &[&str] =
    &["ropewalk-reactor", "ropewalk-tokio", "async-io", "polling", "mio", "tokio"];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &workspace.packages {
        let at = |dependency: &str, what: String| {
            Finding::new(&package.path, package.line_of(dependency), what)
        };
        if floor(&package.name).is_none() && !TOOLS.contains(&&*package.name) {
            let what = format!("`{}` has no floor in xtask/src/tidy/floors.rs", package.name);
            findings.push(at("name", what));
        }
        for dependency in &package.dependencies {
            let rules = [arrow, testkit, facade, tools];
            let broken = rules.iter().filter_map(|rule| rule(package, dependency));
            findings.extend(broken.map(|what| at(&dependency.name, what)));
        }
        findings.extend(reactors(workspace, package).map(|(name, what)| at(name, what)));
    }
    findings
}

/// No arrow goes up.
fn arrow(package: &Package, dependency: &Dependency) -> Option<String> {
    let (from, to) = (floor(&package.name)?, floor(&dependency.name)?);
    let up = dependency.kind != Kind::Dev && to > from;
    up.then(|| format!("floor {from} depends on `{}` of floor {to}", dependency.name))
}

fn testkit(package: &Package, dependency: &Dependency) -> Option<String> {
    let in_use = dependency.name == TESTKIT && dependency.kind != Kind::Dev;
    let is_library = floor(&package.name).is_some() || package.name == EXAMPLES;
    (in_use && is_library).then(|| format!("`{TESTKIT}` is a dev-dependency only"))
}

fn facade(package: &Package, dependency: &Dependency) -> Option<String> {
    (dependency.name == FACADE && package.name != EXAMPLES)
        .then(|| "only the examples depend on the facade".to_owned())
}

fn tools(package: &Package, dependency: &Dependency) -> Option<String> {
    let is_tool = TOOLS.contains(&&*dependency.name);
    if package.name == FUZZ && dependency.name == EXAMPLES {
        return None; // what examples parse is fuzzed too
    }
    if is_tool {
        return Some(format!("nothing depends on `{}`", dependency.name));
    }
    (package.name == "xtask" && floor(&dependency.name).is_some())
        .then(|| "xtask is built first: it depends on no crate of ours".to_owned())
}

/// The dependencies through which a package reaches a reactor though it must not.
fn reactors<'a>(
    workspace: &'a Workspace,
    package: &'a Package,
) -> impl Iterator<Item = (&'a str, String)> {
    let low = floor(&package.name).is_some_and(|floor| floor <= 3);
    let checked = package.dependencies.iter().filter(move |dependency| {
        dependency.kind != Kind::Dev
            && (low || package.name == WORDS && !is_of_the_server(package, dependency))
    });
    checked.filter_map(|dependency| {
        let reactor = reaches(workspace, &dependency.name)?;
        let through = if reactor == dependency.name {
            String::new()
        } else {
            format!(" through `{}`", dependency.name)
        };
        let what = format!("`{}` reaches the reactor `{reactor}`{through}", package.name);
        Some((&*dependency.name, what))
    })
}

/// Whether only the feature `server` turns an optional dependency on.
fn is_of_the_server(package: &Package, dependency: &Dependency) -> bool {
    let plain = &dependency.name;
    let turns_on = |entry: &String| {
        entry == plain
            || *entry == format!("dep:{plain}")
            || entry.starts_with(&format!("{plain}/"))
    };
    dependency.optional
        && package
            .features
            .iter()
            .filter(|(_, entries)| entries.iter().any(turns_on))
            .all(|(feature, _)| feature == SERVER)
}

/// The first reactor found on the way down from a package, itself included.
fn reaches(workspace: &Workspace, from: &str) -> Option<String> {
    let mut seen = BTreeSet::new();
    let mut next = vec![from];
    while let Some(name) = next.pop() {
        if REACTORS.contains(&name) {
            return Some(name.to_owned());
        }
        if seen.insert(name) {
            next.extend(workspace.graph.get(name).into_iter().flatten().map(String::as_str));
        }
    }
    None
}

fn floor(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(package, _)| *package == name).map(|(_, floor)| *floor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, Kind, bool)]) -> Package {
        Package {
            name: name.to_owned(),
            path: format!("{name}/Cargo.toml"),
            manifest: dependencies.iter().map(|(name, ..)| format!("{name} = 1\n")).collect(),
            dependencies: dependencies
                .iter()
                .map(|&(name, kind, optional)| Dependency { name: name.to_owned(), kind, optional })
                .collect(),
            ..Package::default()
        }
    }

    fn findings(packages: Vec<Package>, graph: &[(&str, &[&str])]) -> Vec<String> {
        let graph = graph.iter().map(|(name, below)| {
            ((*name).to_owned(), below.iter().copied().map(str::to_owned).collect())
        });
        let workspace = Workspace { packages, graph: graph.collect(), ..Workspace::default() };
        check(&workspace).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_arrow_that_goes_up_is_found_and_one_for_tests_is_not() {
        let up = package("ropewalk-clock", &[("ropewalk-protocol", Kind::Normal, false)]);
        let found =
            "ropewalk-clock/Cargo.toml:1: floor 0 depends on `ropewalk-protocol` of floor 1";
        assert_eq!(findings(vec![up], &[]), [found]);
        let tests = package("ropewalk-protocol", &[(TESTKIT, Kind::Dev, false)]);
        assert!(findings(vec![tests], &[]).is_empty());
    }

    #[test]
    fn a_reactor_is_found_through_others() {
        let line = package("ropewalk-line", &[("memchr", Kind::Normal, false)]);
        let found = findings(vec![line], &[("memchr", &["between"]), ("between", &["tokio"])]);
        assert_eq!(
            found,
            [
                "ropewalk-line/Cargo.toml:1: `ropewalk-line` reaches the reactor `tokio` through `memchr`"
            ]
        );
    }

    #[test]
    fn words_may_have_a_reactor_by_the_feature_server_alone() {
        let mut words = package(WORDS, &[("ropewalk-reactor", Kind::Normal, true)]);
        let on = || vec!["dep:ropewalk-reactor".to_owned()];
        words.features.insert(SERVER.to_owned(), on());
        assert!(findings(vec![words.clone()], &[]).is_empty());
        words.features.insert("fast".to_owned(), on());
        assert_eq!(findings(vec![words], &[]).len(), 1);
    }

    #[test]
    fn testkit_the_facade_and_the_tools_are_not_built_upon() {
        let uses = |name| package("ropewalk-service", &[(name, Kind::Normal, false)]);
        for name in [TESTKIT, "ropewalk-benches"] {
            assert_eq!(findings(vec![uses(name)], &[]).len(), 1, "{name}");
        }
        let facade =
            findings(vec![package("ropewalk-benches", &[(FACADE, Kind::Normal, false)])], &[]);
        assert_eq!(
            facade,
            ["ropewalk-benches/Cargo.toml:1: only the examples depend on the facade"]
        );
    }

    #[test]
    fn a_package_without_a_floor_is_found() {
        assert_eq!(findings(vec![package("ropewalk-cellar", &[])], &[]).len(), 1);
    }
}
