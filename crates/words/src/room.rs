//! A room: its members, its topic, its modes, its lists.

use std::sync::Arc;

use crate::{
    Change, Flag, Flags, Fold, Mask, MaskEntry, MaskList, Prefix, Role, RoomId, RoomRef, Timestamp,
    UserId,
    members::{Member, Members},
};

/// A room with somebody in it.
#[derive(Debug)]
pub struct Room {
    pub(crate) name: Arc<[u8]>,
    pub(crate) topic: Option<Topic>,
    pub(crate) flags: Flags,
    pub(crate) key: Option<Arc<[u8]>>,
    pub(crate) limit: Option<u32>,
    pub(crate) members: Members,
    pub(crate) invited: Vec<UserId>,
    created: Timestamp,
    bans: Vec<MaskEntry>,
    exceptions: Vec<MaskEntry>,
    invitations: Vec<MaskEntry>,
    /// Grows whenever who is banned may have changed.
    edition: u32,
}

/// What a room is about.
#[derive(Clone, Debug)]
pub struct Topic {
    /// The text; not empty.
    pub text: Arc<[u8]>,
    /// Who set it.
    pub setter: Prefix,
    /// When.
    pub at: Timestamp,
}

impl Room {
    pub(crate) fn new(name: &[u8], created: Timestamp, flags: Flags) -> Self {
        Self {
            name: name.into(),
            topic: None,
            flags,
            key: None,
            limit: None,
            members: Members::default(),
            invited: Vec::new(),
            created,
            bans: Vec::new(),
            exceptions: Vec::new(),
            invitations: Vec::new(),
            edition: 1,
        }
    }

    /// Its name, as its first member wrote it.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// What it is about.
    #[must_use]
    pub const fn topic(&self) -> Option<&Topic> {
        self.topic.as_ref()
    }

    /// When its first member came.
    #[must_use]
    pub const fn created(&self) -> Timestamp {
        self.created
    }

    /// The flags that are set.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        self.flags
    }

    /// The word that joining takes.
    #[must_use]
    pub fn key(&self) -> Option<&[u8]> {
        self.key.as_deref()
    }

    /// How many members may be in it by joining.
    #[must_use]
    pub const fn limit(&self) -> Option<u32> {
        self.limit
    }

    /// How many members it has.
    #[must_use]
    pub const fn population(&self) -> u32 {
        self.members.len()
    }

    /// The masks on one of its lists, the oldest first.
    #[must_use]
    pub fn list(&self, list: MaskList) -> &[MaskEntry] {
        match list {
            MaskList::Ban => &self.bans,
            MaskList::Exception => &self.exceptions,
            MaskList::Invitation => &self.invitations,
        }
    }

    /// Its modes other than lists and roles, as the changes that would make them.
    pub fn modes(&self) -> impl Iterator<Item = Change> {
        let flags = self.flags.iter().map(Change::Set);
        let key = self.key.iter().map(|key| Change::SetKey(Arc::clone(key)));
        flags.chain(key).chain(self.limit.map(Change::SetLimit))
    }

    pub(crate) fn as_ref(&self, id: RoomId) -> RoomRef {
        RoomRef { id, name: Arc::clone(&self.name) }
    }

    pub(crate) fn add(&mut self, list: MaskList, entry: MaskEntry) {
        self.entries(list).push(entry);
    }

    /// Takes a mask off a list, and gives back what it was.
    pub(crate) fn remove(&mut self, list: MaskList, fold: Fold, mask: &Mask) -> Option<MaskEntry> {
        let entries = self.entries(list);
        let same = |entry: &MaskEntry| fold.same(entry.mask.as_bytes(), mask.as_bytes());
        let index = entries.iter().position(same)?;
        Some(entries.remove(index))
    }

    fn entries(&mut self, list: MaskList) -> &mut Vec<MaskEntry> {
        self.edition = self.edition.checked_add(1).unwrap_or(1);
        match list {
            MaskList::Ban => &mut self.bans,
            MaskList::Exception => &mut self.exceptions,
            MaskList::Invitation => &mut self.invitations,
        }
    }

    pub(crate) fn lists(&self, list: MaskList, fold: Fold, prefix: &Prefix) -> bool {
        self.list(list).iter().any(|entry| entry.mask.matches(fold, prefix))
    }

    pub(crate) fn bans(&self, fold: Fold, prefix: &Prefix) -> bool {
        self.lists(MaskList::Ban, fold, prefix) && !self.lists(MaskList::Exception, fold, prefix)
    }

    /// Whether someone called `prefix`, at `place` if they are in the room, may speak to it.
    ///
    /// Masks are compared once for each member and edition of the lists, not for each message.
    pub(crate) fn hears(&mut self, fold: Fold, prefix: &Prefix, place: Option<u32>) -> bool {
        let Some(member) = place.and_then(|place| self.members.get(place)).copied() else {
            let closed = self.flags.has(Flag::NoExternal) || self.flags.has(Flag::Moderated);
            return !closed && !self.bans(fold, prefix);
        };
        if member.roles.reaches(Role::Voice) {
            return true;
        }
        if self.flags.has(Flag::Moderated) {
            return false;
        }
        if self.bans.is_empty() || member.checked == self.edition {
            return self.bans.is_empty() || !member.banned;
        }
        let (banned, checked) = (self.bans(fold, prefix), self.edition);
        if let Some(place) = place.and_then(|place| self.members.get_mut(place)) {
            *place = Member { banned, checked, ..member };
        }
        !banned
    }

    /// Forgets what [`hears`](Self::hears) found about a member: they have another name now.
    pub(crate) fn forget_check(&mut self, place: u32) {
        if let Some(member) = self.members.get_mut(place) {
            member.checked = 0;
        }
    }
}
