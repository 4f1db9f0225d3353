//! The real program in a real pseudo-terminal, with vt100 as the screen.
#![allow(unsafe_code)] // pre_exec and two ioctls: the tests have no room for system calls

use std::io;
use std::num::NonZeroU16;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;

nix::ioctl_write_ptr_bad!(set_size, nix::libc::TIOCSWINSZ, Winsize);

/// The longest any condition is waited for. Nothing here takes a tenth of it, on a machine that has time.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);
/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// The program under test.
pub(crate) const GLOWTOP: &str = env!("CARGO_BIN_EXE_glowtop");

/// The reading side takes everything, takes nothing, or is gone.
const READS: u8 = 0;
const HOLDS: u8 = 1;
const CLOSED: u8 = 2;

/// How a program is started.
pub(crate) struct Start {
    command: Command,
    size: (u16, u16),
    controlling: bool,
    typed: Vec<u8>,
}

impl Start {
    /// glowtop with these arguments on 80×24, as the leader of a session that the terminal controls, with a plain
    /// environment.
    pub(crate) fn glowtop(args: &[&str]) -> Start {
        Start::program(GLOWTOP, args)
    }

    /// Any program.
    pub(crate) fn program(program: &str, args: &[&str]) -> Start {
        let mut command = Command::new(program);
        command.args(args).env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8");
        command.env_remove("NO_COLOR").env_remove("COLORTERM");
        // Whatever the user of this machine has set up.
        command.env("XDG_CONFIG_HOME", "/nonexistent");
        Start { command, size: (80, 24), controlling: true, typed: Vec::new() }
    }

    /// Columns and rows; either may be 0.
    pub(crate) fn size(mut self, columns: u16, rows: u16) -> Start {
        self.size = (columns, rows);
        self
    }

    /// An environment variable; `None` takes it away.
    pub(crate) fn env(mut self, name: &str, value: Option<&str>) -> Start {
        match value {
            Some(value) => self.command.env(name, value),
            None => self.command.env_remove(name),
        };
        self
    }

    /// Bytes that were typed before it started.
    pub(crate) fn typed_before(mut self, bytes: &[u8]) -> Start {
        self.typed = bytes.to_vec();
        self
    }

    /// The terminal does not control the session: no SIGHUP when it goes.
    pub(crate) fn without_control(mut self) -> Start {
        self.controlling = false;
        self
    }

    /// Starts it.
    pub(crate) fn spawn(mut self) -> Pty {
        crate::inherited::default_signals();
        let (columns, rows) = self.size;
        let size = winsize(columns, rows);
        // Not openpty(3): tests run side by side, and a program that inherits another's master keeps its terminal open.
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let master = posix_openpt(flags).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname_r(&master).unwrap();
        let slave = nix::fcntl::open(name.as_str(), flags, nix::sys::stat::Mode::empty()).unwrap();
        let master: OwnedFd = master.into();
        // SAFETY: one valid winsize.
        unsafe { set_size(slave.as_raw_fd(), &raw const size) }.unwrap();
        let before = tcgetattr(&slave).unwrap();
        assert_eq!(nix::unistd::write(&master, &self.typed), Ok(self.typed.len()));
        let end = || Stdio::from(slave.try_clone().unwrap());
        self.command.stdin(end()).stdout(end()).stderr(end());
        let controlling = self.controlling;
        // SAFETY: setsid(2) and ioctl(2) are async-signal-safe.
        unsafe {
            self.command.pre_exec(move || {
                nix::unistd::setsid()?;
                if controlling && nix::libc::ioctl(0, nix::libc::TIOCSCTTY, 0) != 0 {
                    return Err(io::Error::last_os_error());
                }
                Ok(())
            });
        }
        let child = self.command.spawn().unwrap();
        let screen = Arc::new(Mutex::new(Seen {
            parser: vt100::Parser::new(cells(rows), cells(columns), 0),
            bytes: Vec::new(),
            shown: 0,
        }));
        let mode = Arc::new(AtomicU8::new(READS));
        let reader = spawn({
            let (master, screen, mode) =
                (master.try_clone().unwrap(), Arc::clone(&screen), Arc::clone(&mode));
            move || read(&master, &screen, &mode)
        });
        Pty { child, before, slave, master: Some(master), screen, mode, reader: Some(reader) }
    }
}

