//! One look at `/proc`: who is there, what each says of itself, and the machine.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use super::commands::{self, Commands, Outcome};
use super::files::{Files, Miss};
use super::known::{Known, find};
use super::machine::Machine;
use super::pool::Pool;
use super::ports::Ports;
use super::reader::{Fate, Reader, Tally, turn};
use super::roll::Roll;
use super::rollups::Rollups;
use super::users::Users;
use super::{clock, parse};
use crate::model::{
    Cost, Hearing, Nanos, Needs, NoSample, Pid, Reading, Sample, Seen, ShortLived, Source, System, Untrusted,
    Wants,
};

/// A command line that could not be read is tried again after this many seconds.
const STUCK_FOR: f64 = 60.0;

/// A process younger than this is likely to execute something yet, and its command line is read in every look, unless
/// the kernel tells of it. Seconds.
const YOUNG: f64 = 3.0;

/// A command line on screen that was not rewritten the last time is read again in so many looks, if its process ran.
const SELDOM: u8 = 4;

/// How long a look in a hurry reads processes before it leaves the rest to the next look, seconds.
const HURRY: f64 = 0.006;

/// How many processes it reads however long that takes: more than most screens have rows.
const SCREENFUL: u32 = 100;

/// What a change of which means that everybody is to be read anew.
const KEPT: Needs = Needs::MEMORY.union(Needs::USER).union(Needs::COMMAND).union(Needs::DETAILS.of_all());

/// The processes and the machine below a root directory: `/` for the machine we run on, or a fixture.
///
/// `stat` and `statm` never wait for a process; command lines, which may, are read by other threads.
pub struct Live {
    root: PathBuf,
    /// Whether the root is `/`, so that its users are ours.
    ours: bool,
    gated: bool,
    listens: bool,
    open: Option<Open>,
}

/// What is kept once `/proc` is open.
struct Open {
    reader: Reader,
    machine: Machine,
    commands: Commands,
    rollups: Rollups,
    ports: Ports,
    roll: Roll,
    /// The processes, ordered by pid.
    known: Vec<Known>,
    /// Their other threads where these are wanted, ordered by process and then by thread.
    threads: Vec<Known>,
    /// What the look before was to read of each process.
    needs: Option<Needs>,
    /// What the last listing said of those that are not known.
    strangers: Tally,
    hidden: bool,
    /// Reused from look to look.
    newcomers: Vec<Pid>,
    /// Who ended in the last look, ordered.
    ended: Vec<Pid>,
    tids: Vec<Pid>,
}

impl Live {
    /// A look at `root/proc`, `root/sys` and `root/etc/passwd`. Nothing is opened before the first look.
    pub fn new(root: &FilePath) -> Live {
        let ours = std::fs::canonicalize(root).is_ok_and(|path| path == FilePath::new("/"));
        Live { root: root.to_owned(), ours, gated: true, listens: false, open: None }
    }

    /// Lists and reads everybody in full in every look, whether they ran or not: to compare with, and for where the
    /// last bit of truth is worth ten times the price.
    #[must_use]
    pub fn ungated(mut self) -> Live {
        self.gated = false;
        self
    }

    /// Lets the kernel tell of every fork, exec and exit, where it does: so that processes that come and go between two
    /// looks are known. Costs some microseconds for each of them.
    #[must_use]
    pub fn listening(mut self) -> Live {
        self.listens = true;
        self
    }

    /// Whether there is a machine to look at, at the price of opening one file.
    pub fn check(&self) -> Result<(), NoSample> {
        std::fs::File::open(self.root.join("proc/stat"))
            .map(drop)
            .map_err(|error| self.no_sample(Miss::of(&error)))
    }

    fn no_sample(&self, miss: Miss) -> NoSample {
        use std::os::unix::ffi::OsStringExt;
        // The path may be of foreign origin as any other.
        let place = Untrusted::new(self.root.join("proc").into_os_string().into_vec()).show(200);
        match miss {
            Miss::Gone if self.root.join("proc/self").symlink_metadata().is_ok() => {
                let why = "there is nothing of the machine in it, as where it is mounted with subset=pid";
                NoSample::Unreadable(place, why)
            }
            Miss::Gone => NoSample::NoProc(place),
            Miss::Denied => NoSample::Unreadable(place, "it is not permitted"),
            Miss::Failed => NoSample::Unreadable(place, "file descriptors or memory are short"),
        }
    }

