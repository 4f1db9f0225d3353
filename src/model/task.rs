//! A task: what the kernel said of one process or thread, in bytes, ticks and nanoseconds; no rate, no percentage.

use std::ops::Deref;
use std::sync::Arc;

use super::{Details, Nanos, Pid, ProcId, Reading, Untrusted};

/// What a row is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Kind {
    /// A process (thread group leader).
    #[default]
    Process,
    /// A thread other than the leader, of the process with this pid.
    Thread(Pid),
    /// A thread of the kernel itself (PF_KTHREAD), told by the kernel's flag and never by name.
    Kernel,
    /// No process, but all the children of one parent that died between two looks: see
    /// [`super::Snapshot::short_lived`]. It is nobody's target and in no sum.
    ShortLived,
}

/// The state letter of proc(5).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct State(pub u8);

impl State {
    /// Running or ready to run.
    pub const RUNNING: State = State(b'R');
    /// Sleeping in a wait that signals end.
    pub const SLEEPING: State = State(b'S');
    /// In a wait that signals do not end.
    pub const DISK: State = State(b'D');
    /// Dead, not yet reaped.
    pub const ZOMBIE: State = State(b'Z');
    /// Stopped by a signal.
    pub const STOPPED: State = State(b'T');
    /// Dead and gone.
    pub const DEAD: State = State(b'X');

    /// The letter; `?` for a byte that is no letter.
    pub fn letter(self) -> char {
        if self.0.is_ascii_alphabetic() { self.0 as char } else { '?' }
    }
}

/// A task in one look: what is known of it, shared with the looks before where nothing changed, and when it was seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What is known of it. Its memory, nice value and parent may be some looks old where it has not run since; what is
    /// [visible](super::Wants::visible) is of this look.
    pub task: Arc<Task>,
    /// When its CPU time was read, CLOCK_MONOTONIC; rates use this, not the time of the whole look.
    pub read_at: Nanos,
}

impl Seen {
    /// `task` as it was at `read_at`.
    pub fn new(task: Task, read_at: Nanos) -> Seen {
        Seen { task: Arc::new(task), read_at }
    }
}

impl Deref for Seen {
    type Target = Task;

    fn deref(&self) -> &Task {
        &self.task
    }
}

/// One process or thread: `/proc/PID/stat` and what else was wanted. Not yet a rate in it.
#[derive(Clone, PartialEq, Debug)]
pub struct Task {
    /// Who it is.
    pub id: ProcId,
    /// What it is.
    pub kind: Kind,
    /// The parent's pid; `None` for 0. For a thread: its process.
    pub parent: Option<Pid>,
    /// Process group.
    pub pgrp: u32,
    /// Session.
    pub session: u32,
    /// Controlling terminal as a device number (proc(5): major in bits 15–8, minor in 31–20 and 7–0); 0 for none.
    pub tty: i32,
    /// State letter.
    pub state: State,
    /// Kernel flags (PF_*).
    pub flags: u32,
    /// Minor faults since the start.
    pub minor_faults: u64,
    /// Major faults since the start.
    pub major_faults: u64,
    /// CPU time in user mode, ticks.
    pub utime: u64,
    /// CPU time in kernel mode, ticks.
    pub stime: u64,
    /// CPU time in user mode of the children it has waited for, and of theirs, ticks.
    pub cutime: u64,
    /// The same in kernel mode.
    pub cstime: u64,
    /// CPU time by the process's CPU clock, nanoseconds; exact, where the kernel answers.
    pub cpu_clock: Option<u64>,
    /// The kernel's priority value (field 18): 20 + nice for normal policies, −1 − rt_priority for real-time ones, −101
    /// for deadlines. So narrow because there is one of these tasks for each process.
    pub priority: i16,
    /// Nice value, −20 to 19.
    pub nice: i32,
    /// Threads of the process; for a thread 1.
    pub threads: u32,
    /// Virtual memory, bytes.
    pub virt: u64,
    /// CPU it last ran on.
    pub processor: Option<u32>,
    /// Memory by `statm`, exact.
    pub memory: Reading<TaskMemory>,
    /// Real owner by the owner of `/proc/PID`, which is the effective uid.
    pub uid: Reading<u32>,
    /// The owner's name; shared by all rows of that owner.
    pub user: Option<Arc<Untrusted>>,
    /// `comm`: at most 15 bytes, up to 63 for kernel workers.
    pub comm: Arc<Untrusted>,
    /// The command line.
    pub command: Reading<Arc<Command>>,
    /// Whether its command line could not be read in time (its memory map is locked); such a row says so.
    pub stuck: bool,
    /// What is read only where somebody looks at it; `None` where nobody does.
    pub details: Option<Arc<Details>>,
}

/// Memory of a process: `/proc/PID/statm`, bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TaskMemory {
    /// Resident.
    pub resident: u64,
    /// Resident and backed by a file or shared.
    pub shared: u64,
}

