//! Devices: how busy disks and graphics cards are.

use std::path::Path;
use std::time::Instant;

use super::{names, number, text};
use crate::model::{GpuUse, Untrusted};

/// Cards whose drivers tell how busy they are: amdgpu does, and some others by the same name. `/sys/class/drm/cardN`.
pub(super) fn gpus(folder: &Path) -> Vec<GpuUse> {
    let is_card = |name: &String| {
        // `card0-HDMI-A-1` is a plug of it.
        name.strip_prefix("card").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let card = |name: String| {
        let device = folder.join(&name).join("device");
        let busy = number(&device.join("gpu_busy_percent"))?;
        Some(GpuUse {
            name: Untrusted::from(name.as_str()),
            busy: busy.min(100) as f64 / 100.0,
            memory_used: number(&device.join("mem_info_vram_used")),
            memory_total: number(&device.join("mem_info_vram_total")),
        })
    };
    names(folder).into_iter().filter(is_card).filter_map(card).collect()
}

/// How long each disk has been busy, and when that was read.
#[derive(Debug, Default)]
pub(super) struct Disks {
    before: Option<(Instant, Vec<(String, u64)>)>,
}

impl Disks {
    /// The share of time since the reading before in which the busiest disk had something to do; `None` the first time.
    pub(super) fn busy(&mut self, root: &Path) -> Option<f64> {
        let text = text(&root.join("proc/diskstats"))?;
        let now = Instant::now();
        let is_whole = |name: &str| root.join("sys/block").join(name.replace('/', "!")).exists();
        let read: Vec<(String, u64)> = busy_times(&text)
            .filter(|(name, _)| is_whole(name))
            .map(|(name, busy)| (name.to_owned(), busy))
            .collect();
        let (then, before) = self.before.replace((now, read.clone()))?;
        let milliseconds = now.duration_since(then).as_secs_f64() * 1e3;
        busiest(&before, &read, milliseconds)
    }
}

/// The greatest share of `milliseconds` that any device was busy.
fn busiest(before: &[(String, u64)], now: &[(String, u64)], milliseconds: f64) -> Option<f64> {
    let grown = |(name, busy): &(String, u64)| {
        let (_, was) = before.iter().find(|(known, _)| known == name)?;
        busy.checked_sub(*was)
    };
    let most = now.iter().filter_map(grown).max()?;
    (milliseconds > 0.0).then(|| (most as f64 / milliseconds).clamp(0.0, 1.0))
}

/// Name and milliseconds busy of each line of `/proc/diskstats` (Documentation/admin-guide/iostats.rst, field 10);
/// devices that are memory or files are no disks.
fn busy_times(text: &str) -> impl Iterator<Item = (&str, u64)> {
    text.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let name = words.nth(2)?;
        let busy = words.nth(9)?.parse().ok()?;
        let none = ["loop", "ram", "zram"].iter().any(|kind| name.starts_with(kind));
        (!none).then_some((name, busy))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::root;
    use super::*;

    #[test]
    fn cards_that_tell() {
        let dir = root(&[
            ("d/card0/device/gpu_busy_percent", "37\n"),
            ("d/card0/device/mem_info_vram_used", "1000\n"),
            ("d/card0/device/mem_info_vram_total", "4000\n"),
            ("d/card0-HDMI-A-1/device/gpu_busy_percent", "99\n"),
            ("d/card1/device/vendor", "0x10de\n"),
            ("d/renderD128/device/gpu_busy_percent", "99\n"),
        ]);
        let all = gpus(&dir.path().join("d"));
        let card =
            GpuUse { name: "card0".into(), busy: 0.37, memory_used: Some(1000), memory_total: Some(4000) };
        assert_eq!(all, [card]);
    }

    #[test]
    fn the_busiest_disk() {
        let text = "   8       0 sda 100 0 800 50 10 0 80 5 0 2000 55 0 0 0 0\n   8  1 sda1 1 2 3 4 5 6 7 8 9 3000\n \
                    7 0 loop0 1 0 2 0 0 0 0 0 0 9000 0\n 1 0 sdb x\n";
        assert_eq!(busy_times(text).collect::<Vec<_>>(), [("sda", 2000), ("sda1", 3000)]);
        let at = |sda, sdb| [("sda".to_owned(), sda), ("sdb".to_owned(), sdb)];
        assert_eq!(busiest(&at(1000, 50), &at(1750, 60), 3000.0), Some(0.25));
        // A disk that is new, or whose counter began anew, says nothing yet.
        assert_eq!(busiest(&[], &at(1, 1), 3000.0), None);
        assert_eq!(busiest(&at(9, 9), &at(1, 1), 3000.0), None);
        assert_eq!(busiest(&at(0, 0), &at(9000, 0), 3000.0), Some(1.0));
        let dir = root(&[("proc/diskstats", text), ("sys/block/sda/size", "1")]);
        let mut disks = Disks::default();
        assert_eq!(disks.busy(dir.path()), None);
        assert_eq!(disks.busy(dir.path()), Some(0.0));
    }
}
