//! The machine as a whole: `/proc/stat`, `meminfo`, `loadavg`, `pressure`, and what does not change while it runs.

use std::os::unix::ffi::OsStringExt;
use std::sync::Arc;

use super::files::{Files, Miss};
use super::{clock, parse};
use crate::model::{Host, Nanos, Needs, Pid, Pressure, ProcId, System, Untrusted};

/// Looks between two readings of what hardly ever changes: the host's name, how `/proc` is mounted.
const SELDOM: u64 = 60;

/// What is kept from look to look.
pub(super) struct Machine {
    /// Whether this is the machine we run on, and our pid namespace; not a fixture.
    real: bool,
    host: Arc<Host>,
    looks: u64,
    /// Whether `/proc` is mounted so that it hides other users' processes.
    pub(super) restricted: bool,
    /// When the look before began, since boot.
    before: Option<Nanos>,
    /// The figures of the look before, for when a file cannot be opened for want of descriptors.
    last: System,
}

impl Machine {
    pub(super) fn new(real: bool) -> Machine {
        Machine {
            real,
            host: Arc::default(),
            looks: 0,
            restricted: false,
            before: None,
            last: System::default(),
        }
    }

    /// Notes that a look began so long after boot.
    pub(super) fn remember(&mut self, since_boot: Nanos) {
        self.before = Some(since_boot);
    }

    /// Whether it had started before the look before began. Start times are rounded down to a tick.
    pub(super) fn was_there_before(&self, id: ProcId) -> bool {
        let per_tick = 1_000_000_000u64.checked_div(self.ticks_per_second());
        let started = per_tick.and_then(|tick| id.start_time.checked_add(1)?.checked_mul(tick));
        started.zip(self.before).is_some_and(|(started, before)| started < before.0)
    }

    /// Ticks a second, 0 where unknown.
    pub(super) fn ticks_per_second(&self) -> u64 {
        self.host.ticks_per_second
    }

    /// The uid this program runs as.
    pub(super) fn own_uid(&self) -> u32 {
        self.host.own_uid
    }

    /// Bytes a page.
    pub(super) fn page_size(&self) -> u64 {
        self.host.page_size
    }

    /// Reads the machine's figures. `Gone` where there is no `stat` or it is none: then this is no `/proc`.
    pub(super) fn look(&mut self, files: &mut Files, needs: Needs) -> Result<System, Miss> {
        let mut system = System { cpus: Vec::with_capacity(self.last.cpus.len()), ..System::default() };
        let totals = match files.read_whole(c"stat") {
            Ok(text) => {
                let totals = parse::cpu_lines(text, &mut system.cpus);
                system.cpu = totals.cpu.ok_or(Miss::Gone)?;
                totals
            }
            Err(Miss::Gone) => return Err(Miss::Gone),
            // Denied in some sandboxes, where processes may still be readable; or out of descriptors.
            Err(Miss::Denied | Miss::Failed) => {
                system.cpu = self.last.cpu;
                system.cpus.clone_from(&self.last.cpus);
                parse::Totals::default()
            }
        };
        system.running = totals.running;
        system.blocked = totals.blocked;
        system.forks = totals.forks;
        system.switches = totals.switches;
        system.memory = match files.read_whole(c"meminfo") {
            Err(Miss::Failed) => self.last.memory,
            read => read.ok().and_then(parse::memory),
        };
        system.load = match files.read_whole(c"loadavg") {
            Err(Miss::Failed) => self.last.load,
            read => read.ok().and_then(parse::load),
        };
        if needs.has(Needs::PRESSURE) {
            system.pressure = pressure(files);
        }
        if self.looks.is_multiple_of(SELDOM) {
            self.restricted = files.read_whole(c"self/mountinfo").is_ok_and(parse::proc_is_restricted);
        }
        let boot_time = totals.boot_time.or(self.host.boot_time);
        // Setting the clock moves the time of boot.
        if self.looks.is_multiple_of(SELDOM) || boot_time != self.host.boot_time {
            let host = self.host(files, boot_time);
            if host != *self.host {
                self.host = Arc::new(host);
            }
        }
        system.host = Arc::clone(&self.host);
        self.looks += 1;
        self.last = system.clone();
        Ok(system)
    }

    /// Nanoseconds since boot: by our clock, or by the `uptime` of a fixture.
    pub(super) fn since_boot(&self, files: &mut Files) -> Nanos {
        if self.real {
            return clock::since_boot();
        }
        let uptime = files.read_whole(c"uptime").ok().and_then(parse::uptime);
        uptime.map_or_else(clock::since_boot, |seconds| Nanos(0).plus(seconds))
    }

    fn host(&self, files: &mut Files, boot_time: Option<u64>) -> Host {
        let constant = |name| nix::unistd::sysconf(name).ok().flatten().and_then(|n| u64::try_from(n).ok());
        let (name, kernel) = if self.real { uname() } else { fixture_names(files) };
        Host {
            name,
            kernel,
            ticks_per_second: constant(nix::unistd::SysconfVar::CLK_TCK).unwrap_or(0),
            page_size: constant(nix::unistd::SysconfVar::PAGE_SIZE).unwrap_or(4096),
            boot_time,
            utc_offset_s: crate::sys::utc_offset(time_of_day()),
            own_uid: nix::unistd::geteuid().as_raw(),
            own_pid: if self.real { Pid::new(std::process::id()) } else { None },
        }
    }
}

/// Seconds since the epoch.
fn time_of_day() -> i64 {
    nix::time::clock_gettime(nix::time::ClockId::CLOCK_REALTIME).map_or(0, |time| time.tv_sec())
}

fn uname() -> (Untrusted, Untrusted) {
    let Ok(names) = nix::sys::utsname::uname() else { return Default::default() };
    let mut kernel = names.sysname().to_owned();
    kernel.push(" ");
    kernel.push(names.release());
    (Untrusted::new(names.nodename().to_owned().into_vec()), Untrusted::new(kernel.into_vec()))
}

fn fixture_names(files: &mut Files) -> (Untrusted, Untrusted) {
    let mut line =
        |name| files.read_whole(name).map(|text| text.trim_ascii_end().to_vec()).unwrap_or_default();
    let host = line(c"sys/kernel/hostname");
    let release = line(c"sys/kernel/osrelease");
    let kernel = if release.is_empty() { release } else { [b"Linux ".as_slice(), &release].concat() };
    (Untrusted::new(host), Untrusted::new(kernel))
}

/// `None` where the kernel has no pressure stall information, or it is switched off (then reading fails).
fn pressure(files: &mut Files) -> Option<Pressure> {
    let mut both = |name| files.read_whole(name).ok().map(parse::pressure);
    let (cpu, io, memory) = (both(c"pressure/cpu"), both(c"pressure/io"), both(c"pressure/memory"));
    if cpu.is_none() && io.is_none() && memory.is_none() {
        return None;
    }
    let ((cpu_some, cpu_full), (io_some, io_full)) = (cpu.unwrap_or_default(), io.unwrap_or_default());
    let (memory_some, memory_full) = memory.unwrap_or_default();
    Some(Pressure { cpu_some, cpu_full, io_some, io_full, memory_some, memory_full })
}