/// A command line, as the process has it in its memory now.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Command {
    /// The arguments with one space between them, without the trailing NUL; at most 4 KiB. Behind the program tabs and
    /// newlines, of which a script given as an argument is full, are spaces as well, as in htop.
    pub line: Untrusted,
    /// Where the first argument ends in `line`.
    pub program_end: usize,
    /// Where the program's basename begins in `line`.
    pub base_start: usize,
}

impl Command {
    /// Reads the bytes of `/proc/PID/cmdline`; `None` where there are none (kernel threads, zombies).
    ///
    /// A process that overwrote its arguments with a title ("postgres: checkpointer ") leaves no NUL; then its
    /// program is taken to end at the first space or colon-space.
    pub fn parse(raw: &[u8]) -> Option<Command> {
        let end = raw.iter().rposition(|&b| b != 0)? + 1;
        let text = raw.get(..end)?;
        let first = text.iter().position(|&b| b == 0);
        let program_end = first.unwrap_or_else(|| text.iter().position(|&b| b == b' ').unwrap_or(end));
        let program = text.get(..program_end).unwrap_or(text);
        // A title's path-like parts ("sshd: root@pts/0") are no directory; an argument of its own may well be a path.
        let is_path = first.is_some() || matches!(program.first(), Some(b'/' | b'.'));
        let slash = if is_path { program.iter().rposition(|&b| b == b'/') } else { None };
        let base_start = slash.map_or(0, |slash| slash + 1);
        let base_start = if base_start >= program_end { 0 } else { base_start };
        let space = |at: usize, b: u8| b == 0 || (at > program_end && matches!(b, b'\t' | b'\n'));
        let line: Vec<u8> =
            text.iter().enumerate().map(|(at, &b)| if space(at, b) { b' ' } else { b }).collect();
        Some(Command { line: Untrusted::new(line), program_end, base_start })
    }

    /// The program's basename, raw.
    pub fn base(&self) -> &[u8] {
        self.line.bytes().get(self.base_start..self.program_end).unwrap_or(&[])
    }
}

impl Task {
    /// A task about which nothing is known but who it is; the start for readers and tests.
    pub fn bare(id: ProcId) -> Task {
        Task {
            id,
            kind: Kind::Process,
            parent: None,
            pgrp: 0,
            session: 0,
            tty: 0,
            state: State::SLEEPING,
            flags: 0,
            minor_faults: 0,
            major_faults: 0,
            utime: 0,
            stime: 0,
            cutime: 0,
            cstime: 0,
            cpu_clock: None,
            priority: 20,
            nice: 0,
            threads: 1,
            virt: 0,
            processor: None,
            memory: Reading::NotRead,
            uid: Reading::NotRead,
            user: None,
            comm: Arc::default(),
            command: Reading::NotRead,
            stuck: false,
            details: None,
        }
    }

    /// What is read of it only where somebody looks at it.
    pub fn details(&self) -> Option<&Details> {
        self.details.as_deref()
    }

    /// CPU time since the start in nanoseconds, by the CPU clock or else by ticks.
    pub fn cpu_nanos(&self, ticks_per_second: u64) -> Option<u64> {
        self.cpu_clock.or_else(|| {
            let per_tick = 1_000_000_000u64.checked_div(ticks_per_second)?;
            Some((self.utime.saturating_add(self.stime)).saturating_mul(per_tick))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(raw: &[u8]) -> (String, String) {
        let command = Command::parse(raw).expect("a command");
        (command.line.show(100), String::from_utf8_lossy(command.base()).into_owned())
    }

    #[test]
    fn a_script_on_a_command_line_is_one_line() {
        let raw = b"/usr/bin/py\nthon\0-c\0import os\n\tos.fork()\x1b[2J\n\0";
        let command = Command::parse(raw).expect("it has one");
        assert_eq!(command.line.bytes(), b"/usr/bin/py\nthon -c import os  os.fork()\x1b[2J ");
        assert_eq!(command.base(), b"py\nthon", "the program's name is what it is");
    }

    #[test]
    fn command_lines_know_their_basename() {
        assert_eq!(parts(b"/usr/bin/vim\0a b\0"), ("/usr/bin/vim a b".into(), "vim".into()));
        assert_eq!(parts(b"sshd: root@pts/0\0\0\0"), ("sshd: root@pts/0".into(), "sshd:".into()));
        assert_eq!(parts(b"postgres: app db\0\0").1, "postgres:");
        assert_eq!(parts(b"-bash\0"), ("-bash".into(), "-bash".into()));
        assert_eq!(parts(b"/opt/dir/\0x").1, "/opt/dir/");
        assert_eq!(parts(b"tools/run\0x").1, "run");
        assert_eq!(Command::parse(b""), None);
        assert_eq!(Command::parse(b"\0\0"), None);
        assert_eq!(parts(b"\0x").0, " x");
    }
}
