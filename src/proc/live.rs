//! One look at `/proc`: who is there, what each says of itself, and the machine.

use std::collections::HashMap;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;

use super::commands::{self, Commands, Outcome};
use super::files::{Files, Miss, Path};
use super::known::Known;
use super::machine::Machine;
use super::users::Users;
use super::{clock, parse};
use crate::model::{
    Cost, Kind, Nanos, Needs, NoSample, Pid, ProcId, Reading, Sample, Seen, Source, System, TaskMemory,
    Troubles, Untrusted, Wants,
};

/// A command line that could not be read is tried again after this many seconds.
const STUCK_FOR: f64 = 60.0;

/// A process younger than this is likely to execute something yet, and its command line is read in every look.
/// Seconds.
const YOUNG: f64 = 3.0;

/// How long a look in a hurry reads processes before it leaves the rest to the next look, seconds.
const HURRY: f64 = 0.012;

/// How many processes it reads however long that takes: more than most screens have rows.
const SCREENFUL: u32 = 100;

/// What may change without a process running, or without a sign, is read again once in so many looks: its memory, and
/// its command line, which processes rewrite.
const ROTATION: u64 = 45;

/// The processes and the machine below a root directory: `/` for the machine we run on, or a fixture.
///
/// `stat` and `statm` never wait for a process; command lines, which may, are read by other threads.
pub struct Live {
    root: PathBuf,
    /// Whether the root is `/`, so that its users are ours.
    ours: bool,
    open: Option<Open>,
}

/// What is kept once `/proc` is open.
struct Open {
    files: Files,
    machine: Machine,
    users: Users,
    commands: Commands,
    /// Whether pids below the root are what system calls take for pids.
    real: bool,
    /// Boxed, because a table that grows holds its entries twice while it does, and has room for many more.
    known: HashMap<Pid, Box<Known>>,
    look: u64,
    /// Who is on screen, ordered.
    on_screen: Vec<ProcId>,
    /// Reused from look to look: the pids listed, and then all rows with the process of each thread.
    listed: Vec<Pid>,
    rows: Vec<(Pid, Option<Pid>)>,
}

/// What is counted in a look besides the rows.
#[derive(Default)]
struct Tally {
    troubles: Troubles,
    denied: u32,
    /// Whether a process of another user was seen.
    others: bool,
    /// Processes that were read, the kernel's threads aside.
    processes: u32,
}

impl Live {
    /// A look at `root/proc`, `root/sys` and `root/etc/passwd`. Nothing is opened before the first look.
    pub fn new(root: &FilePath) -> Live {
        let ours = std::fs::canonicalize(root).is_ok_and(|path| path == FilePath::new("/"));
        Live { root: root.to_owned(), ours, open: None }
    }

    /// Whether there is a machine to look at, at the price of opening one file.
    pub fn check(&self) -> Result<(), NoSample> {
        std::fs::File::open(self.root.join("proc/stat"))
            .map(drop)
            .map_err(|error| self.no_sample(Errno::from_io_error(&error).map_or(Miss::Failed, Miss::from)))
    }

    fn no_sample(&self, miss: Miss) -> NoSample {
        use std::os::unix::ffi::OsStringExt;
        // The path may be of foreign origin as any other.
        let place = Untrusted::new(self.root.join("proc").into_os_string().into_vec()).show(200);
        match miss {
            Miss::Gone => NoSample::NoProc(place),
            Miss::Denied => NoSample::Unreadable(place, "it is not permitted"),
            Miss::Failed => NoSample::Unreadable(place, "file descriptors or memory are short"),
        }
    }

    fn open(&self) -> Result<Open, Miss> {
        let files = Files::open(&self.root.join("proc"))?;
        let commands = Commands::new(files.share()?);
        // A container may see the `/proc` of another pid namespace, where the same number is another process.
        let own = std::process::id().to_string();
        let numbers_are_ours =
            std::fs::read_link(self.root.join("proc/self")).is_ok_and(|link| link == FilePath::new(&own));
        let real = self.ours && numbers_are_ours;
        Ok(Open {
            commands,
            files,
            machine: Machine::new(real),
            users: Users::new(self.root.join("etc/passwd"), self.ours),
            real,
            known: HashMap::new(),
            look: 0,
            on_screen: Vec::new(),
            listed: Vec::new(),
            rows: Vec::new(),
        })
    }
}

