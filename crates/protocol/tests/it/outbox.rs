//! The outbox against a plain list of bytes.

use std::io::IoSlice;

use bytes::Bytes;
use proptest::prelude::*;
use ropewalk_protocol::Outbox;

#[derive(Clone, Debug)]
enum Step {
    Write(usize),
    Send(usize),
    Consume(usize),
    Reclaim,
}

fn step() -> impl Strategy<Value = Step> {
    let sizes = || prop_oneof![0..10usize, 0..5000usize, 0..40_000usize];
    prop_oneof![
        3 => sizes().prop_map(Step::Write),
        3 => sizes().prop_map(Step::Send),
        4 => sizes().prop_map(Step::Consume),
        1 => Just(Step::Reclaim),
    ]
}

proptest! {
    #[test]
    fn an_outbox_keeps_every_byte_in_order(
        steps in proptest::collection::vec(step(), 0..40),
    ) {
        let mut outbox = Outbox::default();
        let mut model: Vec<u8> = Vec::new();
        let mut spare = Vec::new();
        let mut count = 0u8;
        for step in steps {
            outbox.lend(&mut spare);
            match step {
                Step::Write(size) | Step::Send(size) => {
                    count = count.wrapping_add(1);
                    let bytes = vec![count; size];
                    model.extend(&bytes);
                    if matches!(step, Step::Write(_)) {
                        outbox.write(&bytes);
                    } else {
                        outbox.send(Bytes::from(bytes));
                    }
                }
                Step::Consume(size) => {
                    let size = size.min(outbox.len());
                    outbox.consume(size);
                    model.drain(..size);
                }
                Step::Reclaim => outbox.reclaim(&mut spare),
            }
            prop_assert_eq!(outbox.len(), model.len());
            prop_assert!(model.starts_with(outbox.front()));
            prop_assert_eq!(outbox.front().is_empty(), model.is_empty());
            prop_assert_eq!(outbox.is_contiguous(), outbox.front().len() == model.len());
            let mut slices = [IoSlice::new(&[]); 100];
            let filled = outbox.slices(&mut slices);
            let together: Vec<u8> = slices[..filled].iter().flat_map(|s| s.to_vec()).collect();
            prop_assert_eq!(&together, &model);
        }
    }
}
