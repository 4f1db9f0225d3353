//! The terminal: entering and leaving it, and frames that never wait for it.
//!
//! Its words: to *enter* is to take the terminal over (raw mode, alternate screen, mouse), to *leave* is to give it
//! back as it was. A *frame* is sent whole, or its rest stays in the `Outbox` and no other frame is drawn until the
//! terminal has taken it; what the terminal shows is therefore always the last frame that was drawn.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crossterm::event::EnableBracketedPaste;
use crossterm::terminal::EnterAlternateScreen;
use crossterm::{cursor, queue};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout};
use nix::sys::termios::{self, FlushArg, SetArg, SpecialCharacterIndices, Termios};
use nix::unistd;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frames::Frames;
use super::screen::Environment;
use crate::sys;

/// Buttons, motion with a button held, and coordinates as decimal numbers. Not `?1003`: each move of the mouse over
/// the window would wake us.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";
/// Undoes that.
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l\x1b[?1000l";
/// Undoes all that [`Terminal::enter`] does. It begins with the end of a string, and each ESC cancels an unfinished
/// sequence, so that half a frame before it does no harm. Constant, because a signal handler writes it too.
const FAREWELL: &[u8] =
    b"\x1b\\\x1b[?2026l\x1b[0m\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[?2004l\x1b[?25h\x1b[?1049l";
/// What a terminal that does not know its size is taken for (a serial line): what terminfo says of most.
const USUAL: (u16, u16) = (80, 24);
/// More cells than this are not used: a size is only a number that somebody set, and memory is not.
const LARGEST: (u16, u16) = (1500, 700);
/// A frame's memory beyond this is given back once it is sent.
const KEPT: usize = 1 << 20;

/// Whether the terminal is ours to write to. Static because whoever puts it back has no [`Terminal`] at hand, and after
/// that no frame may follow, whatever the main loop is about to do.
static HELD: AtomicBool = AtomicBool::new(false);
/// Standard error while it is put aside. Static because the panic hook needs it.
static STDERR: Mutex<Option<OwnedFd>> = Mutex::new(None);

/// Why there is no terminal to show anything on; the message is a sentence for the user.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoTerminal {
    /// Not a terminal.
    #[error("{0} is not a terminal; `glowtop ps` prints a list without one")]
    Other(&'static str),
    /// It cannot place text.
    #[error("the terminal cannot place text (TERM is {0}); `glowtop ps` prints a list without that")]
    Dumb(String),
    /// It cannot be set up.
    #[error("the terminal cannot be set up: {0}")]
    Failed(#[from] io::Error),
}

/// Bytes on their way to the terminal; writing to it only stores them.
#[derive(Debug)]
struct Outbox {
    tty: OwnedFd,
    /// Bytes for one write(2). Unlimited where the file is our own and non-blocking; else so few that a terminal which
    /// poll(2) calls writable takes them.
    chunk: usize,
    bytes: Vec<u8>,
    sent: usize,
}

impl Outbox {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        self.sent = 0;
    }

    /// Sends what the terminal takes now.
    fn push(&mut self) -> io::Result<()> {
        while let Some(rest) = self.bytes.get(self.sent..).filter(|rest| !rest.is_empty()) {
            if self.chunk != usize::MAX && !is_writable(self.tty.as_fd())? {
                return Ok(());
            }
            match unistd::write(&self.tty, rest.get(..self.chunk).unwrap_or(rest)) {
                Ok(sent) => self.sent += sent,
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(()),
                Err(errno) => return Err(errno.into()),
            }
        }
        self.clear();
        Ok(())
    }
}

impl Write for Outbox {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Nothing: a frame leaves in one piece when it is complete.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_writable(tty: BorrowedFd<'_>) -> io::Result<bool> {
    let mut fds = [PollFd::new(tty, PollFlags::POLLOUT)];
    match nix::poll::poll(&mut fds, PollTimeout::ZERO) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::EINTR) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

/// The terminal we run on. Leaves it when dropped.
#[derive(Debug)]
pub(super) struct Terminal {
    input: OwnedFd,
    out: Outbox,
    mouse: bool,
    /// The modes to put back.
    saved: Termios,
    entered: bool,
    /// Whether the terminal has ever said how large it is.
    sized: bool,
    /// What the terminal shows once the outbox is empty.
    frames: Frames,
    /// The frame being drawn; kept for its memory.
    next: Buffer,
}

impl Terminal {
    /// The terminal on standard input and output; nothing is changed yet. `mouse`: whether it shall report the mouse.
    ///
    /// # Errors
    ///
    /// [`NoTerminal`], a sentence.
    pub(super) fn open(environment: &Environment, mouse: bool) -> Result<Terminal, NoTerminal> {
        if !io::stdin().is_terminal() {
            return Err(NoTerminal::Other("standard input"));
        }
        if !io::stdout().is_terminal() {
            return Err(NoTerminal::Other("standard output"));
        }
        if environment.is_dumb() {
            let term = environment.term.as_deref().map_or("not set".to_owned(), |term| format!("'{term}'"));
            return Err(NoTerminal::Dumb(term));
        }
        let (input, _) = reopen(io::stdin().as_fd(), false)?;
        let (tty, own) = reopen(io::stdout().as_fd(), true)?;
        let saved = termios::tcgetattr(&input).map_err(io::Error::from)?;
        Ok(Terminal {
            input,
            out: Outbox { tty, chunk: if own { usize::MAX } else { 64 }, bytes: Vec::new(), sent: 0 },
            mouse,
            saved,
            entered: false,
            sized: false,
            frames: Frames::default(),
            next: Buffer::empty(Rect::ZERO),
        })
    }

    /// A descriptor to read input from.
    ///
    /// # Errors
    ///
    /// That of dup(2).
    pub(super) fn input(&self) -> io::Result<OwnedFd> {
        self.input.try_clone()
    }

    /// Takes the terminal over, or takes it over again after a stop, when others may have changed it. The next frame is
    /// a full one.
    ///
    /// # Errors
    ///
    /// That of the terminal, which is then as good as gone.
    pub(super) fn enter(&mut self) -> io::Result<()> {
        if !self.entered {
            // The user may have changed modes while we were away. After a stop that we did not see coming the modes may
            // be our own: what was saved before still holds.
            self.saved = termios::tcgetattr(&self.input)?;
            // Changes nothing, but stops us here if we are in the background, before anything is changed.
            set(self.input.as_fd(), &self.saved)?;
        }
        sys::tty::remember(self.input.as_fd(), self.out.tty.as_fd(), self.saved.clone().into(), FAREWELL);
        self.entered = true;
        let mut raw = self.saved.clone();
        termios::cfmakeraw(&mut raw);
        for (index, value) in [(SpecialCharacterIndices::VMIN, 1), (SpecialCharacterIndices::VTIME, 0)] {
            if let Some(slot) = raw.control_chars.get_mut(index as usize) {
                *slot = value;
            }
        }
        set(self.input.as_fd(), &raw)?;
        put_stderr_aside();
        self.out.clear();
        queue!(self.out, EnterAlternateScreen, cursor::Hide, EnableBracketedPaste)?;
        if self.mouse {
            self.out.write_all(MOUSE_ON)?;
        }
        self.frames.forget();
        HELD.store(true, Ordering::Release);
        self.push()
    }

    /// Forgets what was typed so far.
    pub(super) fn forget_input(&self) {
        // Where it fails there is nothing to forget.
        let _ = termios::tcflush(&self.input, FlushArg::TCIFLUSH);
    }

    /// Gives the terminal back as it was; what it has not taken yet is dropped.
    pub(super) fn leave(&mut self) {
        self.out.clear();
        self.entered = false;
        put_back();
    }

    /// Columns and rows, at most 1500 by 700; `None` where there is no cell.
    pub(super) fn size(&mut self) -> Option<(u16, u16)> {
        let (columns, rows) = sys::tty::size(self.out.tty.as_fd()).unwrap_or((0, 0));
        let (columns, rows) = match (columns, rows) {
            (0, _) | (_, 0) if self.sized => return None,
            (0, _) | (_, 0) => USUAL,
            size => {
                self.sized = true;
                size
            }
        };
        Some((columns.min(LARGEST.0), rows.min(LARGEST.1)))
    }

    /// Whether we may use the terminal: the foreground process group is ours, or the terminal controls nobody here.
    pub(super) fn is_ours(&self) -> bool {
        unistd::tcgetpgrp(&self.input).map_or(true, |group| group == unistd::getpgrp())
    }

    /// Whether the terminal controls our session and we are its foreground: whoever stops us stops the whole group.
    pub(super) fn controls_us(&self) -> bool {
        unistd::tcgetpgrp(&self.input).is_ok_and(|group| group == unistd::getpgrp())
    }

    /// Whether something is still on its way; then nothing may be drawn.
    pub(super) fn is_busy(&self) -> bool {
        !self.out.is_empty()
    }

    /// Sends what the terminal takes now, without waiting.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub(super) fn push(&mut self) -> io::Result<()> {
        if !HELD.load(Ordering::Acquire) {
            self.out.clear();
        }
        self.out.push()
    }

    /// Asks the terminal to report the mouse, or to keep it to itself.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub(super) fn report_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        self.say(if on { MOUSE_ON } else { MOUSE_OFF })
    }

    /// Sends a sequence that draws nothing, behind what is still on its way.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub(super) fn say(&mut self, sequence: &[u8]) -> io::Result<()> {
        self.out.write_all(sequence)?;
        self.push()
    }

    /// Makes the next frame a full one, whatever the terminal holds.
    pub(super) fn repaint(&mut self) {
        self.frames.forget();
    }

    /// Draws a frame of `columns` × `rows` by `paint` and sends what differs from what is shown. Call it only while the
    /// terminal is not [busy](Terminal::is_busy).
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub(super) fn draw(
        &mut self,
        (columns, rows): (u16, u16),
        paint: impl FnOnce(Rect, &mut Buffer),
    ) -> io::Result<()> {
        let area = Rect::new(0, 0, columns, rows);
        self.next.resize(area);
        self.next.reset();
        paint(area, &mut self.next);
        self.frames.encode(&self.next, &mut self.out.bytes)?;
        self.push()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.entered {
            self.leave();
        }
    }
}