/// All that came out.
pub(crate) struct Seen {
    /// The screen.
    parser: vt100::Parser,
    /// Every byte.
    bytes: Vec<u8>,
    /// How many of them the screen has taken.
    shown: usize,
}

impl Seen {
    /// Gives the screen what it has not taken yet.
    ///
    /// vt100 gives no cell to U+FFFD, unlike any terminal: whatever stands behind it would stand wrong. So another
    /// character takes its place.
    fn show(&mut self) {
        let rest = self.bytes.get(self.shown..).unwrap_or_default();
        // The end of a read may be the middle of that character.
        let cut = [2, 1].into_iter().find(|&cut| rest.ends_with(&"\u{fffd}".as_bytes()[..cut])).unwrap_or(0);
        let rest = &rest[..rest.len() - cut];
        // Frames are shown whole, as a terminal with synchronized output does: nothing is seen half drawn.
        let last = |what: &[u8]| rest.windows(what.len()).rposition(|window| window == what);
        let ends = last(b"\x1b[?2026l").max(last(b"\x1b[?1049l"));
        let rest = match last(b"\x1b[?2026h") {
            Some(begins) if ends < Some(begins) => &rest[..begins],
            _ => rest,
        };
        self.shown += rest.len();
        let mut from = 0;
        while let Some(at) = rest[from..].windows(3).position(|three| three == "\u{fffd}".as_bytes()) {
            self.parser.process(&rest[from..from + at]);
            self.parser.process("\u{bf}".as_bytes());
            from += at + 3;
        }
        self.parser.process(&rest[from..]);
    }
}

/// A program in a pseudo-terminal; killed and reaped when dropped.
pub(crate) struct Pty {
    child: Child,
    before: Termios,
    slave: OwnedFd,
    master: Option<OwnedFd>,
    screen: Arc<Mutex<Seen>>,
    mode: Arc<AtomicU8>,
    reader: Option<JoinHandle<()>>,
}

