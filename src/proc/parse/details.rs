//! What is read of a process only where somebody looks at it: the rarer fields of `stat` and `statm`, and the files
//! beside them.

use super::{lines, number, signed, unsigned, words};
use crate::model::{Autogroup, Gpu, Io, Rollup, Sizes, StatDetails, Status, ThreadTimes};

/// The rarer fields of a `stat` line.
pub(in crate::proc) fn stat_details(text: &[u8]) -> Option<StatDetails> {
    let mut fields = behind_name(text)?;
    // The first is field 3.
    let terminal_group = i32::try_from(signed(fields.nth(5)?)?).ok()?;
    let child_minor_faults = unsigned(fields.nth(2)?)?;
    let child_major_faults = unsigned(fields.nth(1)?)?;
    let number = |word: &[u8]| unsigned(word).and_then(|n| u32::try_from(n).ok());
    let rt_priority = fields.nth(26).and_then(number);
    let policy = fields.next().and_then(number);
    Some(StatDetails { terminal_group, child_minor_faults, child_major_faults, rt_priority, policy })
}

/// Field 42 of a `stat` line: the time blocked on block devices, ticks.
pub(in crate::proc) fn blocked(text: &[u8]) -> Option<u64> {
    behind_name(text)?.nth(39).and_then(unsigned)
}

/// The fields from the third on.
fn behind_name(text: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let end = text.iter().rposition(|&b| b == b')')?;
    Some(words(text.get(end + 1..)?))
}

/// The sizes of `statm`, made of its pages of so many bytes.
pub(in crate::proc) fn sizes(text: &[u8], page: u64) -> Option<Sizes> {
    let mut fields = words(text).map(|word| unsigned(word).map(|pages| pages.saturating_mul(page)));
    let code = fields.nth(3)??;
    let data = fields.nth(1)??;
    Some(Sizes { text: code, data })
}

/// `status`.
pub(in crate::proc) fn status(text: &[u8]) -> Status {
    let mut status = Status::default();
    for (name, value) in pairs(text) {
        let first = || words(value).next().and_then(unsigned);
        let small = || first().and_then(|n| u32::try_from(n).ok());
        let bytes = || first().map(|n| n.saturating_mul(1024));
        match name {
            b"Tgid" => status.tgid = small(),
            b"NSpid" => status.pid_levels = Some(words(value).count() as u32).filter(|count| *count > 0),
            b"RssAnon" => status.anon = bytes(),
            b"RssFile" => status.file = bytes(),
            b"RssShmem" => status.shmem = bytes(),
            b"VmLib" => status.lib = bytes(),
            b"CapEff" => status.effective = mask(value),
            b"VmSwap" => status.swap = bytes(),
            b"voluntary_ctxt_switches" => status.voluntary = first(),
            b"nonvoluntary_ctxt_switches" => status.involuntary = first(),
            _ => {}
        }
    }
    status
}

/// A set of bits, as a hexadecimal number.
fn mask(value: &[u8]) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(value.trim_ascii()).ok()?, 16).ok()
}

/// The lines `name: value` of a text.
pub(in crate::proc) fn pairs(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    lines(text).filter_map(|line| {
        let colon = line.iter().position(|&b| b == b':')?;
        Some((line.get(..colon)?, line.get(colon + 1..)?))
    })
}

/// The value of the pair with this name, where it begins with a number.
fn value(text: &[u8], wanted: &[u8]) -> Option<u64> {
    pairs(text)
        .find(|(name, _)| *name == wanted)
        .and_then(|(_, value)| words(value).next().and_then(unsigned))
}

/// `io`; all of it or nothing.
pub(in crate::proc) fn io(text: &[u8]) -> Option<Io> {
    Some(Io {
        read_chars: value(text, b"rchar")?,
        write_chars: value(text, b"wchar")?,
        read_calls: value(text, b"syscr")?,
        write_calls: value(text, b"syscw")?,
        read_bytes: value(text, b"read_bytes")?,
        write_bytes: value(text, b"write_bytes")?,
        cancelled_bytes: value(text, b"cancelled_write_bytes")?,
    })
}

/// `smaps_rollup`; `None` where it lacks what every kernel that has the file tells.
pub(in crate::proc) fn rollup(text: &[u8]) -> Option<Rollup> {
    let bytes = |name: &[u8]| value(text, name).map(|n| n.saturating_mul(1024));
    let private = bytes(b"Private_Clean")?.saturating_add(bytes(b"Private_Dirty")?);
    Some(Rollup {
        pss: bytes(b"Pss")?,
        uss: private.saturating_add(bytes(b"Private_Hugetlb").unwrap_or(0)),
        swap_pss: bytes(b"SwapPss")?,
    })
}

/// The path of `cgroup` that says most: that of the second version, else that which systemd keeps, else the longest.
pub(in crate::proc) fn cgroup(text: &[u8]) -> Option<&[u8]> {
    let parts = || {
        lines(text).filter_map(|line| {
            let mut parts = line.splitn(3, |&b| b == b':');
            let (id, controllers) = (parts.next()?, parts.next()?);
            Some((id, controllers, parts.next()?))
        })
    };
    let deep = |path: &[u8]| path.len() > 1;
    let unified = parts().find(|(id, controllers, path)| *id == b"0" && controllers.is_empty() && deep(path));
    let systemd = || parts().find(|(_, controllers, path)| *controllers == b"name=systemd" && deep(path));
    let longest = || parts().max_by_key(|(.., path)| path.len());
    unified.or_else(systemd).or_else(longest).map(|(.., path)| path)
}

