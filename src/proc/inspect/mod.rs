//! One process in depth: the readers behind the inspector, a file for each page.
//!
//! The process's directory is opened once and kept: it belongs to that process for ever, so nothing that is read below it
//! can be another's, and its files are found by short paths. What may hang is read by readers that may be left behind
//! (`slow`), and what changes slowly is read less often than the page is looked at. No page knows another, none knows a
//! rate, and no program is run.

mod ancestry;
mod cgroup;
mod command;
mod files;
mod limits;
mod locks;
mod memory;
mod namespaces;
mod overview;
mod scheduling;
mod signals;
mod slow;
mod status;
mod text;
mod threads;

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::process::{PidfdFlags, pidfd_open};

use super::clock;
use super::files::Miss;
use super::parse;
use super::users::Users;
use crate::model::inspect::{Ended, Examine, Found, Inspection, Needed, Page, Refused};
use crate::model::{CpuSet, Nanos, ProcId};
use crate::sys::{self, ExitRecord};
use text::{Buffer, Numbered};

/// The kernel's own threads: PF_KTHREAD of include/linux/sched.h.
const KERNEL_THREAD: u64 = 0x0020_0000;

/// Looks at single processes below a root directory: `/` for the machine we run on, or a fixture.
pub struct Inspector {
    root: PathBuf,
    /// Whether the root is `/`, so that pids below it are what system calls take for pids, and its users are ours.
    ours: bool,
    proc: Option<OwnedFd>,
    buffer: Buffer,
    machine: Machine,
    users: Users,
    groups: Users,
    target: Option<Target>,
    number: u64,
}

/// What does not change while the machine runs.
struct Machine {
    /// Nanoseconds of a clock tick.
    tick: u64,
    page_size: u64,
    /// Seconds since the epoch at boot.
    boot_time: Option<u64>,
    /// The NUMA nodes, once somebody has asked.
    nodes: Option<Vec<(u32, CpuSet)>>,
    uid: u32,
}

/// The process in view, and what the pages remember of it.
struct Target {
    id: ProcId,
    dir: OwnedFd,
    /// Tells how it ended.
    pidfd: Option<OwnedFd>,
    overview: overview::Memo,
    threads: threads::Memo,
    files: files::Memo,
    command: command::Memo,
    memory: memory::Memo,
    locks: locks::Memo,
}

/// What the readers of pages are given.
struct Look<'a> {
    id: ProcId,
    /// When the look began.
    now: Nanos,
    /// Whether what is otherwise read less often is to be read now.
    fresh: bool,
    /// Whether the root is `/`.
    ours: bool,
    root: &'a Path,
    /// `/proc`.
    proc: &'a OwnedFd,
    /// `/proc/PID`.
    dir: &'a OwnedFd,
    /// What it takes to be told of it what only its owner is told.
    needed: Needed,
    /// Whether it is a thread of the kernel or a zombie, which have no memory and no files.
    bare: bool,
    /// Whether it is a thread of the kernel, which makes no system calls; the kernel says of it that it is in call 0.
    kernel: bool,
    tick: u64,
    page_size: u64,
    boot_time: Option<u64>,
}

impl Look<'_> {
    /// Why a file of the process could not be read.
    fn refused(&self, miss: Miss) -> Refused {
        match miss {
            Miss::Denied => Refused::Denied(self.needed),
            Miss::Gone if self.bare => Refused::HasNone,
            Miss::Gone => Refused::NoSuch,
            Miss::Failed => Refused::NotRead,
        }
    }

    /// Seconds since the epoch at `ticks` after boot.
    fn started(&self, ticks: u64) -> Option<f64> {
        Some(self.boot_time? as f64 + self.nanos(ticks) as f64 / 1e9)
    }

    /// Seconds since `ticks` after boot.
    fn age(&self, ticks: u64) -> f64 {
        (clock::since_boot().0.saturating_sub(self.nanos(ticks))) as f64 / 1e9
    }

    /// Clock ticks as nanoseconds.
    fn nanos(&self, ticks: u64) -> u64 {
        ticks.saturating_mul(self.tick)
    }
}

