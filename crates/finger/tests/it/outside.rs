//! Debian's `finger`, which knows no port but 79.

use std::{process::Command, thread};

use ropewalk_finger::{Ruip, Settings};
use ropewalk_protocol::{Address, Listen, Reactor, factory};
use ropewalk_reactor::{PollReactor, Settings as ReactorSettings};

use crate::Office;

fn fingers(query: &[&str]) -> String {
    let output = Command::new("finger").args(query).output().expect("`finger` is installed");
    String::from_utf8(output.stdout).expect("it shows ASCII")
}

#[test]
#[ignore = "needs finger"]
fn outside_finger_shows_users_lists_and_refusals() {
    let settings = ReactorSettings { signals: false, ..ReactorSettings::default() };
    let reactor = PollReactor::new(settings).unwrap();
    let listen = Listen::new(Address::Tcp(([127, 0, 0, 1], 79).into()));
    let ruips = factory(|_| Some(Ruip::protocol(Office, Settings::default())));
    if let Err(error) = reactor.listen(listen, ruips) {
        panic!("`finger` asks port 79 only, so this test has to listen there: {error}");
    }
    let runs = reactor.clone();
    let running = thread::spawn(move || runs.run());
    let alice = fingers(&["alice@127.0.0.1"]);
    let verbose = fingers(&["-l", "alice@127.0.0.1"]);
    let list = fingers(&["@127.0.0.1"]);
    let refused = fingers(&["alice@elsewhere@127.0.0.1"]);
    reactor.stop();
    running.join().unwrap();
    assert!(alice.contains("Alice\n") && !alice.contains("Room"), "{alice}");
    assert!(verbose.contains("Room 12\n"), "{verbose}");
    assert!(list.contains("alice\nbob"), "{list}");
    assert!(refused.contains("Finger forwarding service denied\n"), "{refused}");
}
