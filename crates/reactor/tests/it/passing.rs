//! Descriptors over UNIX sockets.

use std::{
    fs::File,
    io::{IoSlice, Read, Write},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::UnixStream,
    },
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    time::Duration,
};

use bytes::BytesMut;
use ropewalk_protocol::{
    Address, DescriptorContext, DescriptorProtocol, Limits, Listen, Mailbox, Passing, Reason,
};
use ropewalk_reactor::PassDescriptors;
use rustix::{
    io::{FdFlags, fcntl_getfd},
    net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg},
};

use crate::{Running, on_each_reactor};

/// Sends what it is told to; tells what it gets: `d` for a descriptor, and each byte, in order.
struct Told {
    tell: Sender<String>,
    give: Sender<OwnedFd>,
    mailbox: Sender<Mailbox<Say>>,
}

enum Say {
    /// So many descriptors, and then these bytes.
    Send(Vec<OwnedFd>, &'static [u8]),
    /// More than may wait.
    Flood(Vec<OwnedFd>),
    Pause,
    Resume,
}

struct Seen {
    hear: Receiver<String>,
    fds: Receiver<OwnedFd>,
    mailbox: Receiver<Mailbox<Say>>,
}

fn told() -> (Told, Seen) {
    let ((tell, hear), (give, fds)) = (mpsc::channel(), mpsc::channel());
    let (mailbox, mailboxes) = mpsc::channel();
    (Told { tell, give, mailbox }, Seen { hear, fds, mailbox: mailboxes })
}

impl Seen {
    /// The next `count` things that were told, joined.
    fn heard(&self, count: usize) -> String {
        (0..count).map(|_| self.hear.recv_timeout(Duration::from_secs(20)).unwrap()).collect()
    }

    fn mailbox(&self) -> Mailbox<Say> {
        self.mailbox.recv_timeout(Duration::from_secs(20)).unwrap()
    }
}

impl Told {
    fn say(&self, what: impl Into<String>) {
        let _ = self.tell.send(what.into()); // the test may be over
    }
}

impl DescriptorProtocol for Told {
    type Message = Say;

    fn connection_made(&mut self, cx: &mut DescriptorContext<'_, '_, Say>) {
        self.mailbox.send(cx.mailbox()).unwrap();
    }

    fn descriptor_received(&mut self, _: &mut DescriptorContext<'_, '_, Say>, fd: OwnedFd) {
        assert!(fcntl_getfd(&fd).unwrap().contains(FdFlags::CLOEXEC));
        let _ = self.give.send(fd);
        self.say("d");
    }

    fn data_received(&mut self, _: &mut DescriptorContext<'_, '_, Say>, input: &mut BytesMut) {
        for byte in input.split() {
            self.say(char::from(byte));
        }
    }

