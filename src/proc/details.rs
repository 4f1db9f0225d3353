//! Reading the details of a process: only where somebody looks at it, and only the files that somebody asks for.
//!
//! None of these files waits for the process. What only the process itself can change (its program, its counters) is
//! read when it has run; what others can change (its group, what of it is swapped out) whenever it is looked at, or in
//! its turn. A file that cannot be read leaves its part unknown: `Denied`, or else `NotRead`.

use std::sync::Arc;

use super::files::{Miss, Path};
use super::parse::{self, About};
use super::reader::{Reader, turn};
use super::taskstats::Taskstats;
use super::topology;
use crate::model::{
    CgroupPlace, Delays, Details, Gpu, Kind, Namespaces, Needs, Oom, Pid, ProcId, Reading, StatDetails,
    State, Task, ThreadTimes, Untrusted,
};
use crate::sys;

/// The threads of a process with more than so many are not read one by one.
const MOST_THREADS: usize = 512;

/// More descriptors than this are not looked through for graphics cards.
const MOST_DESCRIPTORS: usize = 1024;

/// Whose files are read: a process's, or those of one of its other threads.
#[derive(Clone, Copy)]
struct Who {
    process: Pid,
    thread: Option<Pid>,
}

impl Who {
    fn of(task: &Task) -> Who {
        match task.kind {
            Kind::Thread(process) => Who { process, thread: Some(task.id.pid) },
            Kind::Process | Kind::Kernel | Kind::ShortLived => Who { process: task.id.pid, thread: None },
        }
    }

    fn path(self, name: &str) -> Path {
        match self.thread {
            Some(thread) => Path::thread(self.process, thread, name),
            None => Path::process(self.process, name),
        }
    }
}

impl Reader {
    /// The details that are wanted of somebody.
    fn details_of(&self, id: ProcId) -> Needs {
        let needs = if self.is_in_view(id) { self.needs } else { self.needs.of_everybody() };
        needs.only(Needs::DETAILS)
    }

    /// Whether details are wanted of somebody.
    pub(super) fn wants_details(&self, id: ProcId) -> bool {
        self.details_of(id) != Needs::NOTHING
    }

    /// Reads the details of a task that has just been read; `stat` is what its own file had of them, `ran` whether it has
    /// run since they were last read.
    pub(super) fn details(&mut self, task: &mut Task, stat: Option<StatDetails>, ran: bool) {
        let before = task.details.take();
        let who = Who::of(task);
        let needs = self.details_of(task.id);
        let old = before.as_deref();
        let due = ran || !self.gated || turn(task.id.pid, self.look).is_some();
        // As it was, where nothing can have changed.
        macro_rules! kept {
            ($due:expr, $part:ident, $need:ident, $read:expr) => {
                match old.map(|old| &old.$part) {
                    _ if !needs.has(Needs::$need) => Reading::NotRead,
                    Some(old) if !$due && *old != Reading::NotRead => old.clone(),
                    _ => $read,
                }
            };
        }
        let details = Details {
            stat: stat.filter(|_| needs.has(Needs::STAT)),
            sizes: kept!(due, sizes, SIZES, {
                let page = self.page_size;
                self.detail(who, "statm", |text| parse::sizes(text, page))
            }),
            status: kept!(true, status, STATUS, self.detail(who, "status", |text| Some(parse::status(text)))),
            io: kept!(due, io, IO, self.detail(who, "io", parse::io)),
            // Readers that may be left behind bring it.
            rollup: old.filter(|_| needs.has(Needs::ROLLUP)).map_or(Reading::NotRead, |old| old.rollup),
            rollup_at: old.filter(|_| needs.has(Needs::ROLLUP)).and_then(|old| old.rollup_at),
            cgroup: kept!(due, cgroup, CGROUP, self.cgroup(who, old)),
            namespaces: kept!(due, namespaces, NAMESPACES, self.namespaces(who)),
            exe: kept!(due, exe, EXE, self.link(who, "exe")),
            cwd: kept!(due, cwd, CWD, self.link(who, "cwd")),
            oom: kept!(true, oom, OOM, self.oom(who)),
            autogroup: kept!(due, autogroup, AUTOGROUP, {
                // Threads share their process's.
                let process = Who { thread: None, ..who };
                self.detail(process, "autogroup", parse::autogroup)
            }),
            io_priority: kept!(due, io_priority, IO_PRIORITY, self.io_priority(task.id.pid)),
            wchan: kept!(due, wchan, WCHAN, self.text(who, "wchan", b"0")),
            label: kept!(due, label, LABEL, self.text(who, "attr/current", b"")),
            node: task.processor.filter(|_| needs.has(Needs::NODE)).and_then(|cpu| self.node(cpu)),
            threads: kept!(due, threads, THREAD_TIMES, self.thread_times(who, task.threads)),
            delays: kept!(due, delays, DELAYS, self.delays(who)),
            gpu: kept!(due, gpu, GPU, self.gpu(who.process)),
            ports: match old.map(|old| &old.ports) {
                _ if !needs.has(Needs::PORTS) => Reading::NotRead,
                // The kernel's own threads and the dead have no descriptors.
                _ if task.kind == Kind::Kernel || task.state == State::ZOMBIE => {
                    Reading::Known(Arc::clone(&self.no_ports))
                }
                // A thread of its own brings them.
                known => known.cloned().unwrap_or_default(),
            },
        };
        task.details = Some(match before {
            Some(before) if *before == details => before,
            _ => Arc::new(details),
        });
    }

