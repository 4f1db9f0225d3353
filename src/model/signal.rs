//! Signals by number, name and default action: signal(7).

/// What a process does on a signal for which it set up nothing: signal(7), "Standard signals".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DefaultAction {
    /// Ends the process.
    Ends,
    /// Ends it and writes a core file.
    Dumps,
    /// Nothing happens.
    Ignored,
    /// Stops it until SIGCONT.
    Stops,
    /// Continues it where it was stopped.
    Continues,
}

/// A signal number, 1 to 64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Signal(u8);

/// Names and default actions of signals 1 to 31 as on x86, Arm and most others: signal(7).
const STANDARD: [(&str, DefaultAction); 31] = {
    use DefaultAction::{Continues, Dumps, Ends, Ignored, Stops};
    [
        ("SIGHUP", Ends),
        ("SIGINT", Ends),
        ("SIGQUIT", Dumps),
        ("SIGILL", Dumps),
        ("SIGTRAP", Dumps),
        ("SIGABRT", Dumps),
        ("SIGBUS", Dumps),
        ("SIGFPE", Dumps),
        ("SIGKILL", Ends),
        ("SIGUSR1", Ends),
        ("SIGSEGV", Dumps),
        ("SIGUSR2", Ends),
        ("SIGPIPE", Ends),
        ("SIGALRM", Ends),
        ("SIGTERM", Ends),
        ("SIGSTKFLT", Ends),
        ("SIGCHLD", Ignored),
        ("SIGCONT", Continues),
        ("SIGSTOP", Stops),
        ("SIGTSTP", Stops),
        ("SIGTTIN", Stops),
        ("SIGTTOU", Stops),
        ("SIGURG", Ignored),
        ("SIGXCPU", Dumps),
        ("SIGXFSZ", Dumps),
        ("SIGVTALRM", Ends),
        ("SIGPROF", Ends),
        ("SIGWINCH", Ignored),
        ("SIGIO", Ends),
        ("SIGPWR", Ends),
        ("SIGSYS", Dumps),
    ]
};

/// The first real-time signal a program may use; glibc and musl keep the numbers below it to themselves.
const RTMIN: u8 = 34;
/// The last real-time signal.
const RTMAX: u8 = 64;

impl Signal {
    /// SIGHUP, 1.
    pub const HUP: Signal = Signal(1);
    /// SIGINT, 2.
    pub const INT: Signal = Signal(2);
    /// SIGKILL, 9: cannot be caught, blocked or ignored.
    pub const KILL: Signal = Signal(9);
    /// SIGTERM, 15.
    pub const TERM: Signal = Signal(15);
    /// SIGCONT, 18.
    pub const CONT: Signal = Signal(18);
    /// SIGSTOP, 19: cannot be caught, blocked or ignored.
    pub const STOP: Signal = Signal(19);

    /// The signal with this number, 1 to 64.
    pub const fn new(number: u8) -> Option<Signal> {
        if number >= 1 && number <= RTMAX { Some(Signal(number)) } else { None }
    }

    /// The number.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// `SIGTERM`, `SIGRTMIN+3`; the two that the C library keeps are `32` and `33`.
    pub fn name(self) -> String {
        match STANDARD.get(usize::from(self.0).wrapping_sub(1)) {
            Some((name, _)) => (*name).to_owned(),
            None if self.0 == RTMIN => "SIGRTMIN".to_owned(),
            None if self.0 == RTMAX => "SIGRTMAX".to_owned(),
            None if self.0 > RTMIN => format!("SIGRTMIN+{}", self.0 - RTMIN),
            None => self.0.to_string(),
        }
    }

    /// What happens where the process set up nothing.
    pub fn default_action(self) -> DefaultAction {
        STANDARD.get(usize::from(self.0).wrapping_sub(1)).map_or(DefaultAction::Ends, |(_, action)| *action)
    }

    /// Whether its default action ends a process.
    pub fn is_deadly(self) -> bool {
        matches!(self.default_action(), DefaultAction::Ends | DefaultAction::Dumps)
    }

    /// Whether it is sent so that a process ends: SIGTERM, SIGINT, SIGQUIT, SIGABRT and SIGKILL. The others that end one
    /// by default mean something else to whoever catches them: SIGHUP, for many a daemon, that it reads its
    /// configuration again.
    pub fn asks_to_end(self) -> bool {
        const QUIT: Signal = Signal(3);
        const ABRT: Signal = Signal(6);
        matches!(self, Signal::INT | QUIT | ABRT | Signal::KILL | Signal::TERM)
    }

    /// Whether no process can catch, block or ignore it: SIGKILL and SIGSTOP.
    pub fn is_unstoppable(self) -> bool {
        self == Signal::KILL || self == Signal::STOP
    }

    /// The signal meant by `SIGTERM`, `term`, `15` or `rtmin+3`.
    pub fn parse(text: &str) -> Option<Signal> {
        if let Ok(number) = text.parse::<u8>() {
            return Signal::new(number);
        }
        let upper = text.to_ascii_uppercase();
        let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
        Signal::all().find(|s| s.name().strip_prefix("SIG") == Some(bare))
    }

    /// Every signal a user may send: 1 to 31 and the real-time ones.
    pub fn all() -> impl Iterator<Item = Signal> {
        (1..=31).chain(RTMIN..=RTMAX).map(Signal)
    }
}

/// A set of signals, as the masks of `/proc/PID/status` give it (bit 0 is signal 1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SignalSet(pub u64);

impl SignalSet {
    /// Whether `signal` is in it.
    pub const fn has(self, signal: Signal) -> bool {
        self.0 >> (signal.0 - 1) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_agree_with_the_kernel() {
        assert_eq!(Signal::parse("SIGTERM"), Some(Signal::TERM));
        assert_eq!(Signal::parse("kill"), Some(Signal::KILL));
        assert_eq!(Signal::parse("rtmin+3").map(Signal::number), Some(37));
        assert_eq!(Signal::parse("0"), None);
        assert_eq!(Signal::parse("65"), None);
        for signal in Signal::all() {
            assert_eq!(Signal::parse(&signal.name()), Some(signal));
            if let Ok(known) = nix::sys::signal::Signal::try_from(i32::from(signal.number())) {
                assert_eq!(known.as_str(), signal.name());
            }
        }
    }

    #[test]
    fn masks_count_from_signal_one() {
        assert!(SignalSet(0x4000).has(Signal::TERM));
        assert!(!SignalSet(0x4000).has(Signal::KILL));
    }
}
