//! Groups whose members live on different threads.

use std::{
    io::{BufRead, BufReader, Write},
    sync::Arc,
};

use bytes::BytesMut;
use ropewalk_protocol::{Context, Group, Protocol, Reactor, factory};

use crate::{Running, client, localhost, on_each_reactor, tcp};

/// Says each line that it reads to everybody.
struct Chat {
    group: Group<Arc<str>>,
}

impl Protocol for Chat {
    type Message = Arc<str>;

    fn connection_made(&mut self, cx: &mut Context<'_, Arc<str>>) {
        self.group.join(&cx.mailbox());
        cx.write(b"welcome\n");
    }

    fn data_received(&mut self, _: &mut Context<'_, Arc<str>>, input: &mut BytesMut) {
        while let Some(end) = input.iter().position(|byte| *byte == b'\n') {
            let line = input.split_to(end + 1);
            self.group.say(String::from_utf8_lossy(&line).into());
        }
    }

    fn message_received(&mut self, cx: &mut Context<'_, Arc<str>>, line: Arc<str>) {
        cx.write(line.as_bytes());
    }
}

fn every_member_hears_the_same_in_the_same_order(reactor: impl Reactor) {
    const MEMBERS: usize = 6;
    const LINES: usize = 200;
    let group = Group::new();
    let chat = factory(move |_| Some(Chat { group: group.clone() }));
    let port = reactor.listen(localhost(), chat).unwrap();
    let _running = Running::new(reactor);
    let mut members: Vec<_> = (0..MEMBERS).map(|_| BufReader::new(client(tcp(&port)))).collect();
    for member in &mut members {
        let mut line = String::new();
        member.read_line(&mut line).unwrap();
        assert_eq!(line, "welcome\n");
    }
    std::thread::scope(|scope| {
        for (number, member) in members.iter().enumerate() {
            let mut socket = member.get_ref().try_clone().unwrap();
            scope.spawn(move || {
                for line in 0..LINES {
                    socket.write_all(format!("{number} {line}\n").as_bytes()).unwrap();
                }
            });
        }
    });
    let heard: Vec<Vec<String>> = members
        .into_iter()
        .map(|member| member.lines().take(MEMBERS * LINES).map(Result::unwrap).collect())
        .collect();
    for other in &heard[1..] {
        assert_eq!(other, &heard[0]);
    }
    for number in 0..MEMBERS {
        let own = format!("{number} ");
        let lines: Vec<_> = heard[0].iter().filter(|line| line.starts_with(&own)).collect();
        let expected: Vec<_> = (0..LINES).map(|line| format!("{number} {line}")).collect();
        assert_eq!(lines, expected.iter().collect::<Vec<_>>(), "each speaker's own order");
    }
}

on_each_reactor!(every_member_hears_the_same_in_the_same_order);