    fn message_received(&mut self, cx: &mut DescriptorContext<'_, '_, Say>, message: Say) {
        match message {
            Say::Send(fds, bytes) => {
                for fd in fds {
                    cx.send_descriptor(fd).unwrap();
                }
                cx.write(bytes);
            }
            Say::Flood(fds) => {
                let mut refused = fds.into_iter().filter_map(|fd| cx.send_descriptor(fd).err());
                self.say(refused.next().unwrap().to_string());
                self.say(format!("and {}", refused.count()));
                cx.write(b"12345");
            }
            Say::Pause => {
                cx.pause_reading();
                self.say("paused");
            }
            Say::Resume => cx.resume_reading(),
        }
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.say(reason.to_string());
    }
}

fn pair(reactor: &impl PassDescriptors) -> (Seen, Seen) {
    let (one, two) = UnixStream::pair().unwrap();
    let ((told_one, seen_one), (told_two, seen_two)) = (told(), told());
    reactor.attach_passing(one, told_one, Arc::default()).unwrap();
    reactor.attach_passing(two, told_two, Arc::default()).unwrap();
    (seen_one, seen_two)
}

fn null() -> OwnedFd {
    File::open("/dev/null").unwrap().into()
}

fn descriptors_arrive_with_their_bytes_in_order(reactor: impl PassDescriptors) {
    let (one, two) = pair(&reactor);
    let _running = Running::new(reactor);
    let mailbox = one.mailbox();
    let (mut reads, writes) = std::io::pipe().unwrap();
    mailbox.post(Say::Send(Vec::new(), b"ab")).unwrap();
    mailbox.post(Say::Send(vec![writes.into()], b"cD")).unwrap();
    mailbox.post(Say::Send(vec![null(), null()], b"E")).unwrap();
    let heard = two.heard(8);
    // The system may let a descriptor overtake bytes, but never come after its own.
    assert!(["abdcDddE", "dabcDddE"].contains(&&*heard), "{heard}");
    let mut passed = File::from(two.fds.recv().unwrap());
    passed.write_all(b"through a pipe that was passed").unwrap();
    drop(passed);
    let mut text = String::new();
    reads.read_to_string(&mut text).unwrap(); // ends, so that ours was closed when it had left
    assert_eq!(text, "through a pipe that was passed");
}

fn more_than_may_wait_are_given_back(reactor: impl PassDescriptors) {
    let (one, two) = pair(&reactor);
    let _running = Running::new(reactor);
    let many = (0..Passing::<()>::MOST + 3).map(|_| null()).collect();
    one.mailbox().post(Say::Flood(many)).unwrap();
    assert_eq!(one.heard(2), "64 descriptors wait to be sent alreadyand 2");
    // Sixteen go with a byte.
    let sixteen = "d".repeat(16);
    assert_eq!(two.heard(69), format!("{sixteen}1{sixteen}2{sixteen}3{sixteen}45"));
}

/// By hand, so many descriptors with one byte.
fn send_by_hand(socket: &UnixStream, count: usize) {
    let null = null();
    let fds: Vec<BorrowedFd<'_>> = (0..count).map(|_| null.as_fd()).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(100))];
    let mut goes = SendAncillaryBuffer::new(&mut space);
    assert!(goes.push(SendAncillaryMessage::ScmRights(&fds)));
    sendmsg(socket, &[IoSlice::new(b"x")], &mut goes, SendFlags::empty()).unwrap();
}

fn a_peer_that_sends_too_many_at_once_is_cut_off(reactor: impl PassDescriptors) {
    let (here, there) = UnixStream::pair().unwrap();
    let (told, seen) = told();
    reactor.attach_passing(there, told, Arc::default()).unwrap();
    let _running = Running::new(reactor);
    send_by_hand(&here, 16);
    assert_eq!(seen.heard(17), format!("{}x", "d".repeat(16)));
    send_by_hand(&here, 17);
    assert!(seen.heard(1).starts_with("more than 16 descriptors came at once"));
}

fn a_paused_connection_leaves_descriptors_in_the_socket(reactor: impl PassDescriptors) {
    let (here, there) = UnixStream::pair().unwrap();
    let (told, seen) = told();
    reactor.attach_passing(there, told, Arc::new(Limits::default())).unwrap();
    let _running = Running::new(reactor);
    let mailbox = seen.mailbox();
    mailbox.post(Say::Pause).unwrap();
    assert_eq!(seen.heard(1), "paused");
    (0..30).for_each(|_| send_by_hand(&here, 16));
    mailbox.post(Say::Resume).unwrap();
    assert_eq!(seen.heard(30 * 17), format!("{}x", "d".repeat(16)).repeat(30));
    drop(here);
    assert_eq!(seen.heard(1), Reason::Closed.to_string());
}

fn a_listener_serves_connections_that_pass(reactor: impl PassDescriptors) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let (told, seen) = told();
    let mut first = Some(told);
    let listen = Listen::new(Address::unix(&path));
    let port = reactor.listen_passing(listen, move || first.take()).unwrap();
    let tcp = Listen::new(Address::Tcp(([127, 0, 0, 1], 0).into()));
    let error = reactor.listen_passing(tcp, || None::<Told>).unwrap_err().to_string();
    assert!(error.ends_with("only UNIX sockets pass descriptors"), "{error}");
    let running = Running::new(reactor);
    let client = UnixStream::connect(&path).unwrap();
    send_by_hand(&client, 1);
    assert_eq!(seen.heard(2), "dx");
    let mut refused = UnixStream::connect(&path).unwrap();
    assert_eq!(refused.read(&mut [0; 1]).unwrap(), 0, "by a factory that makes nothing");
    port.stop_listening();
    while path.exists() {
        std::thread::yield_now();
    }
    send_by_hand(&client, 2);
    assert_eq!(seen.heard(3), "ddx", "connections go on");
    drop(running);
}

on_each_reactor!(
    descriptors_arrive_with_their_bytes_in_order,
    more_than_may_wait_are_given_back,
    a_peer_that_sends_too_many_at_once_is_cut_off,
    a_paused_connection_leaves_descriptors_in_the_socket,
    a_listener_serves_connections_that_pass,
);