/// `schedstat` of a thread: times on a CPU and waiting for one, and how often it was given one.
pub(in crate::proc) fn schedstat(text: &[u8]) -> Option<ThreadTimes> {
    let mut fields = words(text).map(unsigned);
    let [run, wait, slices] = [fields.next()??, fields.next()??, fields.next()??];
    Some(ThreadTimes { run, wait, slices, ..ThreadTimes::default() })
}

/// `autogroup`: `/autogroup-25 nice 0`.
pub(in crate::proc) fn autogroup(text: &[u8]) -> Option<Autogroup> {
    let mut fields = words(text.strip_prefix(b"/autogroup-")?);
    let id = unsigned(fields.next()?)?;
    let nice = fields.nth(1).and_then(signed)?;
    Some(Autogroup { id, nice: i32::try_from(nice).ok()? })
}

/// A number that may be negative, alone in its file.
pub(in crate::proc) fn lone_signed(text: &[u8]) -> Option<i64> {
    words(text).next().and_then(signed)
}

/// The number of a namespace by its link: `pid:[4026531836]`.
pub(in crate::proc) fn namespace(link: &[u8]) -> Option<u32> {
    let open = link.iter().position(|&b| b == b'[')?;
    let (inode, rest) = number(link.get(open + 1..)?)?;
    (rest == b"]").then_some(inode).and_then(|inode| u32::try_from(inode).ok())
}

