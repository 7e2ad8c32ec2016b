//! Clients that people use, on the program itself.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// The program, and somebody in `#rope` who watches. Both are gone when this is.
struct Stage {
    server: Child,
    port: u16,
    watcher: BufReader<TcpStream>,
    folder: PathBuf,
    client: Option<Child>,
}

impl Stage {
    fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("words-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut server = Command::new(env!("CARGO_BIN_EXE_words"))
            .args(["--listen", "tcp:0:interface=127.0.0.1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let port = said.strip_prefix("listening on tcp:").and_then(|rest| rest.split(':').next());
        let port = port.unwrap().parse().unwrap();
        let mut watcher = TcpStream::connect(("127.0.0.1", port)).unwrap();
        watcher.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let hello = "NICK watcher\r\nUSER w 0 * :w\r\nJOIN #rope\r\nMODE #rope -t\r\n";
        watcher.write_all(hello.as_bytes()).unwrap();
        Self { server, port, watcher: BufReader::new(watcher), folder, client: None }
    }

    /// Reads until somebody does this to the room.
    fn sees(&mut self, what: &str) {
        let mut seen = String::new();
        loop {
            let mut line = String::new();
            let read = self.watcher.read_line(&mut line);
            assert!(matches!(read, Ok(1..)), "{read:?} before {what:?}, after\n{seen}");
            if line.starts_with(":guest") && line.contains(what) {
                return;
            }
            seen += &line;
        }
    }

    fn says(&mut self, text: &str) {
        write!(self.watcher.get_mut(), "PRIVMSG #rope :{text}\r\n").unwrap();
    }

    /// What every client is made to do: join, talk, set the topic, answer, and quit.
    fn watches(&mut self, client: Child) {
        self.client = Some(client);
        self.sees(" JOIN #rope");
        self.sees(" PRIVMSG #rope :good morning");
        self.sees(" TOPIC #rope :about ropes");
        self.says("how are you");
        self.sees(" PRIVMSG #rope :you said how are you");
        self.says("go");
        self.sees(" QUIT :");
        let left = self.client.take().map(|mut client| client.wait().unwrap().success());
        assert_eq!(left, Some(true));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for child in self.client.iter_mut().chain([&mut self.server]) {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
#[ignore = "needs irssi"]
fn outside_irssi_joins_talks_sets_the_topic_and_quits() {
    let mut stage = Stage::new("irssi");
    let scripts = stage.folder.join("scripts/autorun");
    fs::create_dir_all(&scripts).unwrap();
    fs::write(scripts.join("talk.pl"), IRSSI).unwrap();
    let port = stage.port;
    let config = format!(
        "servers = ( {{ address = \"127.0.0.1\"; chatnet = \"rope\"; port = \"{port}\"; \
         autoconnect = \"yes\"; }} );\n\
         chatnets = {{ rope = {{ type = \"IRC\"; nick = \"guest\"; }}; }};\n\
         channels = ( {{ name = \"#rope\"; chatnet = \"rope\"; autojoin = \"yes\"; }} );\n"
    );
    fs::write(stage.folder.join("config"), config).unwrap();
    // It wants a terminal, which `script` is.
    let client = Command::new("script")
        .args(["-qec", &format!("irssi --home {}", stage.folder.display()), "/dev/null"])
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    stage.watches(client);
}

#[test]
#[ignore = "needs python-irc"]
fn outside_python_irc_joins_talks_sets_the_topic_and_quits() {
    let mut stage = Stage::new("python-irc");
    let python = env::var_os("ROPEWALK_PYTHON").unwrap_or_else(|| "python3".into());
    let script = stage.folder.join("talk.py");
    fs::write(&script, PYTHON).unwrap();
    let client = Command::new(python).arg(script).arg(stage.port.to_string()).spawn().unwrap();
    stage.watches(client);
}

const IRSSI: &str = r##"
use strict;
use Irssi;
Irssi::signal_add('channel joined', sub {
    my ($channel) = @_;
    $channel->command('MSG #rope good morning');
    $channel->command('TOPIC #rope about ropes');
});
Irssi::signal_add('message public', sub {
    my ($server, $text) = @_;
    $server->command("MSG #rope you said $text");
    Irssi::command('QUIT that is all') if $text eq 'go';
});
"##;

const PYTHON: &str = r##"
import sys
import irc.client

class Guest(irc.client.SimpleIRCClient):
    def on_welcome(self, connection, event):
        connection.join("#rope")

    def on_endofnames(self, connection, event):
        assert connection.features.network == "Words", connection.features
        connection.privmsg("#rope", "good morning")
        connection.topic("#rope", "about ropes")

    def on_pubmsg(self, connection, event):
        text = event.arguments[0]
        if event.source.nick == "watcher":
            connection.privmsg("#rope", "you said " + text)
        if text == "go":
            connection.quit("that is all")

    def on_disconnect(self, connection, event):
        sys.exit(0)

guest = Guest()
guest.connect("127.0.0.1", int(sys.argv[1]), "guest")
guest.start()
"##;
