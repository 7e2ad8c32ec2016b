//! `cargo xtask demo NAME`: builds a server, starts it, and says how to talk to it; or starts a
//! program that is not one.
//!
//! It takes the place of this process, so that signals and its exit status are its own.
//! A server's standard output goes through a second copy of this program, which adds the client's
//! command lines to the server's `listening on ...`.

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, BufRead};
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use lexopt::Arg;

use crate::shell::{self, Outcome};

/// A server to show: where it is built from, and how one talks to it.
struct Demo {
    name: &'static str,
    package: &'static str,
    port: u16,
    /// Command lines for a second terminal; `PORT` is replaced.
    clients: &'static [&'static str],
}

const DEMOS: &[Demo] = &[
    Demo {
        name: "echo",
        package: "ropewalk-examples",
        port: 7777,
        clients: &["nc 127.0.0.1 PORT        (what you type comes back)"],
    },
    Demo {
        name: "lines",
        package: "ropewalk-examples",
        port: 7778,
        clients: &["nc -C 127.0.0.1 PORT     (each line comes back)"],
    },
    Demo {
        name: "chargen",
        package: "ropewalk-examples",
        port: 7719,
        clients: &["nc 127.0.0.1 PORT | head -n 20"],
    },
    Demo {
        name: "proxy",
        package: "ropewalk-examples",
        port: 7780,
        clients: &[
            "nc 127.0.0.1 PORT        (what you type comes back, by way of another server)",
            "yes | pv | nc 127.0.0.1 PORT > /dev/null     (with `-- --rate 100000`)",
        ],
    },
    Demo {
        name: "finger",
        package: "ropewalk-examples",
        port: 7079,
        clients: &[
            "printf '\\r\\n' | nc 127.0.0.1 PORT             (who is there)",
            "printf '/W alice\\r\\n' | nc 127.0.0.1 PORT",
            "cargo xtask demo finger -- ask '/W alice' --server tcp:127.0.0.1:PORT",
        ],
    },
    Demo {
        name: "web",
        package: "ropewalk-examples",
        port: 8080,
        clients: &[
            "curl -i http://127.0.0.1:PORT/          (files of the folder; or a browser)",
            "curl -i http://127.0.0.1:PORT/health",
            "curl http://127.0.0.1:PORT/metrics",
        ],
    },
    Demo {
        name: "hyper",
        package: "ropewalk-examples",
        port: 8081,
        clients: &["curl -i http://127.0.0.1:PORT/      (answered by hyper)"],
    },
    Demo {
        name: "words",
        package: "ropewalk-words",
        port: 6667,
        clients: &[
            "irssi -c 127.0.0.1 -p PORT -n alice     (then /join #rope)",
            "irssi -c 127.0.0.1 -p PORT -n bob       (in another terminal)",
            "weechat -r '/server add rope 127.0.0.1/PORT -notls' -r '/connect rope'",
        ],
    },
];

/// A program at a terminal to show, and what it is given when it is given no file: `ROOT` and `TARGET`
/// are replaced by the folders of the workspace and of what is built.
struct Program {
    name: &'static str,
    package: &'static str,
    arguments: &'static [&'static str],
}

const PROGRAMS: &[Program] = &[Program {
    name: "jobs",
    package: "ropewalk-examples",
    arguments: &["ROOT/examples/jobs/rope.toml", "--journal", "TARGET/rope.journal"],
}];

/// The name under which this program calls itself to pass a server's output on.
pub(crate) const ANNOUNCE: &str = "announce-demo";

pub(crate) fn run(mut parser: lexopt::Parser) -> Outcome {
    let Some(Arg::Value(name)) = parser.next()? else {
        return Err(format!("which demo? {}", names()).into());
    };
    let mut arguments: Vec<OsString> = parser.raw_args()?.collect();
    if arguments.first().is_some_and(|first| first == "--") {
        arguments.remove(0);
    }
    if let Some(demo) = DEMOS.iter().find(|demo| name == demo.name) {
        start(demo, arguments)
    } else if let Some(program) = PROGRAMS.iter().find(|program| name == program.name) {
        start_program(program, &arguments)
    } else {
        Err(format!("no demo `{}`; there are {}", name.to_string_lossy(), names()).into())
    }
}

