//! Choosing the CPUs on which the threads of a process may run.

use super::Step;
use super::cpu_tree::{Branch, reveal, shown, tree};
use super::now::known;
use crate::app::aims::Aims;
use crate::app::list::walk;
use crate::config::{Chord, Key};
use crate::model::{CpuSet, Setting, Snapshot, Topology, TopologyCpu};

/// The CPUs that are online, and which of them are chosen.
#[derive(Clone, Debug)]
pub struct CpuChoice {
    /// The place of the cursor among the lines in view.
    pub at: usize,
    /// The chosen ones.
    pub chosen: CpuSet,
    cpus: Vec<TopologyCpu>,
    all: CpuSet,
    lines: Vec<Branch>,
    shown: Vec<usize>,
    typed: Option<u32>,
}

impl CpuChoice {
    /// The CPUs of the machine, all of them chosen.
    pub(super) fn new(topology: Option<&Topology>, snapshot: &Snapshot) -> CpuChoice {
        let known = topology.map_or(&[][..], |topology| &topology.cpus);
        let cpus: Vec<TopologyCpu> = if snapshot.cpus.is_empty() {
            known.to_vec()
        } else {
            // Who is online may have changed since the topology was read.
            let of = |number: u32| known.iter().find(|cpu| cpu.number == number).copied();
            let bare = |number| TopologyCpu { number, ..TopologyCpu::default() };
            snapshot.cpus.iter().map(|(number, _)| of(*number).unwrap_or(bare(*number))).collect()
        };
        let mut choice = CpuChoice {
            at: 0,
            chosen: CpuSet::default(),
            cpus,
            all: CpuSet::default(),
            lines: Vec::new(),
            shown: Vec::new(),
            typed: None,
        };
        choice.build();
        choice.chosen = choice.all;
        choice
    }

    fn build(&mut self) {
        self.all = self.cpus.iter().map(|cpu| cpu.number).collect();
        self.lines = tree(&self.cpus);
        self.shown = shown(&self.lines);
    }

    /// The lines in view: parts of the machine and CPUs.
    pub fn shown(&self) -> impl Iterator<Item = &Branch> {
        self.shown.iter().filter_map(|at| self.lines.get(*at))
    }

    /// How many lines are in view.
    pub fn shown_count(&self) -> usize {
        self.shown.len()
    }

    /// How many lines there are when nothing is folded.
    pub fn lines(&self) -> usize {
        self.lines.len()
    }

    /// How many CPUs there are to choose from.
    pub fn count(&self) -> usize {
        self.cpus.len()
    }

    /// Chooses what is now; of several processes whatever one of them has.
    pub(super) fn adopt(&mut self, aims: &Aims) {
        let mut now = CpuSet::default();
        for set in known(aims).filter_map(|settings| settings.affinity.as_ref()) {
            now.join(set);
        }
        if now.is_empty() || now == self.chosen {
            return;
        }
        // The kernel names only CPUs that are online: in a container `/proc/stat` may be made up, and have others.
        let mut missing = now;
        missing.leave(&self.all);
        if !missing.is_empty() {
            self.cpus.extend(missing.iter().map(|number| TopologyCpu { number, ..TopologyCpu::default() }));
            self.build();
        }
        self.chosen = now;
    }

    /// Takes a key. Digits find a CPU.
    pub(super) fn key(&mut self, chord: Chord) -> Step {
        let typed = self.typed.take();
        match chord.key {
            Key::Enter if self.chosen.is_empty() => {
                return Step::Bad("choose at least one CPU: it has to run somewhere");
            }
            Key::Enter => return Step::Set(vec![Setting::Affinity(self.chosen)]),
            Key::Char(' ') => {
                self.toggle();
                self.at = walk(self.at, self.shown.len(), Key::Down);
            }
            Key::Char('*') | Key::F(1) => self.chosen = self.all,
            Key::F(2) => self.chosen = CpuSet::default(),
            Key::Char('+' | '-' | '=') => self.toggle_fold(),
            Key::Right => self.fold(true),
            Key::Left => self.fold(false),
            Key::Char(digit @ '0'..='9') => self.find(typed, digit as u32 - '0' as u32),
            key => self.at = walk(self.at, self.shown.len(), key),
        }
        Step::Open
    }

    /// Takes a click on a line in view.
    pub(super) fn click(&mut self, at: usize) -> Step {
        if at < self.shown.len() {
            self.at = at;
            self.toggle();
        }
        Step::Open
    }

    /// Takes all CPUs of the line at the cursor out where all are in, else puts them in.
    fn toggle(&mut self) {
        let Some(line) = self.line() else { return };
        let cpus = line.cpus;
        if self.chosen.shared(&cpus) == cpus.len() {
            self.chosen.leave(&cpus);
        } else {
            self.chosen.join(&cpus);
        }
    }

    /// Folds what is open at the cursor, and opens what is folded.
    pub(super) fn toggle_fold(&mut self) {
        let open = self.line().is_some_and(|line| line.open);
        self.fold(!open);
    }

    fn fold(&mut self, open: bool) {
        let Some(at) = self.shown.get(self.at).copied() else { return };
        let Some(line) = self.lines.get_mut(at).filter(|line| line.is_group()) else { return };
        line.open = open;
        self.shown = shown(&self.lines);
    }

    /// Goes to the CPU that was typed so far; where there is none, the digit begins a new number.
    fn find(&mut self, typed: Option<u32>, digit: u32) {
        let longer = typed.and_then(|typed| typed.checked_mul(10)?.checked_add(digit));
        for wanted in longer.into_iter().chain([digit]) {
            if let Some(line) = reveal(&mut self.lines, wanted) {
                self.shown = shown(&self.lines);
                self.at = self.shown.iter().position(|at| *at == line).unwrap_or(self.at);
                self.typed = Some(wanted);
                return;
            }
        }
        // 1 may be missing where 10 is there.
        self.typed = longer.or(Some(digit));
    }

    fn line(&self) -> Option<&Branch> {
        self.shown.get(self.at).and_then(|at| self.lines.get(*at))
    }
}
