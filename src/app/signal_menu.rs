//! The signal dialog: whom it would hit, pinned when it opened, how far it reaches, and which signal.

use crate::config::{Chord, Key};
use crate::model::{Act, ControlNews, Danger, Happened, Pid, Reach, Scope, Signal, Snapshot, Survey, Target};

use super::aims::Aims;
use super::list::walk;

/// The fewest and the most seconds between the rungs of a ladder.
const LADDER_SECONDS: std::ops::RangeInclusive<u32> = 1..=60;
/// What has to be typed before an act that is dangerous.
const YES: &str = "yes";

/// What is chosen in the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pick {
    /// SIGTERM, some seconds, SIGKILL for who is left.
    Ladder,
    /// This signal.
    Signal(Signal),
}

/// A scope that means something now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choosable {
    /// The scope.
    pub scope: Scope,
    /// How many processes are in it.
    pub count: usize,
    /// The systemd unit or the last part of the path, of a cgroup; safe to show.
    pub unit: Option<String>,
}

/// The dialog's state.
#[derive(Clone, Debug)]
pub struct SignalMenu {
    /// Whom it would hit.
    pub aims: Aims,
    /// What to choose from.
    pub items: Vec<Pick>,
    /// The chosen one's place among them.
    pub at: usize,
    /// What to know before sending.
    pub dangers: Vec<Danger>,
    /// How far it reaches.
    pub scope: Scope,
    /// The scopes that mean something now, the narrowest first.
    pub scopes: Vec<Choosable>,
    /// Who was chosen; every scope begins with them.
    pub chosen: Vec<Target>,
    /// What they have in common, where they are a group.
    pub common: Option<String>,
    /// The process group and the session that all chosen share.
    pub group: Option<u32>,
    /// See `group`.
    pub session: Option<u32>,
    /// What belongs to the first of them beyond what a look tells, once that is known.
    pub survey: Option<Box<Survey>>,
    /// The ports the targets listen on, ascending, and whether there may be more that are not known; `None` before the
    /// survey.
    pub ports: Option<(Vec<u16>, bool)>,
    /// What was typed to confirm that it is meant, while that is asked.
    pub confirm: Option<String>,
    /// Seconds between the rungs of the ladder.
    pub seconds: u32,
    /// Whether all of them are stopped, so that they can be let go on and not frozen.
    pub stopped: bool,
    /// What is frozen is to go on after so many seconds.
    pub thaw_after: Option<f64>,
    /// The dangers that were on screen when it was asked whether it is meant.
    confirmed: Vec<Danger>,
    /// Whose ports are looked for, ordered.
    surveyed: Vec<Pid>,
    typed: String,
}

/// What a key came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// Go on choosing.
    Open,
    /// Reach so far.
    Scope(Scope),
    /// Stop them, or let them go on.
    Freeze,
    /// Do this.
    Send(Pick),
    /// Close without sending.
    Cancel,
}

impl SignalMenu {
    /// The dialog over the `chosen` as they are in `snapshot`. It starts on SIGTERM, whatever was sent before: a signal
    /// that nobody can catch is never one careless Enter away. `seconds` are the ladder's.
    pub fn new(session: u64, chosen: Vec<Target>, snapshot: &Snapshot, seconds: u32) -> SignalMenu {
        let items: Vec<Pick> = std::iter::once(Pick::Ladder).chain(Signal::all().map(Pick::Signal)).collect();
        let shared = |of: fn(&crate::model::Task) -> u32| {
            let mut all = chosen.iter().map(|target| snapshot.find(target.id).map(|proc| of(&proc.task)));
            let first = all.next().flatten()?;
            // 0 is the kernel's own.
            (first > 0 && all.all(|other| other == Some(first))).then_some(first)
        };
        let (group, in_session) = (shared(|task| task.pgrp), shared(|task| task.session));
        let mut menu = SignalMenu {
            aims: Aims::for_signals(session, chosen.clone(), snapshot),
            items,
            at: 0,
            dangers: Vec::new(),
            scope: Scope::Chosen,
            scopes: Vec::new(),
            chosen,
            common: None,
            group,
            session: in_session,
            survey: None,
            ports: None,
            confirm: None,
            seconds,
            stopped: false,
            thaw_after: None,
            confirmed: Vec::new(),
            surveyed: Vec::new(),
            typed: String::new(),
        };
        menu.choose(Pick::Signal(Signal::TERM));
        menu.weigh(snapshot);
        menu
    }

