//! The program under some hundred clients that do everything that clients do, for a long time.

use std::{net::TcpStream, time::Duration};

use socket2::{Domain, SockAddr, SockRef, Socket, Type};

use crate::running::{Client, PATIENCE, Running};

const CLIENTS: usize = 100;
const OPERATIONS: u64 = 700_000;
/// Operations between two looks at whether everybody is still served.
const STRETCH: u64 = 250;
const ROOMS: [&str; 4] = ["#one", "#two", "#three", "#four"];

#[test]
#[ignore = "takes minutes"]
fn soak_with_a_hundred_clients_leaves_nobody_unserved_and_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let words = Running::start(folder.path(), CONFIG, &["tcp:0:interface=127.0.0.1"]);
    let after = [1, 2].map(|seed| {
        println!("{}", Round::new(words.port(), seed).run());
        words.resident()
    });
    println!("{} KiB after the first round, {} KiB after the second", after[0], after[1]);
    assert!(after[1] <= after[0] + after[0] / 5 + 2048, "{after:?} KiB");
}

/// The keeper of the rooms, two that listen, and those who come and go.
struct Round {
    port: u16,
    random: Random,
    keeper: Client<TcpStream>,
    /// Each with the lines about rooms that it heard.
    listeners: [(Client<TcpStream>, Vec<String>); 2],
    guests: Vec<Guest>,
    /// Those who were ever made, so that each has a nick of its own.
    made: u64,
}

/// One who comes and goes.
struct Guest {
    nick: String,
    state: State,
}

enum State {
    Away,
    Here {
        client: Client<TcpStream>,
        /// Whether what it sent last was half a line.
        half: bool,
    },
    /// Never reads; kept only to be there.
    Deaf(#[expect(dead_code, reason = "it is there until it is dropped")] Client<TcpStream>),
}

impl Round {
    fn new(port: u16, seed: u64) -> Self {
        let [keeper, one, two] = ["keeper", "one", "two"].map(|nick| {
            let mut client = connect(port);
            client.send(&format!("{}JOIN {}\r\nPING in\r\n", hello(nick), ROOMS.join(",")));
            client.hear(" PONG ", drop);
            client
        });
        let guests = (0..CLIENTS).map(|_| Guest { nick: String::new(), state: State::Away });
        let listeners = [(one, Vec::new()), (two, Vec::new())];
        let guests = guests.collect();
        Self { port, random: Random(seed), keeper, listeners, guests, made: 0 }
    }

    /// Everything that happens; says what did.
    fn run(mut self) -> String {
        self.say_everywhere("this begins");
        for number in 0..OPERATIONS {
            let index = self.random.below(CLIENTS);
            self.act(index);
            if number % STRETCH == STRETCH - 1 {
                self.everybody_is_served();
            }
        }
        self.everybody_is_served();
        let heard = self.one_order_was_heard();
        self.everybody_leaves();
        heard
    }

