//! Notices to systemd. Where nobody asked for them (`NOTIFY_SOCKET`), nothing is sent.

use std::time::Duration;

use ropewalk_protocol::Reactor;
use sd_notify::NotifyState;

pub(super) fn ready() {
    send(&[NotifyState::Ready]);
}

/// As `Type=notify-reload` wants it: with the time, so that systemd can tell this reload's end.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => send(&[NotifyState::Reloading, now]),
        Err(_) => send(&[NotifyState::Reloading]),
    }
}

/// Another process is the service now.
pub(super) fn successor(pid: u32) {
    send(&[NotifyState::MainPid(pid)]);
}

pub(super) fn stopping() {
    send(&[NotifyState::Stopping]);
}

/// Says twice in each interval of the watchdog that the reactor is alive.
pub(super) fn keep_watchdog<R: Reactor>(reactor: &R) {
    if let Some(limit) = sd_notify::watchdog_enabled() {
        beat(reactor.clone(), limit / 2);
    }
}

fn beat<R: Reactor>(reactor: R, every: Duration) {
    let again = reactor.clone();
    reactor.call_later(every, move || {
        send(&[NotifyState::Watchdog]);
        beat(again, every);
    });
}

fn send(notices: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(notices) {
        tracing::warn!(%error, "systemd cannot be told");
    }
}
