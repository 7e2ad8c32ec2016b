//! Numerics: replies and errors as three digits.

use std::fmt;

/// A numeric: a command of three digits, with which servers answer.
///
/// The names are those of RFC 1459 and 2812, and for what came later those in use. Any three
/// digits are a numeric; only some have a name.
///
/// ```
/// use ropewalk_irc::Numeric;
///
/// assert_eq!(Numeric::parse(b"433"), Some(Numeric::ERR_NICKNAMEINUSE));
/// assert_eq!(Numeric::RPL_WELCOME.to_string(), "001");
/// assert_eq!(Numeric::RPL_WELCOME.name(), Some("RPL_WELCOME"));
/// assert_eq!(Numeric::new(999).and_then(Numeric::name), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Numeric(u16);

impl Numeric {
    /// The numeric of this number; `None` from 1000 on.
    #[must_use]
    pub const fn new(code: u16) -> Option<Self> {
        if code < 1000 { Some(Self(code)) } else { None }
    }

    /// The numeric that a command is: exactly three digits.
    #[must_use]
    pub fn parse(command: &[u8]) -> Option<Self> {
        let &[a, b, c] = command else { return None };
        if !(a.is_ascii_digit() && b.is_ascii_digit() && c.is_ascii_digit()) {
            return None;
        }
        let digit = |byte: u8| u16::from(byte - b'0');
        Some(Self(digit(a) * 100 + digit(b) * 10 + digit(c)))
    }

    /// The number.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.0
    }

    /// The three digits, to be a command.
    #[must_use]
    pub fn as_bytes(self) -> &'static [u8] {
        &DIGITS[usize::from(self.0)]
    }

    /// Whether it says that something went wrong, by its name or else by its place.
    #[must_use]
    pub fn is_error(self) -> bool {
        match self.name() {
            Some(name) => name.starts_with("ERR_"),
            None => (400..600).contains(&self.0),
        }
    }
}

impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

impl fmt::Debug for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Numeric({self})"),
        }
    }
}

