//! Signals: the masks of `status`, of the process and of those threads that differ.

use rustix::fs::OFlags;

use super::super::parse;
use super::Look;
use super::status::Status;
use super::text::{self, Buffer, Numbered};
use crate::model::inspect::{Datum, Refused, Signals, ThreadSignals};
use crate::model::{Pid, SignalSet, Untrusted};

/// So many threads are looked at.
const MOST: usize = 256;

pub(super) fn read(look: &Look<'_>, buffer: &mut Buffer) -> Signals {
    let status = match buffer.read(look.dir, "status") {
        Ok(text) => Status(text),
        Err(miss) => {
            let why = look.refused(miss);
            return Signals {
                pending: Err(why),
                shared: Err(why),
                blocked: Err(why),
                ignored: Err(why),
                caught: Err(why),
                queued: None,
                threads: Vec::new(),
                looked_at: 0,
            };
        }
    };
    let set = |name| -> Datum<SignalSet> { status.signals(name).ok_or(Refused::Unreadable) };
    let queued = status.field("SigQ").and_then(|text| {
        let slash = text.iter().position(|byte| *byte == b'/')?;
        Some((parse::unsigned(text.get(..slash)?)?, parse::unsigned(text.get(slash + 1..)?)?))
    });
    let mut signals = Signals {
        pending: set("SigPnd"),
        shared: set("ShdPnd"),
        blocked: set("SigBlk"),
        ignored: set("SigIgn"),
        caught: set("SigCgt"),
        queued,
        threads: Vec::new(),
        looked_at: 0,
    };
    let mut tids = Vec::new();
    let Ok(task) = text::open(look.dir, "task", OFlags::DIRECTORY) else { return signals };
    if buffer.numbers(&task, &mut tids).is_err() {
        return signals;
    }
    for number in tids.into_iter().filter(|tid| *tid != look.id.pid.get()).take(MOST) {
        let Ok(text) = buffer.read(&task, Numbered::new(number, "/status").as_str()) else { continue };
        let status = Status(text);
        let (Some(pending), Some(blocked), Some(tid)) =
            (status.signals("SigPnd"), status.signals("SigBlk"), Pid::new(number))
        else {
            continue;
        };
        signals.looked_at += 1;
        if !pending.is_empty() || signals.blocked != Ok(blocked) {
            // The name in `status` is escaped, and therefore not it.
            let name = buffer.read(&task, Numbered::new(number, "/comm").as_str()).unwrap_or_default();
            let name = Untrusted::new(name.strip_suffix(b"\n").unwrap_or(name));
            signals.threads.push(ThreadSignals { tid, name, pending, blocked });
        }
    }
    signals
}
