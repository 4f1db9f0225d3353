//! What the actions mean while the inspector is open: it is a screen of its own over the processes'.

use crate::app::inspect::Inspector;
use crate::app::{Action, App, Effect, Hit, MouseEvent, Purpose, Screen};
use crate::catalog::inspect::{Context, Lead};
use crate::model::inspect::{InspectOrder, Inspection, Page};
use crate::model::{Kind, Pid, Role, Target};

use std::sync::Arc;

/// Rows a turn of the wheel scrolls.
const WHEEL: isize = 3;
/// The most of a copied row that is repeated in the notice, cells.
const REPEATED: usize = 40;

/// The pages and the actions that lead to them.
const WAYS: [(Action, Page); 13] = [
    (Action::InspectOverview, Page::Overview),
    (Action::InspectThreads, Page::Threads),
    (Action::InspectFiles, Page::Files),
    (Action::InspectEnvironment, Page::Environment),
    (Action::InspectCommand, Page::Command),
    (Action::InspectMemory, Page::Memory),
    (Action::InspectLimits, Page::Limits),
    (Action::InspectCgroup, Page::Cgroup),
    (Action::InspectNamespaces, Page::Namespaces),
    (Action::InspectSignals, Page::Signals),
    (Action::InspectLocks, Page::Locks),
    (Action::InspectScheduling, Page::Scheduling),
    (Action::InspectAncestry, Page::Ancestry),
];

impl Action {
    /// The action that leads to `page`.
    pub fn to_page(page: Page) -> Action {
        WAYS.iter().find(|(_, to)| *to == page).map_or(Action::InspectOverview, |(action, _)| *action)
    }

    /// The page of the inspector that this action leads to.
    pub(super) fn page(self) -> Option<Page> {
        WAYS.iter().find(|(action, _)| *action == self).map(|(_, page)| *page)
    }
}

impl App {
    /// What a page of the inspector has to know beside its data.
    pub fn context(&self) -> Context {
        Context {
            now: self.now,
            utc_offset_s: self.snapshot.host().utc_offset_s,
            cores: self.snapshot.cores(),
            memory_total: self.snapshot.memory().map(|memory| memory.total),
        }
    }

    /// The section of the key map that holds now.
    pub fn place(&self) -> Screen {
        if self.inspector.is_some() { Screen::Inspector } else { self.screen }
    }

    /// Opens the inspector on the selected process.
    pub(super) fn open_inspector(&mut self, page: Page, effects: &mut Vec<Effect>) {
        let snapshot = self.snapshot.clone();
        let selected = self.table.selected(&snapshot);
        let target = selected.and_then(|proc| match proc.task.kind {
            Kind::Process | Kind::Kernel => Some(proc.target()),
            Kind::Thread(of) => snapshot.find_pid(of).map(crate::model::Proc::target),
            Kind::ShortLived => None,
        });
        // Whoever looks into a thread finds it among the others.
        let thread =
            selected.filter(|proc| matches!(proc.task.kind, Kind::Thread(_))).map(|proc| proc.task.id.pid);
        let page = if thread.is_some() && page == Page::Overview { Page::Threads } else { page };
        let Some(target) = target else {
            self.say_nobody();
            return;
        };
        // Whoever is looked into is meant, also where the row had been scrolled out of view.
        self.table.go_to(&snapshot, self.table.cursor());
        let mut inspector = Box::new(Inspector::new(target.clone(), page, &snapshot));
        if let Some(thread) = thread {
            inspector.seek(thread);
        }
        self.inspector = Some(inspector);
        App::order_inspection(&target, page, effects);
    }

    fn order_inspection(target: &Target, page: Page, effects: &mut Vec<Effect>) {
        let orders = [InspectOrder::Page(page), InspectOrder::Open(target.id)];
        effects.extend(orders.map(Effect::Inspect));
    }

    pub(super) fn close_inspector(&mut self, effects: &mut Vec<Effect>) {
        if self.inspector.take().is_some() {
            effects.push(Effect::Inspect(InspectOrder::Close));
        }
    }

    /// Takes in a look; whether the screen has to be drawn for it.
    pub(super) fn inspected(&mut self, look: Arc<Inspection>, effects: &mut Vec<Effect>) -> bool {
        let context = self.context();
        let held = self.paused;
        let Some(inspector) = &mut self.inspector else { return false };
        let over = look.is_over() && look.id == inspector.target.id;
        let news = inspector.take(look, held, &context);
        if over && news {
            // What it was stays on screen; there is nothing more to read.
            effects.push(Effect::Inspect(InspectOrder::Close));
        }
        news
    }