/// Puts the terminal and standard error back as they were; harmless where they are. For those who have no [`Terminal`]
/// at hand: the panic hook and the watchdog.
pub(super) fn put_back() {
    HELD.store(false, Ordering::Release);
    sys::tty::restore();
    let kept = STDERR.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(kept) = kept {
        // Where it fails nothing can be said either.
        let _ = unistd::dup2_stderr(&kept);
    }
}

/// Makes a panic put the terminal back before its message is written. A panic in any thread ends the program: a monitor
/// whose sampling has died would go on showing the past.
pub(super) fn restore_on_panic() {
    let main = std::thread::current().id();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        put_back();
        before(panic);
        if std::thread::current().id() != main {
            signal_hook::low_level::exit(101);
        }
    }));
}

/// Sends standard error nowhere while the screen is ours, if it goes to a terminal: what a library or a child writes
/// there would stand in the middle of the screen.
fn put_stderr_aside() {
    let mut kept = STDERR.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.is_some() || !io::stderr().is_terminal() {
        return;
    }
    let nowhere = OpenOptions::new().write(true).open("/dev/null");
    if let (Ok(nowhere), Ok(copy)) = (nowhere, io::stderr().as_fd().try_clone_to_owned())
        && unistd::dup2_stderr(&nowhere).is_ok()
    {
        *kept = Some(copy);
    }
}

