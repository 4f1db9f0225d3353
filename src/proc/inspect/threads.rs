//! The threads: `schedstat` of each in each look, and of those that ran since also `stat`, `syscall` and `wchan`: the
//! busiest in each look, the others in turn. Who has not run is where it was.

use std::os::fd::OwnedFd;

use rustix::fs::OFlags;

use super::super::files::Miss;
use super::super::parse;
use super::Look;
use super::overview::wchan;
use super::status::{Status, hex, policy};
use super::text::{self, Buffer, Numbered};
use crate::model::inspect::{Architecture, Datum, Doing, Needed, Refused, SystemCall, Thread, Threads};
use crate::model::{Nanos, Pid, State, ThreadTimes, Untrusted};

/// So many threads are listed.
const MOST: usize = 2048;

/// Of so many the switches are read in a look, in turn; also what others may have changed of a sleeper.
const TURNS: usize = 8;

/// So many of those that ran since the look before are looked at closely, the busiest first.
const BUSIEST: usize = 40;

/// Of the others that ran, so many: those that were looked at the longest ago.
const BEHIND: usize = 16;

/// Of so many the stack in the kernel is read in a look.
const STACKS: usize = 16;

/// What the page remembers.
#[derive(Default)]
pub(super) struct Memo {
    /// As they were in the look before, by number.
    known: Vec<Known>,
    tids: Vec<u32>,
    /// Whose turn it was last.
    turn: usize,
}

/// A thread as it was seen.
struct Known {
    thread: Thread,
    /// When it was looked at closely.
    read_at: Nanos,
    /// Whether it has run since then.
    behind: bool,
}

/// A thread in this look.
struct Now {
    tid: Pid,
    times: Option<ThreadTimes>,
    known: Option<Known>,
    /// Whether it is looked at closely in any case.
    due: bool,
}

impl Now {
    /// Whether what is known of it may be no longer so.
    fn moved(&self) -> bool {
        let Some(Known { thread: old, behind, .. }) = &self.known else { return true };
        *behind
            || old.state == State::RUNNING
            || old.slices.is_none()
            || old.slices != self.times.map(|times| times.slices)
            || old.run != self.times.map(|times| times.run)
    }

    /// How long it ran since the look before, nanoseconds.
    fn gain(&self) -> u64 {
        let before = self.known.as_ref().and_then(|known| known.thread.run);
        self.times.map_or(0, |times| times.run.saturating_sub(before.unwrap_or(times.run)))
    }
}

pub(super) fn read(look: &Look<'_>, memo: &mut Memo, buffer: &mut Buffer) -> Threads {
    let mut threads =
        Threads { threads: Vec::new(), count: 0, behind: None, architecture: Architecture::OURS };
    let Ok(task) = text::open(look.dir, "task", OFlags::DIRECTORY) else { return threads };
    memo.tids.clear();
    if buffer.numbers(&task, &mut memo.tids).is_err() {
        return threads;
    }
    let delays = match buffer.read(look.proc, "sys/kernel/task_delayacct") {
        Ok(text) => parse::first_number(text) != Some(0),
        Err(miss) => miss == Miss::Gone,
    };
    let reader = Reader { look, task: &task, delays };
    let mut all = reader.all(memo, buffer);
    for place in closely(&all) {
        if let Some(now) = all.get_mut(place) {
            now.known = reader.thread(now, buffer);
        }
    }
    // Whose turn it is comes first, so that those who run again and again leave something to the others.
    let turn = memo.turn.min(all.len());
    let (before, after) = all.split_at_mut(turn);
    let unread = after.iter_mut().chain(before).filter_map(|now| now.known.as_mut());
    let unread = unread.map(|known| &mut known.thread).filter(|thread| thread.stack == Err(Refused::NotRead));
    for thread in unread.take(STACKS) {
        thread.stack = reader.stack(thread.tid, buffer);
    }
    memo.known.extend(all.into_iter().filter_map(|now| {
        let mut known = now.known?;
        let thread = &mut known.thread;
        thread.run = now.times.map(|times| times.run);
        thread.wait = now.times.map(|times| times.wait);
        thread.slices = now.times.map(|times| times.slices);
        Some(known)
    }));
    let behind = memo.known.iter().filter(|known| known.behind).map(|known| known.read_at).min();
    threads.behind = behind.map(|at| look.now.since(at));
    threads.threads.extend(memo.known.iter().map(|known| known.thread.clone()));
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

/// The places of those that are looked at closely in this look, the busiest first: where very many threads run, the
/// files of all of them would cost more than they tell.
fn closely(all: &[Now]) -> Vec<usize> {
    let (mut chosen, mut others): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    for (place, now) in all.iter().enumerate() {
        match now.due || now.known.is_none() {
            true => chosen.push(place),
            false if now.moved() => others.push(place),
            false => {}
        }
    }
    let gain = |place: &usize| all.get(*place).map_or(0, Now::gain);
    let read_at = |place: &usize| all.get(*place).and_then(|now| Some(now.known.as_ref()?.read_at));
    others.sort_by_key(|place| std::cmp::Reverse(gain(place)));
    let mut rest = others.split_off(others.len().min(BUSIEST));
    rest.sort_by_key(read_at);
    rest.truncate(BEHIND);
    others.append(&mut chosen);
    others.append(&mut rest);
    others
}

struct Reader<'a> {
    look: &'a Look<'a>,
    task: &'a OwnedFd,
    delays: bool,
}

