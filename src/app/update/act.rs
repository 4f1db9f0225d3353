//! What each action means on the screen that is shown.

use crate::catalog::column;
use crate::model::Role;
use crate::query::Filter;

use crate::app::{Action, App, Effect, Help, Layer, Purpose, Screen, SetupPage, Table, Tame, Waiting};

impl App {
    /// Does what `action` means on the screen that is shown.
    pub(super) fn act(&mut self, action: Action, effects: &mut Vec<Effect>) {
        if !self.offers(action) {
            self.say(Role::Warn, "glowtop runs with --readonly: it changes nothing");
            return;
        }
        if self.inspector.is_some() && self.inspector_act(action, effects) {
            return;
        }
        if self.screen == Screen::Lab && self.lab_act(action, effects) {
            return;
        }
        let snapshot = self.snapshot.clone();
        let table = &mut self.table;
        match action {
            Action::Help => self.layer = Some(Layer::Help(Help::default())),
            Action::Palette => self.open_palette(),
            Action::Notices => self.layer = Some(Layer::Notices(0)),
            Action::SaveScreen => self.open_save_screen(),
            Action::Mouse => self.turn_mouse(effects),
            Action::Copy => self.open_copy_menu(),
            Action::Quit => self.quit(effects),
            Action::Back => self.back(effects),
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Redraw => effects.extend([Effect::Redraw, Effect::Sample]),
            Action::NextScreen => self.walk_tabs(1),
            Action::PrevScreen => self.walk_tabs(-1),
            Action::Lab => {
                self.screen = if self.screen == Screen::Lab { Screen::Processes } else { Screen::Lab };
            }
            Action::Pause => self.pause(effects),
            Action::Delay => self.open_line(Purpose::Delay, &format!("{}", self.delay)),
            Action::Theme => {
                self.theme = (self.theme + 1) % self.themes.len().max(1);
                self.say_theme();
            }
            Action::Setup => self.open_setup(SetupPage::Meters, 0),
            Action::Columns => self.open_setup(SetupPage::Screens, 2),
            Action::Options => self.open_setup(SetupPage::Options, 0),
            Action::SaveSettings => effects.push(self.saving(None)),
            Action::Header => self.header_hidden = !self.header_hidden,
            Action::Detailed => self.detailed = !self.detailed,
            Action::CoreHistory => self.core_history = !self.core_history,

            Action::Up => table.step(&snapshot, -1),
            Action::Down => table.step(&snapshot, 1),
            Action::PageUp => table.page(&snapshot, -1),
            Action::PageDown => table.page(&snapshot, 1),
            Action::Top => table.top(),
            Action::Bottom => table.bottom(&snapshot),
            Action::Left => table.shift = table.shift.saturating_sub(8),
            Action::Right => table.shift = (table.shift + 8).min(4096),
            Action::ScrollUp => table.scroll(-1),
            Action::ScrollDown => table.scroll(1),
            Action::LineStart => table.shift = 0,
            Action::LineEnd => self.table.shift = self.line_end(),

            Action::Search => self.open_line(Purpose::Search, ""),
            Action::SearchNext => self.search_again(true),
            Action::SearchPrev => self.search_again(false),
            Action::Filter => {
                let text = table.filter_text.clone();
                self.open_line(Purpose::Filter, &text);
            }
            Action::Views => self.open_view_menu(),
            Action::User => self.open_user_menu(),
            Action::Follow => {
                table.follow = !table.follow;
                if table.follow {
                    table.go_to(&snapshot, table.cursor());
                }
            }
            Action::Tree if table.group.is_some() => {
                table.set_tree(true);
                table.set_group(&snapshot, None);
                self.say(Role::Text, "the tree of processes, in place of groups");
            }
            Action::Tree => {
                table.set_tree(!table.tree);
                table.look(&snapshot);
                self.rearrange();
            }
            Action::Group => self.open_group_menu(),
            Action::FoldOrSort => {
                let action = if table.is_nested() { Action::FoldToggle } else { Action::Sort };
                self.act(action, effects);
            }
            Action::Focus => self.focus(),
            Action::FoldToggle | Action::FoldAll | Action::FoldParent if !table.is_nested() => {
                let named = |what: &str, key: Option<String>| match key {
                    Some(key) => format!("{what} ({key})"),
                    None => what.to_owned(),
                };
                let tree = named("the tree", self.key_of(Action::Tree));
                let groups = named("groups", self.key_of(Action::Group));
                self.say(Role::Text, format!("folding needs {tree} or {groups}"));
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
            Action::Threads if table.group.is_some() => {
                self.say(Role::Text, "groups are of processes: the list and the tree show threads");
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
            Action::Containers => self.toggle_containers(effects),
            Action::MergedCommand => self.table.toggle_merged(),
            Action::FullCommand => {
                // Each of them leads to the next.
                const NAMES: [&str; 3] = ["command", "cmdline", "comm"];
                for c in &mut table.columns {
                    let next =
                        NAMES.iter().position(|id| *id == c.id).map(|at| NAMES[(at + 1) % NAMES.len()]);
                    *c = next.and_then(column).unwrap_or(c);
                }
            }
            Action::Changes => {
                table.changes = !table.changes;
                let what = if table.changes { "marked" } else { "not marked" };
                self.say(Role::Text, format!("new and ended rows are {what}"));
                self.rearrange();
            }
            Action::ShortLived => {
                table.short_lived = !table.short_lived;
                let what = if table.short_lived { "shown" } else { "hidden" };
                self.say(Role::Text, format!("rows of children that died between samples are {what}"));
                self.rearrange();
            }

            Action::Tag => table.toggle_tag(&snapshot),
            Action::TagTree => table.tag_subtree(&snapshot),
            Action::Untag => table.untag_all(),
            Action::Signal => self.open_signal_menu(effects),
            Action::Acts => self.open_act_menu(),
            Action::Ladder => self.open_ladder(effects),
            Action::Freeze => self.freeze(false, effects),
            Action::FreezeTree => self.freeze(true, effects),
            Action::FreezeFor => self.open_freeze_for(),
            Action::AutogroupDown => self.renice_autogroup(-1, effects),
            Action::AutogroupUp => self.renice_autogroup(1, effects),
            Action::IoPriority => self.open_tame(Tame::IoPriority, effects),
            Action::Affinity => self.open_tame(Tame::Affinity, effects),
            Action::Policy => self.open_tame(Tame::Policy, effects),
            Action::Tame => self.open_tame(Tame::Limits, effects),
            Action::Undo => self.undo(effects),
            Action::Journal => self.layer = Some(Layer::Journal(0)),
            Action::NiceDown => self.renice(-1, effects),
            Action::NiceUp => self.renice(1, effects),

            Action::Inspect
            | Action::InspectOverview
            | Action::InspectThreads
            | Action::InspectFiles
            | Action::InspectEnvironment
            | Action::InspectCommand
            | Action::InspectMemory
            | Action::InspectLimits
            | Action::InspectCgroup
            | Action::InspectNamespaces
            | Action::InspectSignals
            | Action::InspectLocks
            | Action::InspectScheduling
            | Action::InspectAncestry => self.open_inspector(action.page().unwrap_or_default(), effects),
            Action::Xray => self.xray(effects),
            // They are about rows of the inspector.
            Action::InspectBack => {}

            Action::LabEnter
            | Action::LabRun
            | Action::LabStop
            | Action::LabSweep
            | Action::LabCure
            | Action::LabPredict
            | Action::LabList
            | Action::LabField
            | Action::LabFieldBack
            | Action::LabMode
            | Action::LabMore
            | Action::LabFewer
            | Action::LabLonger
            | Action::LabShorter
            | Action::LabRows
            | Action::LabZoom
            | Action::LabHold
            | Action::LabKeep
            | Action::LabClear => _ = self.lab_act(action, effects),
        }
    }

    /// Esc without a layer: a ladder is stopped before all; then goes what narrows the view, and the lab.
    fn back(&mut self, effects: &mut Vec<Effect>) {
        if self.stop_ladder(effects) {
            return;
        }
        if self.screen == Screen::Lab {
            self.lab_back(effects);
        } else if self.table.follow {
            self.table.follow = false;
        } else if self.table.focus().is_some() {
            self.focus();
        } else if self.table.tagged() > 0 {
            self.table.untag_all();
        } else if !self.table.filter_text.is_empty() {
            self.filter_by(Filter::default());
        }
    }

    /// Says which theme it is now, and how many there are to walk through.
    pub(super) fn say_theme(&mut self) {
        let text = format!("theme: {}, {} of {}", self.theme_name(), self.theme + 1, self.themes.len());
        self.say(Role::Text, text);
    }

    fn pause(&mut self, effects: &mut Vec<Effect>) {
        self.paused = !self.paused;
        if self.paused {
            return;
        }
        let Waiting { snapshot, sensors, history } = std::mem::take(&mut self.waiting);
        if let Some(history) = history {
            self.history = history;
        }
        if sensors.is_some() {
            self.sensors = sensors;
        }
        if let Some(snapshot) = snapshot {
            self.show(snapshot, effects);
        }
        let context = self.context();
        if let Some(inspector) = &mut self.inspector {
            inspector.go_on(&context);
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

    pub(super) fn sort(&mut self, change: impl FnOnce(&mut Table)) {
        change(&mut self.table);
        // Whoever asks for an order gets it now, also where rows keep their places.
        self.table.order_anew();
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
}
