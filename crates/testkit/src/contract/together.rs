//! Connections that reach each other.

use super::{Ground, client, play, serve};

/// A mailbox works from another connection's callback.
pub fn messages_cross_from_one_connection_to_another(ground: &impl Ground) {
    let reactor = ground.reactor();
    let (port, _) = serve(ground, &reactor);
    play(&reactor.clone(), async move {
        let (hears, says) = (client(&reactor, &port).await, client(&reactor, &port).await);
        hears.write(b"W");
        assert_eq!(hears.read(1).await, b"w");
        says.write(b"N");
        assert_eq!(hears.read(4).await, b"news");
    });
}

/// A mailbox ends its connection in good order, after what waits in it.
pub fn a_mailbox_ends_its_connection_in_good_order(ground: &impl Ground) {
    let reactor = ground.reactor();
    let (port, _) = serve(ground, &reactor);
    play(&reactor.clone(), async move {
        let (hears, says) = (client(&reactor, &port).await, client(&reactor, &port).await);
        hears.write(b"W");
        assert_eq!(hears.read(1).await, b"w");
        says.write(b"NSx");
        assert_eq!(hears.read_to_end().await, b"newsgoodbye");
        assert_eq!(says.read(1).await, b"x");
    });
}

/// Two members hear what two others say in one order, and nothing after they left.
pub fn members_of_a_group_hear_the_same_order(ground: &impl Ground) {
    let reactor = ground.reactor();
    let (port, board) = serve(ground, &reactor);
    play(&reactor.clone(), async move {
        let mut members = Vec::new();
        for _ in 0..4 {
            let member = client(&reactor, &port).await;
            member.write(b"J");
            assert_eq!(member.read(1).await, b"j");
            members.push(member);
        }
        for _ in 0..50 {
            members[2].write(b"2");
            members[3].write(b"3");
        }
        let heard = members[0].read(100).await;
        assert_eq!(heard.iter().filter(|byte| **byte == b'2').count(), 50);
        for member in &members[1..] {
            assert_eq!(member.read(100).await, heard);
        }
        members[1].write(b"L");
        assert_eq!(members[1].read(1).await, b"l");
        assert_eq!(board.group.len(), 3);
        members[2].write(b"4");
        assert_eq!(members[0].read(1).await, b"4");
        members[1].write(b"x");
        assert_eq!(members[1].read(1).await, b"x", "it has left");
    });
}
