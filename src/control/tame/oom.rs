//! How gladly the kernel kills a process when memory runs out: proc_pid_oom_score_adj(5).

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::OFlags;

use super::whom::{Whom, first_line, read as read_file, write_line};
use super::{CHANGED_SINCE, Taken};
use crate::model::{Call, Change, Outcome, Setting};

const FILE: &str = "oom_score_adj";
const CALL: Call = Call::SetOomScoreAdj;

const KERNEL: &str = "kernel threads are never killed for memory";
const RANGE: &str = "OOM score adjustments go from -1000 to 1000";

/// What a process had before it was given another value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::control) struct Before {
    pub(super) from: i32,
    to: i32,
}

/// The value that the text of the file is.
pub(super) fn value(text: &[u8]) -> Option<i32> {
    first_line(text).parse().ok()
}

/// Gives `whom` this value, −1000 to 1000.
pub(super) fn set(whom: &Whom, wanted: i32) -> Result<(Outcome, Option<Taken>), Outcome> {
    if !(-1000..=1000).contains(&wanted) {
        return Err(Outcome::Refused(RANGE));
    }
    if whom.is_kernel {
        return Err(Outcome::Refused(KERNEL));
    }
    let file = open(whom)?;
    let from = now(whom, &file)?;
    let to = write(whom, &file, wanted)?;
    let taken = (from != to).then_some(Taken::OomScoreAdj(Before { from, to }));
    Ok((changed(from, to), taken))
}

/// Gives back what it had before.
pub(super) fn give_back(whom: &Whom, before: &Before) -> Result<Outcome, Outcome> {
    let file = open(whom)?;
    let now = now(whom, &file)?;
    if now != before.to {
        return Err(Outcome::Refused(CHANGED_SINCE));
    }
    Ok(changed(now, write(whom, &file, before.from)?))
}

fn changed(from: i32, to: i32) -> Outcome {
    let (from, to) = (Setting::OomScoreAdj(from), Setting::OomScoreAdj(to));
    Outcome::Changed(Box::new(Change { from, to, threads: 1 }))
}

fn open(whom: &Whom) -> Result<OwnedFd, Outcome> {
    whom.as_process()?.file(FILE, OFlags::RDWR).map_err(|errno| whom.failed(CALL, errno))
}

fn now(whom: &Whom, file: &OwnedFd) -> Result<i32, Outcome> {
    let text = read_file(file.as_fd()).map_err(|errno| whom.failed(CALL, errno))?;
    value(&text).ok_or(Outcome::Failed { call: CALL, errno: libc::EINVAL })
}

/// Writes a value, and reads back what it has become.
fn write(whom: &Whom, file: &OwnedFd, wanted: i32) -> Result<i32, Outcome> {
    write_line(file.as_fd(), &wanted.to_string()).map_err(|errno| whom.failed(CALL, errno))?;
    now(whom, file)
}
