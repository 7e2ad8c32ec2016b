//! LIST, with the conditions that `ELIST=CMNTU` promises.

use ropewalk_irc::{Message, Numeric};

use crate::{Fold, Progress, Room, RoomsCursor, Timestamp, mask::glob};

use super::{Answer, Cx, Irc, answers::PIECE, rooms::list};

/// A LIST that is being answered.
#[derive(Debug)]
pub(super) struct List {
    cursor: RoomsCursor,
    filter: Filter,
}

/// Which rooms are wanted: those that meet every condition.
#[derive(Debug)]
struct Filter {
    fold: Fold,
    now: Timestamp,
    /// One of these, if there are any.
    masks: Vec<Box<[u8]>>,
    conditions: Vec<Condition>,
}

#[derive(Debug)]
enum Condition {
    /// `!mask`
    Not(Box<[u8]>),
    /// `>n`
    More(u64),
    /// `<n`
    Fewer(u64),
    /// `C>n`: created more than so many minutes ago.
    CreatedBefore(u64),
    /// `C<n`
    CreatedAfter(u64),
    /// `T>n`: its topic set more than so many minutes ago.
    TopicBefore(u64),
    /// `T<n`
    TopicAfter(u64),
}

impl Irc {
    pub(super) fn list_rooms(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        let Some(me) = &self.me else { return };
        let now = self.server.hall().time(cx.now());
        let (cursor, fold) = self.server.hall().read(|realm| (realm.rooms(me.id), realm.fold()));
        let mut filter = Filter { fold, now, masks: Vec::new(), conditions: Vec::new() };
        let words = message.params.first().copied().unwrap_or_default();
        for word in list(words).filter(|word| !word.is_empty()) {
            match Condition::parse(word) {
                Some(condition) => filter.conditions.push(condition),
                None => filter.masks.push(word.into()),
            }
        }
        self.reply(cx, Numeric::RPL_LISTSTART, &[b"Channel"], "Users  Name");
        self.answer(cx, Answer::List(Box::new(List { cursor, filter })));
        self.end_list(cx);
    }

    fn end_list(&mut self, cx: &mut Cx<'_>) {
        self.answer(
            cx,
            Answer::End { numeric: Numeric::RPL_LISTEND, about: None, text: "End of /LIST" },
        );
    }

    pub(super) fn write_list(&self, cx: &mut Cx<'_>, list: &mut List) -> Progress {
        let List { cursor, filter } = list;
        let mut rows = Vec::new();
        let progress = self.server.hall().read(|realm| {
            cursor.pull(realm, PIECE, |_, room| {
                if filter.wants(room) {
                    let topic = room.topic().map(|topic| topic.text.clone());
                    rows.push((room.name.clone(), room.population(), topic));
                }
            })
        });
        for (name, population, topic) in rows {
            let topic: &[u8] = topic.as_deref().unwrap_or_default();
            let population = population.to_string();
            let words = [&*name, population.as_bytes()];
            self.reply(cx, Numeric::RPL_LIST, &words, topic);
        }
        progress
    }
}

impl Filter {
    fn wants(&self, room: &Room) -> bool {
        let named = |mask: &[u8]| glob(self.fold, mask, room.name());
        let minutes = |at: Timestamp| self.now.since(at).as_secs() / 60;
        let topic = room.topic().map(|topic| minutes(topic.at));
        (self.masks.is_empty() || self.masks.iter().any(|mask| named(mask)))
            && self.conditions.iter().all(|condition| match condition {
                Condition::Not(mask) => !named(mask),
                Condition::More(count) => u64::from(room.population()) > *count,
                Condition::Fewer(count) => u64::from(room.population()) < *count,
                Condition::CreatedBefore(limit) => minutes(room.created()) > *limit,
                Condition::CreatedAfter(limit) => minutes(room.created()) < *limit,
                Condition::TopicBefore(limit) => topic.is_some_and(|age| age > *limit),
                Condition::TopicAfter(limit) => topic.is_some_and(|age| age < *limit),
            })
    }
}

impl Condition {
    /// The condition that a word is; none when it is a mask.
    fn parse(word: &[u8]) -> Option<Self> {
        if let Some(mask) = word.strip_prefix(b"!") {
            return Some(Self::Not(mask.into()));
        }
        let (make, digits): (fn(u64) -> Self, &[u8]) = match word {
            [b'>', digits @ ..] => (Self::More, digits),
            [b'<', digits @ ..] => (Self::Fewer, digits),
            [b'C' | b'c', b'>', digits @ ..] => (Self::CreatedBefore, digits),
            [b'C' | b'c', b'<', digits @ ..] => (Self::CreatedAfter, digits),
            [b'T' | b't', b'>', digits @ ..] => (Self::TopicBefore, digits),
            [b'T' | b't', b'<', digits @ ..] => (Self::TopicAfter, digits),
            _ => return None,
        };
        str::from_utf8(digits).ok()?.parse().ok().map(make)
    }
}
