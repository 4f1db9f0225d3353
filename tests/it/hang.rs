//! Processes whose memory map is locked, really: whoever reads their command line hangs in state D.
//!
//! A process maps a page of a file on a FUSE file system, writes to it and maps something else over it. The kernel holds
//! the memory map's lock for writing while it sends that page home (`fuse_vma_close()` of fs/fuse/file.c), and the file
//! system, which is a thread of this test, does not answer.
//!
//! Nothing of it can outlast the test: the file system is mounted in a mount namespace of its own, and its connection
//! is aborted, which ends every wait for it, when the last copy of its file descriptor goes, which only this test has.
#![allow(unsafe_code)] // mount and mmap

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{Gid, Uid};

use crate::pty::DEADLINE;

/// The variables that make this test binary a process that is to hang: its file, its name, its user.
const VARIABLES: [&str; 3] = ["GLOWTOP_TEST_HANG_FILE", "GLOWTOP_TEST_HANG_NAME", "GLOWTOP_TEST_HANG_UID"];

/// One test at a time: each counts those that hang on the whole machine.
static ONE: Mutex<()> = Mutex::new(());

/// Processes that hang, until they are released or this is dropped.
pub(crate) struct Hang {
    orders: Sender<(String, u32)>,
    started: Receiver<Child>,
    children: Vec<Child>,
    held: Arc<AtomicUsize>,
    released: Arc<AtomicBool>,
    ended: Arc<AtomicBool>,
    server: Option<JoinHandle<()>>,
    /// Removed last, by a thread that does not see the file system that is mounted there.
    _folder: tempfile::TempDir,
    _one: MutexGuard<'static, ()>,
}

impl Hang {
    /// The file system without a process as yet; where there can be none, it is said why and `None` is returned.
    pub(crate) fn new() -> Option<Hang> {
        // A test that failed has left nothing behind all the same.
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let (orders, to_start) = channel::<(String, u32)>();
        let (to_us, started) = channel();
        let (ready, is_ready) = channel();
        let held = Arc::new(AtomicUsize::new(0));
        let folder = tempfile::tempdir().unwrap();
        let (released, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let server = std::thread::spawn({
            let (held, released, ended) = (Arc::clone(&held), Arc::clone(&released), Arc::clone(&ended));
            let folder = folder.path().to_owned();
            move || match mount(&folder) {
                Ok(device) => {
                    ready.send(Ok(())).unwrap();
                    let mut server = Server { device, held, released, waiting: Vec::new() };
                    while !ended.load(Ordering::Acquire) {
                        while let Ok((name, uid)) = to_start.try_recv() {
                            let _ = to_us.send(begin(&folder, &name, uid));
                        }
                        server.serve();
                    }
                }
                Err(why) => ready.send(Err(why)).unwrap(),
            }
        });
        let hang = Hang {
            orders,
            started,
            children: Vec::new(),
            held,
            released,
            ended,
            server: Some(server),
            _folder: folder,
            _one: one,
        };
        match is_ready.recv().unwrap() {
            Ok(()) => Some(hang),
            Err(why) => {
                println!("skipped: no process can be made to hang: {why}");
                None
            }
        }
    }

    /// Starts a process of the user `uid` whose name is `name`, and returns its pid once its memory map is locked.
    pub(crate) fn start(&mut self, name: &str, uid: u32) -> u32 {
        let before = self.held.load(Ordering::Acquire);
        self.orders.send((name.to_owned(), uid)).unwrap();
        let child = self.started.recv().unwrap();
        let pid = child.id();
        self.children.push(child);
        let end = Instant::now() + DEADLINE;
        while self.held.load(Ordering::Acquire) == before || !hangs(pid) {
            assert!(Instant::now() < end, "{name} never hung");
            std::thread::sleep(Duration::from_millis(5));
        }
        pid
    }

    /// Answers all that is waited for: nobody hangs any more, and nobody will.
    pub(crate) fn release(&self) {
        self.released.store(true, Ordering::Release);
    }
}

impl Drop for Hang {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        if let Some(server) = self.server.take() {
            let _ = server.join();
        }
        // From here on nobody can hang: the connection went with the thread's file.
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Whether a thread of the process hangs: it is in state D.
pub(crate) fn hangs(pid: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return false };
    let stats =
        threads.flatten().filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
    stats.into_iter().any(|stat| stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" D")))
}

