//! `fdinfo`: position and flags of any open file, and what the kernel tells of those that have no path.

use super::super::super::parse;
use super::super::status::hex;
use crate::model::inspect::{FdInfo, FileKind, Partners, Watch};
use crate::model::{Pid, SignalSet, Untrusted};

/// So many descriptors of an epoll, or places of an inotify, are told one by one.
const MOST: usize = 256;

/// What every file has.
pub(super) fn info(text: &[u8]) -> Option<FdInfo> {
    let mut info = FdInfo::default();
    let mut any = false;
    for (name, value) in parse::pairs(text) {
        let value = value.trim_ascii();
        match name {
            b"pos" => info.position = parse::unsigned(value)?,
            b"flags" => {
                any = true;
                info.flags = u32::from_str_radix(std::str::from_utf8(value).ok()?, 8).ok()?;
            }
            b"mnt_id" => info.mount = parse::unsigned(value).and_then(|id| u32::try_from(id).ok()),
            b"ino" => info.inode = parse::unsigned(value),
            _ => {}
        }
    }
    any.then_some(info)
}

/// What a target of a link says that it is; what more there is to know of it, [`more`] finds out.
pub(super) fn kind(target: &[u8]) -> FileKind {
    let inode = |prefix: &[u8]| target.strip_prefix(prefix)?.strip_suffix(b"]").and_then(parse::unsigned);
    if let Some(inode) = inode(b"pipe:[") {
        return FileKind::Pipe { inode, partners: Partners::default() };
    }
    if let Some(inode) = inode(b"socket:[") {
        return FileKind::Socket(Box::new(super::sockets::unknown(inode)));
    }
    if target.starts_with(b"/memfd:") {
        return FileKind::Memfd;
    }
    if target.starts_with(b"/") {
        return FileKind::Path;
    }
    match target.strip_prefix(b"anon_inode:").map(|name| name.strip_prefix(b"[").unwrap_or(name)) {
        Some(name) => match name.strip_suffix(b"]").unwrap_or(name) {
            b"eventfd" => FileKind::Event { count: None },
            b"eventpoll" => FileKind::Epoll { watched: Vec::new(), count: 0 },
            b"timerfd" => FileKind::Timer { clock: None, value: None, interval: None },
            b"signalfd" => FileKind::Signal { mask: None },
            b"inotify" => FileKind::Inotify { watched: Vec::new(), count: 0 },
            b"fanotify" => FileKind::Fanotify,
            b"pidfd" => FileKind::Pidfd { pid: None },
            name => FileKind::Anonymous { name: Untrusted::new(name) },
        },
        // A pidfd since Linux 6.9.
        None if target.starts_with(b"pidfd:[") => FileKind::Pidfd { pid: None },
        None => FileKind::Anonymous { name: Untrusted::new(target) },
    }
}

/// Fills in what `fdinfo` says of a file without a path.
pub(super) fn more(kind: &mut FileKind, text: &[u8]) {
    let field = |wanted: &[u8]| {
        parse::pairs(text).find(|(name, _)| *name == wanted).map(|(_, value)| value.trim_ascii())
    };
    let number = |wanted: &[u8]| field(wanted).and_then(parse::unsigned);
    match kind {
        FileKind::Event { count } => *count = field(b"eventfd-count").and_then(hex),
        FileKind::Epoll { watched, count } => {
            watched.clear();
            *count = 0;
            for (_, value) in parse::pairs(text).filter(|(name, _)| *name == b"tfd") {
                *count += 1;
                if watched.len() < MOST {
                    watched.extend(parse::words(value).next().and_then(parse::unsigned).map(|fd| fd as u32));
                }
            }
            watched.sort_unstable();
        }
        FileKind::Timer { clock, value, interval } => {
            *clock = number(b"clockid").and_then(|clock| u32::try_from(clock).ok());
            (*value, *interval) = (field(b"it_value").and_then(span), field(b"it_interval").and_then(span));
        }
        FileKind::Signal { mask } => *mask = field(b"sigmask").and_then(hex).map(SignalSet),
        FileKind::Inotify { watched, count } => {
            watched.clear();
            *count = 0;
            for line in parse::lines(text).filter(|line| line.starts_with(b"inotify wd:")) {
                *count += 1;
                if watched.len() < MOST {
                    watched.extend(watch(line));
                }
            }
        }
        FileKind::Pidfd { pid } => {
            *pid = number(b"Pid").and_then(|pid| Pid::new(u32::try_from(pid).ok()?));
        }
        _ => {}
    }
}

