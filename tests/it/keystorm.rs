//! Keys, clicks and looks at random, by whoever is unlucky: processes come and go, pids come again, the terminal is of any
//! size, the lab tells whatever it likes, the configuration is saved, refused or changed by others. Nothing panics, no cell
//! holds a control character, an order to act names only whom its reader chose, and where one may only look nobody acts.
//! `KEYSTORM` is the number of steps of each storm.

mod lab;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use glowtop::app::{Action, App, DEFAULT_KEYMAP, Effect, Input, Keymap, Lab, Layer, MouseEvent, Msg, Start};
use glowtop::config::{self, BUILTIN_THEMES, Chord};
use glowtop::model::inspect::{Found, InspectOrder, Page};
use glowtop::model::{
    Act, CgroupPlace, Command, ControlNews, ControlOrder, CpuTimes, Details, Happened, Host, Kind, Memory,
    Nanos, Outcome, Pid, ProcId, Reach, Reading, Sample, Scope, Seen, System, Target, Task, TaskMemory,
    Verdict, derive,
};
use glowtop::view::{self, Depth, Layout, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::inspect_pages;

const SECOND: u64 = 1_000_000_000;
const NAMES: [&str; 6] =
    ["sh", "cc1plus", "\u{1b}]0;x\u{7}", "e\u{301}\u{302}\u{303}", "漢字漢字漢字", "a\nb\t\u{202e}"];
const CGROUPS: [&str; 4] =
    ["/", "/system.slice/cron.service", "/docker/0123456789abcdef0123", "/\u{1b}[2J.scope"];
/// What is typed into lines of input, besides keys.
const TEXTS: [&str; 8] =
    ["cpu>0 or name~c", "under:3", "(((", "é\u{1b}[31m", "a|b", "name~(a*)*b", "9999999999", "not state=R"];
/// Keys that no map names.
const ODD: [&str; 12] = [
    "F24",
    "Alt-x",
    "Ctrl-K",
    "Ctrl-W",
    "Delete",
    "Insert",
    "Backspace",
    "Esc",
    "Enter",
    "Tab",
    "Shift-Tab",
    "é",
];

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound.max(1) as u64) as usize
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Whom an act would reach, as its reader has it before him, and why.
#[derive(Clone, Default, Debug)]
struct Meant {
    ids: BTreeSet<ProcId>,
    /// A group, which others may join, or the first row, on which whoever comes to stand there is meant.
    open: bool,
}

struct Storm {
    app: App,
    dice: Dice,
    at: u64,
    size: (u16, u16),
    chords: Vec<Chord>,
    /// Everybody, with the time of its start: a pid comes again with another.
    tasks: BTreeMap<u32, Task>,
    /// Who was pinned in each session, and that has not been released.
    sessions: BTreeMap<u64, BTreeSet<ProcId>>,
    /// As it was after the last key or click.
    meant: Meant,
    looked_into: Option<(ProcId, Page)>,
    looks: u64,
    acts: usize,
    saves: usize,
    lab: lab::Desk,
}

impl Storm {
    fn new(seed: u64, readonly: bool) -> Storm {
        let keymap = Keymap::parse(DEFAULT_KEYMAP).0;
        let lines = DEFAULT_KEYMAP.lines().filter_map(|line| line.split_once(" = "));
        let mut chords: Vec<Chord> =
            lines.filter_map(|(key, _)| key.trim_matches('"').replace("\\\\", "\\").parse().ok()).collect();
        chords.extend(ODD.iter().map(|key| key.parse::<Chord>().unwrap()));
        chords.extend(('0'..='9').map(Chord::char));
        assert!(chords.len() > 100);
        let lab = Lab::new(crate::lab_screens::workloads(), glowtop::model::lab::Machine::default(), 32);
        let themes = BUILTIN_THEMES.iter().map(|(name, _)| (*name).to_owned()).collect();
        let mut storm = Storm {
            app: App::new(Start { keymap, themes, delay: 1.0, lab, readonly, ..Start::default() }),
            dice: Dice(seed),
            at: 100 * SECOND,
            size: (80, 24),
            chords,
            tasks: BTreeMap::new(),
            sessions: BTreeMap::new(),
            meant: Meant { open: true, ..Meant::default() },
            looked_into: None,
            looks: 0,
            acts: 0,
            saves: 0,
            lab: lab::Desk::default(),
        };
        for pid in 1..=40 {
            storm.born(pid);
        }
        storm.look();
        storm
    }

