//! `/proc/PID/stat` and `/proc/PID/statm`: one process or one thread.

use super::{number, signed, unsigned, words};

/// One line of `/proc/PID/stat` (proc_pid_stat(5), fs/proc/array.c `do_task_stat`); times in ticks, sizes in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::proc) struct StatLine<'a> {
    /// Field 1.
    pub(in crate::proc) pid: u64,
    /// Field 2 without its parentheses: any bytes but NUL, parentheses and newlines too.
    pub(in crate::proc) comm: &'a [u8],
    /// Field 3.
    pub(in crate::proc) state: u8,
    /// Field 4; 0 for none.
    pub(in crate::proc) ppid: u64,
    /// Field 5; −1 while the process is being reaped.
    pub(in crate::proc) pgrp: i64,
    /// Field 6; −1 likewise.
    pub(in crate::proc) session: i64,
    /// Field 7, a device number.
    pub(in crate::proc) tty: i64,
    /// Field 9, PF_*.
    pub(in crate::proc) flags: u64,
    /// Field 10.
    pub(in crate::proc) minor_faults: u64,
    /// Field 12.
    pub(in crate::proc) major_faults: u64,
    /// Field 14, ticks.
    pub(in crate::proc) utime: u64,
    /// Field 15, ticks.
    pub(in crate::proc) stime: u64,
    /// Field 16, ticks; signed in the kernel's format.
    pub(in crate::proc) cutime: u64,
    /// Field 17, ticks.
    pub(in crate::proc) cstime: u64,
    /// Field 18.
    pub(in crate::proc) priority: i64,
    /// Field 19.
    pub(in crate::proc) nice: i64,
    /// Field 20.
    pub(in crate::proc) threads: u64,
    /// Field 22, ticks since boot.
    pub(in crate::proc) start_time: u64,
    /// Field 23, bytes.
    pub(in crate::proc) virt: Option<u64>,
    /// Field 26: where the program's code starts; 0 or 1 to those who may not trace it.
    pub(in crate::proc) start_code: Option<u64>,
    /// Field 39.
    pub(in crate::proc) processor: Option<u64>,
}

/// Reads a `stat` line. The name ends at the **last** `)`: whatever it holds cannot shift the fields behind it, as
/// those are numbers and one letter.
///
/// `None` where a field up to the start time is missing or no number, because then nothing says who this is.
pub(in crate::proc) fn stat(text: &[u8]) -> Option<StatLine<'_>> {
    let (pid, rest) = number(text)?;
    let rest = rest.strip_prefix(b" (")?;
    let end = rest.iter().rposition(|&b| b == b')')?;
    let comm = rest.get(..end)?;
    let mut fields = words(rest.get(end + 1..)?);
    let state = match fields.next()? {
        [letter] => *letter,
        _ => return None,
    };
    let ppid = unsigned(fields.next()?)?;
    let pgrp = signed(fields.next()?)?;
    let session = signed(fields.next()?)?;
    let tty = signed(fields.next()?)?;
    let _terminal_group = fields.next()?;
    let flags = unsigned(fields.next()?)?;
    let minor_faults = unsigned(fields.next()?)?;
    let _of_children = fields.next()?;
    let major_faults = unsigned(fields.next()?)?;
    let _of_children = fields.next()?;
    let utime = unsigned(fields.next()?)?;
    let stime = unsigned(fields.next()?)?;
    let cutime = signed(fields.next()?)?.max(0) as u64;
    let cstime = signed(fields.next()?)?.max(0) as u64;
    let priority = signed(fields.next()?)?;
    let nice = signed(fields.next()?)?;
    let threads = unsigned(fields.next()?)?;
    let _interval_timer = fields.next()?;
    let start_time = unsigned(fields.next()?)?;
    // From here on an old kernel, or a buffer that was too short, may have less.
    let virt = fields.next().and_then(unsigned);
    let start_code = fields.nth(2).and_then(unsigned);
    let processor = fields.nth(12).and_then(unsigned);
    Some(StatLine {
        pid,
        comm,
        state,
        ppid,
        pgrp,
        session,
        tty,
        flags,
        minor_faults,
        major_faults,
        utime,
        stime,
        cutime,
        cstime,
        priority,
        nice,
        threads,
        start_time,
        virt,
        start_code,
        processor,
    })
}

