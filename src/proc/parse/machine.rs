//! The machine as a whole: `/proc/stat`, `meminfo`, `loadavg`, `uptime`, `pressure`.

use super::{fraction, lines, unsigned, words};
use crate::model::{CpuTimes, Load, Memory, Stall};

/// What `/proc/stat` says besides the single CPUs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::proc) struct Totals {
    /// The line `cpu`; `None` where it is missing, and then this is no `/proc/stat`.
    pub(in crate::proc) cpu: Option<CpuTimes>,
    /// `btime`, seconds since the epoch.
    pub(in crate::proc) boot_time: Option<u64>,
    /// `procs_running`.
    pub(in crate::proc) running: Option<u64>,
    /// `procs_blocked`.
    pub(in crate::proc) blocked: Option<u64>,
    /// `processes`.
    pub(in crate::proc) forks: Option<u64>,
    /// `ctxt`.
    pub(in crate::proc) switches: Option<u64>,
}

/// More tasks than a pid can number: a counter that underflowed (seen for `procs_blocked`).
const ABSURD: u64 = 1 << 32;

/// Reads `/proc/stat`; each CPU that is online goes into `cpus`, ordered by its number, each once.
pub(in crate::proc) fn cpu_lines(text: &[u8], cpus: &mut Vec<(u32, CpuTimes)>) -> Totals {
    let mut totals = Totals::default();
    cpus.clear();
    for line in lines(text) {
        let mut fields = words(line);
        let Some(name) = fields.next() else { continue };
        let mut value = || fields.next().and_then(unsigned);
        match name {
            b"cpu" => totals.cpu = Some(times(&mut fields)),
            b"btime" => totals.boot_time = value(),
            b"processes" => totals.forks = value(),
            b"ctxt" => totals.switches = value(),
            b"procs_running" => totals.running = value().filter(|n| *n < ABSURD),
            b"procs_blocked" => totals.blocked = value().filter(|n| *n < ABSURD),
            _ => {
                let id = name.strip_prefix(b"cpu").and_then(unsigned).and_then(|id| u32::try_from(id).ok());
                cpus.extend(id.map(|id| (id, times(&mut fields))));
            }
        }
    }
    cpus.sort_by_key(|(id, _)| *id);
    cpus.dedup_by_key(|(id, _)| *id);
    totals
}

/// The columns of a CPU; those an old kernel lacks are 0, those a new one adds are passed over.
fn times<'a>(fields: &mut impl Iterator<Item = &'a [u8]>) -> CpuTimes {
    let mut next = || fields.next().and_then(unsigned).unwrap_or(0);
    CpuTimes {
        user: next(),
        nice: next(),
        system: next(),
        idle: next(),
        iowait: next(),
        irq: next(),
        softirq: next(),
        steal: next(),
        guest: next(),
        guest_nice: next(),
    }
}

/// Reads `/proc/meminfo`; `None` where it does not say how much there is.
pub(in crate::proc) fn memory(text: &[u8]) -> Option<Memory> {
    let mut memory = Memory::default();
    let mut total = None;
    for line in lines(text) {
        let mut fields = words(line);
        let (Some(name), Some(value)) = (fields.next(), fields.next().and_then(unsigned)) else { continue };
        // "kB" means 1024 bytes (proc_meminfo(5)).
        let bytes = value.saturating_mul(1024);
        match name {
            b"MemTotal:" => total = Some(bytes),
            b"MemFree:" => memory.free = bytes,
            b"MemAvailable:" => memory.available = Some(bytes),
            b"Buffers:" => memory.buffers = bytes,
            b"Cached:" => memory.cached = bytes,
            b"SReclaimable:" => memory.reclaimable = bytes,
            b"Shmem:" => memory.shmem = bytes,
            b"SwapTotal:" => memory.swap_total = bytes,
            b"SwapFree:" => memory.swap_free = bytes,
            b"SwapCached:" => memory.swap_cached = bytes,
            _ => {}
        }
    }
    memory.total = total?;
    Some(memory)
}