impl Source for Live {
    fn sample(&mut self, wants: &Wants) -> Result<Sample, NoSample> {
        // What fails may come back, a mount or a descriptor: then everything starts anew.
        let mut open =
            self.open.take().map_or_else(|| self.open(), Ok).map_err(|miss| self.no_sample(miss))?;
        let sample = open.look(wants).map_err(|miss| self.no_sample(miss))?;
        self.open = Some(open);
        Ok(sample)
    }
}

impl Open {
    fn look(&mut self, wants: &Wants) -> Result<Sample, Miss> {
        let taken = clock::now();
        let cpu = clock::own_thread();
        let needs = wants.needs;
        self.look += 1;
        self.files.keep_spare();
        let wall = clock::wall();
        let since_boot = self.machine.since_boot(&mut self.files);
        let mut system = self.machine.look(&mut self.files, needs)?;
        if needs.has(Needs::USER) {
            self.users.refresh();
        }
        self.list()?;
        self.on_screen.clear();
        self.on_screen.extend_from_slice(&wants.visible);
        self.on_screen.sort_unstable();
        let mut tally = Tally::default();
        self.rows.clear();
        let deadline = if wants.hurry { Some(clock::now().plus(HURRY)) } else { None };
        let late = |tally: &Tally| {
            tally.processes >= SCREENFUL && deadline.is_some_and(|deadline| clock::now() > deadline)
        };
        let mut partial = false;
        for at in 0..self.listed.len() {
            if late(&tally) {
                partial = true;
                break;
            }
            if let Some(pid) = self.listed.get(at).copied() {
                self.process(pid, needs, &mut tally);
            }
        }
        if needs.has(Needs::THREADS) && !partial {
            self.threads(&mut tally);
        }
        if needs.has(Needs::COMMAND) {
            self.commands(wants, since_boot);
        }
        let look = self.look;
        self.known.retain(|_, known| known.seen == look);
        let tasks = self.tasks(needs, &mut tally);
        system.hidepid = tally.denied > 0 || self.hides(&tally);
        system.troubles = Troubles { commands_off: self.commands.off(), ..tally.troubles };
        let cost = Cost {
            cpu: clock::own_thread() - cpu,
            wall: clock::now().since(taken),
            own_cpu: clock::own_program(),
            own_memory: self.own_memory(&system),
        };
        Ok(Sample { taken, since_boot, wall, system, tasks, partial, cost, ..Sample::default() })
    }

    /// Whether other users' processes are kept from us: the mount says so, or the first process is not to be seen,
    /// and nobody else's is. Root sees everybody, and may well be everybody there is.
    fn hides(&self, tally: &Tally) -> bool {
        let root = self.real && self.machine.own_uid() == 0;
        let without_first = self.real && !self.known.contains_key(&Pid::INIT);
        !root && !tally.others && (self.machine.restricted || without_first)
    }

    /// Lists who is there, ordered by pid. If that fails for want of something, everybody known is looked for.
    fn list(&mut self) -> Result<(), Miss> {
        self.listed.clear();
        match self.files.list(&mut self.listed) {
            Ok(()) => {}
            Err(Miss::Failed) if self.look > 1 => {
                self.listed.clear();
                self.listed.extend(
                    self.known
                        .iter()
                        .filter(|(_, known)| !matches!(known.task.kind, Kind::Thread(_)))
                        .map(|(pid, _)| *pid),
                );
            }
            Err(miss) => return Err(miss),
        }
        self.listed.sort_unstable();
        self.listed.dedup();
        Ok(())
    }

