//! Acting on a process: pin, check, act, verdict.
//!
//! The words of this room: to *pin* is to open a pidfd and to check, afterwards, that it means the process that was
//! chosen; the *outcome* is what the kernel said to the act; the *verdict* is what the process did about it.
//! Delivered is not dead.
//!
//! One thread, started by [`start`], does all of it. It takes [`ControlOrder`](crate::model::ControlOrder)s, never
//! blocks on one target, sleeps until there is an order, a death or a look that is due, and tells
//! [`ControlNews`](crate::model::ControlNews) as they happen. [`act_and_wait`] is the same for a command line.
//!
//! What is promised:
//!
//! * No signal is sent by pid, nor to a process group by its number unless one of those who are meant is in it and held,
//!   so that the number is its own. A recycled pid is found out and nothing is sent. Where there are no pidfds, before
//!   Linux 5.3 or behind a seccomp filter, the start time is checked before and after each act instead, the hold is
//!   told to be weak, and the outcome is `Uncertain` where the second check fails.
//! * Where the kernel wants a pid (a thread's nice value, say), the thread's own stat file is kept open around the call:
//!   who ended meanwhile is found out, and the outcome is `Uncertain` where somebody else could have been reached.
//! * What an act changed can be given back, to each thread its own, and to nobody else.
//! * Each target of an order to act gets exactly one outcome, and after `Delivered` exactly one verdict, unless
//!   another order to act on it comes first; after `StillAlive` its end, within a minute, is a second verdict. A
//!   ladder's second rung is answered as a signal of its own, by those who are left.
//! * When all answers are in, `Over` closes the order, once.
//! * Whoever is added by a reach is pinned, too. Threads of the kernel, init, ourselves and our ancestors never are.
//! * Whoever is stopped for the sake of another signal is continued, unless it was stopped before.
//! * Where somebody with the same program, name and cgroup comes in the place of one that was killed, within 10 s, from
//!   the same parent or service manager and after that one was reaped, that is told once.
//!
//! This room must never know menus, tags, keys, or why somebody wants a process to end. Read next: `pin` (identity),
//! `case` (one target), then `desk`, the thread: `acting` is its hand, `watch` its eye, `orders` its book of who owes
//! what, `ladder` the second rung, `sweep` who else belongs, `undo` what can be given back. `follow` makes verdicts of
//! what is seen, `tame` knows the values.
#![allow(clippy::disallowed_methods)]

mod acting;
mod case;
mod cgroups;
mod desk;
mod door;
mod follow;
mod ladder;
mod limit;
mod look;
mod mounts;
mod orders;
mod pin;
mod respawn;
#[cfg(test)]
mod soak;
mod survey;
mod sweep;
mod tame;
mod undo;
mod wait;
mod watch;
#[cfg(test)]
mod without_handles;

pub use door::{Control, PATIENCE, start, start_with};
pub use wait::act_and_wait;
