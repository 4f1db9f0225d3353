//! Kernel text → [`Sample`](crate::model::Sample), below an injectable root.
//!
//! Its words: to *look* is to read the whole machine once; *known* is what is remembered of a process between looks;
//! a *miss* is why a file could not be read. [`Live`] is the door. Inside, `parse` is pure (bytes → raw values),
//! `files` opens and reads what cannot block, `commands` reads what can on threads that may be left behind, `clock`
//! asks for times, `events` hears of forks and ends, `roll` knows who is there and `reader` what each of them says,
//! `details` reads what is asked only of those on screen (and `rollups` and `ports` what takes a thread of its own,
//! `taskstats` what is in no file and is asked by netlink), `pool` keeps once what many have in common, `facts` reads what
//! is slow or rare on a thread that nobody waits for, systemd's bus among it, `inspect` one process in depth. A process may end between any two reads, so each of them may find nothing, and that is no error.
//!
//! This room must never know rates, percentages, columns or sorting. Read next: `live.rs`.
#![allow(clippy::disallowed_methods)]

mod anything;
mod clock;
mod commands;
mod deaths;
mod details;
mod events;
mod facts;
mod files;
mod inspect;
mod kept;
mod known;
mod live;
mod machine;
mod parse;
mod pool;
mod ports;
mod reader;
mod roll;
mod rollups;
mod sockets;
mod taskstats;
mod topology;
mod users;

#[doc(hidden)]
pub use anything::parse_anything;
pub use facts::FactsReader;
pub use inspect::Inspector;
pub use live::Live;
pub use topology::topology;