    /// What one file says.
    fn detail<T>(&mut self, who: Who, name: &str, parse: impl FnOnce(&[u8]) -> Option<T>) -> Reading<T> {
        match self.files.read(&who.path(name), false) {
            Ok(content) => parse(content.text).map_or(Reading::NotRead, Reading::Known),
            Err(Miss::Denied) => Reading::Denied,
            Err(Miss::Gone | Miss::Failed) => Reading::NotRead,
        }
    }

    /// A file that is a text; `nothing` stands for that there is none.
    fn text(&mut self, who: Who, name: &str, nothing: &[u8]) -> Reading<Arc<Untrusted>> {
        let read = self.detail(who, name, |text| {
            let text = text.trim_ascii_end();
            let text = text.strip_suffix(b"\0").unwrap_or(text);
            (text != nothing && !text.is_empty()).then(|| Untrusted::new(text))
        });
        self.share(read)
    }

    fn link(&mut self, who: Who, name: &str) -> Reading<Arc<Untrusted>> {
        let read = match self.files.link(&who.path(name)) {
            Ok(target) => Reading::Known(Untrusted::new(target)),
            Err(Miss::Denied) => Reading::Denied,
            Err(Miss::Gone | Miss::Failed) => Reading::NotRead,
        };
        self.share(read)
    }

    fn share(&mut self, read: Reading<Untrusted>) -> Reading<Arc<Untrusted>> {
        match read {
            Reading::Known(text) => Reading::Known(self.names.share(text)),
            Reading::Denied => Reading::Denied,
            Reading::NotRead => Reading::NotRead,
        }
    }

    fn cgroup(&mut self, who: Who, before: Option<&Details>) -> Reading<Arc<CgroupPlace>> {
        let before = before.and_then(|before| before.cgroup.known());
        let places = &mut self.places;
        match self.files.read(&who.path("cgroup"), false) {
            Ok(content) => match (parse::cgroup(content.text), before) {
                (None, _) => Reading::NotRead,
                (Some(path), Some(before)) if before.path.bytes() == path => {
                    Reading::Known(Arc::clone(before))
                }
                (Some(path), _) => Reading::Known(places.share(CgroupPlace::of(path))),
            },
            Err(Miss::Denied) => Reading::Denied,
            Err(Miss::Gone | Miss::Failed) => Reading::NotRead,
        }
    }

    fn namespaces(&mut self, who: Who) -> Reading<Namespaces> {
        let of = |name: &str| match self.files.link(&who.path(name)) {
            Ok(link) => Ok(parse::namespace(&link)),
            // An older kernel has fewer kinds.
            Err(Miss::Gone) => Ok(None),
            Err(miss) => Err(miss),
        };
        let all = || {
            Ok(Namespaces {
                cgroup: of("ns/cgroup")?,
                ipc: of("ns/ipc")?,
                mnt: of("ns/mnt")?,
                net: of("ns/net")?,
                pid: of("ns/pid")?,
                time: of("ns/time")?,
                user: of("ns/user")?,
                uts: of("ns/uts")?,
            })
        };
        match all() {
            // A kernel without any, or a process that has ended.
            Ok(namespaces) if namespaces == Namespaces::default() => Reading::NotRead,
            Ok(namespaces) => Reading::Known(namespaces),
            Err(Miss::Denied) => Reading::Denied,
            Err(Miss::Gone | Miss::Failed) => Reading::NotRead,
        }
    }

    fn oom(&mut self, who: Who) -> Reading<Oom> {
        let score = self.detail(who, "oom_score", parse::first_number);
        let adjustment = self.detail(who, "oom_score_adj", parse::lone_signed);
        let both = score.known().zip(adjustment.known());
        both.map_or(Reading::NotRead, |(score, adjustment)| {
            Reading::Known(Oom {
                score: u32::try_from(*score).unwrap_or(u32::MAX),
                adjustment: i32::try_from(*adjustment).unwrap_or(0),
            })
        })
    }

    /// A pid of a fixture is somebody else here.
    fn io_priority(&self, task: Pid) -> Reading<u16> {
        let asked = self.real.then(|| sys::ioprio::get(task.raw()).ok()).flatten();
        asked.map_or(Reading::NotRead, Reading::Known)
    }

