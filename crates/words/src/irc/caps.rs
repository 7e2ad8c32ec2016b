//! IRCv3 capabilities: those that there are, and the set that a client has asked for.

/// One capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cap {
    AwayNotify,
    News,
    EchoMessage,
    MultiPrefix,
    ServerTime,
    UserhostInNames,
}

impl Cap {
    pub(super) const ALL: [Self; 6] = [
        Self::AwayNotify,
        Self::News,
        Self::EchoMessage,
        Self::MultiPrefix,
        Self::ServerTime,
        Self::UserhostInNames,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::AwayNotify => "away-notify",
            Self::News => "cap-notify",
            Self::EchoMessage => "echo-message",
            Self::MultiPrefix => "multi-prefix",
            Self::ServerTime => "server-time",
            Self::UserhostInNames => "userhost-in-names",
        }
    }

    fn named(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|cap| cap.name().as_bytes() == name)
    }
}

/// A set of capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Caps(u8);

impl Caps {
    pub(super) const fn has(self, cap: Cap) -> bool {
        self.0 & (1 << cap as u8) != 0
    }

    pub(super) const fn with(self, cap: Cap) -> Self {
        Self(self.0 | 1 << cap as u8)
    }

    const fn without(self, cap: Cap) -> Self {
        Self(self.0 & !(1 << cap as u8))
    }

    /// What a `CAP REQ` makes of it: all of the request, or nothing.
    pub(super) fn requested(self, request: &[u8]) -> Option<Self> {
        let words = request.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        words.into_iter().try_fold(self, |caps, word| match word.strip_prefix(b"-") {
            Some(name) => Some(caps.without(Cap::named(name)?)),
            None => Some(caps.with(Cap::named(word)?)),
        })
    }

    /// The names, with a space between.
    pub(super) fn names(self) -> String {
        let had = Cap::ALL.into_iter().filter(|cap| self.has(*cap));
        had.map(Cap::name).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_granted_as_a_whole_or_not_at_all() {
        let caps = Caps::default().with(Cap::MultiPrefix);
        let more = caps.requested(b"server-time -multi-prefix ").unwrap();
        assert_eq!(more.names(), "server-time");
        assert_eq!(caps.requested(b"server-time nonsense"), None);
    }
}
