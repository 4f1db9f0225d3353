//! Messages come in, the mind changes, effects go out.

use crate::catalog::column;
use crate::config::{Chord, Key};
use crate::model::{
    Act, ControlNews, ControlOrder, Happened, Kind, Nanos, Needs, Outcome, Pid, Role, Verdict, Wants,
};
use crate::query::Filter;

use super::layer::Picked;
use super::message::WantsChange;
use super::signal_menu::Choice;
use super::{
    Action, App, Effect, Hit, Input, Layer, LineEdit, LineInput, Menu, MenuItem, MenuPurpose, MouseEvent,
    Msg, Purpose, Screen, SignalMenu,
};

/// Digits typed within this many seconds of each other belong to one pid.
const DIGITS_PAUSE: f64 = 2.0;
/// The shortest and the longest pause between two looks, seconds.
const DELAYS: std::ops::RangeInclusive<f64> = 0.1..=3600.0;
/// Rows a turn of the wheel scrolls.
const WHEEL: isize = 3;

impl App {
    /// Takes in what happened at `now` and says what must be done.
    pub fn update(&mut self, now: Nanos, msg: Msg) -> Vec<Effect> {
        self.now = self.now.max(now);
        let mut effects = Vec::new();
        match msg {
            Msg::Input(Input::Key(chord)) => self.key(chord, &mut effects),
            Msg::Input(Input::Paste(text)) => self.paste(&text),
            Msg::Input(Input::Mouse(_)) => return effects,
            Msg::Mouse(event, hit) => self.mouse(event, hit, &mut effects),
            Msg::Size(columns, rows) => self.size = (columns, rows),
            Msg::Snapshot(snapshot) => {
                self.history.push(&snapshot);
                if self.paused {
                    self.waiting = Some(snapshot);
                    return effects;
                }
                self.show(snapshot);
            }
            Msg::Sensors(sensors) => self.sensors = Some(sensors),
            Msg::Control(news) => self.control_news(&news, &mut effects),
            Msg::Lab(news) => self.lab_news(news),
            Msg::Notice { bad, text } => self.say(if bad { Role::Bad } else { Role::Text }, text),
            Msg::Tick => {}
        }
        self.dirty = true;
        self.change_wants(&mut effects);
        effects
    }

    fn show(&mut self, snapshot: std::sync::Arc<crate::model::Snapshot>) {
        self.snapshot = snapshot;
        self.table.forget_gone(&self.snapshot);
        self.rearrange();
    }

    fn rearrange(&mut self) {
        self.table.rearrange(&self.snapshot);
    }

    fn say(&mut self, role: Role, text: impl Into<String>) {
        self.notices.say(self.now, role, text);
    }

    /// Tells the sampler what is wanted, if that changed.
    fn change_wants(&mut self, effects: &mut Vec<Effect>) {
        let needs = self.table.needs() | if self.header_hidden { Needs::NOTHING } else { Needs::PRESSURE };
        let wants = Wants { needs, visible: self.visible() };
        let same = self.wants.as_ref().is_some_and(|w| w.needs == wants.needs && w.visible == wants.visible);
        if !same {
            self.wants = Some(wants.clone());
            effects.push(Effect::Wants(WantsChange(wants)));
        }
    }

    fn key(&mut self, chord: Chord, effects: &mut Vec<Effect>) {
        if self.layer.is_some() {
            self.layer_key(chord, effects);
            return;
        }
        if let (Screen::Processes, Key::Char(digit @ '0'..='9'), false, false) =
            (self.screen, chord.key, chord.ctrl, chord.alt)
        {
            self.type_digit(digit);
            return;
        }
        self.digits = None;
        if let Some(action) = self.keymap.action(self.screen, chord) {
            self.act(action, effects);
        }
    }

