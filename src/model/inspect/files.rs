//! The open files of a process.

use super::partners::Partners;
use super::refused::Datum;
use super::socket::Socket;
use crate::model::{Nanos, Pid, SignalSet, Untrusted};

/// The open files of a process.
#[derive(Clone, PartialEq, Debug)]
pub struct Files {
    /// They, by number.
    pub open: Datum<Vec<OpenFile>>,
    /// How many there are; more than are listed where there are very many.
    pub count: u32,
    /// How many it may have (`RLIMIT_NOFILE`, soft).
    pub limit: Option<u64>,
    /// When positions and flags were read anew the last time for all of them.
    pub info_at: Option<Nanos>,
    /// Whether its network namespace is another than ours, so that the peers of its unix sockets stay unknown.
    pub other_network: bool,
    /// Whether the kernel's tables of sockets are too long to be read whole, so that some stay unknown.
    pub cut: bool,
}

/// One open file.
#[derive(Clone, PartialEq, Debug)]
pub struct OpenFile {
    /// The descriptor.
    pub fd: u32,
    /// What it is.
    pub kind: FileKind,
    /// Where its link leads: a path, or `pipe:[1234]`.
    pub target: Untrusted,
    /// Whether its file has been deleted.
    pub deleted: bool,
    /// What `fdinfo` says.
    pub info: Datum<FdInfo>,
    /// Length of a regular file, bytes, as far as it is known without asking a file server.
    pub size: Option<u64>,
}

/// `/proc/PID/fdinfo/FD`, proc_pid_fdinfo(5).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FdInfo {
    /// Position, bytes.
    pub position: u64,
    /// Flags of open(2), with those of creation that stay.
    pub flags: u32,
    /// The mount it is on.
    pub mount: Option<u32>,
    /// Inode number.
    pub inode: Option<u64>,
}

impl FdInfo {
    /// How it is open: `r`, `w`, `rw`, or `path` for one that only names a place.
    pub const fn mode(&self) -> &'static str {
        if self.flags & 0o10_000_000 != 0 {
            return "path";
        }
        match self.flags & 3 {
            0 => "r",
            1 => "w",
            _ => "rw",
        }
    }

    /// The other flags by the names of open(2), in short: `append nonblock cloexec`.
    pub fn words(&self) -> impl Iterator<Item = &'static str> {
        // Octal as in include/uapi/asm-generic/fcntl.h; the upper ones differ on some architectures, none of them ours.
        const WORDS: [(u32, &str); 8] = [
            (0o2000, "append"),
            (0o4000, "nonblock"),
            (0o2_000_000, "cloexec"),
            (0o10_000, "dsync"),
            (0o4_000_000, "sync"),
            (0o40_000, "direct"),
            (0o20_000, "async"),
            (0o1_000_000, "noatime"),
        ];
        WORDS.iter().filter(|(bit, _)| self.flags & bit != 0).map(|(_, word)| *word)
    }
}

/// What an open file is.
#[derive(Clone, PartialEq, Debug)]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A device of characters: a terminal, say.
    CharDevice,
    /// A device of blocks.
    BlockDevice,
    /// A path of which nobody has said yet what lies there.
    Path,
    /// A pipe, or a FIFO with a path, and who else has it.
    Pipe {
        /// Its inode, by which its ends are the same pipe.
        inode: u64,
        /// Who else has it open.
        partners: Partners,
    },
    /// A socket.
    Socket(Box<Socket>),
    /// eventfd(2), with its count.
    Event {
        /// The count.
        count: Option<u64>,
    },
    /// epoll(7), with the descriptors it watches.
    Epoll {
        /// They; the first of very many.
        watched: Vec<u32>,
        /// How many there are.
        count: u32,
    },
    /// timerfd_create(2).
    Timer {
        /// The clock: clock_gettime(2).
        clock: Option<u32>,
        /// Nanoseconds until it expires; 0 where it is not armed.
        value: Option<u64>,
        /// Nanoseconds between two expirations; 0 for one that expires once.
        interval: Option<u64>,
    },
    /// signalfd(2), with the signals it takes.
    Signal {
        /// They.
        mask: Option<SignalSet>,
    },
    /// inotify(7), with how many places it watches.
    Inotify {
        /// The inodes it watches; the first of very many.
        watched: Vec<Watch>,
        /// How many there are.
        count: u32,
    },
    /// fanotify(7).
    Fanotify,
    /// pidfd_open(2), and of whom; `None` for one that has ended, or is out of sight.
    Pidfd {
        /// Whom it holds.
        pid: Option<Pid>,
    },
    /// Memory with a name: memfd_create(2).
    Memfd,
    /// Another file without a path, by the kernel's name: `bpf-map`, `io_uring`, `perf_event`, `userfaultfd`.
    Anonymous {
        /// The name, without brackets.
        name: Untrusted,
    },
}

/// What an inotify watches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Watch {
    /// Inode.
    pub inode: u64,
    /// Device, major and minor.
    pub device: (u32, u32),
    /// Events: inotify(7).
    pub mask: u32,
}

impl FileKind {
    /// It in a word.
    pub const fn word(&self) -> &'static str {
        match self {
            FileKind::Regular => "file",
            FileKind::Directory => "dir",
            FileKind::CharDevice => "char",
            FileKind::BlockDevice => "block",
            FileKind::Path => "path",
            FileKind::Pipe { .. } => "pipe",
            FileKind::Socket(_) => "socket",
            FileKind::Event { .. } => "eventfd",
            FileKind::Epoll { .. } => "epoll",
            FileKind::Timer { .. } => "timerfd",
            FileKind::Signal { .. } => "signalfd",
            FileKind::Inotify { .. } => "inotify",
            FileKind::Fanotify => "fanotify",
            FileKind::Pidfd { .. } => "pidfd",
            FileKind::Memfd => "memfd",
            FileKind::Anonymous { .. } => "anon",
        }
    }

    /// Who has the other end, where it has one.
    pub fn partners(&self) -> Option<&Partners> {
        match self {
            FileKind::Pipe { partners, .. } => Some(partners),
            FileKind::Socket(socket) => Some(&socket.partners),
            _ => None,
        }
    }
}