    /// Whose ports a survey is to look for: the chosen and their descendants, at most `most`.
    pub fn to_survey(&mut self, subtree: &[Target], most: usize) -> Vec<Pid> {
        let mut among: Vec<Pid> = self.chosen.iter().chain(subtree).map(|target| target.id.pid).collect();
        let mut seen = std::collections::HashSet::new();
        among.retain(|pid| seen.insert(*pid));
        among.truncate(most);
        self.surveyed.clone_from(&among);
        self.surveyed.sort_unstable();
        among
    }

    /// What is chosen.
    pub fn pick(&self) -> Pick {
        self.items.get(self.at).copied().unwrap_or(Pick::Signal(Signal::TERM))
    }

    /// The signal that is sent first.
    pub fn signal(&self) -> Signal {
        match self.pick() {
            Pick::Ladder => Signal::TERM,
            Pick::Signal(signal) => signal,
        }
    }

    /// Goes to the item at `at`, or to the last one.
    pub(super) fn go(&mut self, at: usize) {
        self.confirm = None;
        self.at = at.min(self.items.len().saturating_sub(1));
    }

    /// Goes to `pick` in the list.
    pub fn choose(&mut self, pick: Pick) {
        self.at = self.items.iter().position(|item| *item == pick).unwrap_or(self.at);
    }

    /// The act that `pick` means.
    pub fn act(&self, pick: Pick) -> Act {
        match pick {
            Pick::Ladder => Act::Ladder { seconds: self.seconds },
            Pick::Signal(signal) => Act::Signal(signal),
        }
    }

    /// Who is reached beyond the pinned.
    pub fn reach(&self) -> Reach {
        match self.scope {
            Scope::Chosen | Scope::Matches => Reach::Pinned,
            Scope::Subtree => Reach::Subtree,
            Scope::Group => self.group.map_or(Reach::Pinned, Reach::Group),
            Scope::Session => self.session.map_or(Reach::Pinned, Reach::Session),
            Scope::Cgroup => self.cgroup().map_or(Reach::Pinned, |cgroup| Reach::Cgroup(cgroup.path.clone())),
        }
    }

    /// The cgroup of the chosen, where it is known, is not the root, and all of them are in it.
    pub fn cgroup(&self) -> Option<&crate::model::Cgroup> {
        let cgroup = self.survey.as_ref()?.cgroup.as_ref()?;
        let inside: std::collections::HashSet<Pid> = cgroup.members.iter().copied().collect();
        let named = !matches!(cgroup.path.bytes(), b"" | b"/");
        (named && self.chosen.iter().all(|target| inside.contains(&target.id.pid))).then_some(cgroup)
    }

    /// Finds the dangers and the ports anew, after the targets changed or the machine did.
    pub fn weigh(&mut self, snapshot: &Snapshot) {
        self.dangers = snapshot.dangers(&self.aims.living());
        let inits = self.aims.container_inits();
        let inits = inits.map(|(pid, name)| Danger::ContainerInit(pid, name.clone()));
        // After PID 1, which is worse.
        let at = usize::from(self.dangers.first() == Some(&Danger::Init));
        let inits: Vec<Danger> = inits.collect();
        self.dangers.splice(at..at, inits);
        self.ports = self.find_ports();
    }

    /// Takes news of the pins and of the survey; whether the scopes are to be counted anew.
    pub fn news(&mut self, news: &ControlNews, snapshot: &Snapshot) -> bool {
        match &news.what {
            Happened::Surveyed(survey) => {
                self.survey = Some(survey.clone());
                return true;
            }
            Happened::Pinned(standing) if standing.is_init && news.target.id.pid != Pid::INIT => {
                self.aims.news(news);
                self.weigh(snapshot);
            }
            _ => self.aims.news(news),
        }
        false
    }

    /// See `ports`.
    fn find_ports(&self) -> Option<(Vec<u16>, bool)> {
        let survey = self.survey.as_ref()?;
        let members = survey.cgroup.as_ref().map_or(&[][..], |cgroup| &cgroup.members);
        let known: std::collections::HashSet<Pid> = members.iter().chain(&self.surveyed).copied().collect();
        let targets: std::collections::HashSet<Pid> =
            self.aims.targets.iter().map(|aimed| aimed.target.id.pid).collect();
        let of_them = survey.listens.iter().filter(|(pid, _)| targets.contains(pid));
        let ports: std::collections::BTreeSet<u16> = of_them.map(|(_, port)| *port).collect();
        let more = survey.partial || !targets.is_subset(&known);
        Some((ports.into_iter().collect(), more))
    }