    /// Digits find a pid.
    fn type_digit(&mut self, digit: char) {
        let recent = self.digits.take().filter(|(_, at)| self.now.since(*at) < DIGITS_PAUSE);
        let mut text = recent.map_or_else(String::new, |(text, _)| text);
        text.push(digit);
        if text.len() > 10 {
            return;
        }
        if let Some(pid) = text.parse().ok().and_then(Pid::new) {
            let snapshot = self.snapshot.clone();
            self.table.find_pid(&snapshot, pid);
        }
        self.digits = Some((text, self.now));
    }

    /// Does what `action` means on the screen that is shown.
    pub(super) fn act(&mut self, action: Action, effects: &mut Vec<Effect>) {
        let snapshot = self.snapshot.clone();
        let table = &mut self.table;
        match action {
            Action::Help => self.layer = Some(Layer::Help(0)),
            Action::Quit => effects.push(Effect::Quit),
            Action::Back => self.back(),
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Redraw => effects.extend([Effect::Redraw, Effect::Sample]),
            Action::NextScreen | Action::PrevScreen | Action::Lab => {
                self.screen = if self.screen == Screen::Lab { Screen::Processes } else { Screen::Lab };
            }
            Action::Pause => self.pause(),
            Action::Delay => self.open_line(Purpose::Delay, &format!("{}", self.delay)),
            Action::Theme => {
                self.theme = (self.theme + 1) % self.themes.len().max(1);
                self.say(Role::Text, format!("theme: {}", self.theme_name()));
            }
            Action::Header => self.header_hidden = !self.header_hidden,
            Action::Detailed => self.detailed = !self.detailed,
            Action::CoreHistory => self.core_history = !self.core_history,

            Action::Up if self.screen == Screen::Lab => self.lab.at = self.lab.at.saturating_sub(1),
            Action::Down if self.screen == Screen::Lab => {
                self.lab.at = (self.lab.at + 1).min(self.lab.workloads.len().saturating_sub(1));
            }
            Action::Up => table.step(&snapshot, -1),
            Action::Down => table.step(&snapshot, 1),
            Action::PageUp => table.page(&snapshot, -1),
            Action::PageDown => table.page(&snapshot, 1),
            Action::Top => table.top(),
            Action::Bottom => table.bottom(&snapshot),
            Action::Left => table.shift = table.shift.saturating_sub(8),
            Action::Right => table.shift = (table.shift + 8).min(4096),
            Action::LineStart => table.shift = 0,
            Action::LineEnd => self.table.shift = self.line_end(),

            Action::Search => self.open_line(Purpose::Search, ""),
            Action::SearchNext => self.search_next(),
            Action::Filter => {
                let text = table.filter_text.clone();
                self.open_line(Purpose::Filter, &text);
            }
            Action::User => self.open_user_menu(),
            Action::Follow => {
                table.follow = !table.follow;
                if table.follow {
                    table.go_to(&snapshot, table.cursor());
                }
            }
            Action::Tree => {
                table.tree = !table.tree;
                self.rearrange();
            }
            Action::FoldToggle | Action::FoldAll | Action::FoldParent if !table.tree => {
                self.say(Role::Text, "folding needs the tree: F5");
            }
            Action::FoldToggle => {
                table.toggle_fold(&snapshot, table.cursor());
                self.rearrange();
            }
            Action::FoldAll => {
                table.toggle_fold_all(&snapshot);
                self.rearrange();
            }
            Action::FoldParent => {
                table.fold_parent(&snapshot);
                self.rearrange();
            }
            Action::Sort => self.open_sort_menu(),
            Action::SortPrev => self.sort(|table| table.sort_beside(-1)),
            Action::SortNext => self.sort(|table| table.sort_beside(1)),
            Action::SortCpu => self.sort_by("cpu"),
            Action::SortMemory => self.sort_by("mem"),
            Action::SortTime => self.sort_by("time"),
            Action::SortPid => self.sort_by("pid"),
            Action::Invert => self.sort(|table| table.descending = !table.descending),
            Action::SubtreeSort => {
                table.by_total = !table.by_total;
                let what = if table.by_total { "the sum of their subtrees" } else { "their own value" };
                self.say(Role::Text, format!("siblings are ordered by {what}"));
                self.rearrange();
            }
            Action::Threads => {
                table.threads = !table.threads;
                let what = if table.threads { "shown" } else { "hidden" };
                self.say(Role::Text, format!("threads are {what}"));
                effects.push(Effect::Sample);
            }
            Action::KernelThreads => {
                table.kernel = !table.kernel;
                let what = if table.kernel { "shown" } else { "hidden" };
                self.say(Role::Text, format!("kernel threads are {what}"));
                self.rearrange();
            }
            Action::FullCommand => {
                let (from, to) = if table.columns.iter().any(|c| c.id == "command") {
                    ("command", "comm")
                } else {
                    ("comm", "command")
                };
                if let Some(to) = column(to) {
                    for c in table.columns.iter_mut().filter(|c| c.id == from) {
                        *c = to;
                    }
                }
            }
            Action::Changes => {
                table.changes = !table.changes;
                let what = if table.changes { "marked" } else { "not marked" };
                self.say(Role::Text, format!("new and ended rows are {what}"));
                self.rearrange();
            }

            Action::Tag => table.toggle_tag(&snapshot),
            Action::TagTree => table.tag_subtree(&snapshot),
            Action::Untag => table.untag_all(),
            Action::Signal => self.open_signal_menu(effects),
            Action::NiceDown => self.renice(-1, effects),
            Action::NiceUp => self.renice(1, effects),

            Action::LabRun => match self.lab.run() {
                Some(order) => effects.push(Effect::Lab(order)),
                None => self.say(Role::Text, "the lab is busy; K ends the run"),
            },
            Action::LabStop => effects.push(Effect::Lab(crate::model::lab::LabOrder::Stop)),
            Action::LabMode => self.lab.next_mode(),
            Action::LabMore => self.lab.add_workers(1),
            Action::LabFewer => self.lab.add_workers(-1),
            Action::LabLonger => self.lab.add_size(1),
            Action::LabShorter => self.lab.add_size(-1),
        }
    }

