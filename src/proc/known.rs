//! What is remembered of a process or thread from look to look, so that a look in which it did nothing costs one clock
//! and one pointer, and so that a process that cannot be read for once is not taken for dead.

use std::sync::Arc;

use super::parse::StatLine;
use super::pool::Pool;
use crate::model::{Kind, Nanos, Needs, Pid, ProcId, Reading, Seen, State, Task, Untrusted};

/// The kernel's own threads: PF_KTHREAD of include/linux/sched.h.
const KERNEL_THREAD: u32 = 0x0020_0000;

/// Forked and not yet executed anything: PF_FORKNOEXEC.
const NO_EXEC_YET: u32 = 0x0000_0040;

/// Stands for the start of the code where nobody told it; there is no code at the end of the address space.
const UNTOLD: u64 = u64::MAX;

/// One process or thread. What each look asks for stands here; what the file said stands in the task.
pub(super) struct Known {
    pub(super) id: ProcId,
    /// The process, where it is one of its other threads.
    pub(super) process: Option<Pid>,
    /// As the task has it; so that a look need not go there for those that sleep.
    pub(super) parent: Option<Pid>,
    /// The same.
    state: State,
    /// Its CPU clock as last read, nanoseconds; `None` where there is none to be read.
    pub(super) clock: Option<u64>,
    /// When that was.
    pub(super) read_at: Nanos,
    /// As last read, shared with whoever has seen it.
    pub(super) task: Arc<Task>,
    /// Where its code starts; [`UNTOLD`] before that was told.
    start_code: u64,
    /// Until when its command line is not tried again; 0 where it may be tried.
    stuck_until: Nanos,
    /// The look in which the task last changed.
    pub(super) changed: u64,
    /// Whether it is to be read in the next look although it may not have run.
    pub(super) again: bool,
    /// Whether its command line, as known, may be of the program it was before.
    pub(super) stale: bool,
    /// Whether it has run since its command line was ordered; who has not cannot have rewritten it.
    pub(super) ran: bool,
    /// Looks until its command line is asked for again because it may have rewritten it: one that did not the last time
    /// is asked seldom.
    pub(super) rest: u8,
    /// Whether its command line has been ordered and not come.
    pub(super) pending: bool,
    /// Whether it belongs to somebody else than us.
    pub(super) foreign: bool,
    /// Whether it was not in the last listing.
    pub(super) absent: bool,
}

impl Known {
    /// Somebody seen for the first time; a thread of `process`, or a process.
    pub(super) fn new(id: ProcId, process: Option<Pid>) -> Known {
        Known {
            id,
            process,
            parent: None,
            state: State::SLEEPING,
            clock: None,
            read_at: Nanos(0),
            task: Arc::new(Task::bare(id)),
            start_code: UNTOLD,
            stuck_until: Nanos(0),
            changed: 0,
            again: true,
            stale: true,
            ran: true,
            rest: 0,
            pending: false,
            foreign: false,
            absent: false,
        }
    }

    /// The task with what a `stat` line says of it now; a new name is one of `names`.
    pub(super) fn told_by(&mut self, line: &StatLine<'_>, names: &mut Pool<Untrusted>) -> Task {
        let mut task = Task::clone(&self.task);
        let flags = line.flags as u32;
        let executed = task.flags & NO_EXEC_YET != 0 && flags & NO_EXEC_YET == 0;
        let start_code = line.start_code.unwrap_or(UNTOLD);
        let moved = self.start_code != UNTOLD && self.start_code != start_code;
        let renamed = task.comm.bytes() != line.comm;
        if renamed {
            task.comm = names.share(Untrusted::new(line.comm));
        }
        if executed || moved || renamed {
            // Whatever its command line was, it may be another's now; until it is read again the name has to do.
            self.stale = true;
            task.command = Reading::NotRead;
        }
        self.start_code = start_code;
        task.kind = match self.process {
            Some(process) => Kind::Thread(process),
            None if flags & KERNEL_THREAD != 0 => Kind::Kernel,
            None => Kind::Process,
        };
        task.parent = self.process.or_else(|| u32::try_from(line.ppid).ok().and_then(Pid::new));
        // Negative while it is being reaped: it has left its group.
        task.pgrp = u32::try_from(line.pgrp).unwrap_or(0);
        task.session = u32::try_from(line.session).unwrap_or(0);
        task.tty = line.tty as i32;
        task.state = State(line.state);
        task.flags = flags;
        task.minor_faults = line.minor_faults;
        task.major_faults = line.major_faults;
        (task.utime, task.stime) = (line.utime, line.stime);
        (task.cutime, task.cstime) = (line.cutime, line.cstime);
        task.priority = i16::try_from(line.priority).unwrap_or(0);
        task.nice = i32::try_from(line.nice).unwrap_or(0);
        let threads = u32::try_from(line.threads).unwrap_or(u32::MAX);
        task.threads = if self.process.is_some() { 1 } else { threads };
        task.virt = line.virt.unwrap_or(0);
        task.processor = line.processor.and_then(|cpu| u32::try_from(cpu).ok());
        task
    }

    /// Takes `task` for what is known; where it says the same as before, the old one stays shared.
    pub(super) fn learn(&mut self, task: Task, look: u64) {
        if task != *self.task {
            (self.parent, self.state) = (task.parent, task.state);
            self.task = Arc::new(task);
            self.changed = look;
        }
    }