impl Reader<'_> {
    /// All threads with how long each ran, and what is known of them; the memo keeps nothing of that.
    fn all(&self, memo: &mut Memo, buffer: &mut Buffer) -> Vec<Now> {
        let mut before = std::mem::take(&mut memo.known).into_iter().peekable();
        let count = memo.tids.len().min(MOST);
        // There may be fewer than there were.
        memo.turn %= count.max(1);
        let mut all = Vec::with_capacity(count);
        for (place, tid) in memo.tids.iter().take(MOST).enumerate() {
            let Some(tid) = Pid::new(*tid) else { continue };
            let path = Numbered::new(tid.get(), "/schedstat");
            let times = buffer.read(self.task, path.as_str()).ok().and_then(parse::schedstat);
            while before.next_if(|known| known.thread.tid < tid).is_some() {}
            let known = before.next_if(|known| known.thread.tid == tid);
            let due = self.look.fresh || (place + count - memo.turn) % count.max(1) < TURNS;
            let mut now = Now { tid, times: times.filter(|times| times.slices > 0), known, due };
            let moved = now.moved();
            if let Some(known) = &mut now.known {
                known.behind = moved;
            }
            all.push(now);
        }
        memo.turn = (memo.turn + TURNS) % count.max(1);
        all
    }

    /// A thread looked at closely; `None` where it has ended.
    fn thread(&self, now: &Now, buffer: &mut Buffer) -> Option<Known> {
        let path = |name| Numbered::new(now.tid.get(), name);
        let mut thread = self.moved(now.tid, now.known.as_ref().map(|known| &known.thread), buffer)?;
        if now.due {
            let text = buffer.read(self.task, path("/status").as_str()).unwrap_or_default();
            thread.voluntary = Status(text).number("voluntary_ctxt_switches");
            thread.involuntary = Status(text).number("nonvoluntary_ctxt_switches");
        }
        Some(Known { thread, read_at: self.look.now, behind: false })
    }

    /// Where a thread is in the kernel.
    fn stack(&self, tid: Pid, buffer: &mut Buffer) -> Datum<Vec<Untrusted>> {
        match buffer.read(self.task, Numbered::new(tid.get(), "/stack").as_str()) {
            Ok(text) => Ok(stack(text)),
            Err(Miss::Denied) => Err(Refused::Denied(Needed::SysAdmin)),
            Err(miss) => Err(self.look.refused(miss)),
        }
    }

    /// One that has run, or is new.
    fn moved(&self, tid: Pid, old: Option<&Thread>, buffer: &mut Buffer) -> Option<Thread> {
        let path = |name| Numbered::new(tid.get(), name);
        let doing = match buffer.read(self.task, path("/syscall").as_str()) {
            Ok(_) if self.look.kernel => Ok(Doing::Kernel),
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
        // Who sleeps where it slept got there the same way, nearly always.
        let stack = match old {
            Some(old) if old.wchan == wchan => old.stack.clone(),
            _ => Err(Refused::NotRead),
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
            stack,
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

    /// One that ran so long since the look before, and was looked at closely so long ago.
    fn one(tid: u32, gain: u64, read_at: u64) -> Now {
        let times = |run| ThreadTimes { run, wait: 0, slices: 1 + run, ..ThreadTimes::default() };
        let thread = Thread {
            tid: Pid::new(tid).unwrap(),
            name: "t".into(),
            state: State::SLEEPING,
            cpu: None,
            user: 0,
            system: 0,
            run: Some(7),
            wait: Some(0),
            slices: Some(8),
            blocked: None,
            faults: (0, 0),
            shares: None,
            doing: Ok(Doing::Running),
            wchan: Ok(Untrusted::default()),
            stack: Ok(Vec::new()),
            nice: 0,
            priority: 20,
            policy: policy(0, 0),
            voluntary: None,
            involuntary: None,
        };
        let known = Some(Known { thread, read_at: Nanos(read_at), behind: false });
        Now { tid: Pid::new(tid).unwrap(), times: Some(times(7 + gain)), known, due: false }
    }

    #[test]
    fn the_busiest_are_looked_at_closely_and_then_who_has_waited_longest() {
        // Sleepers are left alone, whoever is due is not.
        let mut few = vec![one(1, 0, 1), one(2, 5, 1), one(3, 9, 1), one(4, 0, 1)];
        few[3].due = true;
        assert_eq!(closely(&few), [2, 1, 3]);
        few[0].known = None;
        assert_eq!(closely(&few), [2, 1, 0, 3]);
        // Of many, the busiest, and of the others those that were looked at the longest ago.
        let many: Vec<Now> = (0..200).map(|n| one(1 + n, 1000 - u64::from(n), 1000 - u64::from(n))).collect();
        let chosen = closely(&many);
        assert_eq!(chosen.len(), BUSIEST + BEHIND);
        assert_eq!(chosen[..3], [0, 1, 2]);
        assert_eq!(chosen[BUSIEST..BUSIEST + 3], [199, 198, 197]);
    }

    #[test]
    fn a_stack_is_its_functions() {
        let text = b"[<0>] do_wait+0x5c/0x100\n[<0>] kernel_wait4+0xa0/0x140\n\n[<0>]\n";
        let names: Vec<String> = stack(text).iter().map(|name| name.show(40)).collect();
        assert_eq!(names, ["do_wait+0x5c/0x100", "kernel_wait4+0xa0/0x140"]);
    }
}
