//! What is slow or rare to read of the machine: batteries, frequencies, compressed memory, ZFS, graphics cards, limits.
//!
//! Its words: a *fact* is one of these things, and only those that somebody [needs](SlowNeeds) are read. Files of drivers
//! may keep a reader waiting: this is for a thread that nobody waits for. Each file here turns the text of one family of
//! files into values; what is not there is `None`, never 0. It must never know what a meter makes of it.

mod bus;
mod devices;
mod kernel;
mod limits;
mod memory;
mod power;
mod systemd;

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::model::{Facts, SlowNeeds};

/// No file that is read here needs to be longer; `/proc/cpuinfo` of very many CPUs is, and its beginning tells enough.
const LARGEST: u64 = 256 << 10;

/// Reads facts below a root, and remembers what rates are told from.
#[derive(Debug)]
pub struct FactsReader {
    root: PathBuf,
    limits: limits::Limiter,
    disks: devices::Disks,
    systemd: systemd::Manager,
    /// The most that any CPU can do, kilohertz: it does not change.
    fastest: Option<u64>,
}

impl FactsReader {
    /// Reads below `root`: `/` for the machine we run on.
    pub fn new(root: &Path) -> FactsReader {
        FactsReader {
            root: root.to_owned(),
            limits: limits::Limiter::new(root),
            disks: devices::Disks::default(),
            systemd: systemd::Manager::default(),
            fastest: None,
        }
    }

    /// Reads what is needed; everything else is `None`.
    pub fn read(&mut self, needs: SlowNeeds) -> Facts {
        let root = self.root.clone();
        let at = |path: &str| root.join(path);
        let wanted = |need: SlowNeeds| needs.has(need);
        let mut facts = Facts::default();
        if wanted(SlowNeeds::BATTERY) {
            facts.battery = power::battery(&at("sys/class/power_supply"));
        }
        if wanted(SlowNeeds::FREQUENCY) {
            facts.frequency =
                power::frequency(&at("sys/devices/system/cpu"), &at("proc/cpuinfo"), &mut self.fastest);
        }
        if wanted(SlowNeeds::HUGE_PAGES) {
            facts.huge_pages = memory::huge_pages(&at("sys/kernel/mm/hugepages"));
        }
        if wanted(SlowNeeds::ZRAM) {
            facts.zram = memory::zram(&at("sys/block"));
        }
        if wanted(SlowNeeds::ZSWAP) {
            facts.zswap = text(&at("proc/meminfo"))
                .and_then(|text| memory::zswap(&text))
                .or_else(|| memory::zswap_by_debugfs(&at("sys/kernel/debug/zswap")));
        }
        if wanted(SlowNeeds::ARC) {
            facts.arc = text(&at("proc/spl/kstat/zfs/arcstats")).and_then(|text| memory::arc(&text));
        }
        if wanted(SlowNeeds::HANDLES) {
            facts.handles = text(&at("proc/sys/fs/file-nr")).and_then(|text| kernel::handles(&text));
        }
        if wanted(SlowNeeds::SYSTEMD) {
            facts.systemd = self.systemd.read(&at("run"), Instant::now());
        }
        if wanted(SlowNeeds::SELINUX) {
            facts.selinux = kernel::selinux(&at("sys/fs/selinux"), &at("sys/fs"));
        }
        if wanted(SlowNeeds::IRQ_PRESSURE) {
            facts.irq_full =
                text(&at("proc/pressure/irq")).and_then(|text| super::parse::pressure(text.as_bytes()).1);
        }
        if wanted(SlowNeeds::GPUS) {
            facts.gpus = devices::gpus(&at("sys/class/drm"));
        }
        if wanted(SlowNeeds::DISK_BUSY) {
            facts.disk_busy = self.disks.busy(&root);
        }
        if wanted(SlowNeeds::LIMITS) {
            facts.limits = self.limits.read();
        }
        facts
    }
}

/// The text of a file; `None` where there is none that can be read. Bytes that are no UTF-8 are replaced.
fn text(path: &Path) -> Option<String> {
    // A fixture may hold a FIFO, which must not hold us.
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = File::options().read(true).custom_flags(flags).open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    // Some drivers answer with an error: a battery that was taken out, a card that sleeps.
    file.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A file that holds one whole number.
fn number(path: &Path) -> Option<u64> {
    text(path)?.trim().parse().ok()
}

/// The entries of a folder by their names, in the order of the names; none where it cannot be read.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    let mut names: Vec<String> =
        entries.filter_map(Result::ok).filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    names
}

/// The second word of the line that begins with `name`, as a number.
fn field(text: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().map(str::split_ascii_whitespace);
    lines.find_map(|mut words| (words.next() == Some(name)).then(|| words.next()?.parse().ok()).flatten())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A root with these files.
    pub(super) fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            write(dir.path(), path, text);
        }
        dir
    }

    pub(super) fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    const ALL: SlowNeeds = SlowNeeds::BATTERY
        .union(SlowNeeds::FREQUENCY)
        .union(SlowNeeds::HUGE_PAGES)
        .union(SlowNeeds::ZRAM)
        .union(SlowNeeds::ZSWAP)
        .union(SlowNeeds::ARC)
        .union(SlowNeeds::HANDLES)
        .union(SlowNeeds::SYSTEMD)
        .union(SlowNeeds::SELINUX)
        .union(SlowNeeds::IRQ_PRESSURE)
        .union(SlowNeeds::GPUS)
        .union(SlowNeeds::DISK_BUSY)
        .union(SlowNeeds::LIMITS);

    #[test]
    fn what_is_not_there_is_none() {
        let dir = root(&[]);
        assert_eq!(FactsReader::new(dir.path()).read(ALL), Facts::default());
        // Nor does a folder, a FIFO or text that means nothing stop anything.
        let strange = root(&[
            ("proc/sys/fs/file-nr", "many"),
            ("proc/spl/kstat/zfs/arcstats", "\u{0}"),
            ("sys/class/power_supply/BAT0/type", "Battery"),
            ("sys/block/zram0/mm_stat", "x"),
            ("sys/fs/selinux/enforce", "maybe"),
            ("proc/self/cgroup", "0"),
            ("proc/self/mountinfo", "cgroup2 - cgroup2"),
        ]);
        fs::create_dir_all(strange.path().join("proc/pressure/irq")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            strange.path().join("proc/meminfo"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        assert_eq!(FactsReader::new(strange.path()).read(ALL), Facts::default());
    }

    #[test]
    fn only_what_is_needed_is_read() {
        let dir = root(&[("proc/sys/fs/file-nr", "5 0 9\n"), ("sys/fs/selinux/enforce", "1")]);
        let mut reader = FactsReader::new(dir.path());
        assert_eq!(reader.read(SlowNeeds::NOTHING), Facts::default());
        let facts = reader.read(SlowNeeds::HANDLES);
        assert!(facts.handles.is_some() && facts.selinux.is_none());
    }

    #[test]
    fn this_machine_can_be_read() {
        let facts = FactsReader::new(Path::new("/")).read(ALL);
        assert!(facts.handles.is_some_and(|handles| handles.open <= handles.most));
    }
}
