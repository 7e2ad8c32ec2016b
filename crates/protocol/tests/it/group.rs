//! Groups, where each connection is on its own and where a thread's lane reaches them.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Instant,
};

use proptest::{collection::vec, prelude::*};
use ropewalk_protocol::{
    Connection, Errand, Group, Home, Lane, Limits, Members, Peer, Reason, Said, Token,
};
use ropewalk_testkit::Harness;

use crate::scripted::Recorder;

/// A reactor thread without sockets.
#[derive(Default)]
struct Queue(Mutex<VecDeque<Errand>>);

impl Lane for Queue {
    fn push(&self, errand: Errand) {
        self.0.lock().unwrap().push_back(errand);
    }
}

struct Thread {
    queue: Arc<Queue>,
    members: Seats,
}

#[derive(Default)]
struct Seats(BTreeMap<Token, Connection<Recorder>>);

impl Members for Seats {
    fn deliver(&mut self, member: Token, said: &dyn Said) -> bool {
        match self.0.get_mut(&member) {
            Some(connection) => {
                connection.deliver(Instant::now(), said);
                true
            }
            None => false,
        }
    }
}

impl Thread {
    fn new() -> Self {
        Self { queue: Arc::default(), members: Seats::default() }
    }

    fn seat(&mut self, token: u64) -> ropewalk_protocol::Mailbox<String> {
        let lane: Arc<dyn Lane> = Arc::clone(&self.queue) as Arc<dyn Lane>;
        let (token, limits) = (Token(token), Arc::new(Limits::default()));
        let home = Home { lane, token };
        let protocol = Recorder::default();
        let mut connection = Connection::at_home(protocol, Peer::unnamed(), limits, home);
        connection.start(Instant::now());
        let mailbox = connection.mailbox();
        self.members.0.insert(token, connection);
        mailbox
    }

    fn work(&mut self) {
        self.work_by(1);
    }

    /// Takes up to so many entries of a group together.
    fn work_by(&mut self, most: usize) {
        let lane: Arc<dyn Lane> = Arc::clone(&self.queue) as Arc<dyn Lane>;
        loop {
            let Some(errand) = self.queue.0.lock().unwrap().pop_front() else { return };
            let now = Instant::now();
            match errand {
                Errand::Group(group) => {
                    let mut entries = 1;
                    while entries < most && self.next_is_a_group() {
                        entries += 1;
                    }
                    group.walk(&lane, entries, &mut self.members);
                }
                Errand::Post(token) => {
                    if let Some(connection) = self.members.0.get_mut(&token) {
                        connection.post(now);
                    }
                }
                Errand::Wake(token) => {
                    if let Some(connection) = self.members.0.get_mut(&token) {
                        connection.poll(now, None);
                    }
                }
                _ => unreachable!("there are three kinds"),
            }
        }
    }

    /// Takes the next errand if it is a group's; there is one group here.
    fn next_is_a_group(&self) -> bool {
        let mut queue = self.queue.0.lock().unwrap();
        let is = matches!(queue.front(), Some(Errand::Group(_)));
        if is {
            queue.pop_front();
        }
        is
    }

    fn heard(&self, token: u64) -> String {
        self.members.0[&Token(token)].protocol().events[1..].join(" ")
    }
}

fn say(group: &Group<String>, words: &str) {
    words.split(' ').for_each(|word| group.say(word.to_owned()));
}

#[test]
fn members_hear_what_is_said_between_joining_and_leaving() {
    let group = Group::new();
    let (mut one, mut two) = (Harness::new(Recorder::default()), Harness::new(Recorder::default()));
    group.join(&one.mailbox());
    say(&group, "a");
    group.join(&two.mailbox());
    say(&group, "b c");
    group.leave(&one.mailbox());
    say(&group, "d");
    one.poll();
    two.poll();
    assert_eq!((one.text().as_str(), two.text().as_str()), ("abc", "bcd"));
    assert_eq!(group.len(), 1);
}

#[test]
fn a_member_whose_mailbox_is_full_is_cut_off_and_the_others_hear_all() {
    let group = Group::new();
    let limits = Limits { mailbox: 2, ..Limits::default() };
    let mut slow = Harness::limited(Recorder::default(), limits);
    let mut quick = Harness::new(Recorder::default());
    group.join(&slow.mailbox());
    group.join(&quick.mailbox());
    say(&group, "a b c d");
    slow.poll();
    quick.poll();
    assert!(matches!(slow.lost(), Some(Reason::MailboxFull { limit: 2 })));
    assert_eq!(quick.text(), "abcd");
    assert_eq!(group.len(), 1);
}

#[test]
fn lanes_keep_the_order_of_saying_joining_leaving_and_posting() {
    let group = Group::new();
    let mut thread = Thread::new();
    let (one, two) = (thread.seat(1), thread.seat(2));
    group.join(&one);
    say(&group, "a");
    group.join(&two);
    two.post("posted".into()).unwrap();
    say(&group, "b c");
    group.leave(&one);
    say(&group, "d");
    thread.work();
    assert_eq!(thread.heard(1), "a b c");
    assert_eq!(thread.heard(2), "posted b c d");
}

#[test]
fn members_on_two_lanes_hear_the_same_order() {
    let group = Group::new();
    let (mut one, mut two) = (Thread::new(), Thread::new());
    group.join(&one.seat(1));
    group.join(&two.seat(1));
    say(&group, "a b");
    one.work();
    say(&group, "c");
    two.work();
    one.work();
    assert_eq!(one.heard(1), "a b c");
    assert_eq!(two.heard(1), "a b c");
    assert_eq!(group.len(), 2);
}

#[test]
fn joining_twice_is_joining_once_and_a_member_that_is_gone_is_forgotten() {
    let group = Group::new();
    let mut thread = Thread::new();
    let (one, two) = (thread.seat(1), thread.seat(2));
    group.join(&one);
    group.join(&one);
    group.join(&two);
    thread.members.0.remove(&Token(2)).unwrap().finish(&Reason::Closed);
    say(&group, "a");
    thread.work();
    assert_eq!(thread.heard(1), "a");
    assert_eq!(group.len(), 1);
}

#[test]
fn whoever_leaves_without_having_joined_changes_nothing() {
    let group = Group::new();
    let mut thread = Thread::new();
    let (one, two) = (thread.seat(1), thread.seat(2));
    group.join(&one);
    group.leave(&two);
    group.leave(&two);
    say(&group, "a");
    thread.work();
    assert_eq!(thread.heard(1), "a");
    assert_eq!(group.len(), 1);
}

proptest! {
    /// What lies together is told together, and to each member what it would have heard anyhow.
    #[test]
    fn entries_taken_together_tell_each_member_the_same(
        steps in vec((0..3_u8, 1..5_u64), 0..60),
        most in 2..70_usize,
    ) {
        let (mut single, mut batched) = (Thread::new(), Thread::new());
        for (thread, most) in [(&mut single, 1), (&mut batched, most)] {
            let group = Group::new();
            let seats: Vec<_> = (1..5).map(|token| thread.seat(token)).collect();
            for (number, (step, token)) in steps.iter().enumerate() {
                let seat = &seats[*token as usize - 1];
                match step {
                    0 => group.join(seat),
                    1 => group.leave(seat),
                    _ => group.say(number.to_string()),
                }
            }
            thread.work_by(most);
        }
        for token in 1..5 {
            prop_assert_eq!(single.heard(token), batched.heard(token));
        }
    }
}
