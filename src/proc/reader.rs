//! Reading one process: first its CPU clock, and its files only if that has moved or something else asks for it.
//!
//! This is the *gate*. A process whose CPU clock stands has not run, and who has not run cannot have changed its own
//! state, name, threads or memory; one system call without a file says so. What others can change of a sleeper (its
//! parent, its nice value, its pages) is covered by [`Reader::must_read`], which says for each of them how.
//!
//! The kernel adds the time of a thread that is running to the process's clock at each tick and when it stops running
//! (`thread_group_cputime()` of kernel/sched/cputime.c). So what a process does in its last milliseconds before a look
//! may show only in the next look, and never later.

use std::path::PathBuf;
use std::sync::Arc;

use rustix::io::Errno;

use super::clock;
use super::files::{Files, Miss, Path};
use super::kept;
use super::known::Known;
use super::parse;
use super::pool::Pool;
use super::taskstats::Taskstats;
use super::users::Users;
use crate::model::{
    CgroupPlace, Command, CpuSet, Kind, Nanos, Needs, Pid, Ports, ProcId, Reading, Task, TaskMemory,
    Troubles, Untrusted,
};

/// What may change without a process running is read again once in so many looks: its memory and its nice value.
const ROTATION: u64 = 60;

/// Every so many turns all of it is read, for what nobody thought of.
const THOROUGH: u64 = 8;

/// What came of reading somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// It has not run, and nothing of it was read.
    Asleep,
    /// Its files were read, or could not be for want of something.
    Read,
    /// There is no such process (any more), or it is kept from us.
    Gone,
}

/// What is counted in a look besides the rows.
#[derive(Clone, Copy, Default)]
pub(super) struct Tally {
    /// Rows that made no sense.
    pub(super) unparsable: u32,
    /// Rows that were kept from us.
    pub(super) denied: u32,
    /// Processes whose files were read, the kernel's threads aside.
    pub(super) processes: u32,
    /// Processes that could not be read for want of descriptors or memory.
    pub(super) failed: u32,
}

impl Tally {
    /// As the model has it.
    pub(super) fn troubles(self, stuck: u32, commands_off: bool) -> Troubles {
        Troubles { unparsable: self.unparsable, failed: self.failed, stuck, commands_off }
    }
}

/// Where and how processes are read in one look.
pub(super) struct Reader {
    pub(super) files: Files,
    pub(super) users: Users,
    /// The names and command lines that processes have in common.
    pub(super) names: Pool<Untrusted>,
    pub(super) lines: Pool<Command>,
    /// The places in the cgroup tree.
    pub(super) places: Pool<CgroupPlace>,
    /// Where the NUMA nodes are listed, and what CPUs they have, once somebody has asked.
    pub(super) node_dir: PathBuf,
    pub(super) nodes: Option<Vec<(u32, CpuSet)>>,
    /// Whether the kernel counts how long tasks are blocked, as it was in this look.
    pub(super) counts_blocked: (u64, bool),
    /// Who tells of waits for memory, once somebody has asked, or why nobody does.
    pub(super) taskstats: Option<Result<Taskstats, Miss>>,
    /// What those have who can have no sockets.
    pub(super) no_ports: Arc<Ports>,
    /// Whether pids below the root are what system calls take for pids.
    pub(super) real: bool,
    /// Whether sleepers are passed over; else everybody is read in full in every look.
    pub(super) gated: bool,
    pub(super) needs: Needs,
    /// Which look this is, from 1.
    pub(super) look: u64,
    /// When it began.
    pub(super) began: Nanos,
    pub(super) page_size: u64,
    pub(super) own_uid: u32,
    /// Who is on screen, ordered.
    pub(super) on_screen: Vec<ProcId>,
    pub(super) tally: Tally,
}

impl Reader {
    /// Brings what is known of a process up to date.
    pub(super) fn refresh(&mut self, known: &mut Known) -> Fate {
        let clock = self.clock(known.id.pid);
        let ran = clock.is_none() || clock != known.clock;
        if ran || self.must_read(known) {
            return self.read(known, clock, ran);
        }
        // Its clock stands since then, so whatever it uses from now on it uses after this moment.
        known.read_at = self.began;
        let turn = turn(known.id.pid, self.look);
        let fresh = turn.is_some() || self.needs.has(Needs::FRESH_MEMORY);
        if fresh && known.task.kind != Kind::Kernel && self.needs.has(Needs::MEMORY) {
            let mut task = Task::clone(&known.task);
            if self.memory(&mut task) == Fate::Gone {
                return Fate::Gone;
            }
            known.learn(task, self.look);
        }
        if turn.is_some()
            && self.real
            && clock::nice(known.id.pid).is_some_and(|nice| nice != known.task.nice)
        {
            return self.read(known, clock, false);
        }
        Fate::Asleep
    }