    /// Whom an act from the inspector would reach; says why where that is nobody.
    pub(super) fn inspected_target(&mut self) -> Option<Vec<Target>> {
        let inspector = self.inspector.as_ref()?;
        if inspector.over.is_some() {
            self.say(Role::Text, "this process has ended: nothing can reach it");
            return None;
        }
        let seen = inspector.seen.as_ref().map(crate::model::Proc::target);
        Some(vec![seen.unwrap_or_else(|| inspector.target.clone())])
    }

    /// Does what `action` means in the inspector; `false` where it means there what it means everywhere.
    pub(super) fn inspector_act(&mut self, action: Action, effects: &mut Vec<Effect>) -> bool {
        let context = self.context();
        let Some(inspector) = &mut self.inspector else { return false };
        if let Some(page) = action.page() {
            self.inspect_page(page, effects);
            return true;
        }
        match action {
            Action::Back => {
                if !self.stop_ladder(effects) {
                    self.close_inspector(effects);
                }
            }
            Action::Up => inspector.step(-1, &context),
            Action::Down => inspector.step(1, &context),
            Action::PageUp => inspector.page(-1, &context),
            Action::PageDown => inspector.page(1, &context),
            Action::Top => inspector.go_to(0, &context),
            Action::Bottom => inspector.go_to(usize::MAX, &context),
            Action::NextScreen | Action::PrevScreen => {
                let page = inspector.beside(if action == Action::NextScreen { 1 } else { -1 });
                self.inspect_page(page, effects);
            }
            Action::Search => self.open_line(Purpose::InspectSearch, ""),
            Action::SearchNext => self.inspect_next(&context),
            Action::Filter => {
                let text = inspector.filter.clone();
                self.open_line(Purpose::InspectFilter, &text);
            }
            Action::Redraw => {
                effects.extend([Effect::Redraw, Effect::Sample, Effect::Inspect(InspectOrder::Refresh)]);
            }
            Action::SortPrev => self.say_order(|one| one.sort_beside(-1, &context)),
            Action::SortNext => self.say_order(|one| one.sort_beside(1, &context)),
            Action::SortCpu => self.say_order(|one| one.sort_by(&["run", "cpu"], &context)),
            Action::SortTime => self.say_order(|one| one.sort_by(&["time", "age"], &context)),
            Action::SortMemory => self.say_order(|one| one.sort_by(&["resident", "size"], &context)),
            Action::SortPid => self.say_order(|one| one.sort_by_number(&context)),
            Action::Invert => self.say_order(|one| one.sort_turned(&context)),
            Action::Copy => self.copy_row(&context, effects),
            Action::Inspect => self.inspect_partner(&context, effects),
            Action::InspectBack => self.inspect_before(effects),
            Action::Xray => return false,
            // The screen below is another one.
            Action::Lab => {
                self.close_inspector(effects);
                return false;
            }
            _ => return !Self::reaches_out(action),
        }
        true
    }

    /// Whether `action` means in the inspector what it means everywhere; the others are about the table, which is not seen.
    fn reaches_out(action: Action) -> bool {
        let tag = matches!(action, Action::Tag | Action::TagTree | Action::Untag);
        let program = matches!(
            action,
            Action::Help
                | Action::Quit
                | Action::Suspend
                | Action::Pause
                | Action::Delay
                | Action::Theme
                | Action::Journal
                | Action::Palette
                | Action::Notices
                | Action::SaveScreen
                | Action::Mouse
        );
        !tag && (program || action.is_act())
    }

    fn inspect_page(&mut self, page: Page, effects: &mut Vec<Effect>) {
        let context = self.context();
        let Some(inspector) = &mut self.inspector else { return };
        if inspector.page == page {
            return;
        }
        inspector.turn_to(page, &context);
        if inspector.over.is_none() {
            effects.push(Effect::Inspect(InspectOrder::Page(page)));
        }
    }

    /// Looks into the process that the row is about.
    fn inspect_partner(&mut self, context: &Context, effects: &mut Vec<Effect>) {
        let snapshot = self.snapshot.clone();
        let Some(inspector) = &mut self.inspector else { return };
        let Some(lead) = inspector.row(context).and_then(|(_, lead)| lead) else {
            self.say(Role::Text, "this row is about no other process");
            return;
        };
        let (found, pid) = match lead {
            Lead::Id(id) => (snapshot.find(id), id.pid),
            Lead::Pid(pid) => (snapshot.find_pid(pid), pid),
        };
        let found = found.filter(|proc| !matches!(proc.task.kind, Kind::Thread(_) | Kind::ShortLived));
        match found.map(crate::model::Proc::target) {
            Some(target) if target.id == inspector.target.id => self.say_same(pid),
            Some(target) => {
                inspector.go_on_to(target.clone(), &snapshot);
                let page = inspector.page;
                App::order_inspection(&target, page, effects);
            }
            None => self.say(Role::Text, format!("process {pid} is not there any more")),
        }
    }

