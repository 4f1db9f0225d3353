//! System calls that nobody wraps, each as a safe function. The only room with `unsafe`.
#![allow(unsafe_code)]

pub mod inherited;
mod local_time;
mod pidfd;
pub mod tty;

pub use local_time::utc_offset;
pub use pidfd::{ExitRecord, pidfd_exit_record, pidfd_send};