impl Pty {
    /// Its pid.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap())
    }

    /// Types `bytes`.
    pub(crate) fn send(&self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let sent = nix::unistd::write(self.master.as_ref().unwrap(), rest).unwrap();
            rest = &rest[sent..];
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.screen.lock().unwrap().parser.screen_mut().set_size(cells(rows), cells(columns));
        let size = winsize(columns, rows);
        // SAFETY: one valid winsize.
        unsafe { set_size(self.slave.as_raw_fd(), &raw const size) }.unwrap();
    }

    /// Waits until the screen is as `is` wants it; panics with what it shows if it never is.
    pub(crate) fn wait_for(&self, what: &str, is: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + DEADLINE;
        while !is(self.screen.lock().unwrap().parser.screen()) {
            assert!(Instant::now() < end, "never {what}; the screen:\n{}", self.contents());
            sleep(LOOK);
        }
    }

    /// Waits until `is` holds of anything else.
    pub(crate) fn wait_until(&self, what: &str, mut is: impl FnMut() -> bool) {
        let end = Instant::now() + DEADLINE;
        while !is() {
            assert!(Instant::now() < end, "never {what}; the screen:\n{}", self.contents());
            sleep(LOOK);
        }
    }

    /// Waits until it has ended.
    pub(crate) fn wait_exit(&mut self) -> ExitStatus {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "it never ended; the screen:\n{}", self.contents());
            sleep(LOOK);
        }
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The text on the screen.
    pub(crate) fn contents(&self) -> String {
        self.screen.lock().unwrap().parser.screen().contents()
    }

    /// The rows of the screen, from the top, without the blanks at their ends.
    pub(crate) fn rows(&self) -> Vec<String> {
        self.contents().lines().map(|row| row.trim_end().to_owned()).collect()
    }

    /// Waits until a row of the screen holds all of `texts`; returns it.
    pub(crate) fn wait_row(&self, texts: &[&str]) -> String {
        let mut found = None;
        self.wait_until(&format!("a row with {texts:?}"), || {
            found = self.rows().into_iter().find(|row| texts.iter().all(|text| row.contains(text)));
            found.is_some()
        });
        found.unwrap()
    }

    /// Waits for `text` on the screen and clicks on its first cell, as a terminal with SGR mouse reports says it.
    pub(crate) fn click(&self, text: &str) {
        let mut place = None;
        self.wait_until(&format!("{text:?} to click on"), || {
            let find = |(y, row): (usize, &String)| Some((row[..row.find(text)?].chars().count(), y));
            place = self.rows().iter().enumerate().find_map(find);
            place.is_some()
        });
        let (x, y) = place.unwrap();
        self.send(format!("\x1b[<0;{};{}M\x1b[<0;{};{}m", x + 1, y + 1, x + 1, y + 1).as_bytes());
    }

    /// Waits until `count` more frames have come out whole.
    pub(crate) fn wait_frames(&self, count: usize) {
        let frames = || {
            let ends = b"\x1b[?2026l";
            self.bytes().windows(ends.len()).filter(|window| window == ends).count()
        };
        let before = frames();
        self.wait_until("more frames", || frames() >= before + count);
    }

    /// How many bytes have come out so far.
    pub(crate) fn count(&self) -> usize {
        self.screen.lock().unwrap().bytes.len()
    }

    /// All that came out so far.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.screen.lock().unwrap().bytes.clone()
    }

    /// The state letter of the process as `/proc` has it: `S`, `T`.
    pub(crate) fn state(&self) -> char {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap();
        stat.rsplit(')').next().unwrap().trim_start().chars().next().unwrap()
    }

    /// The modes the terminal had before the program started.
    pub(crate) fn modes_before(&self) -> &Termios {
        &self.before
    }

    /// The modes the terminal has now.
    pub(crate) fn modes(&self) -> Termios {
        tcgetattr(&self.slave).unwrap()
    }

    /// Whether the file that the program was given, and its shell goes on with, has become non-blocking.
    pub(crate) fn is_nonblocking(&self) -> bool {
        let flags = nix::fcntl::fcntl(&self.slave, nix::fcntl::FcntlArg::F_GETFL).unwrap();
        OFlag::from_bits_retain(flags).contains(OFlag::O_NONBLOCK)
    }

    /// From now on the terminal takes nothing, and it is full.
    pub(crate) fn stop_reading(&self) {
        self.mode.store(HOLDS, Ordering::Release);
        // A file of our own: non-blocking mode must not reach the program.
        let tty = std::fs::OpenOptions::new()
            .write(true)
            .custom_flags(nix::libc::O_NONBLOCK | nix::libc::O_NOCTTY)
            .open(format!("/proc/self/fd/{}", self.slave.as_raw_fd()))
            .unwrap();
        // The reader may be in the middle of its last read: full is when nothing goes in twice.
        let end = Instant::now() + DEADLINE;
        let mut refused = 0;
        while refused < 20 {
            assert!(Instant::now() < end, "the terminal never fills up");
            if nix::unistd::write(&tty, &[0; 1024]).is_ok() {
                refused = 0;
            } else {
                refused += 1;
                sleep(LOOK);
            }
        }
    }

    /// The terminal takes everything again.
    pub(crate) fn read_again(&self) {
        self.mode.store(READS, Ordering::Release);
    }

    /// The terminal window is closed.
    pub(crate) fn close(&mut self) {
        self.mode.store(CLOSED, Ordering::Release);
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.master = None;
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.mode.store(CLOSED, Ordering::Release);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

/// Takes what comes out until the end is closed.
fn read(master: &OwnedFd, screen: &Mutex<Seen>, mode: &AtomicU8) {
    let mut bytes = [0; 8192];
    loop {
        match mode.load(Ordering::Acquire) {
            CLOSED => return,
            HOLDS => {
                sleep(LOOK);
                continue;
            }
            _ => {}
        }
        let mut fds = [PollFd::new(master.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, PollTimeout::from(20u8)).unwrap_or(0) == 0 {
            continue;
        }
        match nix::unistd::read(master, &mut bytes) {
            Ok(0) | Err(_) => sleep(LOOK),
            Ok(count) => {
                let mut seen = screen.lock().unwrap();
                seen.bytes.extend_from_slice(&bytes[..count]);
                seen.show();
            }
        }
    }
}

/// vt100 has no empty screen, and keeps a large one in memory.
fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count.min(500)).unwrap_or(NonZeroU16::MIN)
}

fn winsize(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}
