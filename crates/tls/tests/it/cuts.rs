//! However the network cuts what goes either way, the same comes of it.

use ropewalk_testkit::Harness;
use ropewalk_tls::{ClientCertificates, ClientTls, ServerTls};

use crate::{
    ends::{Ends, Order, Stack, tell},
    made::Authority,
};

/// Carries everything from one end to the other, cut where `cut` says: at one place of the whole
/// stream, or after every byte.
struct Way {
    cut: Option<usize>,
    carried: usize,
    ended: bool,
}

impl Way {
    fn carry(&mut self, from: &mut Harness<Stack>, to: &mut Harness<Stack>) -> bool {
        let bytes = from.written();
        match self.cut {
            Some(cut) => {
                let at = cut.saturating_sub(self.carried).min(bytes.len());
                let (first, second) = bytes.split_at(at);
                [first, second].into_iter().filter(|it| !it.is_empty()).for_each(|it| to.feed(it));
            }
            None => bytes.chunks(1).for_each(|byte| to.feed(byte)),
        }
        self.carried += bytes.len();
        if from.has_ended() && !self.ended {
            self.ended = true;
            to.end();
            return true;
        }
        !bytes.is_empty()
    }
}

/// A whole conversation; gives what both heard, and how many bytes went each way.
fn talk(
    client: &ClientTls,
    server: &ServerTls,
    to_server: Option<usize>,
    to_client: Option<usize>,
) -> ([Vec<u8>; 2], String, usize, usize) {
    let mut ends = Ends::new(client.filter("a.example").unwrap(), server.filter());
    let mut up = Way { cut: to_server, carried: 0, ended: false };
    let mut down = Way { cut: to_client, carried: 0, ended: false };
    let mut step = 0;
    loop {
        let (a, b) = (&mut ends.pair.a, &mut ends.pair.b);
        if up.carry(a, b) | down.carry(b, a) {
            continue;
        }
        match step {
            0 => tell(a, [Order::Write(b"one".to_vec()), Order::Write(b"two".to_vec())]),
            1 => tell(b, [Order::Write(b"three".to_vec())]),
            2 => tell(a, [Order::Write(b"four".to_vec()), Order::Close]),
            3 => tell(b, [Order::Close]),
            _ => break,
        }
        step += 1;
    }
    let said = [
        ends.client.events(),
        ends.server.events(),
        ends.client.lost(),
        ends.server.lost(),
        ends.client.facts().cipher.clone(),
        ends.server.facts().certificates.len().to_string(),
    ];
    ([ends.client.data(), ends.server.data()], said.join("; "), up.carried, down.carried)
}

#[test]
fn a_conversation_is_the_same_however_it_is_cut() {
    let authority = Authority::new("Test CA");
    let server = authority.made(&["a.example"]).server();
    let server = server.client_certificates(ClientCertificates::Required(authority.roots()));
    let server = server.without_resumption().build().unwrap();
    let client = authority.client().identity(authority.made(&["user"]).identity());
    let client = client.build().unwrap();
    let (data, said, up, down) = talk(&client, &server, Some(0), Some(0));
    assert_eq!(data, [b"three".to_vec(), b"onetwofour".to_vec()]);
    assert_eq!(said, "made; made eof; closed; closed; TLS_AES_256_GCM_SHA384; 1");
    // Signatures differ in length by a few bytes each time.
    for cut in 0..up + 8 {
        let (cut_data, cut_said, ..) = talk(&client, &server, Some(cut), Some(0));
        assert_eq!((&cut_data, &cut_said), (&data, &said), "to the server, cut at {cut}");
    }
    for cut in 0..down + 8 {
        let (cut_data, cut_said, ..) = talk(&client, &server, Some(0), Some(cut));
        assert_eq!((&cut_data, &cut_said), (&data, &said), "to the client, cut at {cut}");
    }
    let (cut_data, cut_said, ..) = talk(&client, &server, None, None);
    assert_eq!((cut_data, cut_said), (data, said), "a byte at a time");
}