/// Reads `/proc/loadavg`: `0.20 0.18 0.12 1/80 11206`.
pub(in crate::proc) fn load(text: &[u8]) -> Option<Load> {
    let mut fields = words(text);
    let [one, five, fifteen] =
        [fraction(fields.next()?)?, fraction(fields.next()?)?, fraction(fields.next()?)?];
    let tasks = fields.next().and_then(|pair| {
        let slash = pair.iter().position(|&b| b == b'/')?;
        unsigned(pair.get(slash + 1..)?)
    });
    let last_pid = fields.next().and_then(unsigned).and_then(|pid| u32::try_from(pid).ok());
    Some(Load { one, five, fifteen, tasks, last_pid })
}

/// Seconds since boot by `/proc/uptime`.
pub(in crate::proc) fn uptime(text: &[u8]) -> Option<f64> {
    words(text).next().and_then(fraction)
}

/// The lines `some` and `full` of a pressure file. Kernels before 5.13 have no `full` for the CPU, so each line is
/// taken for itself.
pub(in crate::proc) fn pressure(text: &[u8]) -> (Option<Stall>, Option<Stall>) {
    let record = |name: &[u8]| {
        let line = lines(text).find(|line| line.starts_with(name))?;
        let record = procfs::parse_pressure_record(std::str::from_utf8(line).ok()?).ok()?;
        let share = |percent: f32| f64::from(percent).clamp(0.0, 100.0);
        let stall =
            Stall { avg10: share(record.avg10), avg60: share(record.avg60), avg300: share(record.avg300) };
        (!stall.avg10.is_nan() && !stall.avg60.is_nan() && !stall.avg300.is_nan()).then_some(stall)
    };
    (record(b"some "), record(b"full "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpus_come_and_go_and_columns_too() {
        let mut cpus = Vec::new();
        // CPU 1 is offline; an old kernel's four columns; a new kernel's eleven; a counter that underflowed.
        let text = b"cpu  10 20 30 40 50 60 70 80 90 100 110\ncpu0 1 2 3 4\ncpu7 1 2 3 4 5 6 7 8 9 10 11\ncpu2 x\n\
            intr 5 0 0\nctxt 99\nbtime 1700000000\nprocesses 4242\nprocs_running 3\nprocs_blocked 18446744073709551615\n";
        let totals = cpu_lines(text, &mut cpus);
        assert_eq!(totals.cpu.map(|t| (t.user, t.guest_nice)), Some((10, 100)));
        assert_eq!(
            cpus.iter().map(|(id, t)| (*id, t.idle, t.guest_nice)).collect::<Vec<_>>(),
            [(0, 4, 0), (2, 0, 0), (7, 4, 10)]
        );
        assert_eq!(
            (totals.boot_time, totals.forks, totals.switches),
            (Some(1_700_000_000), Some(4242), Some(99))
        );
        assert_eq!((totals.running, totals.blocked), (Some(3), None));
    }

    #[test]
    fn what_is_no_stat_has_no_cpu_line() {
        assert_eq!(cpu_lines(b"hello\n", &mut Vec::new()), Totals::default());
    }

    #[test]
    fn meminfo_is_in_kibibytes_and_may_be_old() {
        let text = b"MemTotal:        8000 kB\nMemFree:         1000 kB\nBuffers: 5 kB\nCached: 7 kB\nHugePages_Total:       0\nSwapTotal: 99999999999999999999 kB\n";
        let memory = memory(text).expect("a total");
        assert_eq!((memory.total, memory.free, memory.available), (8_192_000, 1_024_000, None));
        assert_eq!((memory.buffers, memory.cached, memory.swap_total), (5120, 7168, 0));
        assert_eq!(super::memory(b"MemFree: 5 kB\n"), None);
    }

    #[test]
    fn load_and_uptime() {
        let load = load(b"0.20 1.18 12.12 3/801 11206\n").expect("a load");
        assert_eq!((load.one, load.five, load.fifteen), (0.2, 1.18, 12.12));
        assert_eq!((load.tasks, load.last_pid), (Some(801), Some(11206)));
        assert_eq!(super::load(b"0.20 nan 12.12 3/801 11206\n"), None);
        assert_eq!(uptime(b"1234.56 99.1\n"), Some(1234.56));
    }

    #[test]
    fn pressure_may_lack_a_line() {
        let text = b"some avg10=1.50 avg60=0.25 avg300=0.00 total=83\n";
        assert_eq!(pressure(text), (Some(Stall { avg10: 1.5, avg60: 0.25, avg300: 0.0 }), None));
        assert_eq!(pressure(b"some avg10=x\nfull"), (None, None));
    }
}