    fn born(&mut self, pid: u32) {
        let living: Vec<u32> = self.tasks.keys().copied().filter(|other| *other != pid).collect();
        let parent = if living.is_empty() { 0 } else { *self.dice.one(&living) };
        let kind = match self.dice.below(12) {
            0 => Kind::Kernel,
            1 => Pid::new(parent).map_or(Kind::Process, Kind::Thread),
            _ => Kind::Process,
        };
        let name = *self.dice.one(&NAMES);
        let place = CgroupPlace::of(self.dice.one(&CGROUPS).as_bytes());
        let task = Task {
            kind,
            parent: Pid::new(parent),
            pgrp: self.dice.below(5) as u32,
            session: self.dice.below(3) as u32,
            comm: Arc::new(name.into()),
            command: Command::parse(format!("/usr/bin/{name}\0-x\0{pid}").as_bytes())
                .map_or(Reading::Denied, |command| Reading::Known(Arc::new(command))),
            uid: if self.dice.below(9) == 0 { Reading::Denied } else { Reading::Known(pid % 3) },
            user: Some(Arc::new(if pid.is_multiple_of(3) { "root" } else { "\u{1b}[1mann" }.into())),
            memory: Reading::Known(TaskMemory { resident: u64::from(pid) << 20, shared: 0 }),
            details: Some(Arc::new(Details {
                cgroup: Reading::Known(Arc::new(place)),
                ..Details::default()
            })),
            ..Task::bare(ProcId::new(pid, self.at / 10_000_000).unwrap())
        };
        self.tasks.insert(pid, task);
    }

    /// Some end, some begin, some pids come again at once; then a look.
    fn look(&mut self) {
        self.at += SECOND;
        for _ in 0..self.dice.below(6) {
            let pid = 2 + self.dice.below(60) as u32;
            match self.dice.below(3) {
                0 => _ = self.tasks.remove(&pid),
                _ => self.born(pid),
            }
        }
        let mut seen = Vec::new();
        for task in self.tasks.values_mut() {
            task.utime += self.dice.below(100) as u64;
            seen.push(Seen::new(task.clone(), Nanos(self.at)));
        }
        let sample = Sample {
            taken: Nanos(self.at),
            since_boot: Nanos(self.at),
            wall: self.at,
            tasks: seen,
            system: System {
                host: Arc::new(Host {
                    ticks_per_second: 100,
                    own_uid: 1,
                    own_pid: Pid::new(5),
                    ..Host::default()
                }),
                cpus: (0..self.dice.below(70) as u32).map(|cpu| (cpu, CpuTimes::default())).collect(),
                memory: Some(Memory { total: 4 << 30, ..Memory::default() }),
                ..System::default()
            },
            ..Sample::default()
        };
        let before = (self.app.snapshot.number > 0).then(|| self.app.snapshot.clone());
        self.tell(Msg::Snapshot(Arc::new(derive(before.as_deref(), sample))));
    }

    fn area(&self) -> Rect {
        Rect::new(0, 0, self.size.0, self.size.1)
    }

    /// Whom an act without a dialog would reach now, found by looking at the screen's rows.
    fn sees(&self) -> Meant {
        let (app, table) = (&self.app, &self.app.table);
        if let Some(inspector) = &app.inspector {
            return Meant { ids: [inspector.target.id].into(), open: false };
        }
        if app.screen == glowtop::app::Screen::Lab {
            let pid = app.lab.chosen_pid();
            let ids = pid.and_then(|pid| app.snapshot.find_pid(pid)).map(glowtop::model::Proc::id);
            // Before there was a lane nobody could be meant but who comes first.
            return Meant { ids: ids.into_iter().collect(), open: pid.is_none() };
        }
        let tagged =
            app.snapshot.procs.iter().map(glowtop::model::Proc::id).filter(|id| table.is_tagged(*id));
        let tagged: BTreeSet<ProcId> = tagged.collect();
        if !tagged.is_empty() {
            return Meant { ids: tagged, open: false };
        }
        if let Some((groups, at)) = table.selected_group() {
            return Meant {
                ids: groups.procs(&app.snapshot, at).map(glowtop::model::Proc::id).collect(),
                open: true,
            };
        }
        let ids = table.selected(&app.snapshot).map(glowtop::model::Proc::id).into_iter().collect();
        Meant { ids, open: table.cursor() == 0 }
    }

    /// Whom the open dialog names.
    fn named(&self) -> Option<(u64, Scope, BTreeSet<ProcId>)> {
        let (aims, scope) = match &self.app.layer {
            Some(Layer::Signal(menu)) => (&menu.aims, menu.scope),
            Some(Layer::Tame(menu)) => (&menu.aims, Scope::Chosen),
            _ => return None,
        };
        Some((aims.session, scope, aims.targets.iter().map(|aimed| aimed.target.id).collect()))
    }