    /// Reads one process. What has ended meanwhile is left out; what cannot be read for want of descriptors or
    /// memory stays as it was.
    fn process(&mut self, pid: Pid, needs: Needs, tally: &mut Tally) {
        // The owner costs little and tells whether others are hidden from us, so it is read whoever wants it.
        let content = match self.files.read(&Path::process(pid, "stat"), true) {
            Ok(content) => content,
            Err(Miss::Gone) => return,
            Err(Miss::Denied) => {
                tally.denied += 1;
                return;
            }
            Err(Miss::Failed) => return self.keep(pid),
        };
        let (clock, at) = read_clock(self.real, clock::Of::Process, pid);
        let uid = content.uid;
        let Some(known) = take_in(&mut self.known, content.text, pid, None, at, tally) else { return };
        // Who has not run since cannot have changed its owner.
        let ran = clock.is_none() || clock != known.task.cpu_clock;
        known.task.cpu_clock = clock;
        match uid {
            // A file of a process that must not be dumped belongs to root; only the directory tells its owner
            // (task_dump_owner() of fs/proc/base.c).
            Some(0) if ran || known.task.uid.known().is_none() => match self.files.owner_of(pid) {
                Ok(uid) => known.task.uid = Reading::Known(uid),
                Err(Miss::Gone) => return,
                Err(Miss::Denied) => known.task.uid = Reading::Denied,
                Err(Miss::Failed) => {}
            },
            Some(0) | None => {}
            Some(uid) => known.task.uid = Reading::Known(uid),
        }
        if known.task.kind == Kind::Kernel {
            // It has no memory of its own: the file would say so in as many zeros.
            known.task.memory = Reading::Known(TaskMemory::default());
        } else if needs.has(Needs::MEMORY)
            && (ran
                || known.task.memory.known().is_none()
                || needs.has(Needs::FRESH)
                || self.on_screen.binary_search(&known.task.id).is_ok()
                || is_turn(pid, self.look))
        {
            // Who has not run has not touched memory either; what others take from it (reclaim, swap) matters on screen.
            match self.files.read(&Path::process(pid, "statm"), false) {
                Ok(content) => known.task.memory = memory(content.text, self.machine.page_size()),
                Err(Miss::Gone) => return,
                Err(Miss::Denied) => known.task.memory = Reading::Denied,
                Err(Miss::Failed) => {}
            }
        }
        tally.others |= known.task.uid.known().is_some_and(|uid| *uid != self.machine.own_uid());
        known.seen = self.look;
        tally.processes += u32::from(known.task.kind == Kind::Process);
        self.rows.push((pid, None));
    }

    /// Takes a process that could not be read for one that is there as before.
    fn keep(&mut self, pid: Pid) {
        if let Some(known) = self.known.get_mut(&pid) {
            known.seen = self.look;
            self.rows.push((pid, None));
        }
    }

    /// Reads the threads of all processes that have more than one.
    fn threads(&mut self, tally: &mut Tally) {
        for at in 0..self.rows.len() {
            let Some(&(process, None)) = self.rows.get(at) else { continue };
            if self.known.get(&process).is_none_or(|known| known.task.threads <= 1) {
                continue;
            }
            self.listed.clear();
            // One that is ending has no threads any more; its own row says so in the next look.
            if self.files.list_threads(process, &mut self.listed).is_err() {
                continue;
            }
            for at in 0..self.listed.len() {
                let Some(thread) = self.listed.get(at).copied().filter(|thread| *thread != process) else {
                    continue;
                };
                let Ok(content) = self.files.read(&Path::thread(process, thread, "stat"), false) else {
                    continue;
                };
                let (clock, at) = read_clock(self.real, clock::Of::Thread, thread);
                let Some(known) = take_in(&mut self.known, content.text, thread, Some(process), at, tally)
                else {
                    continue;
                };
                known.task.cpu_clock = clock;
                known.seen = self.look;
                self.rows.push((thread, Some(process)));
            }
        }
    }