    /// Whether a process is to be read although it has not run.
    fn must_read(&self, known: &Known) -> bool {
        // Somebody sees it; or its parent has ended, or it was made to wait for descriptors, or something else is wanted
        // of it than before.
        !self.gated || known.again || self.needs.has(Needs::FRESH_STAT) || self.is_in_view(known.id)
            || turn(known.id.pid, self.look) == Some(Turn::Thorough)
            // Ready to run and not come to it: it may have been stopped or killed meanwhile.
            || known.was_runnable()
    }

    /// Whether somebody is on screen.
    pub(super) fn is_in_view(&self, id: ProcId) -> bool {
        self.on_screen.binary_search(&id).is_ok()
    }

    /// Meets somebody for the first time; `None` where there is nobody (any more), or nobody for us.
    pub(super) fn meet(&mut self, pid: Pid) -> Option<Known> {
        let clock = self.clock(pid);
        // Who it is says the file; until it is read it is nobody.
        let mut known = Known::new(ProcId { pid, start_time: u64::MAX }, None);
        (self.read(&mut known, clock, true) == Fate::Read && known.id.start_time != u64::MAX).then_some(known)
    }

    /// Reads the files of a process whose clock has just been read.
    fn read(&mut self, known: &mut Known, clock: Option<u64>, ran: bool) -> Fate {
        let at = clock::now();
        let pid = known.id.pid;
        let in_view = self.gated && self.is_in_view(known.id);
        let wants_details = self.wants_details(known.id);
        let content = if in_view {
            self.files.read_kept(known.id, kept::Of::Stat)
        } else {
            self.files.read(&Path::process(pid, "stat"), true)
        };
        let content = match content {
            Ok(content) => content,
            Err(Miss::Gone) => return Fate::Gone,
            Err(Miss::Denied) => {
                self.tally.denied += 1;
                return Fate::Gone;
            }
            Err(Miss::Failed) => {
                // It is taken to be as it was.
                self.tally.failed += 1;
                known.again = true;
                return Fate::Asleep;
            }
        };
        let Some(line) = parse::stat(content.text).filter(|line| line.pid == u64::from(pid.get())) else {
            // Nothing at all is what a process that ended between open and read may leave.
            self.tally.unparsable += u32::from(!content.text.is_empty());
            return Fate::Gone;
        };
        let details = if wants_details { parse::stat_details(content.text) } else { None };
        let id = ProcId { pid, start_time: line.start_time };
        if known.id != id {
            *known = Known::new(id, None);
        }
        let again = std::mem::take(&mut known.again);
        known.ran |= ran;
        let mut task = known.told_by(&line, &mut self.names);
        task.cpu_clock = clock;
        let uid = match content.uid {
            // A thread of the kernel is root's for ever.
            _ if task.kind == Kind::Kernel => Reading::Known(0),
            // A file of a process that must not be dumped belongs to root; only the directory tells its owner
            // (task_dump_owner() of fs/proc/base.c). Who has not run since cannot have changed its owner.
            // A file that was kept open has the owner of the time when it was opened.
            Some(0) | None if ran || again => match self.files.owner_of(pid) {
                Ok(uid) => Reading::Known(uid),
                Err(Miss::Gone) => return Fate::Gone,
                Err(Miss::Denied) => Reading::Denied,
                Err(Miss::Failed) => task.uid,
            },
            Some(0) | None => task.uid,
            Some(uid) => Reading::Known(uid),
        };
        known.foreign = uid.known().map_or(known.foreign, |uid| *uid != self.own_uid);
        if self.needs.has(Needs::USER) {
            task.uid = uid;
            task.user = uid.known().map(|uid| self.users.name(*uid));
        }
        if self.needs.has(Needs::MEMORY) && self.memory(&mut task) == Fate::Gone {
            return Fate::Gone;
        }
        if wants_details {
            self.details(&mut task, details, ran || again);
        } else {
            task.details = None;
        }
        self.tally.processes += u32::from(task.kind == Kind::Process);
        known.clock = clock;
        known.read_at = at;
        known.learn(task, self.look);
        Fate::Read
    }

    fn memory(&mut self, task: &mut Task) -> Fate {
        if task.kind == Kind::Kernel {
            // It has no memory of its own: the file would say so in as many zeros.
            task.memory = Reading::Known(TaskMemory::default());
            return Fate::Read;
        }
        let content = if self.gated && self.is_in_view(task.id) {
            self.files.read_kept(task.id, kept::Of::Statm)
        } else {
            self.files.read(&Path::process(task.id.pid, "statm"), false)
        };
        match content {
            Ok(content) => task.memory = memory(content.text, self.page_size),
            Err(Miss::Gone) => return Fate::Gone,
            Err(Miss::Denied) => task.memory = Reading::Denied,
            Err(Miss::Failed) => {}
        }
        Fate::Read
    }

