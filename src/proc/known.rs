//! What is remembered of a process or thread from look to look, so that a look that finds nothing new allocates
//! nothing, and so that a process that cannot be read for once is not taken for dead.

use std::sync::Arc;

use super::parse::StatLine;
use crate::model::{Kind, Nanos, Pid, ProcId, Reading, State, Task, Untrusted};

/// The kernel's own threads: PF_KTHREAD of include/linux/sched.h.
const KERNEL_THREAD: u32 = 0x0020_0000;

/// Forked and not yet executed anything: PF_FORKNOEXEC.
const NO_EXEC_YET: u32 = 0x0000_0040;

/// One process or thread.
pub(super) struct Known {
    /// As last read; what nobody wants now is masked when it is handed out.
    pub(super) task: Task,
    /// The look in which it was last there.
    pub(super) seen: u64,
    /// Whether its command line, as known, may be of the program it was before.
    pub(super) stale: bool,
    /// Whether its command line has been ordered and not come.
    pub(super) pending: bool,
    /// Until when its command line is not tried again.
    pub(super) stuck_until: Option<Nanos>,
    /// When its CPU time was read.
    pub(super) read_at: Nanos,
    start_code: Option<u64>,
}

impl Known {
    /// Somebody seen for the first time.
    pub(super) fn new(id: ProcId) -> Known {
        Known {
            task: Task::bare(id),
            seen: 0,
            stale: true,
            pending: false,
            stuck_until: None,
            read_at: Nanos(0),
            start_code: None,
        }
    }

    /// Takes in a `stat` line read at `at`; `process` where it is a thread's.
    pub(super) fn update(&mut self, line: &StatLine<'_>, process: Option<Pid>, at: Nanos) {
        self.read_at = at;
        let task = &mut self.task;
        let flags = line.flags as u32;
        let executed = task.flags & NO_EXEC_YET != 0 && flags & NO_EXEC_YET == 0;
        let moved = self.start_code.is_some() && self.start_code != line.start_code;
        let renamed = task.comm.bytes() != line.comm;
        if renamed {
            task.comm = Arc::new(Untrusted::new(line.comm));
        }
        if executed || moved || renamed {
            // Whatever its command line was, it may be another's now; until it is read again the name has to do.
            self.stale = true;
            task.command = Reading::NotRead;
        }
        self.start_code = line.start_code;
        task.kind = match process {
            Some(process) => Kind::Thread(process),
            None if flags & KERNEL_THREAD != 0 => Kind::Kernel,
            None => Kind::Process,
        };
        task.parent = process.or_else(|| u32::try_from(line.ppid).ok().and_then(Pid::new));
        // Negative while it is being reaped: it has left its group.
        task.pgrp = u32::try_from(line.pgrp).unwrap_or(0);
        task.session = u32::try_from(line.session).unwrap_or(0);
        task.tty = line.tty as i32;
        task.state = State(line.state);
        task.flags = flags;
        task.minor_faults = line.minor_faults;
        task.major_faults = line.major_faults;
        task.utime = line.utime;
        task.stime = line.stime;
        (task.cutime, task.cstime) = (line.cutime, line.cstime);
        task.priority = i32::try_from(line.priority).unwrap_or(0);
        task.nice = i32::try_from(line.nice).unwrap_or(0);
        task.threads = if process.is_some() { 1 } else { u32::try_from(line.threads).unwrap_or(u32::MAX) };
        task.virt = line.virt.unwrap_or(0);
        task.processor = line.processor.and_then(|cpu| u32::try_from(cpu).ok());
    }

    /// Whether it may have a command line at all: not the kernel's threads, not the dead.
    pub(super) fn may_have_command(&self) -> bool {
        self.task.kind == Kind::Process && self.task.state != State::ZOMBIE && self.task.state != State(b'X')
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn known() -> Known {
        let mut known = Known::new(ProcId::new(5, 100).unwrap());
        known.update(&line("a", 0x40, 4096), None, Nanos(1));
        known.stale = false;
        known
    }

    fn line(comm: &str, flags: u32, start_code: u64) -> StatLine<'static> {
        let text = format!(
            "5 ({comm}) S 1 2 3 4 5 {flags} 7 8 9 10 11 12 13 14 15 16 17 18 100 20 21 22 {start_code}"
        );
        parse::stat(text.leak().as_bytes()).unwrap()
    }

    #[test]
    fn an_unchanged_name_is_shared() {
        let mut known = known();
        let before = Arc::clone(&known.task.comm);
        known.update(&line("a", 0x40, 4096), None, Nanos(2));
        assert!(Arc::ptr_eq(&before, &known.task.comm) && !known.stale);
    }

    #[test]
    fn an_exec_shows_in_name_flag_or_code() {
        for (comm, flags, code) in [("b", 0x40, 4096), ("a", 0, 4096), ("a", 0x40, 8192)] {
            let mut known = known();
            known.task.command = Reading::Known(Arc::default());
            known.update(&line(comm, flags, code), None, Nanos(2));
            assert!(known.stale && known.task.command == Reading::NotRead, "{comm} {flags} {code}");
        }
    }

    #[test]
    fn kernel_threads_are_told_by_the_flag_alone() {
        let mut known = known();
        known.update(&line("[kworker/0:1]", 0, 0), None, Nanos(2));
        assert_eq!(known.task.kind, Kind::Process);
        known.update(&line("kworker/0:1", KERNEL_THREAD, 0), None, Nanos(2));
        assert_eq!((known.task.kind, known.may_have_command()), (Kind::Kernel, false));
        known.update(&line("a", 0, 0), Pid::new(3), Nanos(2));
        assert_eq!((known.task.kind, known.task.parent), (Kind::Thread(Pid::new(3).unwrap()), Pid::new(3)));
    }
}
