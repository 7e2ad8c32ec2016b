//! Long answers, pulled piece by piece.
//!
//! A cursor is a position, not a copy: it costs nothing while it waits, and between two pulls
//! the realm may change in any way. Whoever is there throughout is shown once. Whoever comes or
//! goes meanwhile may be shown or not; members of the room hear of that as an event.

use crate::{Flag, Realm, Roles, Room, RoomId, User, UserId, UserMode, mask::glob};

/// Whether a cursor has more to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Pull again.
    More,
    /// That was all.
    Done,
}

/// The members of one room, for NAMES and WHO; made by [`Realm::names`].
///
/// ```
/// # use ropewalk_words::*;
/// # let mut realm = Realm::new(Settings::default());
/// # let (mut effects, now) = (Effects::default(), Timestamp::from_millis(1));
/// # let session = realm.open(now, FrontEnd::Irc)?;
/// # let who = Registration { nick: b"ada", username: b"a", host: b"h", realname: b"" };
/// # realm.apply(now, session, Command::Register(who), &mut effects)?;
/// # realm.apply(now, session, Command::Join { room: b"#rope", key: None }, &mut effects)?;
/// let (ada, _) = realm.user_named(b"ada").unwrap();
/// let mut names = realm.names(ada, b"#rope").unwrap();
/// let mut seen = Vec::new();
/// while names.pull(&realm, 50, |_, user, _| seen.push(user.nick().to_vec())) == Progress::More {}
/// assert_eq!(seen, [b"ada"]);
/// # Ok::<(), Refusal>(())
/// ```
#[derive(Clone, Debug)]
pub struct NamesCursor {
    pub(crate) room: RoomId,
    pub(crate) next: u32,
    /// Whether invisible members are shown.
    pub(crate) inside: bool,
}

impl NamesCursor {
    /// Shows at most the next `most` members, and looks at no more.
    pub fn pull(
        &mut self,
        realm: &Realm,
        most: usize,
        mut show: impl FnMut(UserId, &User, Roles),
    ) -> Progress {
        let Some(room) = realm.room(self.room) else { return Progress::Done };
        for _ in 0..most {
            let Some((place, member)) = room.members.at_or_after(self.next) else {
                return Progress::Done;
            };
            self.next = place + 1;
            let Some(user) = realm.user(member.user) else { continue };
            if self.inside || !user.modes().has(UserMode::Invisible) {
                show(member.user, user, member.roles);
            }
        }
        Progress::More
    }
}

/// The users whom a mask means, for WHO; made by [`Realm::users`].
///
/// ```
/// # use ropewalk_words::*;
/// # let mut realm = Realm::new(Settings::default());
/// # let (mut effects, now) = (Effects::default(), Timestamp::from_millis(1));
/// # let session = realm.open(now, FrontEnd::Irc)?;
/// # let who = Registration { nick: b"ada", username: b"a", host: b"h", realname: b"" };
/// # realm.apply(now, session, Command::Register(who), &mut effects)?;
/// # realm.apply(now, session, Command::Join { room: b"#rope", key: None }, &mut effects)?;
/// let (ada, _) = realm.user_named(b"ada").unwrap();
/// let mut seen = 0;
/// let mut users = realm.users(ada, b"a*");
/// while users.pull(&realm, 50, |_, _| seen += 1) == Progress::More {}
/// assert_eq!(seen, 1);
/// # Ok::<(), Refusal>(())
/// ```
#[derive(Clone, Debug)]
pub struct UsersCursor {
    pub(crate) viewer: UserId,
    pub(crate) mask: Box<[u8]>,
    pub(crate) next: usize,
}

impl UsersCursor {
    /// Looks at the next `most` places, and shows those users there whom the mask means and the
    /// viewer may see.
    pub fn pull(
        &mut self,
        realm: &Realm,
        most: usize,
        mut show: impl FnMut(UserId, &User),
    ) -> Progress {
        let mut seen = 0;
        for place in realm.users.places(self.next).take(most) {
            seen += 1;
            let Some((id, user)) = place else { continue };
            if self.means(realm, user) && realm.sees_user(self.viewer, id) {
                show(id, user);
            }
        }
        self.next += seen;
        if seen < most { Progress::Done } else { Progress::More }
    }

    fn means(&self, realm: &Realm, user: &User) -> bool {
        let prefix = user.prefix();
        let parts = [prefix.nick(), prefix.username(), prefix.host(), user.realname()];
        parts.iter().any(|part| glob(realm.fold(), &self.mask, part))
    }
}

/// All rooms that somebody may know of, for LIST; made by [`Realm::rooms`].
///
/// ```
/// # use ropewalk_words::*;
/// # let mut realm = Realm::new(Settings::default());
/// # let (mut effects, now) = (Effects::default(), Timestamp::from_millis(1));
/// # let session = realm.open(now, FrontEnd::Irc)?;
/// # let who = Registration { nick: b"ada", username: b"a", host: b"h", realname: b"" };
/// # realm.apply(now, session, Command::Register(who), &mut effects)?;
/// # realm.apply(now, session, Command::Join { room: b"#rope", key: None }, &mut effects)?;
/// let (ada, _) = realm.user_named(b"ada").unwrap();
/// let mut rooms = realm.rooms(ada);
/// rooms.pull(&realm, 50, |_, room| assert_eq!((room.name(), room.population()), (&b"#rope"[..], 1)));
/// # Ok::<(), Refusal>(())
/// ```
#[derive(Clone, Debug)]
pub struct RoomsCursor {
    pub(crate) viewer: UserId,
    pub(crate) next: usize,
}

impl RoomsCursor {
    /// Looks at the next `most` places, and shows those rooms there that the viewer may know of.
    pub fn pull(
        &mut self,
        realm: &Realm,
        most: usize,
        mut show: impl FnMut(RoomId, &Room),
    ) -> Progress {
        let mut seen = 0;
        for place in realm.rooms.places(self.next).take(most) {
            seen += 1;
            let Some((id, room)) = place else { continue };
            if !room.flags().has(Flag::Secret) || realm.roles(self.viewer, id).is_some() {
                show(id, room);
            }
        }
        self.next += seen;
        if seen < most { Progress::Done } else { Progress::More }
    }
}
