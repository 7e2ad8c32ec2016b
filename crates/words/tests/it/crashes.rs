//! The program killed while it is busy, and started again where it was.

use std::{io::Write, net::TcpStream, os::unix::net::UnixStream, thread};

use crate::running::{Client, PATIENCE, Running};

const TIMES: usize = 50;
/// How many lines of a burst are heard before the program is killed: another number each time.
const HEARD: usize = 97;

#[test]
#[ignore = "takes minutes"]
fn crash_in_a_burst_leaves_a_path_that_can_be_listened_on_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words.sock");
    let local = format!("unix:{}", path.to_str().unwrap());
    let endpoints = [local.as_str(), "tcp:0:interface=127.0.0.1"];
    for time in 0..TIMES {
        // From the second time on, the file of the one before is still there.
        assert_eq!(path.exists(), time > 0);
        let mut words = Running::start(folder.path(), CONFIG, &endpoints);
        let ada = UnixStream::connect(&path).unwrap();
        ada.set_read_timeout(Some(PATIENCE)).unwrap();
        ada.set_write_timeout(Some(PATIENCE)).unwrap();
        let mut burst = ada.try_clone().unwrap();
        let mut ada = Client::new(ada);
        let bob = TcpStream::connect(("127.0.0.1", words.port())).unwrap();
        bob.set_read_timeout(Some(PATIENCE)).unwrap();
        bob.set_write_timeout(Some(PATIENCE)).unwrap();
        let mut bob = Client::new(bob);

        ada.send("NICK ada\r\nUSER a 0 * :A\r\nJOIN #a\r\n");
        ada.hear(" 366 ", drop);
        bob.send("NICK bob\r\nUSER b 0 * :B\r\nJOIN #a\r\nPRIVMSG #a :good morning\r\n");
        bob.hear(" 366 ", drop);
        ada.hear(" PRIVMSG #a :good morning", drop);

        let talking = thread::spawn(move || {
            (0_u64..).find(|number| writeln!(burst, "PRIVMSG #a :line {number}\r").is_err())
        });
        for number in 0..=time * 37 % HEARD {
            bob.hear(&format!("PRIVMSG #a :line {number}"), |line| panic!("{line}"));
        }
        words.kill();
        // Whatever still comes is in its order, and then both are told that it is over.
        while bob.next_line().is_some() {}
        while ada.next_line().is_some() {}
        assert!(talking.join().unwrap().is_some());
    }
}

const CONFIG: &str = "threads = 2\n[limits.flood]\nrate = 0\n";
