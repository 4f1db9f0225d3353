//! What opens above a screen, and what is done with its answer.

use crate::catalog::{Column, column};
use crate::model::{GroupBy, Kind, Role};

use super::settings::OURS;
use crate::app::{Action, App, Effect, Layer, LineEdit, LineInput, Menu, MenuItem, MenuPurpose, Purpose};

/// The shortest and the longest pause between two looks, seconds.
const DELAYS: std::ops::RangeInclusive<f64> = 0.1..=3600.0;

impl App {
    pub(super) fn open_line(&mut self, purpose: Purpose, text: &str) {
        self.layer = Some(Layer::Line(LineInput::new(purpose, text)));
    }

    pub(super) fn open_sort_menu(&mut self) {
        let item = |c: &&'static Column| MenuItem {
            key: c.id.to_owned(),
            label: c.title.to_owned(),
            detail: c.help.to_owned(),
        };
        let items: Vec<MenuItem> = self.table.columns.iter().map(item).collect();
        let at = self.table.columns.iter().position(|c| c.id == self.table.sort.id).unwrap_or(0);
        self.layer = Some(Layer::Menu(Menu { purpose: MenuPurpose::Sort, items, at }));
    }

    pub(super) fn open_group_menu(&mut self) {
        let none = MenuItem {
            key: String::new(),
            label: "process".to_owned(),
            detail: "the list or the tree, not grouped".to_owned(),
        };
        let one = |by: GroupBy| MenuItem {
            key: by.id().to_owned(),
            label: by.id().to_owned(),
            detail: by.help().to_owned(),
        };
        let items: Vec<MenuItem> = GroupBy::ALL.into_iter().map(one).chain([none]).collect();
        let at = GroupBy::ALL.into_iter().position(|by| Some(by) == self.table.group);
        let at = at.unwrap_or(GroupBy::ALL.len());
        self.layer = Some(Layer::Menu(Menu { purpose: MenuPurpose::Group, items, at }));
    }

    /// Groups rows by `by`, or no longer.
    pub(super) fn group_by(&mut self, by: Option<GroupBy>) {
        let snapshot = self.snapshot.clone();
        self.table.set_group(&snapshot, by);
        let text = match by {
            Some(by) => format!("one row for each {}: + unfolds it, * all", by.id()),
            None => "one row for each process".to_owned(),
        };
        self.say(Role::Text, text);
    }

    pub(super) fn open_user_menu(&mut self) {
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
            detail: format!("uid {uid}, {count} {}", if count == 1 { "process" } else { "processes" }),
        });
        let items: Vec<MenuItem> = std::iter::once(all).chain(users).collect();
        let chosen = self.table.user.as_ref().map(|(uid, _)| uid.to_string()).unwrap_or_default();
        let at = items.iter().position(|item| item.key == chosen).unwrap_or(0);
        self.layer = Some(Layer::Menu(Menu { purpose: MenuPurpose::User, items, at }));
    }

    /// Says why an act has nobody to reach.
    pub(super) fn say_nobody(&mut self) {
        let what = match self.table.selected(&self.snapshot) {
            Some(_) => "these processes have died already: nothing can reach them",
            None => "no process is selected",
        };
        self.say(Role::Text, what);
    }

    pub(super) fn pick(&mut self, purpose: MenuPurpose, key: &str, effects: &mut Vec<Effect>) {
        match purpose {
            MenuPurpose::Sort => {
                if let Some(by) = column(key) {
                    self.sort(|table| table.sort_by(by));
                }
            }
            MenuPurpose::Group => {
                self.group_by(GroupBy::from_id(key));
                // Their places in the tree of cgroups may not have been read.
                effects.push(Effect::Sample);
            }
            MenuPurpose::View => self.show_view(key),
            MenuPurpose::Clash => effects.push(self.saving(Some(key == OURS))),
            MenuPurpose::Act => {
                if let Some(action) = Action::from_id(key) {
                    self.act(action, effects);
                }
            }
            MenuPurpose::Copy => self.copy(key, effects),
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

    pub(super) fn set_delay(&mut self, mut line: LineInput, effects: &mut Vec<Effect>) {
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
}

/// The seconds in `edit`, if they are a delay that is allowed.
pub(super) fn parse_delay(edit: &LineEdit) -> Option<f64> {
    edit.text().trim().replace(',', ".").parse::<f64>().ok().filter(|delay| DELAYS.contains(delay))
}
