//! Mode strings such as `+ov-b ann bob *!*@example.net`: read, and written in the fewest bytes.

mod change;
mod group;
mod table;

pub use change::{ModeChange, ModeChanges, ModeError, Sign};
pub use group::{ModeGroups, group_modes, write_modes};
pub use table::{ModeKind, ModeTable, ModeTableError};