macro_rules! numerics {
    ($($name:ident = $code:literal,)*) => {
        impl Numeric {
            $(
                #[doc = concat!("`", stringify!($name), "`, number ", $code, ".")]
                pub const $name: Self = Self($code);
            )*

            /// The name, such as `RPL_WELCOME`, of those that have one here.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

numerics! {
    // Registration and what the server is.
    RPL_WELCOME = 1,
    RPL_YOURHOST = 2,
    RPL_CREATED = 3,
    RPL_MYINFO = 4,
    RPL_ISUPPORT = 5,
    RPL_BOUNCE = 10,
    // Statistics, the user's own modes.
    RPL_STATSLINKINFO = 211,
    RPL_STATSCOMMANDS = 212,
    RPL_ENDOFSTATS = 219,
    RPL_UMODEIS = 221,
    RPL_STATSUPTIME = 242,
    RPL_STATSOLINE = 243,
    // Counts and administration.
    RPL_LUSERCLIENT = 251,
    RPL_LUSEROP = 252,
    RPL_LUSERUNKNOWN = 253,
    RPL_LUSERCHANNELS = 254,
    RPL_LUSERME = 255,
    RPL_ADMINME = 256,
    RPL_ADMINLOC1 = 257,
    RPL_ADMINLOC2 = 258,
    RPL_ADMINEMAIL = 259,
    RPL_TRYAGAIN = 263,
    RPL_LOCALUSERS = 265,
    RPL_GLOBALUSERS = 266,
    RPL_WHOISCERTFP = 276,
    // Users: away, WHOIS, WHO, WHOWAS.
    RPL_NONE = 300,
    RPL_AWAY = 301,
    RPL_USERHOST = 302,
    RPL_ISON = 303,
    RPL_UNAWAY = 305,
    RPL_NOWAWAY = 306,
    RPL_WHOISREGNICK = 307,
    RPL_WHOISUSER = 311,
    RPL_WHOISSERVER = 312,
    RPL_WHOISOPERATOR = 313,
    RPL_WHOWASUSER = 314,
    RPL_ENDOFWHO = 315,
    RPL_WHOISIDLE = 317,
    RPL_ENDOFWHOIS = 318,
    RPL_WHOISCHANNELS = 319,
    RPL_WHOISSPECIAL = 320,
    RPL_WHOISACCOUNT = 330,
    RPL_WHOISBOT = 335,
    RPL_WHOISACTUALLY = 338,
    RPL_WHOREPLY = 352,
    RPL_WHOSPCRPL = 354,
    RPL_ENDOFWHOWAS = 369,
    RPL_WHOISHOST = 378,
    RPL_WHOISMODES = 379,
    RPL_WHOISSECURE = 671,
    // Channels: lists, modes, topics, members, invitations, bans.
    RPL_LISTSTART = 321,
    RPL_LIST = 322,
    RPL_LISTEND = 323,
    RPL_CHANNELMODEIS = 324,
    RPL_UNIQOPIS = 325,
    RPL_CREATIONTIME = 329,
    RPL_NOTOPIC = 331,
    RPL_TOPIC = 332,
    RPL_TOPICWHOTIME = 333,
    RPL_INVITELIST = 336,
    RPL_ENDOFINVITELIST = 337,
    RPL_INVITING = 341,
    RPL_SUMMONING = 342,
    RPL_INVEXLIST = 346,
    RPL_ENDOFINVEXLIST = 347,
    RPL_EXCEPTLIST = 348,
    RPL_ENDOFEXCEPTLIST = 349,
    RPL_NAMREPLY = 353,
    RPL_ENDOFNAMES = 366,
    RPL_BANLIST = 367,
    RPL_ENDOFBANLIST = 368,
    // The server: version, links, message of the day, help.
    RPL_VERSION = 351,
    RPL_LINKS = 364,
    RPL_ENDOFLINKS = 365,
    RPL_INFO = 371,
    RPL_MOTD = 372,
    RPL_ENDOFINFO = 374,
    RPL_MOTDSTART = 375,
    RPL_ENDOFMOTD = 376,
    RPL_YOUREOPER = 381,
    RPL_REHASHING = 382,
    RPL_TIME = 391,
    RPL_VISIBLEHOST = 396,
    RPL_HELPSTART = 704,
    RPL_HELPTXT = 705,
    RPL_ENDOFHELP = 706,
    // Watching nicknames.
    RPL_MONONLINE = 730,
    RPL_MONOFFLINE = 731,
    RPL_MONLIST = 732,
    RPL_ENDOFMONLIST = 733,
    ERR_MONLISTFULL = 734,
    // Errors: what was named is not there, or the line is wrong.
    ERR_UNKNOWNERROR = 400,
    ERR_NOSUCHNICK = 401,
    ERR_NOSUCHSERVER = 402,
    ERR_NOSUCHCHANNEL = 403,
    ERR_CANNOTSENDTOCHAN = 404,
    ERR_TOOMANYCHANNELS = 405,
    ERR_WASNOSUCHNICK = 406,
    ERR_TOOMANYTARGETS = 407,
    ERR_NOORIGIN = 409,
    ERR_INVALIDCAPCMD = 410,
    ERR_NORECIPIENT = 411,
    ERR_NOTEXTTOSEND = 412,
    ERR_NOTOPLEVEL = 413,
    ERR_WILDTOPLEVEL = 414,
    ERR_INPUTTOOLONG = 417,
    ERR_UNKNOWNCOMMAND = 421,
    ERR_NOMOTD = 422,
    ERR_NOADMININFO = 423,
    // Errors: nicknames and registration.
    ERR_NONICKNAMEGIVEN = 431,
    ERR_ERRONEUSNICKNAME = 432,
    ERR_NICKNAMEINUSE = 433,
    ERR_NICKCOLLISION = 436,
    ERR_UNAVAILRESOURCE = 437,
    ERR_NOTREGISTERED = 451,
    ERR_NEEDMOREPARAMS = 461,
    ERR_ALREADYREGISTERED = 462,
    ERR_NOPERMFORHOST = 463,
    ERR_PASSWDMISMATCH = 464,
    ERR_YOUREBANNEDCREEP = 465,
    ERR_YOUWILLBEBANNED = 466,
    // Errors: channels.
    ERR_USERNOTINCHANNEL = 441,
    ERR_NOTONCHANNEL = 442,
    ERR_USERONCHANNEL = 443,
    ERR_KEYSET = 467,
    ERR_CHANNELISFULL = 471,
    ERR_UNKNOWNMODE = 472,
    ERR_INVITEONLYCHAN = 473,
    ERR_BANNEDFROMCHAN = 474,
    ERR_BADCHANNELKEY = 475,
    ERR_BADCHANMASK = 476,
    ERR_NEEDREGGEDNICK = 477,
    ERR_BANLISTFULL = 478,
    ERR_BADCHANNAME = 479,
    ERR_INVALIDKEY = 525,
    ERR_INVALIDMODEPARAM = 696,
    // Errors: privileges, modes, help.
    ERR_SUMMONDISABLED = 445,
    ERR_USERSDISABLED = 446,
    ERR_NOPRIVILEGES = 481,
    ERR_CHANOPRIVSNEEDED = 482,
    ERR_CANTKILLSERVER = 483,
    ERR_RESTRICTED = 484,
    ERR_NOOPERHOST = 491,
    ERR_UMODEUNKNOWNFLAG = 501,
    ERR_USERSDONTMATCH = 502,
    ERR_HELPNOTFOUND = 524,
    ERR_CANTSENDTOUSER = 531,
    RPL_STARTTLS = 670,
    ERR_STARTTLS = 691,
    ERR_NOPRIVS = 723,
    // Accounts and SASL.
    RPL_LOGGEDIN = 900,
    RPL_LOGGEDOUT = 901,
    ERR_NICKLOCKED = 902,
    RPL_SASLSUCCESS = 903,
    ERR_SASLFAIL = 904,
    ERR_SASLTOOLONG = 905,
    ERR_SASLABORTED = 906,
    ERR_SASLALREADY = 907,
    RPL_SASLMECHS = 908,
}

static DIGITS: [[u8; 3]; 1000] = digits();

const fn digits() -> [[u8; 3]; 1000] {
    let mut digits = [[b'0'; 3]; 1000];
    let mut code = 0;
    while code < 1000 {
        digits[code] =
            [b'0' + (code / 100) as u8, b'0' + (code / 10 % 10) as u8, b'0' + (code % 10) as u8];
        code += 1;
    }
    digits
}