impl Inspector {
    /// Looks below `root/proc`, `root/sys`, `root/etc`. Nothing is opened before the first look.
    pub fn new(root: &Path) -> Inspector {
        let ours = std::fs::canonicalize(root).is_ok_and(|path| path == Path::new("/"));
        let constant =
            |name| nix::unistd::sysconf(name).ok().flatten().and_then(|value| u64::try_from(value).ok());
        let ticks = constant(nix::unistd::SysconfVar::CLK_TCK).unwrap_or(100).max(1);
        Inspector {
            root: root.to_owned(),
            ours,
            proc: None,
            buffer: Buffer::default(),
            machine: Machine {
                tick: 1_000_000_000 / ticks,
                page_size: constant(nix::unistd::SysconfVar::PAGE_SIZE).unwrap_or(4096),
                boot_time: None,
                nodes: None,
                uid: nix::unistd::geteuid().as_raw(),
            },
            users: Users::new(root.join("etc/passwd"), ours),
            groups: Users::new(root.join("etc/group"), false),
            target: None,
            number: 0,
        }
    }

    /// The process with this pid, as it is now; `None` where there is none.
    pub fn find(&mut self, pid: crate::model::Pid) -> Option<ProcId> {
        self.open_proc().ok()?;
        let stat = self.buffer.read(self.proc.as_ref()?, Numbered::new(pid.get(), "/stat").as_str()).ok()?;
        Some(ProcId { pid, start_time: parse::start_time(stat)? })
    }

    fn open_proc(&mut self) -> Result<(), Miss> {
        if self.proc.is_none() {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let dir = rustix::fs::open(self.root.join("proc"), flags, rustix::fs::Mode::empty())?;
            let boot = self.buffer.read(&dir, "stat").ok().and_then(|text| {
                let line = parse::lines(text).find_map(|line| line.strip_prefix(b"btime "))?;
                parse::first_number(line)
            });
            self.machine.boot_time = boot;
            self.proc = Some(dir);
        }
        Ok(())
    }

