//! What an IRC server is told before it starts.

use std::time::Duration;

/// How the IRC front end presents itself, and what it puts up with.
///
/// ```
/// use ropewalk_words::irc::IrcSettings;
///
/// let settings = IrcSettings { network: "Ropes".to_owned(), ..IrcSettings::default() };
/// assert_eq!(settings.name, "words.localhost");
/// ```
#[derive(Clone, Debug)]
pub struct IrcSettings {
    /// The server's name: a host name with a dot in it, of at most 63 bytes.
    pub name: String,
    /// What the network calls itself: one word.
    pub network: String,
    /// The message of the day, a line each; none when empty.
    pub motd: Vec<String>,
    /// What clients have to send with `PASS`.
    pub password: Option<String>,
    /// Up to three lines about who runs the server, for `ADMIN`.
    pub admin: Vec<String>,
    /// How many lines a client may send.
    pub flood: Flood,
    /// How many bytes may wait to be sent to a client before it is cut off.
    pub sendq: usize,
    /// How long a connection may take to register.
    pub registration: Duration,
    /// After how long a silence a client is sent a `PING`.
    pub ping: Duration,
    /// How long it may take to answer.
    pub pong: Duration,
}

/// How many lines a client may send: a bucket of tokens, one a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flood {
    /// Lines that may come at once.
    pub burst: u32,
    /// Lines a second after that; more wait for their turn. 0 for as many as come.
    pub rate: u32,
    /// Bytes that may wait for their turn before the client is cut off.
    pub pending: usize,
}

impl Default for IrcSettings {
    fn default() -> Self {
        Self {
            name: "words.localhost".to_owned(),
            network: "Words".to_owned(),
            motd: Vec::new(),
            password: None,
            admin: Vec::new(),
            flood: Flood::default(),
            sendq: 1024 * 1024,
            registration: Duration::from_secs(30),
            ping: Duration::from_secs(120),
            pong: Duration::from_secs(60),
        }
    }
}

impl Default for Flood {
    fn default() -> Self {
        Self { burst: 20, rate: 2, pending: 32 * 1024 }
    }
}
