//! System calls that nobody wraps, each as a safe function. The only room with `unsafe`.
//!
//! Each function asks the kernel or the C library one thing and says in the words of the manual page what comes back;
//! each `unsafe` block says why it is sound. This room must never know anything of the house: no word of the model, no
//! policy, no retry.
#![allow(unsafe_code)]

mod cpu_clock;
mod dispositions;
mod fork;
mod futex;
mod heap;
pub mod inherited;
pub mod ioprio;
mod local_time;
mod pages;
mod pidfd;
pub mod scheduling;
mod shared;
mod title;
pub mod tty;

pub use cpu_clock::process_cpu;
pub use dispositions::{catch_signal, caught_signals, ignore_signal};
pub use fork::{Ended, Forked, fork_alone, fork_and_be_held, wait4, wait4_any};
pub use futex::{futex_wait, futex_wake};
pub use heap::{return_free_pages, return_large_blocks};
pub use local_time::utc_offset;
pub use pages::return_unused_code;
pub use pidfd::{ExitRecord, pid_send, pidfd_exit_record, pidfd_send, pidfd_send_group};
pub use shared::Shared;
pub use title::set_title;