/// Builds a program, and gives the folder of what is built, and the program.
fn build(package: &str, name: &str) -> Result<(PathBuf, PathBuf), Box<dyn Error>> {
    let metadata = shell::metadata()?;
    if !shell::members(&metadata).contains(&package) {
        return Err(format!("the package {package} is not in this workspace").into());
    }
    shell::run(shell::cargo().args([
        "build",
        "--profile",
        "demo",
        "-p",
        package,
        "--all-features",
        "--bin",
        name,
    ]))?;
    let target = shell::target_directory(&metadata);
    let binary = target.join("demo").join(name);
    Ok((target, binary))
}

fn start_program(program: &Program, arguments: &[OsString]) -> Outcome {
    let (target, binary) = build(program.package, program.name)?;
    let mut command = Command::new(&binary);
    if arguments.first().is_none_or(|first| first.to_string_lossy().starts_with('-')) {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        for argument in program.arguments {
            let argument = argument.replace("ROOT", root);
            command.arg(argument.replace("TARGET", &target.to_string_lossy()));
        }
    }
    let error = command.args(arguments).exec();
    Err(format!("{}: {error}", binary.display()).into())
}

fn start(demo: &Demo, mut arguments: Vec<OsString>) -> Outcome {
    let (_, binary) = build(demo.package, demo.name)?;
    let listens = |word: &OsString| {
        let word = word.to_string_lossy();
        ["ask", "--listen", "--config", "--help", "--check-config", "--print-config"]
            .iter()
            .any(|option| word.starts_with(option))
    };
    if !arguments.iter().any(listens) {
        let port = free_port(demo);
        arguments.push("--listen".into());
        arguments.push(format!("tcp:{port}:interface=127.0.0.1").into());
    }
    let mut announcer = Command::new(std::env::current_exe()?)
        .args([ANNOUNCE, demo.name])
        .stdin(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let Some(output) = announcer.stdin.take() else {
        return Err("no pipe to the announcer".into());
    };
    let error = Command::new(&binary).args(arguments).stdout(OwnedFd::from(output)).exec();
    Err(format!("{}: {error}", binary.display()).into())
}

/// The demo's own port, or 0 (any) with a word about it where another program has it.
fn free_port(demo: &Demo) -> u16 {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, demo.port)) {
        Ok(_) => demo.port,
        Err(error) => {
            println!("port {} cannot be had ({error}): taking another", demo.port);
            0
        }
    }
}

/// Copies a server's standard output, and after each `listening on` says how to connect.
pub(crate) fn announce(mut arguments: impl Iterator<Item = OsString>) -> Outcome {
    let name = arguments.next().unwrap_or_default();
    let demo = DEMOS.iter().find(|demo| name == demo.name).ok_or("announces demos only")?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        println!("{line}");
        if let Some(port) = port_of(&line) {
            println!("\ntalk to it from another terminal:");
            for client in demo.clients {
                println!("    {}", client.replace("PORT", &port.to_string()));
            }
            println!("Ctrl-C ends it.\n");
        }
    }
    Ok(())
}

/// The port in `listening on tcp:6667:interface=127.0.0.1`.
fn port_of(line: &str) -> Option<u16> {
    let endpoint = line.strip_prefix("listening on tcp")?;
    endpoint.trim_start_matches('6').strip_prefix(':')?.split(':').next()?.parse().ok()
}

fn names() -> String {
    let programs = PROGRAMS.iter().map(|program| program.name);
    DEMOS.iter().map(|demo| demo.name).chain(programs).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::port_of;

    #[test]
    fn the_port_is_read_from_the_line_that_servers_print() {
        assert_eq!(port_of("listening on tcp:6667:interface=127.0.0.1"), Some(6667));
        assert_eq!(port_of("listening on tcp6:7000"), Some(7000));
        assert_eq!(port_of("listening on unix:/run/words"), None);
        assert_eq!(port_of("hello"), None);
    }
}