/// `(0, 49406829)`: seconds and nanoseconds, in nanoseconds.
fn span(text: &[u8]) -> Option<u64> {
    let inner = text.strip_prefix(b"(")?.strip_suffix(b")")?;
    let comma = inner.iter().position(|byte| *byte == b',')?;
    let seconds = parse::unsigned(inner.get(..comma)?.trim_ascii())?;
    let nanos = parse::unsigned(inner.get(comma + 1..)?.trim_ascii())?;
    seconds.checked_mul(1_000_000_000)?.checked_add(nanos)
}

/// `inotify wd:1 ino:27 sdev:fe00001 mask:fce ignored_mask:0 …`; the device has its minor in the lower 20 bits.
fn watch(line: &[u8]) -> Option<Watch> {
    let field = |name: &[u8]| parse::words(line).find_map(|word| word.strip_prefix(name)).and_then(hex);
    let device = field(b"sdev:")?;
    Some(Watch {
        inode: field(b"ino:")?,
        device: ((device >> 20) as u32, (device & 0xf_ffff) as u32),
        mask: field(b"mask:")? as u32,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(target: &str, text: &str) -> FileKind {
        let mut kind = kind(target.as_bytes());
        more(&mut kind, text.as_bytes());
        kind
    }

    #[test]
    fn what_has_no_path_is_told_in_words() {
        let event = filled(
            "anon_inode:[eventfd]",
            "pos:\t0\nflags:\t02\neventfd-count:               2a\neventfd-id: 1\n",
        );
        assert_eq!(event, FileKind::Event { count: Some(42) });
        let epoll = filled(
            "anon_inode:[eventpoll]",
            "tfd:        9 events:       19 data: 9\ntfd: 4 events: 1 data: 4\n",
        );
        assert_eq!(epoll, FileKind::Epoll { watched: vec![4, 9], count: 2 });
        let timer = filled(
            "anon_inode:[timerfd]",
            "clockid: 1\nticks: 0\nsettime flags: 01\nit_value: (2, 49406829)\nit_interval: (1, 0)\n",
        );
        assert_eq!(
            timer,
            FileKind::Timer { clock: Some(1), value: Some(2_049_406_829), interval: Some(1_000_000_000) }
        );
        let signal = filled("anon_inode:[signalfd]", "sigmask:\t0000000000004002\n");
        assert_eq!(signal, FileKind::Signal { mask: Some(SignalSet(0x4002)) });
        let inotify =
            filled("anon_inode:inotify", "inotify wd:1 ino:1b sdev:fe00001 mask:fce ignored_mask:0\n");
        let place = Watch { inode: 27, device: (0xfe, 1), mask: 0xfce };
        assert_eq!(inotify, FileKind::Inotify { watched: vec![place], count: 1 });
        for target in ["anon_inode:[pidfd]", "pidfd:[77]"] {
            assert_eq!(filled(target, "Pid:\t1234\nNSpid:\t1234\n"), FileKind::Pidfd { pid: Pid::new(1234) });
        }
        assert_eq!(filled("pidfd:[77]", "Pid:\t-1\n"), FileKind::Pidfd { pid: None });
        assert_eq!(filled("anon_inode:bpf-map", ""), FileKind::Anonymous { name: "bpf-map".into() });
    }

    #[test]
    fn links_say_what_they_lead_to() {
        assert_eq!(kind(b"pipe:[77]"), FileKind::Pipe { inode: 77, partners: Partners::default() });
        assert!(matches!(kind(b"socket:[78]"), FileKind::Socket(socket) if socket.inode == 78));
        assert_eq!(kind(b"/memfd:x (deleted)"), FileKind::Memfd);
        assert_eq!(kind(b"/etc/passwd"), FileKind::Path);
    }

    #[test]
    fn flags_are_octal() {
        let info = info(b"pos:\t4096\nflags:\t02102001\nmnt_id:\t24\nino:\t3\n").unwrap();
        assert_eq!((info.position, info.mode(), info.mount, info.inode), (4096, "w", Some(24), Some(3)));
        assert_eq!(info.words().collect::<Vec<_>>(), ["append", "cloexec"]);
        assert_eq!(super::info(b"pos:\t0\n"), None);
    }
}