    /// Opens the directory of a process, unless it is open.
    fn open(&mut self, id: ProcId) -> Result<(), Found> {
        if self.target.as_ref().is_some_and(|target| target.id == id) {
            return Ok(());
        }
        self.target = None;
        self.number = 0;
        let gone = |miss| match miss {
            Miss::Gone => Found::Gone(Ended::Vanished),
            Miss::Denied => Found::Refused(Refused::Denied(Needed::Root)),
            Miss::Failed => Found::Refused(Refused::NotRead),
        };
        self.open_proc().map_err(gone)?;
        let Some(proc) = &self.proc else { return Err(Found::Refused(Refused::NotRead)) };
        // Before the identity is checked, so that it is the same process's.
        let pidfd = if self.ours {
            rustix::process::Pid::from_raw(id.pid.raw())
                .and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok())
        } else {
            None
        };
        let dir =
            text::open(proc, Numbered::new(id.pid.get(), "").as_str(), OFlags::DIRECTORY).map_err(gone)?;
        self.target = Some(Target {
            id,
            dir,
            pidfd,
            overview: overview::Memo::default(),
            threads: threads::Memo::default(),
            files: files::Memo::default(),
            command: command::Memo::default(),
            memory: memory::Memo::default(),
            locks: locks::Memo::default(),
        });
        Ok(())
    }

    /// Why the process that was there is not.
    fn gone(&self) -> Found {
        let record = self
            .target
            .as_ref()
            .and_then(|target| target.pidfd.as_ref())
            .map(|fd| sys::pidfd_exit_record(fd.as_fd()));
        match record {
            Some(ExitRecord::Ended(status)) => Found::Gone(Ended::Status(status)),
            _ => Found::Gone(Ended::Vanished),
        }
    }

    /// Looks; `Err` where there is nothing of the page.
    fn look(&mut self, id: ProcId, page: Page, now: Nanos, fresh: bool) -> Result<Found, Found> {
        self.open(id)?;
        let gone = |this: &Self, miss| match miss {
            Miss::Gone => this.gone(),
            Miss::Denied => Found::Refused(Refused::Denied(Needed::Root)),
            Miss::Failed => Found::Refused(Refused::NotRead),
        };
        let (Some(proc), Some(target)) = (&self.proc, &mut self.target) else {
            return Err(Found::Refused(Refused::NotRead));
        };
        let read = self.buffer.read(&target.dir, "stat").map(<[u8]>::to_vec);
        let text = match read {
            Ok(text) => text,
            Err(miss) => return Err(gone(self, miss)),
        };
        let Some(stat) = parse::stat(&text).filter(|stat| stat.pid == u64::from(id.pid.get())) else {
            return Err(if text.is_empty() { self.gone() } else { Found::Refused(Refused::Unreadable) });
        };
        if stat.start_time != id.start_time {
            self.target = None;
            return Err(Found::Gone(Ended::Recycled));
        }
        let owner = rustix::fs::fstat(&target.dir).map_or(0, |stat| stat.st_uid);
        let look = Look {
            id,
            now,
            fresh,
            ours: self.ours,
            root: &self.root,
            proc,
            dir: &target.dir,
            needed: if self.machine.uid == 0 || owner == self.machine.uid {
                Needed::Ptrace
            } else {
                Needed::SameUser
            },
            bare: stat.flags & KERNEL_THREAD != 0 || matches!(stat.state, b'Z' | b'X'),
            kernel: stat.flags & KERNEL_THREAD != 0,
            tick: self.machine.tick,
            page_size: self.machine.page_size,
            boot_time: self.machine.boot_time,
        };
        let buffer = &mut self.buffer;
        let mut names = Names { users: &mut self.users, groups: &mut self.groups };
        names.users.refresh();
        let found = match page {
            Page::Overview => Found::Overview(Box::new(overview::read(
                &look,
                &stat,
                &mut target.overview,
                buffer,
                &mut names,
            ))),
            Page::Threads => Found::Threads(Box::new(threads::read(&look, &mut target.threads, buffer))),
            Page::Files => Found::Files(Box::new(files::read(&look, stat.comm, &mut target.files, buffer))),
            Page::Environment => {
                Found::Environment(Box::new(command::environment(&look, &mut target.command)))
            }
            Page::Command => {
                Found::Command(Box::new(command::line(&look, stat.comm, &mut target.command, buffer)))
            }
            Page::Memory => Found::Memory(Box::new(memory::read(&look, &mut target.memory, buffer))),
            Page::Limits => Found::Limits(Box::new(limits::read(&look, &stat, buffer))),
            Page::Cgroup => Found::Cgroup(Box::new(cgroup::read(&look, buffer))),
            Page::Namespaces => Found::Namespaces(Box::new(namespaces::read(&look, buffer))),
            Page::Signals => Found::Signals(Box::new(signals::read(&look, buffer))),
            Page::Locks => Found::Locks(Box::new(locks::read(&look, &mut target.locks, buffer))),
            Page::Scheduling => {
                let nodes = &mut self.machine.nodes;
                Found::Scheduling(Box::new(scheduling::read(&look, &stat, &text, nodes, buffer)))
            }
            Page::Ancestry => {
                names.groups.refresh();
                Found::Ancestry(Box::new(ancestry::read(&look, buffer, &mut names)))
            }
        };
        // It may have ended while it was looked at; then what was found is of somebody who is no more.
        let still = match self.buffer.read(&target.dir, "stat") {
            Ok(text) => parse::start_time(text) == Some(id.start_time),
            Err(miss) => miss != Miss::Gone,
        };
        if still { Ok(found) } else { Err(self.gone()) }
    }

    /// CPU time that readers took for the process in view since this was asked, seconds.
    fn readers(&mut self) -> f64 {
        let Some(target) = &mut self.target else { return 0.0 };
        target.overview.take_cpu()
            + target.files.take_cpu()
            + target.command.take_cpu()
            + target.memory.take_cpu()
    }
}

/// Who is called how.
struct Names<'a> {
    users: &'a mut Users,
    groups: &'a mut Users,
}

impl Examine for Inspector {
    fn examine(&mut self, id: ProcId, page: Page, fresh: bool) -> Inspection {
        let begun = clock::own_thread();
        let at = clock::now();
        let found = self.look(id, page, at, fresh).unwrap_or_else(|instead| instead);
        self.number += 1;
        let cost = clock::own_thread() - begun + self.readers();
        Inspection { id, at, number: self.number, page, found, cost }
    }

    fn close(&mut self) {
        self.target = None;
        self.proc = None;
        self.number = 0;
    }
}