    /// The NUMA node of a CPU.
    fn node(&mut self, cpu: u32) -> Option<u32> {
        let nodes = self.nodes.get_or_insert_with(|| topology::nodes(&self.node_dir));
        nodes.iter().find(|(_, cpus)| cpus.has(cpu)).map(|(node, _)| *node)
    }

    /// Whether the kernel counts how long tasks are blocked; where it does not, the field is 0. Kernels before 5.14 have
    /// no such switch and count.
    fn counts_blocked(&mut self) -> bool {
        if self.counts_blocked.0 != self.look {
            let read = self.files.read_whole(c"sys/kernel/task_delayacct");
            let counts = match read {
                Ok(text) => parse::first_number(text) != Some(0),
                Err(Miss::Gone) => true,
                Err(Miss::Denied | Miss::Failed) => false,
            };
            self.counts_blocked = (self.look, counts);
        }
        self.counts_blocked.1
    }

    fn thread_times(&mut self, who: Who, threads: u32) -> Reading<Arc<[ThreadTimes]>> {
        let mut tids = Vec::new();
        match who.thread {
            Some(thread) => tids.push(thread),
            None if threads <= 1 => tids.push(who.process),
            None if threads as usize > MOST_THREADS => return Reading::NotRead,
            None => match self.files.list_threads(who.process, &mut tids) {
                Ok(()) if tids.len() <= MOST_THREADS => tids.sort_unstable(),
                _ => return Reading::NotRead,
            },
        }
        let counts_blocked = self.counts_blocked();
        let alone = who.thread.is_none() && threads <= 1;
        let path = |tid, name| {
            if alone { Path::process(tid, name) } else { Path::thread(who.process, tid, name) }
        };
        let mut all = Vec::with_capacity(tids.len());
        for tid in tids {
            // One that has just ended is left out.
            let Ok(content) = self.files.read(&path(tid, "schedstat"), false) else { continue };
            let Some(mut times) = parse::schedstat(content.text) else { continue };
            times.tid = tid.get();
            if counts_blocked {
                let content = self.files.read(&path(tid, "stat"), false).ok();
                times.blocked = content.and_then(|content| parse::blocked(content.text));
            }
            all.push(times);
        }
        // A kernel that counts nothing writes zeros, or has no such file.
        let counted = all.iter().any(|times| times.slices > 0);
        if counted { Reading::Known(all.into()) } else { Reading::NotRead }
    }

    /// How long it has waited for memory. A pid of a fixture is somebody else here.
    fn delays(&mut self, who: Who) -> Reading<Delays> {
        if !self.real || !self.counts_blocked() {
            return Reading::NotRead;
        }
        let about = match who.thread {
            Some(thread) => About::Thread(thread),
            None => About::Process(who.process),
        };
        let asked = match self.taskstats.get_or_insert_with(Taskstats::open) {
            Ok(taskstats) => taskstats.ask(about),
            Err(miss) => Err(*miss),
        };
        match asked {
            Ok(delays) => Reading::Known(delays),
            Err(Miss::Denied) => {
                // It is so for everybody, and need not be asked again.
                self.taskstats = Some(Err(Miss::Denied));
                Reading::Denied
            }
            Err(Miss::Gone | Miss::Failed) => Reading::NotRead,
        }
    }

    /// Every graphics card that it has open, each client once however many descriptors it has.
    fn gpu(&mut self, process: Pid) -> Reading<Gpu> {
        let mut descriptors = Vec::new();
        match self.files.list_numbers(process, "fd", &mut descriptors) {
            Ok(()) if descriptors.len() <= MOST_DESCRIPTORS => {}
            Err(Miss::Denied) => return Reading::Denied,
            _ => return Reading::NotRead,
        }
        let mut clients = Vec::new();
        let mut sum: Option<Gpu> = None;
        for descriptor in descriptors {
            let link = self.files.link(&Path::process(process, &format!("fd/{descriptor}")));
            if !link.is_ok_and(|link| link.starts_with(b"/dev/dri/")) {
                continue;
            }
            let path = Path::process(process, &format!("fdinfo/{descriptor}"));
            let Ok(content) = self.files.read(&path, false) else { continue };
            let Some((client, gpu)) = parse::drm(content.text) else { continue };
            if client.is_some() && clients.contains(&client) {
                continue;
            }
            clients.push(client);
            let before = sum.unwrap_or_default();
            sum = Some(Gpu {
                engine: before.engine.saturating_add(gpu.engine),
                memory: match (before.memory, gpu.memory) {
                    (Some(a), Some(b)) => Some(a.saturating_add(b)),
                    (a, b) => a.or(b),
                },
            });
        }
        // Who has no card open uses none, as far as the DRM knows; nor does it say that there is none of another kind.
        sum.map_or(Reading::NotRead, Reading::Known)
    }
}