    /// Orders the command lines that are due, those on screen first, and takes in what has come.
    fn commands(&mut self, wants: &Wants, since_boot: Nanos) {
        let now = clock::now();
        let ticks = self.machine.ticks_per_second();
        let mut due = Vec::new();
        for (pid, process) in &self.rows {
            let Some(known) = self.known.get_mut(pid).filter(|_| process.is_none()) else { continue };
            if known.stuck_until.is_some_and(|until| now >= until) {
                known.stuck_until = None;
                known.task.stuck = false;
                known.stale = true;
            }
            let wanted =
                known.stale || is_turn(*pid, self.look) || is_young(known.task.id, since_boot, ticks);
            if wanted && !known.pending && known.stuck_until.is_none() && known.may_have_command() {
                known.stale = false;
                known.pending = true;
                due.push(known.task.id);
            }
        }
        if !wants.visible.is_empty() && due.len() > 1 {
            due.sort_by_cached_key(|id| !wants.visible.contains(id));
        }
        let known = &mut self.known;
        let patience = if wants.hurry { commands::HURRY } else { commands::PER_LOOK };
        self.commands.read(due, patience, |id, outcome| {
            let Some(known) = known.get_mut(&id.pid).filter(|known| known.task.id == id) else { return };
            known.pending = false;
            let stuck = outcome == Outcome::Stuck;
            known.task.stuck = stuck;
            known.stuck_until = stuck.then(|| now.plus(STUCK_FOR));
            match outcome {
                Outcome::Read(Some(command)) => {
                    if known.task.command.known().is_none_or(|old| **old != command) {
                        known.task.command = Reading::Known(Arc::new(command));
                    }
                }
                Outcome::Read(None) => known.task.command = Reading::NotRead,
                Outcome::Denied => known.task.command = Reading::Denied,
                Outcome::Lost => known.stale = true,
                Outcome::Stuck => {}
            }
        });
    }

    /// The rows, ordered by pid, with what is wanted and nothing else.
    fn tasks(&mut self, needs: Needs, tally: &mut Tally) -> Vec<Seen> {
        self.rows.sort_unstable();
        self.rows.dedup_by_key(|(pid, _)| *pid);
        let mut tasks = Vec::with_capacity(self.rows.len());
        for (pid, process) in &self.rows {
            let Some(known) = self.known.get(pid) else { continue };
            let mut task = known.task.clone();
            if let Some(process) = process {
                // Memory, owner and command line are the process's; if it is gone, so is the thread.
                let Some(process) = self.known.get(process).map(|known| &known.task) else { continue };
                task.virt = process.virt;
                task.memory = process.memory;
                task.uid = process.uid;
                task.command = process.command.clone();
                task.stuck = process.stuck;
            }
            if !needs.has(Needs::MEMORY) {
                task.memory = Reading::NotRead;
            }
            if !needs.has(Needs::COMMAND) {
                task.command = Reading::NotRead;
                task.stuck = false;
            }
            if needs.has(Needs::USER) {
                task.user = task.uid.known().map(|uid| self.users.name(*uid));
            } else {
                task.uid = Reading::NotRead;
            }
            tally.troubles.stuck += u32::from(task.stuck && process.is_none());
            tasks.push(Seen::new(task, known.read_at));
        }
        tasks
    }

    fn own_memory(&mut self, system: &System) -> Option<u64> {
        if !self.real {
            return None;
        }
        let text = self.files.read_whole(c"self/statm").ok()?;
        parse::statm(text).map(|(resident, _)| resident.saturating_mul(system.host.page_size))
    }
}

/// Reads a CPU clock, and the time at which that was.
fn read_clock(real: bool, of: clock::Of, pid: Pid) -> (Option<u64>, Nanos) {
    let cpu = if real { clock::cpu(of, pid) } else { None };
    (cpu, clock::now())
}

/// Takes a `stat` line into what is known of its process or thread; `None` where it makes no sense.
fn take_in<'a>(
    known: &'a mut HashMap<Pid, Box<Known>>,
    text: &[u8],
    pid: Pid,
    process: Option<Pid>,
    at: Nanos,
    tally: &mut Tally,
) -> Option<&'a mut Known> {
    let Some(line) = parse::stat(text).filter(|line| line.pid == u64::from(pid.get())) else {
        // Nothing at all is what a process that ended between open and read may leave.
        tally.troubles.unparsable += u32::from(!text.is_empty());
        return None;
    };
    let id = ProcId { pid, start_time: line.start_time };
    let known = known.entry(pid).or_insert_with(|| Box::new(Known::new(id)));
    if known.task.id != id {
        **known = Known::new(id);
    }
    known.update(&line, process, at);
    Some(known)
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

/// Whether this is the look in which the process has its turn to be read whatever is known of it.
fn is_turn(pid: Pid, look: u64) -> bool {
    (u64::from(pid.get()) + look).is_multiple_of(ROTATION)
}

/// Whether the process started a moment ago.
fn is_young(id: ProcId, since_boot: Nanos, ticks: u64) -> bool {
    ticks > 0 && since_boot.0 as f64 / 1e9 - (id.start_time as f64 / ticks as f64) < YOUNG
}
