//! The members of a room, in chunks.

use crate::{Roles, UserId};

/// Who is in a room: joining and leaving take constant time and copy at most one chunk.
///
/// A member keeps their place until they leave, so a walk that is interrupted goes on where it
/// was, whoever came and went: it misses nobody who was there throughout and repeats only whoever
/// left and came back.
#[derive(Debug, Default)]
pub(crate) struct Members {
    chunks: Vec<Chunk>,
    /// Exactly the chunks that are not full.
    roomy: Vec<u32>,
    count: u32,
}

#[derive(Debug, Default)]
struct Chunk {
    /// One bit for each place that is taken.
    taken: u64,
    /// Places that are not taken hold whoever was there last.
    places: Vec<Member>,
}

/// A room's half of somebody being in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    pub(crate) user: UserId,
    /// At which edition of the ban lists `banned` was found; 0 for never.
    pub(crate) checked: u32,
    pub(crate) roles: Roles,
    pub(crate) banned: bool,
}

impl Members {
    /// Adds a member and says which place they have.
    pub(crate) fn insert(&mut self, user: UserId, roles: Roles) -> u32 {
        let member = Member { user, checked: 0, roles, banned: false };
        let number = self.roomy.last().copied().unwrap_or_else(|| {
            // The count of members fits a u32, and so does that of chunks.
            let number = self.chunks.len() as u32;
            self.chunks.push(Chunk::default());
            self.roomy.push(number);
            number
        });
        let chunk = &mut self.chunks[number as usize];
        let bit = chunk.taken.trailing_ones();
        chunk.taken |= 1 << bit;
        match chunk.places.get_mut(bit as usize) {
            Some(place) => *place = member,
            None => chunk.places.push(member),
        }
        if chunk.taken == u64::MAX {
            self.roomy.pop();
        }
        self.count += 1;
        number * CHUNK + bit
    }

    pub(crate) fn remove(&mut self, place: u32) {
        let (number, bit) = (place / CHUNK, place % CHUNK);
        let Some(chunk) = self.chunks.get_mut(number as usize) else { return };
        if chunk.taken & (1 << bit) == 0 {
            return;
        }
        if chunk.taken == u64::MAX {
            self.roomy.push(number);
        }
        chunk.taken &= !(1 << bit);
        if chunk.taken == 0 {
            chunk.places = Vec::new();
        }
        self.count -= 1;
    }

    pub(crate) fn get(&self, place: u32) -> Option<&Member> {
        let chunk = self.chunks.get((place / CHUNK) as usize)?;
        (chunk.taken & (1 << (place % CHUNK)) != 0).then(|| &chunk.places[(place % CHUNK) as usize])
    }

    pub(crate) fn get_mut(&mut self, place: u32) -> Option<&mut Member> {
        let chunk = self.chunks.get_mut((place / CHUNK) as usize)?;
        let taken = chunk.taken & (1 << (place % CHUNK)) != 0;
        taken.then(|| &mut chunk.places[(place % CHUNK) as usize])
    }

    pub(crate) const fn len(&self) -> u32 {
        self.count
    }

    /// The first member at `place` or after it, and where they are.
    pub(crate) fn at_or_after(&self, place: u32) -> Option<(u32, &Member)> {
        let mut skip = place % CHUNK;
        for (number, chunk) in self.chunks.iter().enumerate().skip((place / CHUNK) as usize) {
            let rest = chunk.taken & (u64::MAX << skip);
            if rest != 0 {
                let bit = rest.trailing_zeros();
                return Some((number as u32 * CHUNK + bit, &chunk.places[bit as usize]));
            }
            skip = 0;
        }
        None
    }
}

/// As many as there are bits in `Chunk::taken`.
const CHUNK: u32 = u64::BITS;