    /// Reads a thread of `process`, which has been read before it; `None` where it has ended.
    pub(super) fn thread(&mut self, process: &Known, tid: Pid, before: Option<Known>) -> Option<Known> {
        // What it has run, by a file: the clocks of single threads are their own process's.
        let path = Path::thread(process.id.pid, tid, "schedstat");
        let clock = self.files.read(&path, false).ok().and_then(|content| parse::first_number(content.text));
        let asleep = |known: &Known| {
            let lacks = known.task.details.is_none() && self.wants_details(known.id);
            let ready = known.again || known.was_runnable() || lacks;
            self.gated && clock.is_some() && known.clock == clock && !ready
        };
        let mut known = match before {
            Some(mut known) if asleep(&known) && turn(tid, self.look).is_none() => {
                known.read_at = self.began;
                known
            }
            before => self.read_thread(process, tid, before, clock)?,
        };
        let (from, stale) = (&process.task, known.changed < process.changed);
        if stale || known.changed == self.look {
            let mut task = Task::clone(&known.task);
            // Memory, owner, command line and sockets are the process's.
            (task.virt, task.memory, task.uid) = (from.virt, from.memory, from.uid);
            (task.user, task.command, task.stuck) = (from.user.clone(), from.command.clone(), from.stuck);
            if self.needs.has(Needs::PORTS)
                && let (Some(own), Some(process)) = (&mut task.details, from.details())
                && own.ports != process.ports
            {
                Arc::make_mut(own).ports = process.ports.clone();
            }
            known.learn(task, self.look);
        }
        Some(known)
    }

    fn read_thread(
        &mut self,
        process: &Known,
        tid: Pid,
        before: Option<Known>,
        clock: Option<u64>,
    ) -> Option<Known> {
        let at = clock::now();
        let path = Path::thread(process.id.pid, tid, "stat");
        let wants_details = before.as_ref().map_or_else(
            || self.needs.of_everybody() != Needs::NOTHING,
            |known| self.wants_details(known.id),
        );
        let content = match self.files.read(&path, false) {
            Ok(content) => content,
            Err(Miss::Failed) => return before,
            Err(Miss::Gone | Miss::Denied) => return None,
        };
        let Some(line) = parse::stat(content.text).filter(|line| line.pid == u64::from(tid.get())) else {
            self.tally.unparsable += u32::from(!content.text.is_empty());
            return None;
        };
        let details = if wants_details { parse::stat_details(content.text) } else { None };
        let id = ProcId { pid: tid, start_time: line.start_time };
        let same = before.filter(|known| known.id == id && known.process == Some(process.id.pid));
        let mut known = same.unwrap_or_else(|| Known::new(id, Some(process.id.pid)));
        let mut task = known.told_by(&line, &mut self.names);
        task.cpu_clock = clock;
        // As the process has it already, so that nothing seems to change.
        task.command.clone_from(&known.task.command);
        if wants_details {
            self.details(&mut task, details, true);
        } else {
            task.details = None;
        }
        known.again = false;
        (known.clock, known.read_at) = (clock, at);
        known.learn(task, self.look);
        Some(known)
    }

    /// The CPU clock of a process. Below a fixture `schedstat` stands in for it, whose first number is the same sum
    /// (sum_exec_runtime) of one thread.
    fn clock(&mut self, pid: Pid) -> Option<u64> {
        if self.real {
            return clock::cpu(pid);
        }
        let content = self.files.read(&Path::process(pid, "schedstat"), false).ok()?;
        parse::first_number(content.text)
    }
}

/// `statm` in bytes.
fn memory(text: &[u8], page: u64) -> Reading<TaskMemory> {
    parse::statm(text).map_or(Reading::NotRead, |(resident, shared)| {
        Reading::Known(TaskMemory {
            resident: resident.saturating_mul(page),
            shared: shared.saturating_mul(page),
        })
    })
}

/// What a sleeper's turn is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Turn {
    /// What others may have changed of it.
    Brief,
    /// All of it.
    Thorough,
}

/// Whether, and for what, this is the look in which a process has its turn although it sleeps.
pub(super) fn turn(pid: Pid, look: u64) -> Option<Turn> {
    let count = u64::from(pid.get()) + look;
    match (count % ROTATION, count / ROTATION % THOROUGH) {
        (0, 0) => Some(Turn::Thorough),
        (0, _) => Some(Turn::Brief),
        _ => None,
    }
}

impl Miss {
    /// What is said of a machine that cannot be looked at at all.
    pub(super) fn of(error: &std::io::Error) -> Miss {
        Errno::from_io_error(error).map_or(Miss::Failed, Miss::from)
    }
}
