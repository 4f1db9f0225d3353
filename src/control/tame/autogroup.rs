//! The nice value of an autogroup, which is that of a whole session: sched(7), "The autogroup feature".

use std::collections::BTreeMap;
use std::os::fd::AsFd;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::nice::clamp;
use super::whom::{Whom, first_line, read as read_file, write_line};
use super::{CHANGED_SINCE, Taken};
use crate::model::{Call, Change, Outcome, Setting};

const FILE: &str = "autogroup";
const CALL: Call = Call::SetAutogroup;

const NO_FILE: &str = "this kernel has no autogroups";
const NO_GROUP: &str = "it is in no autogroup: the kernel has them switched off, or it has no session";
const OTHER_GROUP: &str = "it is in another session now";

/// The autogroups that were moved by one order, and how: who is in one of them is not to move it again.
pub(in crate::control) type Moved = BTreeMap<u64, Change>;

/// What an autogroup had before it was given another value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::control) struct Before {
    group: u64,
    pub(super) from: i32,
    to: i32,
}

/// An autogroup's number and nice value, as its text has them: `/autogroup-12 nice 0`.
fn parse(text: &[u8]) -> Option<(u64, i32)> {
    let (group, nice) = first_line(text).strip_prefix("/autogroup-")?.split_once(" nice ")?;
    Some((group.parse().ok()?, nice.parse().ok()?))
}

/// The nice value of its autogroup; `None` where it has none.
pub(super) fn value(text: &[u8]) -> Option<i32> {
    parse(text).map(|(_, nice)| nice)
}

/// Gives the autogroup of `whom` what `plan` makes of its nice value.
pub(super) fn set(
    whom: &Whom,
    plan: impl Fn(i32) -> i32,
    moved: &mut Moved,
) -> Result<(Outcome, Option<Taken>), Outcome> {
    let (file, group, from) = open(whom)?;
    if let Some(change) = moved.get(&group) {
        return Ok((Outcome::Changed(Box::new(change.clone())), None));
    }
    let to = write(whom, &file, clamp(plan(from)))?;
    let taken = (from != to).then_some(Taken::Autogroup(Before { group, from, to }));
    let change = change(from, to);
    moved.insert(group, change.clone());
    Ok((Outcome::Changed(Box::new(change)), taken))
}

/// Gives back what it had before.
pub(super) fn give_back(whom: &Whom, before: &Before) -> Result<Outcome, Outcome> {
    let (file, group, now) = open(whom)?;
    if group != before.group {
        return Err(Outcome::Refused(OTHER_GROUP));
    }
    if now != before.to {
        return Err(Outcome::Refused(CHANGED_SINCE));
    }
    let to = write(whom, &file, before.from)?;
    Ok(Outcome::Changed(Box::new(change(now, to))))
}

fn change(from: i32, to: i32) -> Change {
    Change { from: Setting::AutogroupNice(from), to: Setting::AutogroupNice(to), threads: 1 }
}

fn open(whom: &Whom) -> Result<(std::os::fd::OwnedFd, u64, i32), Outcome> {
    let file = whom.as_process()?.file(FILE, OFlags::RDWR).map_err(|errno| match errno {
        Errno::NOENT if whom.is_there() => Outcome::Refused(NO_FILE),
        errno => whom.failed(CALL, errno),
    })?;
    let text = read_file(file.as_fd()).map_err(|errno| whom.failed(CALL, errno))?;
    let (group, now) = parse(&text).ok_or(Outcome::Refused(NO_GROUP))?;
    Ok((file, group, now))
}

/// Writes a nice value, and reads back what it has become.
fn write(whom: &Whom, file: &impl AsFd, wanted: i32) -> Result<i32, Outcome> {
    let failed = |errno| whom.failed(CALL, errno);
    write_line(file.as_fd(), &wanted.to_string()).map_err(failed)?;
    let text = read_file(file.as_fd()).map_err(failed)?;
    value(&text).ok_or(Outcome::Refused(NO_GROUP))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_text_is_read_and_nothing_else() {
        assert_eq!(parse(b"/autogroup-10583 nice -5\n"), Some((10583, -5)));
        for text in [&b""[..], b"/autogroup- nice 0", b"/autogroup-1 nice", b"autogroup-1 nice 0", b"\xff"] {
            assert_eq!(parse(text), None);
        }
    }
}