    /// Esc without a layer: what narrows the view goes first, then the lab.
    fn back(&mut self) {
        if self.screen == Screen::Lab {
            self.screen = Screen::Processes;
        } else if self.table.follow {
            self.table.follow = false;
        } else if self.table.tagged() > 0 {
            self.table.untag_all();
        } else if !self.table.filter_text.is_empty() {
            self.table.set_filter("");
            self.rearrange();
        }
    }

    fn pause(&mut self) {
        self.paused = !self.paused;
        if !self.paused
            && let Some(snapshot) = self.waiting.take()
        {
            self.show(snapshot);
        }
    }

    /// How far to scroll so that the end of the longest command in view is seen.
    fn line_end(&self) -> usize {
        let longest = self.table.visible().iter().filter_map(|line| line.proc(&self.snapshot)).map(|proc| {
            proc.task
                .command
                .known()
                .map_or(proc.task.comm.bytes().len(), |command| command.line.bytes().len())
        });
        let fixed: usize =
            self.table.columns.iter().filter(|c| !c.grows).map(|c| usize::from(c.width) + 1).sum();
        (fixed + longest.max().unwrap_or(0)).saturating_sub(usize::from(self.size.0))
    }

    fn sort(&mut self, change: impl FnOnce(&mut super::Table)) {
        change(&mut self.table);
        self.rearrange();
    }

    fn sort_by(&mut self, id: &str) {
        if let Some(by) = column(id) {
            self.sort(|table| {
                table.sort = by;
                table.descending = by.descending;
            });
        }
    }

    fn open_line(&mut self, purpose: Purpose, text: &str) {
        self.layer = Some(Layer::Line(LineInput::new(purpose, text)));
    }

