//! Networks as text.

use proptest::prelude::*;
use ropewalk_policies::Network;

#[test]
fn what_is_no_network_is_shown_in_the_error() {
    for text in ["", "192.0.2.0/33", "192.0.2.0/", "::/129", "host/8", "1.2.3.4/-1", "1.2.3.4/8/8"]
    {
        let error = text.parse::<Network>().unwrap_err().to_string();
        assert!(error.starts_with(&format!("{text:?} is not a network")), "{error}");
    }
}

#[test]
fn a_network_of_no_bits_is_everything_of_its_family() {
    let v4: Network = "0.0.0.0/0".parse().unwrap();
    assert!(v4.contains("255.1.2.3".parse().unwrap()));
    assert!(!v4.contains("2001:db8::1".parse().unwrap()));
    let v6: Network = "::/0".parse().unwrap();
    assert!(v6.contains("2001:db8::1".parse().unwrap()));
}

proptest! {
    #[test]
    fn a_network_holds_what_it_was_made_of_and_reads_as_it_is_written(
        bits in any::<u128>(), v6 in any::<bool>(), prefix in 0u8..130,
    ) {
        let address: std::net::IpAddr = if v6 {
            std::net::Ipv6Addr::from(bits).into()
        } else {
            std::net::Ipv4Addr::from(bits as u32).into()
        };
        let network = Network::of(address, prefix);
        prop_assert!(network.contains(address));
        prop_assert_eq!(network.to_string().parse(), Ok(network));
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,40}") {
        let _ = text.parse::<Network>();
    }
}