    /// One operation of one guest, chosen at random.
    fn act(&mut self, index: usize) {
        let room = ROOMS[self.random.below(ROOMS.len())];
        let other = self.guests[self.random.below(CLIENTS)].nick.clone();
        let deaf = self.guests.iter().find(|guest| matches!(guest.state, State::Deaf(_)));
        let deaf = deaf.map_or(String::new(), |guest| guest.nick.clone());
        let chance = self.random.below(100);
        let Guest { nick, state } = &mut self.guests[index];
        let State::Here { client, half } = state else {
            if matches!(state, State::Away) || chance < 2 {
                self.come(index, chance);
            }
            return;
        };
        if std::mem::take(half) {
            client.send("the other half\r\n");
        }
        match chance {
            0..3 => {
                let line = format!("PRIVMSG {deaf} :{}\r\n", "x".repeat(400));
                client.send(&line.repeat(200));
            }
            3..40 => client.send(&format!("PRIVMSG {room} :{nick} says {chance}\r\n")),
            40..46 => client.send(&format!("PRIVMSG {other} :between us\r\nNOTICE {other} :x\r\n")),
            46..58 => client.send(&format!("JOIN {room}\r\n")),
            58..64 => client.send(&format!("PART {room} :enough\r\n")),
            64..68 => client.send(&format!("TOPIC {room} :what {nick} likes\r\n")),
            68..72 => {
                let modes = ["+m", "-m", "+t", "-t", "+b *!*@192.0.2.1", "-b *!*@192.0.2.1", "b"];
                let modes = modes[self.random.below(modes.len())];
                client.send(&format!("MODE {room} {modes}\r\nMODE {room} +v {other}\r\n"));
            }
            72..74 => client.send(&format!("KICK {room} {other} :out\r\n")),
            74..77 => {
                self.made += 1;
                *nick = format!("n{}", self.made);
                client.send(&format!("NICK {nick}\r\nNICK keeper\r\n"));
            }
            77..80 => self.keeper.send(&format!("MODE {room} +o-m {nick}\r\n")),
            80..83 => client.send(&format!("NAMES {room}\r\nWHO {room}\r\nWHOIS {other}\r\n")),
            83..87 => {
                client.send(&format!("PRIVMSG {room} :one half and "));
                *half = true;
            }
            87..90 => client.send("\r\n\r\nNONSENSE\r\nJOIN\r\n:\r\nMODE #none +o\r\nLIST\r\n"),
            90..93 => self.quit(index),
            93..96 => self.reset(index),
            _ => client.send(&format!("AWAY :{chance}\r\nAWAY\r\nPING {chance}\r\n")),
        }
    }

    /// Somebody new in place of who is away, or deaf.
    fn come(&mut self, index: usize, chance: usize) {
        self.made += 1;
        let nick = format!("n{}", self.made);
        let rooms = ROOMS.join(",");
        self.guests[index].state = match chance {
            // Gone before a word, or in the middle of one.
            0..5 => {
                let mut client = connect(self.port);
                if chance > 2 {
                    client.send("NICK half\r\nUSE");
                }
                State::Away
            }
            5..8 => {
                let mut client = connect_with(self.port, Some(4096));
                client.send(&format!("{}JOIN {rooms}\r\n", hello(&nick)));
                State::Deaf(client)
            }
            _ => {
                let mut client = connect(self.port);
                let text = format!("{}JOIN {rooms}\r\n", hello(&nick));
                let (first, second) = text.split_at(chance % text.len());
                client.send(first);
                client.send(second);
                State::Here { client, half: false }
            }
        };
        self.guests[index].nick = nick;
    }

    fn quit(&mut self, index: usize) {
        let state = std::mem::replace(&mut self.guests[index].state, State::Away);
        let State::Here { mut client, .. } = state else { return };
        client.send("QUIT :good night\r\n");
        let mut last = String::new();
        while let Some(line) = client.next_line() {
            last = line;
        }
        assert!(last.starts_with("ERROR ") && last.contains("good night"), "{last:?}");
    }

    /// Closes as a program does that was killed, with input that it never read.
    fn reset(&mut self, index: usize) {
        let state = std::mem::replace(&mut self.guests[index].state, State::Away);
        let State::Here { client, .. } = state else { return };
        SockRef::from(client.stream()).set_linger(Some(Duration::ZERO)).unwrap();
    }

    fn everybody_is_served(&mut self) {
        let Self { keeper, listeners, guests, .. } = self;
        let mut here = vec![keeper];
        for guest in guests {
            if let State::Here { client, half } = &mut guest.state {
                if std::mem::take(half) {
                    client.send("the other half\r\n");
                }
                here.push(client);
            }
        }
        here.iter_mut().for_each(|client| client.send("PING served\r\n"));
        here.iter_mut().for_each(|client| drop(client.hear(SERVED, drop)));
        for (client, heard) in listeners {
            client.send("PING served\r\n");
            client.hear(SERVED, |line| heard.push(line));
        }
    }