/// Gives the calling thread a mount namespace of its own and mounts a file system of files with one page there.
fn mount(folder: &std::path::Path) -> Result<File, String> {
    if !nix::unistd::geteuid().is_root() {
        return Err("only root may mount here".into());
    }
    let device = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NONBLOCK)
        .open("/dev/fuse")
        .map_err(|error| format!("/dev/fuse: {error}"))?;
    let done = |what: &str, result: i32| match result {
        0 => Ok(()),
        _ => Err(format!("{what}: {}", std::io::Error::last_os_error())),
    };
    let text = |text: &str| std::ffi::CString::new(text).unwrap();
    let (root, fuse, none) = (text("/"), text("fuse"), std::ptr::null());
    // SAFETY: a flag.
    done("unshare", unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
    // SAFETY: strings that end with zero, and null where the call ignores them.
    done("mount", unsafe {
        libc::mount(none, root.as_ptr(), none, libc::MS_REC | libc::MS_PRIVATE, std::ptr::null())
    })?;
    let options = text(&format!("fd={},rootmode=40755,user_id=0,group_id=0,allow_other", device.as_raw_fd()));
    let place = text(folder.to_str().ok_or("the folder's name")?);
    // SAFETY: as above; the options of a FUSE mount are such a string too.
    done("mount of fuse", unsafe {
        libc::mount(
            fuse.as_ptr(),
            place.as_ptr(),
            fuse.as_ptr(),
            libc::MS_NOSUID | libc::MS_NODEV,
            options.as_ptr().cast(),
        )
    })?;
    Ok(device)
}

/// This test binary again, as a process that hangs at the file `name` in `folder`.
fn begin(folder: &std::path::Path, name: &str, uid: u32) -> Child {
    let [file_variable, name_variable, uid_variable] = VARIABLES;
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "hang::mapheld_helper", "--ignored", "--nocapture", "--test-threads=1"])
        .env(file_variable, folder.join(name))
        .env(name_variable, name)
        .env(uid_variable, uid.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "it is no test: others start it as a process that hangs"]
fn mapheld_helper() {
    let [file, name, uid] = VARIABLES.map(std::env::var);
    let (Ok(file), Ok(name), Ok(uid)) = (file, name, uid) else {
        println!("skipped: nobody wants a process that hangs");
        return;
    };
    let parent = nix::unistd::getppid();
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL).unwrap();
    assert_eq!(nix::unistd::getppid(), parent);
    std::fs::write("/proc/self/comm", name).unwrap();
    let file = OpenOptions::new().read(true).write(true).open(file).unwrap();
    let uid: u32 = uid.parse().unwrap();
    if uid != 0 {
        nix::unistd::setgroups(&[]).unwrap();
        nix::unistd::setgid(Gid::from_raw(uid)).unwrap();
        nix::unistd::setuid(Uid::from_raw(uid)).unwrap();
        // Otherwise its files in /proc would be root's.
        nix::sys::prctl::set_dumpable(true).unwrap();
        nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL).unwrap();
    }
    // SAFETY: a new mapping of one page, a write to that page, and another mapping in its place.
    unsafe {
        let rights = libc::PROT_READ | libc::PROT_WRITE;
        let page = libc::mmap(std::ptr::null_mut(), PAGE, rights, libc::MAP_SHARED, file.as_raw_fd(), 0);
        assert_ne!(page, libc::MAP_FAILED);
        page.cast::<u8>().write_volatile(1);
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
        libc::mmap(page, PAGE, rights, flags, -1, 0);
    }
    // It was released, and lives until it is killed.
    loop {
        std::thread::park();
    }
}

const PAGE: usize = 4096;

/// The file system: every name in its root is a file of one page, and what is written is not taken before the release.
struct Server {
    device: File,
    held: Arc<AtomicUsize>,
    released: Arc<AtomicBool>,
    /// Who waits for an answer.
    waiting: Vec<u64>,
}