/// What `fdinfo` of a graphics card says: the client, by which several descriptors of one are told to be the same, the
/// time on all its engines, and its memory there. `None` where it is none of the DRM's.
pub(in crate::proc) fn drm(text: &[u8]) -> Option<(Option<u64>, Gpu)> {
    pairs(text).find(|(name, _)| *name == b"drm-driver")?;
    let mut gpu = Gpu::default();
    let [mut resident, mut older] = [None::<u64>; 2];
    for (name, value) in pairs(text) {
        let mut words = words(value);
        let Some(amount) = words.next().and_then(unsigned) else { continue };
        let unit = words.next();
        if name.starts_with(b"drm-engine-") && !name.starts_with(b"drm-engine-capacity-") {
            gpu.engine = gpu.engine.saturating_add(amount);
            continue;
        }
        let scale = match unit {
            None => 1,
            Some(b"KiB") => 1 << 10,
            Some(b"MiB") => 1 << 20,
            Some(_) => continue,
        };
        let sum = match name {
            name if name.starts_with(b"drm-resident-") => &mut resident,
            name if name.starts_with(b"drm-memory-") => &mut older,
            _ => continue,
        };
        *sum = Some(sum.unwrap_or(0).saturating_add(amount.saturating_mul(scale)));
    }
    gpu.memory = resident.or(older);
    Some((value(text, b"drm-client-id"), gpu))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stat_has_rarer_fields() {
        // By their numbers in proc(5), but for the letter and what is negative.
        let numbers: Vec<String> = (9..=52).map(|n| n.to_string()).collect();
        let line = format!("1 (a) b) S 4 5 6 7 -1 {}\n", numbers.join(" "));
        let wanted = StatDetails {
            terminal_group: -1,
            child_minor_faults: 11,
            child_major_faults: 13,
            rt_priority: Some(40),
            policy: Some(41),
        };
        assert_eq!(stat_details(line.as_bytes()), Some(wanted));
        assert_eq!(blocked(line.as_bytes()), Some(42));
        let old = b"1 (a) S 4 5 6 7 8 9 10 11 12 13 14";
        assert_eq!(stat_details(old).map(|stat| (stat.child_major_faults, stat.policy)), Some((13, None)));
        assert_eq!((blocked(old), stat_details(b"1 (a) S 4 5")), (None, None));
    }

    #[test]
    fn sizes_are_pages() {
        assert_eq!(
            sizes(b"42383 3214 2201 9 0 4600 0\n", 4096),
            Some(Sizes { text: 36_864, data: 18_841_600 })
        );
        assert_eq!(sizes(b"42383 3214 2201 9\n", 4096), None);
    }

    // Captured on Linux 6.18, without the lines that nobody reads.
    const STATUS: &[u8] = b"Name:\tRss\\nAnon: 7 kB\nTgid:\t6180\nNSpid:\t6180\t17\nRssAnon:\t     116 kB\n\
        RssFile:\t    1652 kB\nRssShmem:\t       0 kB\nVmLib:\t    1528 kB\nVmSwap:\t       4 kB\n\
        CapInh:\t0000000000000001\nCapEff:\t000001ff00000400\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n";

    #[test]
    fn status_is_read_and_what_it_lacks_is_unknown() {
        let known = status(STATUS);
        assert_eq!((known.tgid, known.pid_levels), (Some(6180), Some(2)));
        assert_eq!((known.anon, known.file, known.shmem), (Some(116 << 10), Some(1652 << 10), Some(0)));
        assert_eq!((known.lib, known.swap), (Some(1528 << 10), Some(4 << 10)));
        assert_eq!((known.voluntary, known.involuntary), (Some(12), Some(3)));
        assert_eq!(known.effective, Some(0x1ff_0000_0400));
        assert_eq!(status(b"CapEff:\tmany\nVmSwap:\tx\n"), Status::default());
        // A thread of the kernel has no memory.
        assert_eq!(status(b"Name:\tkthreadd\nTgid:\t2\n"), Status { tgid: Some(2), ..Status::default() });
    }

    #[test]
    fn io_is_all_or_nothing() {
        let text = b"rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 7\n";
        let io = super::io(text).unwrap();
        assert_eq!((io.read_chars, io.write_chars, io.read_calls, io.write_calls), (1, 2, 3, 4));
        assert_eq!((io.read_bytes, io.write_bytes, io.cancelled_bytes), (5, 6, 7));
        assert_eq!(super::io(&text[..30]), None);
    }

    #[test]
    fn a_rollup_adds_what_is_private() {
        let text = b"55ff70e21000-7ffd11979000 ---p 00000000 00:00 0                          [rollup]\n\
            Rss:                1768 kB\nPss:                 336 kB\nPss_Dirty:           116 kB\n\
            Private_Clean:        56 kB\nPrivate_Dirty:       116 kB\nPrivate_Hugetlb:    2048 kB\nSwapPss:               8 kB\n";
        let wanted = Rollup { pss: 336 << 10, uss: (56 + 116 + 2048) << 10, swap_pss: 8 << 10 };
        assert_eq!(rollup(text), Some(wanted));
        assert_eq!(rollup(b"Pss: 336 kB\n"), None);
    }

    #[test]
    fn the_cgroup_that_says_most_is_taken() {
        assert_eq!(cgroup(b"0::/user.slice/a:b\n"), Some(&b"/user.slice/a:b"[..]));
        assert_eq!(cgroup(b"4:memory:/x/y\n1:name=systemd:/init.scope\n0::/\n"), Some(&b"/init.scope"[..]));
        assert_eq!(cgroup(b"4:memory:/x/y\n1:name=systemd:/\n0::/\n"), Some(&b"/x/y"[..]));
        assert_eq!(cgroup(b"0::/\n"), Some(&b"/"[..]));
        assert_eq!(cgroup(b""), None);
    }

    #[test]
    fn short_files() {
        let times = ThreadTimes { run: 5, wait: 6, slices: 7, ..ThreadTimes::default() };
        assert_eq!((schedstat(b"5 6 7\n"), schedstat(b"5 6\n")), (Some(times), None));
        assert_eq!(autogroup(b"/autogroup-25 nice -5\n"), Some(Autogroup { id: 25, nice: -5 }));
        assert_eq!((autogroup(b"/\n"), lone_signed(b"-998\n")), (None, Some(-998)));
        assert_eq!(namespace(b"pid:[4026531836]"), Some(4_026_531_836));
        assert_eq!((namespace(b"pid:"), namespace(b"[1"), namespace(b"[99999999999]")), (None, None, None));
    }

    #[test]
    fn graphics_cards_tell_of_their_clients() {
        let text = b"pos:\t0\nflags:\t02100002\ndrm-driver:\tamdgpu\ndrm-client-id:\t7\ndrm-pdev:\t0000:03:00.0\n\
            drm-resident-vram:\t3 MiB\ndrm-resident-gtt:\t512 KiB\ndrm-memory-vram:\t9 MiB\ndrm-engine-gfx:\t1000 ns\n\
            drm-engine-capacity-gfx:\t2\ndrm-engine-dec:\t50 ns\n";
        let memory = Some((3 << 20) + (512 << 10));
        assert_eq!(drm(text), Some((Some(7), Gpu { engine: 1050, memory })));
        assert_eq!(drm(b"drm-driver:\ti915\n"), Some((None, Gpu { engine: 0, memory: None })));
        assert_eq!(drm(b"pos:\t0\nflags:\t02\n"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = (stat_details(&bytes), blocked(&bytes), sizes(&bytes, u64::MAX), status(&bytes), io(&bytes));
            let _ = (rollup(&bytes), cgroup(&bytes), schedstat(&bytes), autogroup(&bytes), namespace(&bytes));
            let _ = (drm(&bytes), lone_signed(&bytes));
        }

        #[test]
        fn no_kernel_like_text_panics(text in "((drm-(driver|engine-x|resident-x|client-id)|Pss|Private_Clean|rchar|VmSwap|NSpid|/autogroup-|0::/|[-0-9]{1,22}|KiB|\\[|\\]|\\)|:)[ \n\t]?){0,60}") {
            let bytes = text.as_bytes();
            let _ = (stat_details(bytes), sizes(bytes, u64::MAX), status(bytes), io(bytes), rollup(bytes));
            let _ = (cgroup(bytes), autogroup(bytes), namespace(bytes), drm(bytes));
        }
    }
}