    /// What the listeners heard of each room, up to the keeper's word, is the same.
    fn one_order_was_heard(&mut self) -> String {
        self.say_everywhere("this is all");
        let last = format!(" PRIVMSG {} :this is all", ROOMS[ROOMS.len() - 1]);
        for (client, heard) in &mut self.listeners {
            let line = client.hear(&last, |line| heard.push(line));
            heard.push(line);
            // The rooms are not in order among each other: one of them may be behind.
            for room in ROOMS {
                let word = format!(" PRIVMSG {room} :this is all");
                if !heard.iter().any(|line| line.ends_with(&word)) {
                    let line = client.hear(&word, |line| heard.push(line));
                    heard.push(line);
                }
            }
        }
        let mut lines = 0;
        for room in ROOMS {
            let [one, two] = [0, 1].map(|index| about(room, &self.listeners[index].1));
            let differ = one.iter().zip(&two).find(|(one, two)| one != two);
            assert_eq!((differ, one.len()), (None, two.len()), "in {room}");
            lines += one.len();
        }
        let heard = &self.listeners[0].1;
        let cut_off = heard.iter().filter(|line| line.contains(" QUIT :SendQ exceeded")).count();
        assert!(cut_off > 0);
        let made = self.made;
        format!("{lines} lines in one order; {made} nicks; {cut_off} who never read were cut off")
    }

    fn say_everywhere(&mut self, what: &str) {
        for room in ROOMS {
            self.keeper.send(&format!("PRIVMSG {room} :{what}\r\n"));
        }
    }

    fn everybody_leaves(mut self) {
        (0..CLIENTS).for_each(|index| self.quit(index));
        self.guests.clear();
        let [(one, _), (two, _)] = self.listeners;
        for mut client in [self.keeper, one, two] {
            client.send("QUIT\r\n");
            while client.next_line().is_some() {}
        }
        let mut fresh = connect(self.port);
        fresh.send(&hello("fresh"));
        // That the last are gone has to reach the program first; it is asked until it has.
        let alone = (0..100_000).any(|_| {
            fresh.send("LUSERS\r\nPING asked\r\n");
            let mut said = Vec::new();
            fresh.hear(" PONG ", |line| said.push(line));
            said.retain(|line| {
                line.contains(" 253 ") || line.contains(" 254 ") || line.contains(" 255 ")
            });
            said.iter().all(|line| line.ends_with(" :I have 1 clients and 0 servers"))
        });
        assert!(alone, "somebody is still there");
        fresh.send("QUIT\r\n");
        while fresh.next_line().is_some() {}
    }
}

/// The lines about a room that all its members get, between the keeper's two words.
fn about<'a>(room: &str, heard: &'a [String]) -> Vec<&'a str> {
    let mut lines = Vec::new();
    for line in heard {
        let mut words = line.split(' ').skip(1);
        let kind = words.next().unwrap();
        let shared = ["PRIVMSG", "JOIN", "PART", "KICK", "MODE", "TOPIC"].contains(&kind);
        if shared && words.next().map(|word| word.trim_start_matches(':')) == Some(room) {
            if line.ends_with(":this begins") {
                lines.clear();
            }
            lines.push(line.as_str());
            if line.ends_with(":this is all") {
                break;
            }
        }
    }
    lines
}

fn hello(nick: &str) -> String {
    format!("NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n")
}

fn connect(port: u16) -> Client<TcpStream> {
    connect_with(port, None)
}

/// Connects, with a receive buffer of this size.
fn connect_with(port: u16, buffer: Option<usize>) -> Client<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    if let Some(buffer) = buffer {
        socket.set_recv_buffer_size(buffer).unwrap();
    }
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    socket.connect(&SockAddr::from(address)).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    Client::new(stream)
}

/// Numbers that are the same each time (`SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        let bound = u64::try_from(bound).unwrap();
        usize::try_from(mixed % bound).unwrap()
    }
}

const SERVED: &str = " PONG words.localhost :served";
/// No throttle, and little that may wait for who does not read.
const CONFIG: &str = "threads = 2\n[limits]\nsendq = 262144\n[limits.flood]\nrate = 0\n";