/// The terminal `tty` as a file of our own, so that non-blocking mode does not reach the shell that shares the old one;
/// says whether it is. After su(1) the terminal may belong to somebody else: then it is the old file, which blocks.
fn reopen(tty: BorrowedFd<'_>, write: bool) -> io::Result<(OwnedFd, bool)> {
    let own = OpenOptions::new()
        .read(!write)
        .write(write)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(format!("/proc/self/fd/{}", tty.as_raw_fd()));
    match own {
        Ok(file) => Ok((file.into(), true)),
        Err(_) => Ok((tty.try_clone_to_owned()?, false)),
    }
}

/// Sets modes at once: waiting for the output to drain could take for ever.
fn set(tty: BorrowedFd<'_>, modes: &Termios) -> io::Result<()> {
    loop {
        match termios::tcsetattr(tty, SetArg::TCSANOW, modes) {
            Err(Errno::EINTR) => {}
            result => return result.map_err(io::Error::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe that takes so much and no more stands for a terminal that has stopped to read.
    fn outbox(chunk: usize) -> (OwnedFd, Outbox) {
        let flags = nix::fcntl::OFlag::O_NONBLOCK | nix::fcntl::OFlag::O_CLOEXEC;
        let (read, write) = unistd::pipe2(flags).unwrap();
        (read, Outbox { tty: write, chunk, bytes: Vec::new(), sent: 0 })
    }

    fn take(from: &OwnedFd, all: &mut Vec<u8>) {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = unistd::read(from, &mut bytes) {
            all.extend_from_slice(&bytes[..count]);
        }
    }

    #[test]
    fn what_is_not_taken_at_once_arrives_whole_and_in_order() {
        for chunk in [usize::MAX, 64] {
            let (read, mut out) = outbox(chunk);
            let frame: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
            out.write_all(&frame).unwrap();
            out.flush().unwrap();
            assert_eq!(out.sent, 0, "nothing leaves before it is pushed");
            let mut arrived = Vec::new();
            for _ in 0..1000 {
                out.push().unwrap();
                if out.is_empty() {
                    break;
                }
                take(&read, &mut arrived);
            }
            assert!(out.is_empty());
            take(&read, &mut arrived);
            assert!(arrived == frame);
        }
    }

    #[test]
    fn a_terminal_that_is_gone_is_an_error() {
        for chunk in [usize::MAX, 64] {
            let (read, mut out) = outbox(chunk);
            drop(read);
            out.write_all(b"x").unwrap();
            assert!(out.push().is_err());
        }
    }
}
