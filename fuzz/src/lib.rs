//! Fuzz targets: each takes bytes, does with them what a peer could have done, and panics where
//! something is not as it has to be.
//!
//! `cargo xtask fuzz` runs them under libFuzzer; a plain `cargo test` replays `corpus/TARGET/`.

/// A target and the name by which it is chosen; a new one is a new row.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[("scratch", scratch)];

/// Proves that the fuzzer is led by coverage: it has to find five bytes one after the other.
pub fn scratch(data: &[u8]) {
    if data.first() == Some(&b'r')
        && data.get(1) == Some(&b'o')
        && data.get(2) == Some(&b'p')
        && data.get(3) == Some(&b'e')
    {
        assert!(data.get(4) != Some(&b'!'), "found");
    }
}