    /// Whether what is chosen must be confirmed by more than one key.
    pub fn needs_confirmation(&self) -> bool {
        let dangerous = match self.pick() {
            Pick::Ladder => true,
            Pick::Signal(signal) => signal.is_dangerous(),
        };
        dangerous && self.dangers.iter().any(Danger::needs_confirmation)
    }

    /// Takes a key.
    pub fn key(&mut self, chord: Chord) -> Choice {
        if matches!(chord.key, Key::Esc | Key::F(10)) || chord == Chord::ctrl('c') {
            return Choice::Cancel;
        }
        if let Some(typed) = self.confirm.take() {
            match self.confirming(typed, chord) {
                Some(choice) => return choice,
                // It goes on in the dialog.
                None if matches!(chord.key, Key::Char(_) | Key::Enter | Key::Backspace) => {
                    return Choice::Open;
                }
                None => {}
            }
        }
        let plain = !chord.ctrl && !chord.alt;
        if let (Key::Char(c), true) = (chord.key, plain)
            && c != 'z'
            && c.is_ascii_alphanumeric()
        {
            self.type_in(c);
            return Choice::Open;
        }
        self.typed.clear();
        match chord.key {
            Key::Enter => return self.submit(self.pick()),
            Key::Char('z') if plain => return Choice::Freeze,
            Key::Char('!') if plain => self.choose(Pick::Ladder),
            Key::Char('+' | '=') if self.pick() == Pick::Ladder => self.add_seconds(1),
            Key::Char('-') if self.pick() == Pick::Ladder => self.add_seconds(-1),
            Key::Tab if chord.shift => return self.scope_beside(-1),
            Key::Left => return self.scope_beside(-1),
            Key::Tab | Key::Right => return self.scope_beside(1),
            key => self.at = walk(self.at, self.items.len(), key),
        }
        Choice::Open
    }

    /// A key while it is asked whether it is meant; `None` where that is answered otherwise than by yes.
    fn confirming(&mut self, mut typed: String, chord: Chord) -> Option<Choice> {
        match chord.key {
            // Who or what it is about may have changed meanwhile: then it is asked again.
            Key::Enter if typed == YES && self.dangers == self.confirmed => {
                return Some(Choice::Send(self.pick()));
            }
            Key::Enter if typed == YES => return Some(self.submit(self.pick())),
            Key::Backspace if typed.pop().is_some() => {}
            Key::Char(c) if !chord.ctrl && !chord.alt => {
                typed.push(c.to_ascii_lowercase());
                if !YES.starts_with(&typed) {
                    return None;
                }
            }
            _ => return None,
        }
        self.confirm = Some(typed);
        Some(Choice::Open)
    }

    /// Chooses `pick` and sends, or asks whether it is meant.
    pub(super) fn submit(&mut self, pick: Pick) -> Choice {
        self.choose(pick);
        if self.needs_confirmation() && self.aims.ready() > 0 {
            self.confirm = Some(String::new());
            self.confirmed.clone_from(&self.dangers);
            return Choice::Open;
        }
        Choice::Send(self.pick())
    }

    fn add_seconds(&mut self, by: i32) {
        self.seconds =
            self.seconds.saturating_add_signed(by).clamp(*LADDER_SECONDS.start(), *LADDER_SECONDS.end());
    }

    fn scope_beside(&mut self, step: isize) -> Choice {
        let count = self.scopes.len().max(1) as isize;
        let at = self.scopes.iter().position(|word| word.scope == self.scope).unwrap_or(0) as isize;
        let next = self.scopes.get((at + step).rem_euclid(count) as usize);
        next.map_or(Choice::Open, |word| Choice::Scope(word.scope))
    }

    /// Typed digits choose by number, letters by the beginning of the name.
    fn type_in(&mut self, c: char) {
        let find = |typed: &str, items: &[Pick]| {
            let number = typed.parse::<u8>().ok();
            let wanted = typed.to_ascii_uppercase();
            items.iter().position(|item| match (item, number) {
                (Pick::Ladder, _) => false,
                (Pick::Signal(signal), Some(number)) => signal.number() == number,
                (Pick::Signal(signal), None) => signal.name().trim_start_matches("SIG").starts_with(&wanted),
            })
        };
        self.typed.push(c.to_ascii_uppercase());
        let found = find(&self.typed, &self.items).or_else(|| {
            self.typed = c.to_ascii_uppercase().to_string();
            find(&self.typed, &self.items)
        });
        if let Some(at) = found {
            self.at = at;
        }
    }
}
