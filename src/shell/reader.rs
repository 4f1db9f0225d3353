//! The thread that reads the terminal.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::Sender;
use std::{io, thread};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout};

use super::event::{Event, now};
use super::input::Parser;
use super::signals;

/// Starts to read `tty`, until it is gone; then the program is, too, within a second.
///
/// # Errors
///
/// No thread could be started.
pub(super) fn start(tty: OwnedFd, events: Sender<Event>) -> io::Result<()> {
    thread::Builder::new().name("terminal".to_owned()).spawn(move || {
        read(&tty, &events);
        signals::insist(&events, &Event::Hangup, 1);
    })?;
    Ok(())
}

/// Reads and parses; returns when there is no terminal any more. End of file, an error and a hang-up all say so, and
/// each of them lasts: whoever goes on after one never sleeps again.
fn read(tty: &OwnedFd, events: &Sender<Event>) {
    let mut parser = Parser::default();
    let mut inputs = Vec::new();
    let mut bytes = [0; 4096];
    loop {
        let mut fds = [PollFd::new(tty.as_fd(), PollFlags::POLLIN)];
        match nix::poll::poll(&mut fds, patience(&parser)) {
            Ok(0) => parser.expire(now(), &mut inputs),
            Ok(_) => {
                let [fd] = &fds;
                let flags = fd.revents().unwrap_or(PollFlags::POLLERR);
                if flags.intersects(PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL) {
                    return;
                }
                match nix::unistd::read(tty, &mut bytes) {
                    Ok(0) => return,
                    Ok(count) => parser.feed(now(), bytes.get(..count).unwrap_or_default(), &mut inputs),
                    Err(Errno::EINTR | Errno::EAGAIN) => {}
                    Err(_) => return,
                }
            }
            Err(Errno::EINTR) => {}
            Err(_) => return,
        }
        for input in inputs.drain(..) {
            if events.send(Event::Input(input)).is_err() {
                return;
            }
        }
    }
}

/// How long poll(2) may sleep: until the parser wants to look at the clock, rounded up so that it then finds it late
/// enough.
fn patience(parser: &Parser) -> PollTimeout {
    match parser.deadline() {
        None => PollTimeout::NONE,
        Some(deadline) => {
            let nanos = deadline.0.saturating_sub(now().0);
            PollTimeout::from(u16::try_from(nanos.div_ceil(1_000_000)).unwrap_or(u16::MAX))
        }
    }
}