    /// Changes the task, which is known to be another then.
    pub(super) fn change(&mut self, look: u64, how: impl FnOnce(&mut Task)) {
        how(Arc::make_mut(&mut self.task));
        self.changed = look;
    }

    /// Until when its command line, which could not be read in time, is not tried again.
    pub(super) fn stuck_until(&self) -> Option<Nanos> {
        (self.stuck_until != Nanos(0)).then_some(self.stuck_until)
    }

    /// Its command line is not tried again until then; with `None` it may be tried.
    pub(super) fn set_stuck(&mut self, until: Option<Nanos>) {
        self.stuck_until = until.unwrap_or_default();
    }

    /// Whether it was running or ready to run when it was last read.
    pub(super) fn was_runnable(&self) -> bool {
        self.state == State::RUNNING
    }

    /// Whether it has ended, and is only waited for.
    pub(super) fn is_dead(&self) -> bool {
        matches!(self.state, State::ZOMBIE | State(b'X' | b'x'))
    }

    /// Whether it may have a command line at all: not the kernel's threads, not the dead.
    pub(super) fn may_have_command(&self) -> bool {
        self.task.kind == Kind::Process && !self.is_dead()
    }

    /// Forgets what nobody wants any more, and lets what is wanted anew be read.
    pub(super) fn fit(&mut self, needs: Needs, look: u64) {
        let (memory, user) = (needs.has(Needs::MEMORY), needs.has(Needs::USER));
        let command = needs.has(Needs::COMMAND);
        self.again = true;
        self.stale |= command && self.task.command == Reading::NotRead;
        self.change(look, |task| {
            if !memory {
                task.memory = Reading::NotRead;
            }
            if !user {
                (task.uid, task.user) = (Reading::NotRead, None);
            }
            if !command {
                (task.command, task.stuck) = (Reading::NotRead, false);
            }
        });
    }

    /// The row it makes.
    pub(super) fn seen(&self) -> Seen {
        Seen { task: Arc::clone(&self.task), read_at: self.read_at }
    }
}

/// Where in `known`, which is ordered by pid, a pid is.
pub(super) fn find(known: &[Known], pid: Pid) -> Option<usize> {
    known.binary_search_by_key(&pid, |known| known.id.pid).ok()
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn known() -> Known {
        let mut known = Known::new(ProcId::new(5, 100).unwrap(), None);
        let task = known.told_by(&line("a", 0x40, 4096), &mut Pool::default());
        known.learn(task, 1);
        known.stale = false;
        known
    }

    fn line(comm: &str, flags: u32, start_code: u64) -> StatLine<'static> {
        let text = format!(
            "5 ({comm}) S 1 2 3 4 5 {flags} 7 8 9 10 11 12 13 14 15 16 17 18 100 20 21 22 {start_code}"
        );
        parse::stat(text.leak().as_bytes()).unwrap()
    }

    /// There is one of them for each process, and one task.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn what_is_remembered_of_a_process_is_small() {
        assert!(size_of::<Known>() <= 88, "{}", size_of::<Known>());
        assert!(size_of::<Task>() <= 208, "{}", size_of::<Task>());
        assert!(size_of::<Seen>() <= 16, "{}", size_of::<Seen>());
    }

    #[test]
    fn what_did_not_change_is_shared() {
        let mut known = known();
        let (before, changed) = (Arc::clone(&known.task), known.changed);
        let task = known.told_by(&line("a", 0x40, 4096), &mut Pool::default());
        known.learn(task, 2);
        assert!(Arc::ptr_eq(&before, &known.task) && !known.stale);
        assert_eq!(known.changed, changed);
        let task = known.told_by(&line("a", 0x40 | 1, 4096), &mut Pool::default());
        assert!(Arc::ptr_eq(&before.comm, &task.comm));
        known.learn(task, 3);
        assert_eq!((known.changed, known.parent), (3, Pid::new(1)));
    }

    #[test]
    fn an_exec_shows_in_name_flag_or_code() {
        for (comm, flags, code) in [("b", 0x40, 4096), ("a", 0, 4096), ("a", 0x40, 8192)] {
            let mut known = known();
            known.change(1, |task| task.command = Reading::Known(Arc::default()));
            let task = known.told_by(&line(comm, flags, code), &mut Pool::default());
            assert!(known.stale && task.command == Reading::NotRead, "{comm} {flags} {code}");
        }
    }

    #[test]
    fn kernel_threads_are_told_by_the_flag_alone() {
        let mut known = known();
        assert_eq!(known.told_by(&line("[kworker/0:1]", 0, 0), &mut Pool::default()).kind, Kind::Process);
        let task = known.told_by(&line("kworker/0:1", KERNEL_THREAD, 0), &mut Pool::default());
        known.learn(task, 2);
        assert_eq!((known.task.kind, known.may_have_command()), (Kind::Kernel, false));
        let mut thread = Known::new(ProcId::new(5, 100).unwrap(), Pid::new(3));
        let task = thread.told_by(&line("a", 0, 0), &mut Pool::default());
        assert_eq!((task.kind, task.parent), (Kind::Thread(Pid::new(3).unwrap()), Pid::new(3)));
    }
}
