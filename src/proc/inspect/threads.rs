//! The threads: `schedstat` of each in each look, and of those that ran since also `stat`, `syscall` and `wchan`. Who has
//! not run is where it was.

use std::os::fd::OwnedFd;

use rustix::fs::OFlags;

use super::super::files::Miss;
use super::super::parse;
use super::Look;
use super::overview::wchan;
use super::status::{Status, hex, policy};
use super::text::{self, Buffer, Numbered};
use crate::model::inspect::{Architecture, Datum, Doing, Needed, Refused, SystemCall, Thread, Threads};
use crate::model::{Pid, State, Untrusted};

/// So many threads are listed.
const MOST: usize = 2048;

/// Of so many the switches are read in a look, in turn; also what others may have changed of a sleeper.
const TURNS: usize = 16;

/// Of so many the stack in the kernel is read in a look.
const STACKS: usize = 16;

/// What the page remembers.
#[derive(Default)]
pub(super) struct Memo {
    /// As they were in the look before, by number.
    known: Vec<Thread>,
    tids: Vec<u32>,
    /// Whose turn it was last.
    turn: usize,
}

pub(super) fn read(look: &Look<'_>, memo: &mut Memo, buffer: &mut Buffer) -> Threads {
    let mut threads = Threads { threads: Vec::new(), count: 0, architecture: Architecture::OURS };
    let Ok(task) = text::open(look.dir, "task", OFlags::DIRECTORY) else { return threads };
    memo.tids.clear();
    if buffer.numbers(&task, &mut memo.tids).is_err() {
        return threads;
    }
    let delays = match buffer.read(look.proc, "sys/kernel/task_delayacct") {
        Ok(text) => parse::first_number(text) != Some(0),
        Err(miss) => miss == Miss::Gone,
    };
    let before = std::mem::take(&mut memo.known);
    let mut before = before.into_iter().peekable();
    let count = memo.tids.len().min(MOST);
    // There may be fewer than there were.
    memo.turn %= count.max(1);
    let mut reader = Reader { look, task: &task, delays, stacks: STACKS };
    for (place, tid) in memo.tids.iter().take(MOST).enumerate() {
        let Some(tid) = Pid::new(*tid) else { continue };
        while before.next_if(|thread| thread.tid < tid).is_some() {}
        let old = before.next_if(|thread| thread.tid == tid);
        let due = look.fresh || (place + count - memo.turn) % count.max(1) < TURNS;
        memo.known.extend(reader.thread(tid, old, due, buffer));
    }
    memo.turn = (memo.turn + TURNS) % count.max(1);
    threads.threads.clone_from(&memo.known);
    // Who ended while the others were read is not counted.
    threads.count = (memo.known.len() + memo.tids.len().saturating_sub(MOST)) as u32;
    // The main thread first, whose number is the least but where numbers have begun anew.
    if let Some(main) = threads.threads.iter().position(|thread| thread.tid == look.id.pid)
        && main > 0
    {
        threads.threads.get_mut(..=main).unwrap_or_default().rotate_right(1);
    }
    threads
}

struct Reader<'a> {
    look: &'a Look<'a>,
    task: &'a OwnedFd,
    delays: bool,
    /// How many stacks may still be read.
    stacks: usize,
}

