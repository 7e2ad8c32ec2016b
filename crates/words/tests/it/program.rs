//! The program `words`, from outside.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
};

fn words(arguments: &[&str]) -> (bool, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_words")).args(arguments).output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_printed_configuration_is_free_of_mistakes() {
    let (ok, printed, _) = words(&["--print-config"]);
    assert!(ok);
    let file = std::env::temp_dir().join(format!("words-printed-{}.toml", std::process::id()));
    std::fs::write(&file, printed).unwrap();
    let (ok, said, _) = words(&["--check-config", file.to_str().unwrap()]);
    std::fs::remove_file(&file).unwrap();
    assert!(ok && said.ends_with(": no mistakes\n"), "{said}");
}

#[test]
fn mistakes_are_named_with_file_line_and_key() {
    let file = std::env::temp_dir().join(format!("words-wrong-{}.toml", std::process::id()));
    std::fs::write(&file, "listen = [\"tcp:http\"]\n\n[limits]\nnick = \"x\"\nnik = 3\n").unwrap();
    let path = file.to_str().unwrap();
    let ways: [&[&str]; 3] =
        [&["--check-config", path], &["--config", path, "--check-config"], &["--config", path]];
    for arguments in ways {
        let (ok, _, said) = words(arguments);
        assert!(!ok);
        for line in [
            format!("{path}:1: listen: \"http\""),
            format!("{path}:4: limits.nick: "),
            format!("{path}:5: limits.nik: there is no such key; is it `nick`?"),
        ] {
            assert!(said.contains(&line), "{said}");
        }
    }
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn a_wrong_command_line_is_an_error_that_says_what_is_wrong() {
    let (ok, _, said) = words(&["--listen", "tpc:1"]);
    assert!(!ok && said.contains("tpc"), "{said}");
    let (ok, _, said) = words(&["--reactor", "atomic"]);
    assert!(!ok && said.contains("there are poll and async-io"), "{said}");
    let (ok, _, said) = words(&["--fast"]);
    assert!(!ok && said.contains("--fast"), "{said}");
    let (ok, _, said) = words(&["--check-config"]);
    assert!(!ok && said.contains("needs a file"), "{said}");
}

#[test]
fn a_port_that_is_taken_is_an_error_that_names_it() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let endpoint = format!("tcp:{}:interface=127.0.0.1", taken.local_addr().unwrap().port());
    let (ok, _, said) = words(&["--listen", &endpoint]);
    assert!(!ok && said.contains(&endpoint), "{said}");
}

#[test]
fn it_says_where_it_listens_and_serves_there_on_either_reactor() {
    for reactor in ["poll", "async-io"] {
        let arguments = ["--listen", "tcp:0:interface=127.0.0.1", "--reactor", reactor];
        let mut server = Command::new(env!("CARGO_BIN_EXE_words"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let port = said.strip_prefix("listening on tcp:").and_then(|rest| rest.split(':').next());
        let mut client =
            TcpStream::connect(("127.0.0.1", port.unwrap().parse::<u16>().unwrap())).unwrap();
        client.write_all(b"NICK ada\r\nUSER a 0 * :A\r\nJOIN #a\r\nQUIT :bye\r\n").unwrap();
        let mut heard = String::new();
        client.read_to_string(&mut heard).unwrap();
        server.kill().unwrap();
        server.wait().unwrap();
        assert!(heard.contains(" 353 ada = #a :@ada\r\n"), "{heard}");
        assert!(heard.ends_with("ERROR :Closing Link: 127.0.0.1 (Quit: bye)\r\n"), "{heard}");
    }
}
