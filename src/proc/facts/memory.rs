//! Memory that is special: huge pages, compressed memory, the cache of ZFS.

use std::path::Path;

use super::{field, names, number, text};
use crate::model::{HugePages, ZfsCache, Zram, Zswap};

/// The pools of all sizes below `/sys/kernel/mm/hugepages`.
pub(super) fn huge_pages(folder: &Path) -> Option<HugePages> {
    let mut all: Option<HugePages> = None;
    for name in names(folder) {
        let Some(kib) = name.strip_prefix("hugepages-").and_then(|rest| rest.strip_suffix("kB")) else {
            continue;
        };
        let Some(size) = kib.parse::<u64>().ok().and_then(|kib| kib.checked_mul(1024)) else { continue };
        let own = folder.join(&name);
        let bytes = |file: &str| number(&own.join(file)).map(|pages| pages.saturating_mul(size));
        let (Some(total), Some(free)) = (bytes("nr_hugepages"), bytes("free_hugepages")) else { continue };
        let sum = all.get_or_insert_default();
        sum.total = sum.total.saturating_add(total);
        sum.used = sum.used.saturating_add(total.saturating_sub(free));
        sum.reserved = sum.reserved.saturating_add(bytes("resv_hugepages").unwrap_or(0));
    }
    all
}

/// The zram devices below `/sys/block` that are set up.
pub(super) fn zram(folder: &Path) -> Option<Zram> {
    let mut all: Option<Zram> = None;
    for name in names(folder).iter().filter(|name| name.starts_with("zram")) {
        let own = folder.join(name);
        let Some(size) = number(&own.join("disksize")).filter(|size| *size > 0) else { continue };
        let Some([data, compressed, used]) = text(&own.join("mm_stat")).and_then(|text| mm_stat(&text))
        else {
            continue;
        };
        let sum = all.get_or_insert_default();
        sum.size = sum.size.saturating_add(size);
        sum.data = sum.data.saturating_add(data);
        sum.compressed = sum.compressed.saturating_add(compressed);
        sum.used = sum.used.saturating_add(used);
    }
    all
}

/// `orig_data_size compr_data_size mem_used_total …`, bytes.
fn mm_stat(text: &str) -> Option<[u64; 3]> {
    let mut words = text.split_ascii_whitespace().map_while(|word| word.parse().ok());
    Some([words.next()?, words.next()?, words.next()?])
}

/// `Zswap` and `Zswapped` of `/proc/meminfo`, which kernels since 5.19 have where zswap is built in; `None` where it is
/// not in use and never was.
pub(super) fn zswap(meminfo: &str) -> Option<Zswap> {
    let bytes = |name| field(meminfo, name).map(|kib| kib.saturating_mul(1024));
    Some(Zswap { used: bytes("Zswap:")?, data: bytes("Zswapped:")? })
}

/// The same of an older kernel, where debugfs may be read, which only root may.
pub(super) fn zswap_by_debugfs(folder: &Path) -> Option<Zswap> {
    // No file there says how large a page is; on the machines that have zswap it is this nearly always.
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten().unwrap_or(4096);
    let page = u64::try_from(page).ok()?;
    Some(Zswap {
        used: number(&folder.join("pool_total_size"))?,
        data: number(&folder.join("stored_pages"))?.saturating_mul(page),
    })
}

/// `/proc/spl/kstat/zfs/arcstats`: lines of name, type and value.
pub(super) fn arc(text: &str) -> Option<ZfsCache> {
    let value = |name: &str| {
        let mut lines = text.lines().map(str::split_ascii_whitespace);
        lines.find_map(|mut words| (words.next() == Some(name)).then(|| words.nth(1)?.parse().ok()).flatten())
    };
    let or_0 = |name| value(name).unwrap_or(0);
    Some(ZfsCache {
        size: value("size")?,
        least: or_0("c_min"),
        most: or_0("c_max"),
        often: or_0("mfu_size"),
        lately: or_0("mru_size"),
        compressed: or_0("compressed_size"),
        uncompressed: or_0("uncompressed_size"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::root;
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn pools_of_two_sizes() {
        let dir = root(&[
            ("h/hugepages-2048kB/nr_hugepages", "10\n"),
            ("h/hugepages-2048kB/free_hugepages", "4\n"),
            ("h/hugepages-2048kB/resv_hugepages", "1\n"),
            ("h/hugepages-1048576kB/nr_hugepages", "1\n"),
            ("h/hugepages-1048576kB/free_hugepages", "1\n"),
            ("h/other/nr_hugepages", "1\n"),
        ]);
        let all = HugePages { total: 20 * MIB + 1024 * MIB, used: 12 * MIB, reserved: 2 * MIB };
        assert_eq!(huge_pages(&dir.path().join("h")), Some(all));
    }

    #[test]
    fn zram_that_is_set_up_counts() {
        let dir = root(&[
            ("b/zram0/disksize", "8589934592\n"),
            ("b/zram0/mm_stat", "1048576 262144 327680 0 400000 12 0 0 0\n"),
            ("b/zram1/disksize", "0\n"),
            ("b/zram1/mm_stat", "0 0 0 0 0 0 0 0 0\n"),
            ("b/sda/size", "5\n"),
        ]);
        let all = Zram { size: 8 << 30, data: MIB, compressed: MIB / 4, used: 327_680 };
        assert_eq!(zram(&dir.path().join("b")), Some(all));
    }

    #[test]
    fn zswap_by_meminfo_or_by_debugfs() {
        let text = "MemTotal: 5 kB\nZswap:   2048 kB\nZswapped:  8192 kB\n";
        assert_eq!(zswap(text), Some(Zswap { used: 2 * MIB, data: 8 * MIB }));
        assert_eq!(zswap("MemTotal: 5 kB\n"), None);
        let dir = root(&[("z/pool_total_size", "4096\n"), ("z/stored_pages", "0\n")]);
        assert_eq!(zswap_by_debugfs(&dir.path().join("z")), Some(Zswap { used: 4096, data: 0 }));
        assert_eq!(zswap_by_debugfs(&dir.path().join("absent")), None);
    }

    #[test]
    fn the_cache_of_zfs() {
        let text = "9 1 0x01 123 33456 8246 1234\nname                            type data\nhits 4 99\nsize 4 4294967296\n\
                    c_min 4 1073741824\nc_max 4 8589934592\nmfu_size 4 1000\nmru_size 4 2000\ncompressed_size 4 30\n\
                    uncompressed_size 4 60\n";
        let arc = arc(text).unwrap();
        assert_eq!((arc.size, arc.least, arc.shrinkable()), (4 << 30, 1 << 30, 3 << 30));
        assert_eq!((arc.often, arc.lately, arc.compressed, arc.uncompressed), (1000, 2000, 30, 60));
        assert_eq!(super::arc("c_min 4 5\n"), None);
        // It may be smaller than its least size: nothing can be had back then.
        assert_eq!(ZfsCache { size: 5, least: 9, ..ZfsCache::default() }.shrinkable(), 0);
    }
}
