//! The signal dialog: whom it would hit, pinned when it opened, and which signal.

use crate::config::{Chord, Key};
use crate::model::{Danger, Signal, Snapshot, Target};

use super::aims::Aims;
use super::list::walk;

/// The dialog's state.
#[derive(Clone, Debug)]
pub struct SignalMenu {
    /// Whom it would hit.
    pub aims: Aims,
    /// The signals to choose from.
    pub signals: Vec<Signal>,
    /// The chosen one's place among them.
    pub at: usize,
    /// What to know before sending.
    pub dangers: Vec<Danger>,
    typed: String,
}

/// What a key came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// Go on choosing.
    Open,
    /// Send this.
    Send(Signal),
    /// Close without sending.
    Cancel,
}

impl SignalMenu {
    /// The dialog over `targets` as they are in `snapshot`. It starts on SIGTERM, whatever was sent before: a signal
    /// that nobody can catch is never one careless Enter away.
    pub fn new(session: u64, targets: Vec<Target>, snapshot: &Snapshot) -> SignalMenu {
        let dangers = snapshot.dangers(&targets);
        let signals: Vec<Signal> = Signal::all().collect();
        let at = signals.iter().position(|signal| *signal == Signal::TERM).unwrap_or(0);
        SignalMenu { aims: Aims::new(session, targets, snapshot), signals, at, dangers, typed: String::new() }
    }

    /// The chosen signal.
    pub fn signal(&self) -> Signal {
        self.signals.get(self.at).copied().unwrap_or(Signal::TERM)
    }

    /// Takes a key.
    pub fn key(&mut self, chord: Chord) -> Choice {
        if let (Key::Char(c), false, false) = (chord.key, chord.ctrl, chord.alt)
            && c.is_ascii_alphanumeric()
        {
            self.type_in(c);
            return Choice::Open;
        }
        self.typed.clear();
        match chord.key {
            Key::Enter => return Choice::Send(self.signal()),
            Key::Esc | Key::F(10) => return Choice::Cancel,
            Key::Char('c') if chord.ctrl => return Choice::Cancel,
            key => self.at = walk(self.at, self.signals.len(), key),
        }
        Choice::Open
    }

    /// Typed digits choose by number, letters by the beginning of the name.
    fn type_in(&mut self, c: char) {
        let find = |typed: &str, signals: &[Signal]| {
            if let Ok(number) = typed.parse::<u8>() {
                return signals.iter().position(|s| s.number() == number);
            }
            let wanted = typed.to_ascii_uppercase();
            signals.iter().position(|s| s.name().trim_start_matches("SIG").starts_with(&wanted))
        };
        self.typed.push(c.to_ascii_uppercase());
        let found = find(&self.typed, &self.signals).or_else(|| {
            self.typed = c.to_ascii_uppercase().to_string();
            find(&self.typed, &self.signals)
        });
        if let Some(at) = found {
            self.at = at;
        }
    }
}
