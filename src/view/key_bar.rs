//! The bar of keys in the last line: which of them there is room for, and what lies under a click.

use std::fmt::{self, Write as _};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Theme;
use super::pen::Pen;
use super::prompt_keys::prompt_keys;
use crate::app::{Action, App, FormField, Hit, Rows, Screen};
use crate::config::{Chord, Key};
use crate::model::Role;
use crate::model::lab::WorkloadInfo;

/// The keys of the bar, which is `width` cells wide: the function keys on the processes' screen, and more of what htop has
/// not where there is room for it; the lab's own on the lab's.
fn bar(app: &App, width: u16) -> impl Iterator<Item = (Chord, Action)> + '_ {
    const MORE: [Action; 6] =
        [Action::Inspect, Action::Acts, Action::Ladder, Action::Freeze, Action::Undo, Action::Journal];
    const CHOOSING: [Action; 14] = [
        Action::Help,
        Action::LabEnter,
        Action::LabClear,
        Action::LabField,
        Action::LabPredict,
        Action::LabSweep,
        Action::LabMode,
        Action::LabMore,
        Action::LabFewer,
        Action::Lab,
        Action::Quit,
        Action::LabLonger,
        Action::LabShorter,
        Action::LabStop,
    ];
    const RUNNING: [Action; 14] = [
        Action::Help,
        Action::LabStop,
        Action::Signal,
        Action::LabRows,
        Action::LabZoom,
        Action::LabHold,
        Action::LabList,
        Action::Lab,
        Action::Quit,
        Action::Freeze,
        Action::NiceUp,
        Action::LabMore,
        Action::LabFewer,
        Action::LabMode,
    ];
    const AFTER: [Action; 15] = [
        Action::Help,
        Action::LabEnter,
        Action::LabCure,
        Action::LabKeep,
        Action::LabSweep,
        Action::LabList,
        Action::Lab,
        Action::Quit,
        Action::LabMode,
        Action::LabMore,
        Action::LabZoom,
        Action::LabFewer,
        Action::LabRows,
        Action::LabLonger,
        Action::LabShorter,
    ];
    const INSPECTING: [Action; 9] = [
        Action::Help,
        Action::Search,
        Action::Filter,
        Action::Redraw,
        Action::Signal,
        Action::Inspect,
        Action::Copy,
        Action::Pause,
        Action::Back,
    ];
    const MORE_INSIDE: [Action; 9] = [
        Action::InspectBack,
        Action::Freeze,
        Action::NiceDown,
        Action::NiceUp,
        Action::Affinity,
        Action::IoPriority,
        Action::Policy,
        Action::Tame,
        Action::Journal,
    ];
    let (functions, own): (_, &[Action]) = match app.place() {
        Screen::Inspector => (0..0, &INSPECTING),
        Screen::Processes => (1..11, &[Action::Lab]),
        Screen::Lab if app.lab.choosing => (0..0, &CHOOSING),
        Screen::Lab if app.lab.running => (0..0, &RUNNING),
        Screen::Lab => (0..0, &AFTER),
    };
    let bound = |n| {
        let chord = Chord::plain(Key::F(n));
        app.keymap.action(app.place(), chord).map(|action| (chord, action))
    };
    let key = |action: &Action| app.keymap.key(app.place(), *action).map(|chord| (chord, *action));
    let all = functions.filter_map(bound).chain(own.iter().filter_map(key));
    let more: &[Action] = match app.place() {
        Screen::Processes => &MORE,
        Screen::Inspector => &MORE_INSIDE,
        Screen::Lab => &[],
    };
    let more = more.iter().filter_map(key);
    let mut end = 0;
    // Function keys stand where they always stand; letters without their label say nothing.
    let is_lab = app.place() == Screen::Lab;
    all.map(move |key| (is_lab, key))
        .chain(more.map(|key| (true, key)))
        .filter(|(_, (_, action))| app.offers(*action) && can(app, *action))
        .take_while(move |(only_if_it_fits, (chord, action))| {
            end += cells(*chord, label(app, *action));
            !only_if_it_fits || end <= width
        })
        .map(|(_, key)| key)
}

/// Whether a key of the lab does something for what is chosen, or for what ran; and one of the inspector.
fn can(app: &App, action: Action) -> bool {
    match action {
        Action::LabMore
        | Action::LabFewer
        | Action::LabMode
        | Action::LabEnter
        | Action::LabSweep
        | Action::LabPredict
        | Action::LabLonger
        | Action::LabShorter
            if app.lab.shows_xray() =>
        {
            false
        }
        Action::LabCure => app.lab.offered_cure().is_some(),
        Action::LabSweep => app.lab.form.sweep().is_some(),
        Action::LabPredict => app.lab.form.workload().is_some_and(WorkloadInfo::compares),
        Action::LabStop => app.lab.running,
        Action::LabClear => !app.lab.leftovers.is_empty(),
        Action::LabKeep => app.lab.can_keep(),
        Action::InspectBack => app.inspector.as_ref().is_some_and(|inspector| inspector.depth() > 0),
        _ => true,
    }
}

/// The cells that a key takes with its label.
fn cells(chord: Chord, label: &str) -> u16 {
    let mut width = Width(0);
    // Counting does not fail.
    let _ = write!(width, "{chord}");
    (width.0 + label.len() + 1) as u16 + gap(chord)
}

/// Counts the characters that are written to it: the bar is measured in every frame.
struct Width(usize);

impl fmt::Write for Width {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.chars().count();
        Ok(())
    }
}

/// Function keys stand close to their labels, as everywhere; letters would run into them.
fn gap(chord: Chord) -> u16 {
    u16::from(!matches!(chord.key, Key::F(_)))
}

/// Draws the key bar.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App) {
    let mut pen = Pen::new(buf, area);
    let mut put = |chord: Chord, label: &str| {
        pen.fmt(theme.style(Role::Key), format_args!("{chord}")).skip(gap(chord));
        pen.put(theme.style(Role::KeyLabel), label).put(theme.style(Role::KeyLabel), " ");
    };
    let open = prompt_keys(app);
    for (chord, label) in open {
        put(*chord, label);
    }
    if open.is_empty() {
        bar(app, area.width).for_each(|(chord, action)| put(chord, label(app, action)));
    }
}

fn label(app: &App, action: Action) -> &'static str {
    match action {
        Action::Tree if app.table.tree => "List",
        Action::Redraw if app.inspector.is_some() => "Renew",
        Action::Inspect if app.inspector.is_some() => "Go to",
        Action::Lab if app.screen == Screen::Lab => "Procs",
        Action::LabEnter if app.lab.choosing && app.lab.form.field != FormField::Experiment => "Set",
        Action::LabEnter if !app.lab.choosing => "Again",
        Action::LabRows if app.lab.picture.rows == Rows::Cores => "Lanes",
        other => other.label(),
    }
}

/// What lies at column `x` of the key bar drawn into `area`.
pub(super) fn hit(area: Rect, app: &App, x: u16) -> Hit {
    let mut start = area.x;
    let mut lies_on = |chord: Chord, label: &str| {
        let from = start;
        start += cells(chord, label);
        (from..start).contains(&x)
    };
    let open = prompt_keys(app);
    if let Some((chord, _)) = open.iter().find(|(chord, label)| lies_on(*chord, label)) {
        return Hit::Press(*chord);
    }
    if !open.is_empty() {
        return Hit::Nothing;
    }
    let under = bar(app, area.width).find(|(chord, action)| lies_on(*chord, label(app, *action)));
    under.map_or(Hit::Nothing, |(_, action)| Hit::Key(action))
}
