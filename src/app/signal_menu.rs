//! The signal dialog: whom it would hit, pinned when it opened, and which signal.

use crate::config::{Chord, Key};
use crate::model::{Kind, Pid, ProcId, Signal, Snapshot, Target};

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
    /// Sentences to read before sending.
    pub warnings: Vec<String>,
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
        let warnings = warnings(&targets, snapshot);
        let signals: Vec<Signal> = Signal::all().collect();
        let at = signals.iter().position(|signal| *signal == Signal::TERM).unwrap_or(0);
        SignalMenu {
            aims: Aims::new(session, targets, snapshot),
            signals,
            at,
            warnings,
            typed: String::new(),
        }
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

/// What must be spelled out before these are hit.
fn warnings(targets: &[Target], snapshot: &Snapshot) -> Vec<String> {
    let host = snapshot.host();
    let has = |pid: Pid| targets.iter().any(|target| target.id.pid == pid);
    let mut said = Vec::new();
    if has(Pid::INIT) {
        said.push("PID 1 is among them: without it the machine or container ends".to_owned());
    }
    if let Some(own) = host.own_pid {
        if has(own) {
            said.push("glowtop itself is among them".to_owned());
        }
        let forest = crate::model::Forest::new(&snapshot.procs);
        let at = snapshot.procs.binary_search_by_key(&own, |proc| proc.task.id.pid);
        let above: Vec<ProcId> = at.map_or_else(
            |_| Vec::new(),
            |at| {
                forest
                    .ancestry(at)
                    .skip(1)
                    .filter_map(|up| snapshot.procs.get(up))
                    .map(crate::model::Proc::id)
                    .collect()
            },
        );
        if let Some(up) = targets.iter().find(|t| t.id.pid != Pid::INIT && above.contains(&t.id)) {
            said.push(format!("glowtop runs below {} {}: it may end too", up.id.pid, up.name.show(24)));
        }
    }
    let kernel =
        |target: &&Target| snapshot.find(target.id).is_some_and(|proc| proc.task.kind == Kind::Kernel);
    match targets.iter().filter(kernel).count() {
        0 => {}
        n => said.push(format!("{n} kernel thread(s) among them: they take no signals")),
    }
    let mut users: Vec<_> = targets
        .iter()
        .filter_map(|target| snapshot.find(target.id))
        .filter_map(|proc| proc.task.uid.known().copied())
        .collect();
    users.sort_unstable();
    users.dedup();
    if users.len() > 1 {
        said.push(format!("they belong to {} users", users.len()));
    }
    said
}
