//! Programs from outside that some tests talk to, and how to come by them.
//!
//! A test that needs one is named for it: `outside_irssi_joins_and_talks`, with
//! `#[ignore = "needs irssi"]` so that a plain `cargo test` passes it over and says why. `cargo
//! xtask test` runs those whose program is there, and names the others. While they run,
//! `ROPEWALK_OUTSIDE` lists what was found, and `ROPEWALK_PYTHON` is the Python with the packages.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::shell::{self, Outcome};

/// An outside program, and where it comes from.
pub(crate) struct Program {
    /// As it is called in `ROPEWALK_OUTSIDE`; with `_` for `-`, in the names of tests.
    pub(crate) name: &'static str,
    source: Source,
}

enum Source {
    /// A Debian package and the command that it installs.
    Apt { package: &'static str, command: &'static str },
    /// A package from PyPI and the module that it installs, in our own virtual environment.
    Pip { package: &'static str, module: &'static str },
}

/// What tests may ask for; one more is one more row.
pub(crate) const PROGRAMS: &[Program] = &[
    Program { name: "irssi", source: Source::Apt { package: "irssi", command: "irssi" } },
    Program { name: "curl", source: Source::Apt { package: "curl", command: "curl" } },
    Program { name: "finger", source: Source::Apt { package: "finger", command: "finger" } },
    Program { name: "haproxy", source: Source::Apt { package: "haproxy", command: "haproxy" } },
    Program { name: "socat", source: Source::Apt { package: "socat", command: "socat" } },
    Program {
        name: "weechat",
        source: Source::Apt { package: "weechat-headless", command: "weechat-headless" },
    },
    Program { name: "openssl", source: Source::Apt { package: "openssl", command: "openssl" } },
    Program {
        name: "python-irc",
        source: Source::Pip { package: "irc==20.5.0", module: "irc.client" },
    },
];

impl Program {
    /// What the names of the tests that need this program begin with.
    pub(crate) fn prefix(&self) -> String {
        format!("outside_{}", self.name.replace('-', "_"))
    }

    pub(crate) fn is_here(&self) -> bool {
        match self.source {
            Source::Apt { command, .. } => shell::is_installed(command),
            Source::Pip { module, .. } => {
                succeeds(Command::new(python()).args(["-c", &format!("import {module}")]))
            }
        }
    }

    pub(crate) fn install(&self) -> Outcome {
        match self.source {
            Source::Apt { package, .. } => apt(&[package]),
            Source::Pip { package, .. } => {
                if !python().is_file() {
                    create_environment()?;
                }
                shell::run(
                    Command::new(python()).args(["-m", "pip", "install", "--quiet", package]),
                )
            }
        }
    }
}

/// The interpreter of the virtual environment under `target/`, there or not.
pub(crate) fn python() -> PathBuf {
    environment().join("bin/python")
}

fn environment() -> PathBuf {
    shell::root().join("target/outside-python")
}

fn create_environment() -> Outcome {
    let create = || shell::run(Command::new("python3").args(["-m", "venv"]).arg(environment()));
    if create().is_ok() {
        return Ok(());
    }
    apt(&["python3", "python3-venv"])?;
    create()
}

/// Installs Debian packages, as root or by a sudo that asks nothing.
fn apt(packages: &[&str]) -> Outcome {
    let words = |rest: &[&str]| {
        let is_root = shell::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
        let mut command = Command::new(if is_root { "env" } else { "sudo" });
        if !is_root {
            command.args(["-n", "env"]);
        }
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]).args(rest);
        command.stdout(Stdio::null());
        command
    };
    let install = [&["install", "-y", "--no-install-recommends"], packages].concat();
    if succeeds(&mut words(&install)) {
        return Ok(());
    }
    shell::run(&mut words(&["update"]))?;
    shell::run(&mut words(&install))
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