    fn say_same(&mut self, pid: Pid) {
        self.say(Role::Text, format!("{pid} is this process itself"));
    }

    fn inspect_before(&mut self, effects: &mut Vec<Effect>) {
        let snapshot = self.snapshot.clone();
        let Some(inspector) = &mut self.inspector else { return };
        if inspector.back(&snapshot) {
            let (target, page) = (inspector.target.clone(), inspector.page);
            App::order_inspection(&target, page, effects);
        } else {
            self.say(Role::Text, "no other process was looked into before");
        }
    }

    fn copy_row(&mut self, context: &Context, effects: &mut Vec<Effect>) {
        let row = self.inspector.as_ref().and_then(|inspector| inspector.row(context));
        let Some((text, _)) = row else {
            self.say(Role::Text, "there is no row to copy");
            return;
        };
        let mut short = String::new();
        crate::model::showable(text.as_bytes(), REPEATED, &mut short);
        let dots = if short.len() < text.len() { "…" } else { "" };
        self.say(Role::Text, format!("copied: {short}{dots}"));
        effects.push(Effect::Copy(text));
    }

    /// Puts the page in another order, and says which.
    fn say_order(&mut self, sort: impl FnOnce(&mut Inspector) -> Option<String>) {
        let Some(inspector) = &mut self.inspector else { return };
        match sort(inspector) {
            Some(said) => self.say(Role::Text, said),
            None => self.say(Role::Text, "nothing here can be sorted by that"),
        }
    }

    /// What a line of input for the inspector does while it is typed; whether it finds something.
    pub(super) fn inspect_typed(&mut self, purpose: Purpose, text: &str) -> bool {
        let context = self.context();
        if purpose == Purpose::InspectSearch {
            text.clone_into(&mut self.searched);
        }
        let Some(inspector) = &mut self.inspector else { return false };
        if purpose == Purpose::InspectSearch {
            return inspector.find(text, 0, &context);
        }
        inspector.filter_by(text, &context);
        inspector.counts().0 > 0
    }

    fn inspect_next(&mut self, context: &Context) {
        let text = self.searched.clone();
        if text.is_empty() {
            self.say(Role::Bad, "nothing was searched for yet");
        } else if !self.inspector.as_mut().is_some_and(|inspector| inspector.find(&text, 1, context)) {
            self.say(Role::Bad, format!("'{text}' is not found"));
        }
    }

    /// The next match while a search is typed.
    pub(super) fn inspect_search_on(&mut self, text: &str) -> bool {
        let context = self.context();
        self.inspector.as_mut().is_some_and(|inspector| inspector.find(text, 1, &context))
    }

    /// What the mouse does while the inspector is open and nothing above it; whether it did.
    pub(super) fn inspector_mouse(&mut self, event: MouseEvent, hit: Hit, effects: &mut Vec<Effect>) -> bool {
        let context = self.context();
        let Some(inspector) = &mut self.inspector else { return false };
        match (event, hit) {
            (MouseEvent::WheelUp, _) => inspector.scroll(-WHEEL, &context),
            (MouseEvent::WheelDown, _) => inspector.scroll(WHEEL, &context),
            (MouseEvent::Left, Hit::Page(page)) => self.inspect_page(page, effects),
            (MouseEvent::Left, Hit::Line(line)) => {
                let chosen = inspector.is_chosen(line);
                // A click on the chosen row follows it where it leads; a click on another one chooses that.
                if chosen && inspector.row(&context).is_some_and(|(_, lead)| lead.is_some()) {
                    self.inspect_partner(&context, effects);
                } else {
                    inspector.go_to_line(line, &context);
                }
            }
            (MouseEvent::Left, Hit::Title(at)) => self.say_order(|one| one.sort_by_title(at, &context)),
            (MouseEvent::Right, _) => self.act(Action::Acts, effects),
            // The screen below is another one.
            (MouseEvent::Left, Hit::Tab(_)) => {
                self.close_inspector(effects);
                return false;
            }
            (_, Hit::Key(_)) => return false,
            _ => {}
        }
        true
    }
}
