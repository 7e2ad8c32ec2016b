//! Names of sessions, users and rooms inside one realm: never used twice.

use std::{fmt, num::NonZeroU32};

/// What [`Slots`](crate::slots::Slots) is indexed by.
pub(crate) trait Key: Copy {
    fn new(index: u32, generation: NonZeroU32) -> Self;
    fn index(self) -> u32;
    fn generation(self) -> NonZeroU32;
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// A place in a table and how often that place was used before, so that the name of
        /// something gone never means something new.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            index: u32,
            generation: NonZeroU32,
        }

        impl $name {
            /// The whole id as one number, unique for the life of the realm.
            #[must_use]
            pub const fn as_u64(self) -> u64 {
                (self.generation.get() as u64) << 32 | self.index as u64
            }

            /// The place in the table: small and dense, and used again once its holder is gone.
            #[must_use]
            pub const fn index(self) -> usize {
                self.index as usize
            }
        }

        impl Key for $name {
            fn new(index: u32, generation: NonZeroU32) -> Self {
                Self { index, generation }
            }

            fn index(self) -> u32 {
                self.index
            }

            fn generation(self) -> NonZeroU32 {
                self.generation
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({}.{})"), self.index, self.generation)
            }
        }
    };
}

id! {
    /// One connection of a user, as the realm knows it.
    SessionId
}
id! {
    /// A user, with however many sessions.
    UserId
}
id! {
    /// A room, from its first member's join until it is empty.
    RoomId
}