    fn open_sort_menu(&mut self) {
        let item = |c: &&'static crate::catalog::Column| MenuItem {
            key: c.id.to_owned(),
            label: c.title.to_owned(),
            detail: c.help.to_owned(),
        };
        let items: Vec<MenuItem> = self.table.columns.iter().map(item).collect();
        let at = self.table.columns.iter().position(|c| c.id == self.table.sort.id).unwrap_or(0);
        self.layer = Some(Layer::Menu(Menu { purpose: MenuPurpose::Sort, items, at }));
    }

    fn open_user_menu(&mut self) {
        let mut counts: std::collections::BTreeMap<u32, (usize, String)> = std::collections::BTreeMap::new();
        for proc in self.snapshot.procs.iter().filter(|proc| proc.task.kind == Kind::Process) {
            if let Some(uid) = proc.task.uid.known() {
                let entry = counts.entry(*uid).or_insert_with(|| {
                    (0, proc.task.user.as_ref().map_or_else(|| uid.to_string(), |name| name.show(32)))
                });
                entry.0 += 1;
            }
        }
        let all = MenuItem { key: String::new(), label: "all users".to_owned(), detail: String::new() };
        let users = counts.into_iter().map(|(uid, (count, name))| MenuItem {
            key: uid.to_string(),
            label: name,
            detail: format!("uid {uid}, {count} processes"),
        });
        let items: Vec<MenuItem> = std::iter::once(all).chain(users).collect();
        let chosen = self.table.user.as_ref().map(|(uid, _)| uid.to_string()).unwrap_or_default();
        let at = items.iter().position(|item| item.key == chosen).unwrap_or(0);
        self.layer = Some(Layer::Menu(Menu { purpose: MenuPurpose::User, items, at }));
    }

    fn open_signal_menu(&mut self, effects: &mut Vec<Effect>) {
        let targets = self.table.targets(&self.snapshot);
        if targets.is_empty() {
            self.say(Role::Text, "no process is selected");
            return;
        }
        let snapshot = self.snapshot.clone();
        // The cursor may have been scrolled out of view: what is meant must be seen.
        if self.table.tagged() == 0 {
            self.table.go_to(&snapshot, self.table.cursor());
        }
        self.session += 1;
        let session = self.session;
        effects.push(Effect::Control(ControlOrder::Pin { session, targets: targets.clone() }));
        self.layer =
            Some(Layer::Signal(Box::new(SignalMenu::new(session, targets, &snapshot, self.last_signal))));
    }

    fn renice(&mut self, by: i32, effects: &mut Vec<Effect>) {
        let targets = self.table.targets(&self.snapshot);
        if targets.is_empty() {
            return;
        }
        self.session += 1;
        let (session, act) = (self.session, Act::Renice(by));
        self.acts.insert(session, act);
        effects.push(Effect::Control(ControlOrder::Pin { session, targets }));
        effects.push(Effect::Control(ControlOrder::Act { session, act, only: Vec::new() }));
    }

    fn layer_key(&mut self, chord: Chord, effects: &mut Vec<Effect>) {
        match self.layer.take() {
            Some(Layer::Help(scroll)) => {
                let scroll = match chord.key {
                    Key::Up => Some(scroll.saturating_sub(1)),
                    Key::Down => Some(scroll + 1),
                    Key::PageUp => Some(scroll.saturating_sub(10)),
                    Key::PageDown | Key::Char(' ') => Some(scroll + 10),
                    Key::Home => Some(0),
                    _ => None,
                };
                self.layer = scroll.map(Layer::Help);
            }
            Some(Layer::Menu(mut menu)) => match menu.key(chord) {
                Picked::Open => self.layer = Some(Layer::Menu(menu)),
                Picked::Cancel => {}
                Picked::Item(key) => self.pick(menu.purpose, &key),
            },
            Some(Layer::Line(line)) => self.line_key(line, chord, effects),
            Some(Layer::Signal(mut menu)) => match menu.key(chord) {
                Choice::Open => self.layer = Some(Layer::Signal(menu)),
                Choice::Cancel => {
                    effects.push(Effect::Control(ControlOrder::Release { session: menu.session }));
                }
                Choice::Send(signal) => self.send(&menu, signal, effects),
            },
            None => {}
        }
    }

    fn send(&mut self, menu: &SignalMenu, signal: crate::model::Signal, effects: &mut Vec<Effect>) {
        if menu.ready() == 0 {
            effects.push(Effect::Control(ControlOrder::Release { session: menu.session }));
            self.say(Role::Text, "nothing sent: none of them is left");
            return;
        }
        self.last_signal = signal;
        let (session, act) = (menu.session, Act::Signal(signal));
        self.acts.insert(session, act);
        effects.push(Effect::Control(ControlOrder::Act { session, act, only: Vec::new() }));
        self.table.untag_all();
    }

    fn pick(&mut self, purpose: MenuPurpose, key: &str) {
        match purpose {
            MenuPurpose::Sort => {
                if let Some(by) = column(key) {
                    self.sort(|table| table.sort_by(by));
                }
            }
            MenuPurpose::User => {
                let name = |uid: u32| {
                    let owned = self.snapshot.procs.iter().find(|proc| proc.task.uid.known() == Some(&uid));
                    owned
                        .and_then(|p| p.task.user.as_ref())
                        .map_or_else(|| uid.to_string(), |user| user.show(32))
                };
                self.table.user = key.parse().ok().map(|uid| (uid, name(uid)));
                self.rearrange();
            }
        }
    }

    fn line_key(&mut self, mut line: LineInput, chord: Chord, effects: &mut Vec<Effect>) {
        let cancel = chord.key == Key::Esc || chord == Chord::ctrl('c');
        match (line.purpose, chord.key) {
            _ if cancel => {
                if line.purpose == Purpose::Filter {
                    self.table.set_filter("");
                    self.rearrange();
                }
                return;
            }
            (Purpose::Delay, Key::Enter) => return self.set_delay(line, effects),
            (Purpose::Search, Key::F(3) | Key::Down) => {
                line.failed = !self.search(line.edit.text(), 1);
            }
            (_, Key::Enter | Key::F(_)) => return,
            _ => {
                if line.edit.key(chord) {
                    self.line_changed(&mut line);
                }
            }
        }
        self.layer = Some(Layer::Line(line));
    }

    /// What a line of input does while it is typed.
    fn line_changed(&mut self, line: &mut LineInput) {
        match line.purpose {
            Purpose::Search => {
                line.edit.text().clone_into(&mut self.searched);
                line.failed = !line.edit.text().is_empty() && !self.search(line.edit.text(), 0);
            }
            Purpose::Filter => {
                self.table.set_filter(line.edit.text());
                self.rearrange();
                line.failed = self.table.arranged().matching == 0;
            }
            Purpose::Delay => line.failed = parse_delay(&line.edit).is_none(),
        }
    }

    fn set_delay(&mut self, mut line: LineInput, effects: &mut Vec<Effect>) {
        let Some(delay) = parse_delay(&line.edit) else {
            line.failed = true;
            self.say(
                Role::Bad,
                format!("the delay is a number of seconds from {} to {}", DELAYS.start(), DELAYS.end()),
            );
            self.layer = Some(Layer::Line(line));
            return;
        };
        self.delay = delay;
        effects.push(Effect::Interval(delay));
        self.say(Role::Text, format!("looking every {delay} s"));
    }

    /// Jumps to a match, `skip` lines from the cursor on.
    fn search(&mut self, text: &str, skip: usize) -> bool {
        let wanted = Filter::parse(text);
        let snapshot = self.snapshot.clone();
        !text.is_empty() && self.table.find(&snapshot, self.table.cursor() + skip, &wanted)
    }

    fn search_next(&mut self) {
        let text = self.searched.clone();
        if !self.search(&text, 1) {
            self.say(
                Role::Bad,
                if text.is_empty() {
                    "nothing was searched for yet".to_owned()
                } else {
                    format!("'{text}' is not found")
                },
            );
        }
    }

    fn paste(&mut self, text: &str) {
        if let Some(Layer::Line(mut line)) = self.layer.take_if(|layer| matches!(layer, Layer::Line(_))) {
            line.edit.insert(text);
            self.line_changed(&mut line);
            self.layer = Some(Layer::Line(line));
        }
    }

    fn mouse(&mut self, event: MouseEvent, hit: Hit, effects: &mut Vec<Effect>) {
        let snapshot = self.snapshot.clone();
        match (event, hit) {
            (MouseEvent::WheelUp | MouseEvent::WheelDown, _) => {
                let by = if event == MouseEvent::WheelUp { -WHEEL } else { WHEEL };
                match &mut self.layer {
                    Some(Layer::Help(scroll)) => *scroll = scroll.saturating_add_signed(by),
                    Some(Layer::Menu(menu)) => {
                        menu.at = menu.at.saturating_add_signed(by).min(menu.items.len().saturating_sub(1));
                    }
                    Some(Layer::Signal(menu)) => {
                        menu.at = menu.at.saturating_add_signed(by).min(menu.signals.len().saturating_sub(1));
                    }
                    Some(Layer::Line(_)) | None => self.table.scroll(by),
                }
            }
            (MouseEvent::Left, Hit::Item(at)) => match &mut self.layer {
                // A click on the chosen item takes it, a click on another one chooses that.
                Some(Layer::Menu(menu)) if menu.at != at => menu.at = at,
                Some(Layer::Signal(menu)) if menu.at != at => menu.at = at,
                _ => self.layer_key(Chord::plain(Key::Enter), effects),
            },
            (_, Hit::Layer) => {}
            (MouseEvent::Left, Hit::Key(action)) if self.layer.is_none() => self.act(action, effects),
            (MouseEvent::Left, _) if self.layer.is_some() => self.layer_key(Chord::plain(Key::Esc), effects),
            (MouseEvent::Left, Hit::Line(line)) => {
                self.table.follow = false;
                self.table.go_to(&snapshot, line);
            }
            (MouseEvent::Right, Hit::Line(line)) if self.layer.is_none() => {
                self.table.go_to(&snapshot, line);
                self.table.toggle_tag(&snapshot);
            }
            (MouseEvent::Left, Hit::FoldMark(line)) => {
                self.table.go_to(&snapshot, line);
                self.table.toggle_fold(&snapshot, line);
                self.rearrange();
            }
            (MouseEvent::Left, Hit::Column(at)) => {
                if let Some(by) = self.table.columns.get(at).copied() {
                    self.sort(|table| table.sort_by(by));
                }
            }
            (MouseEvent::Left, Hit::Tab(screen)) => self.screen = screen,
            _ => {}
        }
    }

    fn control_news(&mut self, news: &ControlNews, effects: &mut Vec<Effect>) {
        if let Some(Layer::Signal(menu)) = &mut self.layer
            && menu.session == news.session
        {
            menu.news(news);
            return;
        }
        let Some(act) = self.acts.get(&news.session).copied() else { return };
        let role = match &news.what {
            // Delivered is not dead: the verdict will speak.
            Happened::Pinned(_) | Happened::Vanished | Happened::Outcome(Outcome::Delivered) => return,
            Happened::Outcome(Outcome::Reniced { .. }) => Role::Text,
            Happened::Outcome(_) | Happened::Verdict(Verdict::StillAlive { .. }) => Role::Bad,
            Happened::Verdict(_) => Role::Good,
        };
        self.say(role, news.sentence(act));
        effects.push(Effect::Sample);
    }

    fn lab_news(&mut self, news: crate::model::lab::LabNews) {
        self.lab.news(self.now, news);
        if let (false, Some(problem)) = (self.lab.running, self.lab.problem.take()) {
            self.say(Role::Bad, problem);
        }
    }
}

fn parse_delay(edit: &LineEdit) -> Option<f64> {
    edit.text().trim().replace(',', ".").parse::<f64>().ok().filter(|delay| DELAYS.contains(delay))
}