    fn tell(&mut self, msg: Msg) {
        let by_hand = matches!(msg, Msg::Input(_) | Msg::Mouse(..));
        self.app.set_table_rows(Layout::new(self.area(), &self.app).table_rows(&self.app));
        let (sees, named, watchable) = (self.sees(), self.named(), self.watchable());
        let what = format!("{msg:?}");
        let effects = self.app.update(Nanos(self.at), msg);
        self.app.set_table_rows(Layout::new(self.area(), &self.app).table_rows(&self.app));
        for effect in effects {
            assert!(
                !self.app.readonly || !matches!(effect, Effect::Control(_) | Effect::Lab(_)),
                "it was only to look: {effect:?}, {what}"
            );
            self.lab_asked(&effect, &what, by_hand, watchable);
            match effect {
                Effect::Save(saving) => {
                    assert!(by_hand, "{what}");
                    self.saved(*saving);
                }
                Effect::Control(order) => self.ordered(order, &what, by_hand, &sees, named.as_ref()),
                Effect::Inspect(InspectOrder::Open(id)) => self.looked_into = Some((id, Page::Overview)),
                Effect::Inspect(InspectOrder::Page(page)) => {
                    self.looked_into = self.looked_into.map(|(id, _)| (id, page));
                }
                Effect::Inspect(InspectOrder::Close) => self.looked_into = None,
                _ => {}
            }
        }
        if by_hand {
            self.meant = self.sees();
        }
    }

    fn ordered(
        &mut self,
        order: ControlOrder,
        what: &str,
        by_hand: bool,
        sees: &Meant,
        named: Option<&(u64, Scope, BTreeSet<ProcId>)>,
    ) {
        match order {
            ControlOrder::Pin { session, targets } => {
                let ids: BTreeSet<ProcId> = targets.iter().map(|target| target.id).collect();
                let is_new = !self.sessions.contains_key(&session);
                assert!(!is_new || by_hand, "nobody asked for {ids:?}: {what}");
                if is_new {
                    let scope = self.named().map_or(Scope::Chosen, |(_, scope, _)| scope);
                    let chosen = scope == Scope::Chosen;
                    assert!(!chosen || ids.is_subset(&sees.ids), "{ids:?} are not {sees:?}: {what}");
                }
                self.sessions.entry(session).or_default().extend(ids);
                self.answer(session, &targets);
            }
            ControlOrder::Act { session, only, act, reach } => {
                self.acts += 1;
                let pinned =
                    self.sessions.get(&session).unwrap_or_else(|| panic!("who are {session}? {what}"));
                let whom = if only.is_empty() { pinned.clone() } else { only.into_iter().collect() };
                assert!(whom.is_subset(pinned), "{whom:?} are not {pinned:?}: {what}");
                match named {
                    // A dialog names them; what ended meanwhile is no harm.
                    Some((of, scope, named)) if *of == session => {
                        assert!(whom.is_subset(named), "{whom:?} are not {named:?}: {what}");
                        assert!(*scope != Scope::Chosen || reach == Reach::Pinned, "{reach:?}: {what}");
                    }
                    // At once: those who were seen when the last key went down, and who are still seen.
                    _ if by_hand && !is_thaw(&act) => {
                        assert!(whom.is_subset(&sees.ids), "{whom:?} are not {sees:?}: {what}");
                        let meant = &self.meant;
                        assert!(
                            meant.open || whom.is_subset(&meant.ids),
                            "{whom:?} came before the cursor by themselves, {meant:?} were meant: {what}"
                        );
                    }
                    // What was frozen for a time goes on.
                    _ => assert!(is_thaw(&act), "{act:?} by itself: {what}"),
                }
            }
            ControlOrder::Survey { session, .. } | ControlOrder::Cancel { session } => {
                assert!(self.sessions.contains_key(&session), "{what}");
            }
            ControlOrder::Undo { of, .. } => assert!(self.sessions.contains_key(&of), "{what}"),
            ControlOrder::Release { session } => _ = self.sessions.remove(&session),
        }
    }

    /// The pins are answered now or never: some have ended, some are refused.
    fn answer(&mut self, session: u64, targets: &[Target]) {
        for target in targets {
            let there = self.tasks.get(&target.id.pid.get()).is_some_and(|task| task.id == target.id);
            let what = match self.dice.below(8) {
                0 => continue,
                1 => Happened::Outcome(Outcome::Denied { owner: None }),
                2 => Happened::Outcome(Outcome::Delivered),
                _ if there => Happened::Pinned(Box::default()),
                _ => Happened::Vanished,
            };
            self.news(session, target.clone(), None, what);
        }
    }

    fn news(&mut self, session: u64, target: Target, act: Option<Act>, what: Happened) {
        let news = ControlNews { session, target, act, what };
        _ = self.app.update(Nanos(self.at), Msg::Control(Box::new(news)));
    }

