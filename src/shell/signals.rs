//! Signals as events, and the watchdog behind those that end us.
//!
//! Handlers, not a blocked mask: what we start inherits a mask, but not a handler.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;
use std::time::Duration;
use std::{io, thread};

use nix::sys::resource::{Resource, setrlimit};
use signal_hook::consts::{
    SIGCONT, SIGHUP, SIGINT, SIGPIPE, SIGPROF, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGVTALRM,
    SIGWINCH, SIGXCPU, SIGXFSZ,
};
use signal_hook::iterator::Signals;
use signal_hook::low_level;

use super::event::Event;
use super::terminal;
use crate::sys;

/// The signals that ask us to leave, and those whose default would end us in the middle of the screen.
const LEAVE: [i32; 9] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF];
/// The signals for an error that the system call reports as well.
const PASSED_OVER: [i32; 2] = [SIGPIPE, SIGXFSZ];
/// How long the main loop has to leave by itself.
const GRACE: Duration = Duration::from_millis(700);

/// Starts the thread that turns signals into events. A signal that our parent has set to be ignored stays ignored.
///
/// # Errors
///
/// A handler or the thread could not be set up.
pub(super) fn start(events: Sender<Event>) -> io::Result<()> {
    for signal in PASSED_OVER {
        // Not SIG_IGN, which a child would inherit.
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
    }
    let leave = LEAVE.into_iter().filter(|signal| !sys::tty::is_ignored(*signal));
    let mut signals = Signals::new([SIGTSTP, SIGCONT, SIGWINCH].into_iter().chain(leave))?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            // A closed channel: the main loop is leaving already.
            let _ = match signal {
                SIGWINCH => events.send(Event::Resized),
                SIGTSTP => events.send(Event::Stop),
                SIGCONT => events.send(Event::Continued),
                _ => insist(&events, &Event::Leave(signal), 128 + signal),
            };
        }
    })?;
    Ok(())
}

/// Sends `event`, after which the program must end, and ends it with `status` if it does not: whatever holds the main
/// loop, a terminal that does not read or a mistake of ours, must not hold the user.
pub(super) fn insist(events: &Sender<Event>, event: &Event, status: i32) -> ! {
    let _ = events.send(event.clone());
    thread::sleep(GRACE);
    // Should even the farewell block: the default action of SIGALRM is the end.
    nix::unistd::alarm::set(1);
    terminal::put_back();
    low_level::exit(status)
}

/// Ends the process by `signal`, so that the parent sees what ended it (a shell shows 128 + n). Returns only where that
/// is impossible. No core is dumped: it would hold everybody's command lines.
pub(super) fn die_of(signal: i32) {
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    let _ = low_level::emulate_default_handler(signal);
}
