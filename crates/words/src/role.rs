//! What a member may do in a room.

use std::fmt;

/// One role of a member, the higher the greater.
///
/// ```
/// use ropewalk_words::Role;
///
/// assert!(Role::Operator > Role::Voice);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Speaks in a moderated room, and although banned.
    Voice,
    /// Gives voice, sets the topic, and kicks whoever has no higher role.
    HalfOperator,
    /// Changes modes, bans, invites, and makes operators.
    Operator,
    /// An operator whom operators cannot kick.
    Admin,
    /// The highest: makes administrators.
    Founder,
}

impl Role {
    /// All of them, the highest first.
    pub const ALL: [Self; 5] =
        [Self::Founder, Self::Admin, Self::Operator, Self::HalfOperator, Self::Voice];
}

/// The roles that one member has.
///
/// ```
/// use ropewalk_words::{Role, Roles};
///
/// let roles = Roles::from(Role::Voice).with(Role::Operator);
/// assert_eq!(roles.highest(), Some(Role::Operator));
/// assert!(roles.reaches(Role::HalfOperator));
/// assert!(!roles.has(Role::HalfOperator));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// Whether exactly this role is among them.
    #[must_use]
    pub const fn has(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }

    /// Whether the highest is at least this one.
    #[must_use]
    pub const fn reaches(self, role: Role) -> bool {
        self.0 >> role as u8 != 0
    }

    /// The highest of them.
    #[must_use]
    pub fn highest(self) -> Option<Role> {
        Role::ALL.into_iter().find(|role| self.has(*role))
    }

    /// These and one more.
    #[must_use]
    pub const fn with(self, role: Role) -> Self {
        Self(self.0 | 1 << role as u8)
    }

    /// These but for one.
    #[must_use]
    pub const fn without(self, role: Role) -> Self {
        Self(self.0 & !(1 << role as u8))
    }

    /// Whether a member with these may give or take `role`.
    pub(crate) const fn may_grant(self, role: Role) -> bool {
        self.reaches(match role {
            Role::Voice => Role::HalfOperator,
            Role::HalfOperator | Role::Operator => Role::Operator,
            Role::Admin | Role::Founder => Role::Founder,
        })
    }

    /// Whether a member with these may kick or demote one with `other`: equals may from operator
    /// on, half-operators only those below them.
    pub(crate) fn commands(self, other: Self) -> bool {
        match self.highest() {
            Some(role) if role >= Role::Operator => Some(role) >= other.highest(),
            Some(Role::HalfOperator) => Some(Role::HalfOperator) > other.highest(),
            _ => false,
        }
    }
}

impl From<Role> for Roles {
    fn from(role: Role) -> Self {
        Self::default().with(role)
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(Role::ALL.into_iter().filter(|role| self.has(*role))).finish()
    }
}