/// The start time alone: who it is.
pub(in crate::proc) fn start_time(text: &[u8]) -> Option<u64> {
    stat(text).map(|line| line.start_time)
}

/// Resident and shared pages of `/proc/PID/statm`.
pub(in crate::proc) fn statm(text: &[u8]) -> Option<(u64, u64)> {
    let mut fields = words(text).skip(1);
    Some((unsigned(fields.next()?)?, unsigned(fields.next()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // Captured on Linux 6.18.
    const INIT: &[u8] = b"1 (systemd) S 0 1 1 0 -1 4194560 71313 9134710 187 4242 142 231 25310 7423 20 0 1 0 11 173600768 3214 18446744073709551615 1 1 0 0 0 0 671173123 4096 1260 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
    // Captured on Linux 5.10: a worker of the kernel, the name longer than 15 bytes.
    const WORKER: &[u8] = b"73 (kworker/u16:3-events_unbound) I 2 0 0 0 -1 69238880 0 0 0 0 0 51 0 0 20 0 1 0 96 0 0 18446744073709551615 0 0 0 0 0 0 0 2147483647 0 0 0 0 17 3 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
    // Captured on Linux 2.6.32: no fields behind 44.
    const OLD: &[u8] = b"2107 (a) R (b) R 2000 2107 2000 34816 2107 4202496 177 0 0 0 12 3 0 0 25 5 1 0 40018 5705728 98 18446744073709551615 4194304 4212180 140734 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n";

    #[test]
    fn captured_lines_are_read() {
        let init = stat(INIT).expect("systemd");
        assert_eq!((init.pid, init.comm, init.state, init.ppid), (1, &b"systemd"[..], b'S', 0));
        assert_eq!((init.utime, init.stime, init.start_time, init.threads), (142, 231, 11, 1));
        assert_eq!((init.minor_faults, init.major_faults), (71313, 187));
        assert_eq!((init.virt, init.start_code, init.processor), (Some(173_600_768), Some(1), Some(1)));
        let worker = stat(WORKER).expect("a worker");
        assert_eq!(
            (worker.comm, worker.flags & 0x0020_0000),
            (&b"kworker/u16:3-events_unbound"[..], 0x0020_0000)
        );
        assert_eq!(worker.processor, Some(3));
        let old = stat(OLD).expect("an old one");
        assert_eq!((old.comm, old.state, old.nice, old.priority), (&b"a) R (b"[..], b'R', 5, 25));
        assert_eq!((old.tty, old.start_code), (34816, Some(4_194_304)));
    }

    #[test]
    fn what_is_missing_at_the_end_is_tolerated_and_no_more() {
        let fields: Vec<&[u8]> = INIT.trim_ascii_end().split(|&b| b == b' ').collect();
        for kept in 0..=fields.len() {
            let line = fields[..kept].join(&b' ');
            assert_eq!(stat(&line).is_some(), kept >= 22, "{kept} fields");
        }
        let line = fields[..22].join(&b' ');
        let short = stat(&line).expect("a start time");
        assert_eq!((short.start_time, short.virt, short.processor), (11, None, None));
    }

    #[test]
    fn reaped_processes_have_negative_groups() {
        let line = b"9 (x) X 0 -1 -1 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 77";
        let raw = stat(line).expect("a line");
        assert_eq!((raw.pgrp, raw.session, raw.threads, raw.start_time), (-1, -1, 0, 77));
    }

    #[test]
    fn statm_is_in_pages() {
        assert_eq!(statm(b"42383 3214 2201 9 0 4600 0\n"), Some((3214, 2201)));
        assert_eq!((statm(b"42383 3214"), statm(b""), statm(b"a b c")), (None, None, None));
    }

    proptest! {
        #[test]
        fn no_name_shifts_the_fields(comm in prop::collection::vec(1u8.., 0..64)) {
            let mut line = b"77 (".to_vec();
            line.extend_from_slice(&comm);
            line.extend_from_slice(b") S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 1999 20 21 22 23\n");
            let raw = stat(&line).expect("a line");
            prop_assert_eq!(raw.comm, &comm[..]);
            prop_assert_eq!((raw.state, raw.ppid, raw.start_time, raw.start_code), (b'S', 1, 1999, Some(23)));
            prop_assert_eq!(start_time(&line), Some(1999));
        }
    }
}