    /// The configuration is saved, or others have changed it too, or it cannot be written.
    fn saved(&mut self, saving: glowtop::app::Saving) {
        self.saves += 1;
        let answer = match self.dice.below(3) {
            0 if saving.ours.is_none() => Msg::Clash(vec!["theme".to_owned(), "the screen I/O".to_owned()]),
            1 => Msg::Notice { bad: true, text: "it cannot be written".to_owned() },
            _ => Msg::Saved(Box::new(saving.now)),
        };
        _ = self.app.update(Nanos(self.at), answer);
    }

    fn step(&mut self) {
        match self.dice.below(22) {
            0..=1 => self.look(),
            2 => {
                self.size = match self.dice.below(4) {
                    0 => (1 + self.dice.below(12) as u16, 1 + self.dice.below(6) as u16),
                    1 => (80, 24),
                    _ => (1 + self.dice.below(250) as u16, 1 + self.dice.below(80) as u16),
                };
                self.tell(Msg::Size(self.size.0, self.size.1));
            }
            3..=4 => {
                let (x, y) = (self.dice.below(self.size.0.into()), self.dice.below(self.size.1.into()));
                let hit = view::hit(&self.app, self.area(), x as u16, y as u16);
                let events = [
                    MouseEvent::Left,
                    MouseEvent::Left,
                    MouseEvent::Right,
                    MouseEvent::Middle,
                    MouseEvent::Drag,
                    MouseEvent::WheelUp,
                    MouseEvent::WheelDown,
                    MouseEvent::Release,
                ];
                let event = *self.dice.one(&events);
                self.tell(Msg::Mouse(event, hit));
            }
            5 => {
                let text = (*self.dice.one(&TEXTS)).to_owned();
                self.tell(Msg::Input(Input::Paste(text)));
            }
            6 => self.tell(Msg::Tick),
            7 => {
                self.at += SECOND * self.dice.below(40) as u64;
                let Some((id, page)) = self.looked_into else { return };
                self.looks += 1;
                let mut look = (*inspect_pages::look(id.pid.get(), page, self.looks, self.at)).clone();
                look.id = id;
                if self.dice.below(6) == 0 {
                    look.found = Found::Gone(glowtop::model::inspect::Ended::Vanished);
                }
                self.tell(Msg::Inspected(Arc::new(look)));
            }
            8 => {
                // Verdicts may come at any time, also for whom nobody waits any more.
                let sessions: Vec<(u64, ProcId)> =
                    self.sessions.iter().filter_map(|(at, ids)| Some((*at, *ids.first()?))).collect();
                if let Some((session, id)) = (!sessions.is_empty()).then(|| *self.dice.one(&sessions)) {
                    let act = Act::Signal(glowtop::model::Signal::TERM);
                    let what = Happened::Verdict(Verdict::Stopped);
                    self.news(session, Target::new(id, "\u{1b}[31m"), Some(act), what);
                }
            }
            9 | 10 => self.lab_tells(),
            _ => {
                let chord = *self.dice.one(&self.chords);
                self.tell(Msg::Input(Input::Key(chord)));
            }
        }
    }
}

fn is_thaw(act: &Act) -> bool {
    matches!(act, Act::Signal(signal) if *signal == glowtop::model::Signal::CONT)
}

#[test]
fn a_storm_of_keys_breaks_nothing_and_hits_nobody_else() {
    let steps: usize = std::env::var("KEYSTORM").map_or(1_000, |steps| steps.parse().unwrap());
    let theme = |(_, text): &(&str, &str)| Theme::new(&config::Theme::parse(text).0, Depth::True, true);
    let themes: Vec<Theme> = BUILTIN_THEMES.iter().map(theme).collect();
    let (mut acts, mut begun, mut saves) = (0, 0, 0);
    for seed in 0..5 {
        let mut storm = Storm::new(seed, seed == 4);
        for step in 0..steps {
            storm.step();
            if step % 3 == 0 {
                let mut buf = Buffer::empty(storm.area());
                view::draw(&storm.app, &themes[storm.app.theme], storm.area(), &mut buf);
                let hostile = buf.content.iter().find(|cell| cell.symbol().contains(char::is_control));
                assert!(hostile.is_none(), "seed {seed} step {step}: {hostile:?}");
            }
        }
        acts += storm.acts;
        begun += storm.lab.begun;
        saves += storm.saves;
    }
    assert!(acts > steps / 100, "only {acts} acts");
    assert!(begun > steps / 200 && saves > steps / 1000, "only {begun} in the lab, saved {saves} times");
    assert!(Action::ALL.iter().any(|action| action.is_act()));
}
