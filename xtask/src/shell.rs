//! Running other programs, and finding what they built.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// What a command of xtask comes to: nothing, or why it failed.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The folder of the workspace's `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The cargo that runs us, in the workspace's folder.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs to the end; anything but success is an error that shows the command line.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|error| format!("{}: {error}", line_of(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{} ended with {status}", line_of(command)).into())
    }
}

/// Runs to the end and gives what was written to standard output.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{}: {error}", line_of(command)))?;
    if !output.status.success() {
        return Err(format!("{} ended with {}", line_of(command), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Whether the shell would find a program of this name.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    env::split_paths(&path).chain(usual).any(|folder| folder.join(program).is_file())
}

/// `cargo metadata` with every feature, as JSON.
pub(crate) fn metadata() -> Outcome<Value> {
    let text = output(cargo().args(["metadata", "--format-version=1", "--all-features"]))?;
    Ok(serde_json::from_str(&text)?)
}

/// The names of the packages of this workspace.
pub(crate) fn members(metadata: &Value) -> Vec<&str> {
    let ids = metadata["workspace_members"].as_array().into_iter().flatten();
    let ids: Vec<&Value> = ids.collect();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .filter(|package| ids.contains(&&package["id"]))
        .filter_map(|p| p["name"].as_str())
        .collect()
}

/// Where cargo puts what it builds.
pub(crate) fn target_directory(metadata: &Value) -> PathBuf {
    metadata["target_directory"].as_str().map_or_else(|| root().join("target"), PathBuf::from)
}

fn line_of(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
