//! The program that libFuzzer drives. `ROPEWALK_FUZZ` names the target; `list` lists them.

#![cfg_attr(fuzzing, no_main)]
#![allow(clippy::print_stdout, reason = "a program for a person at a terminal")]

#[cfg(fuzzing)]
mod driven {
    use std::sync::OnceLock;

    use ropewalk_fuzz::TARGETS;

    static CHOSEN: OnceLock<fn(&[u8])> = OnceLock::new();

    libfuzzer_sys::fuzz_target!(
        init: choose(),
        |data: &[u8]| if let Some(target) = CHOSEN.get() { target(data) }
    );

    fn choose() {
        let name = std::env::var("ROPEWALK_FUZZ").unwrap_or_default();
        if name == "list" {
            TARGETS.iter().for_each(|(name, _)| println!("{name}"));
            std::process::exit(0);
        }
        let Some((_, target)) = TARGETS.iter().find(|(other, _)| *other == name) else {
            eprintln!("ROPEWALK_FUZZ names no target");
            std::process::exit(1);
        };
        CHOSEN.get_or_init(|| *target);
    }
}

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("this program needs libFuzzer: `cargo xtask fuzz` builds it");
}