    fn open(&self) -> Result<Open, Miss> {
        // A container may see the `/proc` of another pid namespace, where the same number is another process.
        let own = std::process::id().to_string();
        let numbers_are_ours =
            std::fs::read_link(self.root.join("proc/self")).is_ok_and(|link| link == FilePath::new(&own));
        let real = self.ours && numbers_are_ours;
        let files = Files::open(&self.root.join("proc"), real)?;
        let commands = Commands::new(files.share()?);
        let reader = Reader {
            files,
            users: Users::new(self.root.join("etc/passwd"), self.ours),
            names: Pool::default(),
            lines: Pool::default(),
            places: Pool::default(),
            node_dir: self.root.join("sys/devices/system/node"),
            nodes: None,
            counts_blocked: (0, false),
            taskstats: None,
            no_ports: Arc::default(),
            real,
            gated: self.gated,
            needs: Needs::NOTHING,
            look: 0,
            began: Nanos(0),
            page_size: 0,
            own_uid: 0,
            on_screen: Vec::new(),
            tally: Tally::default(),
        };
        let mut roll = Roll::default();
        if self.listens && real {
            roll.listen();
        }
        Ok(Open {
            reader,
            machine: Machine::new(real),
            commands,
            rollups: Rollups::default(),
            ports: Ports::default(),
            roll,
            known: Vec::new(),
            threads: Vec::new(),
            needs: None,
            strangers: Tally::default(),
            hidden: false,
            newcomers: Vec::new(),
            ended: Vec::new(),
            tids: Vec::new(),
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
        self.reader.files.keep_spare();
        let wall = clock::wall();
        let since_boot = self.machine.since_boot(&mut self.reader.files);
        let mut system = self.machine.look(&mut self.reader.files, wants.needs)?;
        self.prepare(wants, taken);
        let (partial, short_lived) = self.processes(wants.hurry, &system, since_boot)?;
        if wants.needs.has(Needs::COMMAND) {
            self.commands(wants, since_boot);
        }
        if wants.needs.has(Needs::ROLLUP) {
            self.rollups.look(&mut self.known, &self.reader, wants.hurry)?;
        }
        if wants.needs.has(Needs::PORTS) {
            self.ports.look(&mut self.known, &self.reader, wants.hurry)?;
        }
        if wants.needs.has(Needs::THREADS) && !partial {
            self.threads();
        } else {
            self.threads.clear();
        }
        let stuck = self.known.iter().filter(|known| known.stuck_until().is_some()).count() as u32;
        system.hidepid = self.hidden;
        system.troubles = self.reader.tally.troubles(stuck, self.commands.off());
        let tasks = self.tasks();
        let cost = Cost {
            cpu: clock::own_thread() - cpu,
            wall: clock::now().since(taken),
            own_cpu: clock::own_program(),
            own_memory: self.own_memory(&system),
        };
        let census = self.roll.census();
        Ok(Sample {
            linger: wants.linger,
            taken,
            since_boot,
            wall,
            system,
            tasks,
            short_lived,
            census,
            partial,
            cost,
        })
    }

    /// Makes the reader ready for a look.
    fn prepare(&mut self, wants: &Wants, taken: Nanos) {
        let reader = &mut self.reader;
        reader.look += 1;
        reader.began = taken;
        reader.needs = wants.needs;
        reader.page_size = self.machine.page_size();
        reader.own_uid = self.machine.own_uid();
        reader.on_screen.clear();
        reader.on_screen.extend_from_slice(&wants.visible);
        reader.on_screen.sort_unstable();
        reader.files.keep_only(&reader.on_screen);
        reader.tally = self.strangers;
        let kept = wants.needs.only(KEPT);
        if self.needs.replace(kept) != Some(kept) {
            self.known.iter_mut().for_each(|known| known.fit(wants.needs, reader.look));
            self.threads.clear();
        }
        if wants.needs.has(Needs::USER) && reader.users.refresh() {
            // Others are called otherwise now: all that have an owner say so.
            for known in &mut self.known {
                let Some(uid) = known.task.uid.known().copied() else { continue };
                let name = reader.users.name(uid);
                if known.task.user.as_ref() != Some(&name) {
                    known.change(reader.look, |task| task.user = Some(name));
                }
            }
        }
    }

    /// Finds out who is there and brings what is known of them up to date. Whether that was left unfinished, because
    /// somebody waits for the first rows; and who came and went meanwhile.
    fn processes(
        &mut self,
        hurry: bool,
        system: &System,
        since_boot: Nanos,
    ) -> Result<(bool, Vec<ShortLived>), Miss> {
        let reader = &mut self.reader;
        let sure = !reader.real || !reader.gated;
        let checks = self.roll.census().checks;
        let files = &mut reader.files;
        let short_lived =
            self.roll.call(files, &mut self.known, system, sure, &self.ended, &mut self.newcomers)?;
        if self.roll.has_listed() {
            reader.tally = Tally::default();
        }
        self.ended.clear();
        let ended = &mut self.ended;
        self.known.retain_mut(|known| {
            let (id, dead) = (known.id, known.is_dead());
            let fate = if known.absent { Fate::Gone } else { reader.refresh(known) };
            // Children are given to another parent as soon as theirs is dead, not only when it is reaped.
            if fate == Fate::Gone || known.id != id || (known.is_dead() && !dead) {
                ended.push(id.pid);
            }
            fate != Fate::Gone
        });
        let deadline = hurry.then(|| clock::now().plus(HURRY));
        let begun = self.known.len();
        let mut partial = false;
        let mut overlooked = 0;
        for pid in &self.newcomers {
            if reader.tally.processes >= SCREENFUL && deadline.is_some_and(|deadline| clock::now() > deadline)
            {
                partial = true;
                break;
            }
            let Some(known) = reader.meet(*pid) else { continue };
            overlooked += u64::from(self.machine.was_there_before(known.id) && !self.roll.was_told_of(*pid));
            self.known.push(known);
        }
        if partial || reader.tally.failed > 0 {
            self.roll.doubt();
        }
        if self.roll.was_check(checks) {
            self.roll.overlooked(overlooked);
        }
        if self.known.len() > begun && !self.known.is_sorted_by_key(|known| known.id.pid) {
            self.known.sort_by_key(|known| known.id.pid);
        }
        self.machine.remember(since_boot);
        self.adopt();
        if self.roll.has_listed() {
            self.strangers = Tally { processes: 0, failed: 0, ..self.reader.tally };
            self.hidden = self.strangers.denied > 0 || self.hides();
        }
        Ok((partial, short_lived))
    }

    /// Reads those again whose parent has ended: they have another now.
    fn adopt(&mut self) {
        self.ended.sort_unstable();
        if self.ended.is_empty() {
            return;
        }
        let (ended, reader) = (&self.ended, &mut self.reader);
        self.known.retain_mut(|known| {
            let orphaned = known.parent.is_some_and(|parent| ended.binary_search(&parent).is_ok());
            if !orphaned {
                return true;
            }
            known.again = true;
            reader.refresh(known) != Fate::Gone
        });
    }

    /// Whether other users' processes are kept from us: the mount says so, or the first process is not to be seen,
    /// and nobody else's is. Root sees everybody, and may well be everybody there is.
    fn hides(&self) -> bool {
        let real = self.reader.real;
        let root = real && self.machine.own_uid() == 0;
        let without_first = real && find(&self.known, Pid::INIT).is_none();
        let others = self.known.iter().any(|known| known.foreign);
        !root && !others && (self.machine.restricted || without_first)
    }

    /// Reads the threads of all processes that have more than one.
    fn threads(&mut self) {
        let mut before = std::mem::take(&mut self.threads).into_iter().peekable();
        let reader = &mut self.reader;
        for process in &self.known {
            let pid = process.id.pid;
            while before.next_if(|thread| thread.process < Some(pid)).is_some() {}
            if process.task.threads <= 1 {
                continue;
            }
            let slept = process.read_at == reader.began && process.changed < reader.look;
            if slept && before.peek().is_some_and(|thread| thread.process == Some(pid)) {
                while let Some(mut thread) = before.next_if(|thread| thread.process == Some(pid)) {
                    thread.read_at = reader.began;
                    self.threads.push(thread);
                }
                continue;
            }
            self.tids.clear();
            // One that is ending has no threads any more; its own row says so in the next look.
            if reader.files.list_threads(pid, &mut self.tids).is_err() {
                continue;
            }
            self.tids.sort_unstable();
            for tid in self.tids.iter().filter(|tid| **tid != pid) {
                let of_this = |thread: &Known| thread.process == Some(pid);
                while before.next_if(|thread| of_this(thread) && thread.id.pid < *tid).is_some() {}
                let known = before.next_if(|thread| of_this(thread) && thread.id.pid == *tid);
                self.threads.extend(reader.thread(process, *tid, known));
            }
        }
    }

    /// Orders the command lines that are due, those on screen first, and takes in what has come.
    fn commands(&mut self, wants: &Wants, since_boot: Nanos) {
        let now = clock::now();
        let (ticks, look) = (self.machine.ticks_per_second(), self.reader.look);
        let youngest = since_boot.0 as f64 / 1e9 - YOUNG;
        // Where the kernel tells of it nobody has to ask.
        let told = self.roll.census().events == Hearing::All;
        let is_young = |start: u64| !told && ticks > 0 && start as f64 / ticks as f64 > youngest;
        let mut due = Vec::new();
        for known in &mut self.known {
            if known.stuck_until().is_some_and(|until| now >= until) {
                known.set_stuck(None);
                known.stale = true;
                known.change(look, |task| task.stuck = false);
            }
            known.rest = known.rest.saturating_sub(1);
            // Some write there what they are doing, when they do something.
            let in_view = || turn(known.id.pid, look).is_some() || self.reader.is_in_view(known.id);
            let wanted =
                known.stale || (known.ran && known.rest == 0 && in_view()) || is_young(known.id.start_time);
            if wanted && !known.pending && known.stuck_until().is_none() && known.may_have_command() {
                (known.stale, known.ran) = (false, false);
                known.pending = true;
                due.push(known.id);
            }
        }
        if !wants.visible.is_empty() && due.len() > 1 {
            due.sort_by_cached_key(|id| !self.reader.is_in_view(*id));
        }
        let (known, lines) = (&mut self.known, &mut self.reader.lines);
        let patience = if wants.hurry { commands::HURRY } else { commands::PER_LOOK };
        self.commands.read(due, patience, |id, outcome| {
            let Some(known) = find(known, id.pid).and_then(|at| known.get_mut(at)) else { return };
            if known.id != id {
                return;
            }
            known.pending = false;
            let stuck = outcome == Outcome::Stuck;
            known.set_stuck(stuck.then(|| now.plus(STUCK_FOR)));
            let command = match outcome {
                Outcome::Read(Some(command)) => match known.task.command.known() {
                    Some(old) if **old == command => known.task.command.clone(),
                    _ => Reading::Known(lines.share(command)),
                },
                Outcome::Read(None) => Reading::NotRead,
                Outcome::Denied => Reading::Denied,
                Outcome::Lost => {
                    known.stale = true;
                    known.task.command.clone()
                }
                Outcome::Stuck => known.task.command.clone(),
            };
            let news = known.task.command != command || known.task.stuck != stuck;
            known.rest = if news { 0 } else { SELDOM };
            if news {
                known.change(look, |task| (task.command, task.stuck) = (command, stuck));
            }
        });
    }

    /// The rows, ordered by pid.
    fn tasks(&self) -> Vec<Seen> {
        let mut tasks = Vec::with_capacity(self.known.len() + self.threads.len());
        tasks.extend(self.known.iter().map(Known::seen));
        if !self.threads.is_empty() {
            tasks.extend(self.threads.iter().map(Known::seen));
            tasks.sort_by_key(|seen| seen.task.id.pid);
            tasks.dedup_by_key(|seen| seen.task.id.pid);
        }
        tasks
    }

    fn own_memory(&mut self, system: &System) -> Option<u64> {
        if !self.reader.real {
            return None;
        }
        let text = self.reader.files.read_whole(c"self/statm").ok()?;
        parse::statm(text).map(|(resident, _)| resident.saturating_mul(system.host.page_size))
    }
}