impl Reader<'_> {
    /// A thread as it is now; `None` where it has ended.
    fn thread(&mut self, tid: Pid, old: Option<Thread>, due: bool, buffer: &mut Buffer) -> Option<Thread> {
        let path = |name| Numbered::new(tid.get(), name);
        let times = buffer.read(self.task, path("/schedstat").as_str()).ok().and_then(parse::schedstat);
        let counted = times.filter(|times| times.slices > 0);
        let slept = |old: &Thread| {
            old.slices.is_some()
                && old.slices == counted.map(|times| times.slices)
                && old.run == counted.map(|times| times.run)
                && old.state != State::RUNNING
        };
        let mut thread = match old {
            Some(mut old) if slept(&old) && !due => {
                old.wait = counted.map(|times| times.wait);
                old
            }
            old => self.moved(tid, old.as_ref(), buffer)?,
        };
        thread.run = counted.map(|times| times.run);
        thread.wait = counted.map(|times| times.wait);
        thread.slices = counted.map(|times| times.slices);
        if due {
            let text = buffer.read(self.task, path("/status").as_str()).unwrap_or_default();
            thread.voluntary = Status(text).number("voluntary_ctxt_switches");
            thread.involuntary = Status(text).number("nonvoluntary_ctxt_switches");
        }
        if thread.stack == Err(Refused::NotRead) && self.stacks > 0 {
            self.stacks -= 1;
            thread.stack = match buffer.read(self.task, path("/stack").as_str()) {
                Ok(text) => Ok(stack(text)),
                Err(Miss::Denied) => Err(Refused::Denied(Needed::SysAdmin)),
                Err(miss) => Err(self.look.refused(miss)),
            };
        }
        Some(thread)
    }

    /// One that has run, or is new.
    fn moved(&self, tid: Pid, old: Option<&Thread>, buffer: &mut Buffer) -> Option<Thread> {
        let path = |name| Numbered::new(tid.get(), name);
        let doing = match buffer.read(self.task, path("/syscall").as_str()) {
            Ok(text) => doing(text),
            Err(miss) => Err(self.look.refused(miss)),
        };
        let wchan = match doing {
            Ok(Doing::Running) => Ok(Untrusted::default()),
            // To whom it does not tell the one, the kernel says of the other that there is none.
            Err(why @ Refused::Denied(_)) => Err(why),
            _ => wchan(self.look, self.task, path("/wchan").as_str(), buffer),
        };
        let text = buffer.read(self.task, path("/stat").as_str()).ok()?;
        let stat = parse::stat(text)?;
        let details = parse::stat_details(text).unwrap_or_default();
        let blocked = if self.delays { parse::blocked(text) } else { None };
        let name = match old {
            Some(old) if old.name.bytes() == stat.comm => old.name.clone(),
            _ => Untrusted::new(stat.comm),
        };
        Some(Thread {
            tid,
            name,
            state: State(stat.state),
            cpu: stat.processor.and_then(|cpu| u32::try_from(cpu).ok()),
            user: self.look.nanos(stat.utime),
            system: self.look.nanos(stat.stime),
            run: None,
            wait: None,
            slices: None,
            blocked: blocked.map(|ticks| self.look.nanos(ticks)),
            faults: (stat.minor_faults, stat.major_faults),
            shares: None,
            doing,
            wchan,
            stack: Err(Refused::NotRead),
            nice: stat.nice.clamp(-20, 19) as i32,
            priority: stat.priority.clamp(-1000, 1000) as i32,
            policy: policy(details.policy.unwrap_or(0), details.rt_priority.unwrap_or(0)),
            voluntary: old.and_then(|old| old.voluntary),
            involuntary: old.and_then(|old| old.involuntary),
        })
    }
}

/// `syscall`: `running`, or a number and its arguments, −1 for one that waits in no system call.
fn doing(text: &[u8]) -> Datum<Doing> {
    let mut words = parse::words(text);
    let first = words.next().ok_or(Refused::HasNone)?;
    if first == b"running" {
        return Ok(Doing::Running);
    }
    let number = parse::signed(first).ok_or(Refused::Unreadable)?;
    let Ok(number) = u32::try_from(number) else { return Ok(Doing::Kernel) };
    let mut arguments = [0; 6];
    for argument in &mut arguments {
        *argument = words.next().and_then(hex).ok_or(Refused::Unreadable)?;
    }
    Ok(Doing::Call(SystemCall { number, arguments }))
}

/// `stack`: a function each line, behind an address that is kept secret.
fn stack(text: &[u8]) -> Vec<Untrusted> {
    let lines = parse::lines(text);
    lines.filter_map(|line| parse::words(line).nth(1)).map(Untrusted::new).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_call_is_told_with_its_arguments() {
        let text =
            b"0 0x3 0x7f1bbf28e000 0x20000 0x7f1bbf321b60 0xffffffff 0x0 0x7ffca1d76c48 0x7f1bbf40a2ad\n";
        let Ok(Doing::Call(call)) = doing(text) else { panic!() };
        assert_eq!((call.number, call.arguments[0], call.arguments[2]), (0, 3, 0x20000));
        assert_eq!(doing(b"running\n"), Ok(Doing::Running));
        assert_eq!(doing(b"-1 0x7ffca1d76c48 0x7f1bbf40a2ad\n"), Ok(Doing::Kernel));
        assert_eq!(doing(b"0 0x3\n"), Err(Refused::Unreadable));
        assert_eq!(doing(b""), Err(Refused::HasNone));
    }

    #[test]
    fn a_stack_is_its_functions() {
        let text = b"[<0>] do_wait+0x5c/0x100\n[<0>] kernel_wait4+0xa0/0x140\n\n[<0>]\n";
        let names: Vec<String> = stack(text).iter().map(|name| name.show(40)).collect();
        assert_eq!(names, ["do_wait+0x5c/0x100", "kernel_wait4+0xa0/0x140"]);
    }
}
