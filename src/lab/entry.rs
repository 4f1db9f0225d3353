//! The hidden entry: how a glowtop that was started by a glowtop learns that it is a supervisor or a worker.
//!
//! The order stands in an environment variable. It counts only if all of this is true, so that nobody is turned
//! into a worker by accident: it can be read, its writer is our parent, and both standard input (lifeline or queue)
//! and standard output (the way back) are pipes.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::sys::stat::{SFlag, fstat};

use super::order::{Order, Role, VARIABLE};
use super::{master, safety, supervisor};

/// Exit code for a hidden entry that was not meant.
const REFUSED: u8 = 2;

/// Runs this process as what the lab started it for and returns its exit code; `None` where it is no process of
/// the lab. Must be called first thing, while the process has one thread.
pub fn hidden_entry() -> Option<ExitCode> {
    let variable = std::env::var_os(VARIABLE)?;
    let Some(order) = accept(&variable) else {
        let _ = writeln!(
            io::stderr(),
            "glowtop: {VARIABLE} is set, but glowtop's lab did not start this process. Unset it."
        );
        return Some(ExitCode::from(REFUSED));
    };
    Some(match &order.role {
        Role::Supervisor(plan) => supervisor::main(&order, plan),
        Role::Master(stage) => master::main(&order, stage),
    })
}

/// The order, if it is one and meant for us.
fn accept(variable: &OsStr) -> Option<Order> {
    let order: Order = Order::from_environment(variable.as_encoded_bytes())?;
    let from_parent = safety::is_our_parent(order.parent);
    (from_parent && is_pipe(io::stdin()) && is_pipe(io::stdout())).then_some(order)
}

fn is_pipe(fd: impl AsFd) -> bool {
    fstat(fd).is_ok_and(|stat| SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT == SFlag::S_IFIFO)
}