impl Server {
    /// Answers one request, if there is one within some milliseconds.
    fn serve(&mut self) {
        if self.released.load(Ordering::Acquire) {
            for unique in std::mem::take(&mut self.waiting) {
                self.answer(unique, 0, &written());
            }
        }
        let mut fds = [PollFd::new(self.device.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, PollTimeout::from(5u8)).unwrap_or(0) < 1 {
            return;
        }
        let mut request = vec![0; 1 << 17];
        // ENOENT is a request that was taken back, EAGAIN none at all.
        let Ok(length) = self.device.read(&mut request) else { return };
        let request = &request[..length];
        let number = |at: usize| u32::from_le_bytes(request[at..at + 4].try_into().unwrap());
        let long = |at: usize| u64::from_le_bytes(request[at..at + 8].try_into().unwrap());
        let (operation, unique, node) = (number(4), long(8), long(16));
        match operation {
            LOOKUP => {
                let name = &request[40..length - 1];
                let node =
                    2 + name.iter().fold(0_u64, |sum, byte| sum * 256 % 0xffff_fffb + u64::from(*byte));
                let mut entry = vec![0; 40];
                entry[..8].copy_from_slice(&node.to_le_bytes());
                entry[16..24].copy_from_slice(&600_u64.to_le_bytes());
                entry[24..32].copy_from_slice(&600_u64.to_le_bytes());
                entry.extend(attributes(node));
                self.answer(unique, 0, &entry);
            }
            GETATTR | SETATTR => {
                let mut answer = vec![0; 16];
                answer[..8].copy_from_slice(&600_u64.to_le_bytes());
                answer.extend(attributes(node));
                self.answer(unique, 0, &answer);
            }
            OPEN | OPENDIR => self.answer(unique, 0, &[0; 16]),
            READ => {
                let size = number(56) as usize;
                self.answer(unique, 0, &vec![0; size.min(PAGE)]);
            }
            WRITE if self.released.load(Ordering::Acquire) => self.answer(unique, 0, &written()),
            WRITE => {
                self.waiting.push(unique);
                self.held.fetch_add(1, Ordering::AcqRel);
            }
            INIT => {
                // Protocol 7.31, readahead as asked, 12 requests in the background and 9 are many, a page in one write, 1 ns.
                let mut answer = Vec::new();
                for field in [7, 31, number(48), 0, 0x9_000c, PAGE as u32, 1] {
                    answer.extend(u32::to_le_bytes(field));
                }
                answer.resize(64, 0);
                self.answer(unique, 0, &answer);
            }
            FORGET | BATCH_FORGET | INTERRUPT => {}
            FLUSH | RELEASE | RELEASEDIR | FSYNC => self.answer(unique, 0, &[]),
            _ => self.answer(unique, -libc::ENOSYS, &[]),
        }
    }

    /// Answers the request `unique`. Whoever asked may have been killed meanwhile.
    fn answer(&mut self, unique: u64, error: i32, content: &[u8]) {
        let length = 16 + content.len() as u32;
        let mut answer = [&length.to_le_bytes()[..], &error.to_le_bytes(), &unique.to_le_bytes()].concat();
        answer.extend_from_slice(content);
        let _ = self.device.write(&answer);
    }
}

/// "One page was written."
fn written() -> [u8; 8] {
    (PAGE as u64).to_le_bytes()
}

/// `struct fuse_attr` (include/uapi/linux/fuse.h) of a file that everybody may write; node 1 is the root.
fn attributes(node: u64) -> Vec<u8> {
    let mode = if node == 1 { 0o40_755 } else { 0o100_666 };
    let mut bytes = Vec::new();
    for field in [node, PAGE as u64, 8, 0, 0, 0] {
        bytes.extend(field.to_le_bytes());
    }
    for field in [0, 0, 0, mode, 1, 0, 0, 0, PAGE as u32, 0] {
        bytes.extend(u32::to_le_bytes(field));
    }
    bytes
}

// Operations of the protocol, as that header numbers them.
const LOOKUP: u32 = 1;
const FORGET: u32 = 2;
const GETATTR: u32 = 3;
const SETATTR: u32 = 4;
const OPEN: u32 = 14;
const READ: u32 = 15;
const WRITE: u32 = 16;
const RELEASE: u32 = 18;
const FSYNC: u32 = 20;
const FLUSH: u32 = 25;
const INIT: u32 = 26;
const OPENDIR: u32 = 27;
const RELEASEDIR: u32 = 29;
const INTERRUPT: u32 = 36;
const BATCH_FORGET: u32 = 42;
