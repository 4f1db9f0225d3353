//! The lines at the foot of the screen: the one that speaks, and the keys.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::Theme;
use super::pen::{Pen, fitted};
use crate::app::{Action, App, FormField, Hit, Layer, LineInput, Purpose, Rows, Screen};
use crate::catalog::Cell;
use crate::config::{Chord, Key};
use crate::model::Role;
use crate::model::lab::WorkloadInfo;

/// What is said of who did what takes so many cells before what would help next is left out.
const LEAST_SAID: usize = 24;

/// Draws the line that speaks: what is being typed, else the newest notice, else what narrows the view. `cell` is memory
/// that is kept.
pub(super) fn draw_speaker(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, cell: &mut Cell) {
    let mut pen = Pen::new(buf, area);
    if let Some(Layer::Line(line)) = &app.layer {
        let label = match line.purpose {
            Purpose::Search => Cow::Borrowed("Search: "),
            Purpose::Filter => Cow::Borrowed("Filter: "),
            Purpose::Delay => Cow::Borrowed("Seconds between two looks: "),
            Purpose::Thaw => match line.targets.as_slice() {
                [one] => Cow::Owned(format!("Freeze {} {} for seconds: ", one.id.pid, one.name.show(16))),
                many => Cow::Owned(format!("Freeze {} processes for seconds: ", many.len())),
            },
            Purpose::LabValue => Cow::Owned(format!("{}: ", app.lab.form.shown(app.lab.form.field).0)),
            Purpose::LabBet => Cow::Borrowed("How many times faster than serial: "),
        };
        pen.put(theme.style(Role::Key), &label);
        let room = Rect { x: pen.x(), width: pen.left(), ..area };
        // Of a long text the part around the cursor, and some room for what is said of it.
        let before = line.edit.around_cursor().0.width();
        let hidden = (before + 1).saturating_sub(usize::from(room.width - room.width / 4));
        let mut pen = Pen::scrolled(buf, room, if hidden > 0 { hidden + 1 } else { 0 });
        draw_typed(&mut pen, theme, line);
        if let Some(error) = &line.error {
            // What is only not finished is no fault.
            let role = if is_unfinished(line) { Role::Dim } else { Role::Bad };
            pen.skip(1).put_cut(theme.style(role), &error.to_string());
        } else if line.purpose == Purpose::Filter && !app.table.filter_text.is_empty() {
            let arranged = app.table.arranged();
            let role = theme.style(Role::Dim);
            pen.skip(1).fmt(role, format_args!("{} of {}", arranged.matching, arranged.asked));
            if app.unsure > 0 {
                pen.fmt(role, format_args!(", {} not known", app.unsure));
            }
        }
        if hidden > 0 {
            Pen::new(buf, room).put(theme.style(Role::Dim), "…");
        }
        return;
    }
    if let Some(digits) = app.typed_pid() {
        let missed = app.pid_typed_in_vain().is_some();
        let role = if missed { Role::Bad } else { Role::Text };
        pen.put(theme.style(Role::Key), "PID: ").put(theme.style(role), digits);
        if missed {
            pen.put(theme.style(Role::Bad), " is not shown");
        }
        return;
    }
    let mut said = false;
    if !app.deeds.ladders.is_empty()
        && let Some(line) = app.deeds.line(app.now, &key_of(app, Action::Back))
    {
        pen.put(theme.style(Role::Warn), &line);
        said = true;
    }
    for notice in app.notices.current(app.now) {
        if said {
            pen.put(theme.style(Role::Dim), "  ")
                .put(theme.style(Role::Dim), theme.glyphs().between())
                .skip(2);
        }
        said = true;
        let (style, room) = (theme.style(notice.role), usize::from(pen.left()));
        if notice.text.width() <= room {
            pen.put(style, &notice.text);
            continue;
        }
        // What happened is cut, and what would help next is not, as long as that leaves some room.
        let (what, advice) = notice.text.split_at_checked(notice.advice).unwrap_or((&notice.text, ""));
        let advice = if advice.width() + LEAST_SAID <= room { advice } else { "" };
        pen.put(style, &fitted(what, room - advice.width())).put(style, advice);
        break;
    }
    if !said {
        draw_state(&mut pen, theme, app, cell);
    }
}

/// Whether what is wrong with the query is that it has no end yet.
fn is_unfinished(line: &LineInput) -> bool {
    line.error.as_ref().is_some_and(|error| error.at >= line.edit.text().trim_end().len())
}

/// Draws what was typed, with the cursor, and with the place that is wrong.
fn draw_typed(pen: &mut Pen<'_>, theme: &Theme, line: &LineInput) {
    let (text, at) = (line.edit.text(), line.edit.cursor());
    let under = line.edit.around_cursor().1.chars().next().map_or(0, char::len_utf8);
    let wrong = match &line.error {
        Some(error) if !is_unfinished(line) => {
            let width = text.get(error.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            error.at..error.at + error.len.max(width)
        }
        None if line.failed => 0..text.len(),
        Some(_) | None => 0..0,
    };
    let mut cuts = [0, wrong.start, wrong.end, at, at + under, text.len()];
    cuts.sort_unstable();
    for (from, to) in cuts.iter().zip(cuts.iter().skip(1)) {
        let role = match from {
            from if *from == at && under > 0 => Role::Selection,
            from if wrong.contains(from) => Role::Bad,
            _ => Role::Text,
        };
        pen.put(theme.style(role), text.get(*from..*to).unwrap_or(""));
    }
    // At the end the cursor stands behind the text.
    pen.put(theme.style(if under == 0 { Role::Selection } else { Role::Text }), " ");
}

/// The key of `action`, as it is shown.
fn key_of(app: &App, action: Action) -> String {
    let chord = app.keymap.keys(app.screen, action).next();
    chord.map_or_else(|| action.id().to_owned(), |chord| chord.to_string())
}

/// What narrows or changes the view, and how much of the machine is shown.
fn draw_state(pen: &mut Pen<'_>, theme: &Theme, app: &App, cell: &mut Cell) {
    let table = &app.table;
    let (dim, text, warn) = (theme.style(Role::Dim), theme.style(Role::Text), theme.style(Role::Warn));
    if app.paused {
        pen.put(warn, "PAUSED").put(dim, " Z goes on  ");
    }
    if app.readonly {
        pen.put(warn, "read only").put(dim, "  ");
    }
    if app.screen == Screen::Lab {
        if app.lab.is_frozen() && !app.lab.choosing {
            pen.put(warn, "FROZEN").put(dim, " Space goes on; the run does in any case");
        }
        return;
    }
    if app.snapshot.number == 0 {
        // How many there are is not known yet.
        pen.put(dim, "reading the processes");
        return;
    }
    if table.follow {
        cell.clear();
        if let Some(proc) = table.selected(&app.snapshot) {
            cell.push_fmt(Role::Text, format_args!("{} ", proc.task.id.pid));
            cell.push_foreign(Role::Text, proc.task.comm.bytes(), 24);
        }
        pen.put(warn, "following ").cell(theme, cell).put(dim, "  ");
    }
    if table.tagged() > 0 {
        pen.fmt(warn, format_args!("{} tagged", table.tagged())).put(dim, " U untags  ");
    }
    if !table.filter_text.is_empty() {
        pen.put(dim, "filter ").put(text, &table.filter_text).put(dim, "  ");
    }
    if let Some((_, name)) = &table.user {
        pen.put(dim, "user ").put(text, name).put(dim, "  ");
    }
    if app.table.lines().is_empty() {
        pen.put(dim, "no process matches  ");
    }
    let arranged = table.arranged();
    pen.fmt(dim, format_args!("{} shown", arranged.matching));
    if app.unsure > 0 {
        pen.fmt(dim, format_args!(", of {} not known", app.unsure));
    }
    if app.snapshot.partial {
        pen.put(dim, " so far");
    }
    if arranged.hidden_kernel > 0 {
        let threads = if arranged.hidden_kernel == 1 { "thread" } else { "threads" };
        pen.fmt(dim, format_args!(", {} kernel {threads} hidden (K)", arranged.hidden_kernel));
    }
    let system = &app.snapshot.system;
    if system.hidepid {
        pen.put(warn, "  hidepid: the kernel shows only some processes");
    }
    let troubles = &system.troubles;
    if troubles.unparsable > 0 {
        let processes = if troubles.unparsable == 1 { "process" } else { "processes" };
        pen.fmt(warn, format_args!("  {} {processes} could not be understood", troubles.unparsable));
    }
    if troubles.failed > 0 {
        let processes = if troubles.failed == 1 { "process" } else { "processes" };
        let why = "could not be read: file descriptors or memory are short";
        pen.fmt(warn, format_args!("  {} {processes} {why}", troubles.failed));
    }
    if troubles.commands_off {
        pen.put(warn, "  command lines are no longer read: their readers hang");
    } else if troubles.stuck > 0 {
        let hang = if troubles.stuck == 1 { "line hangs" } else { "lines hang" };
        pen.fmt(warn, format_args!("  {} command {hang}", troubles.stuck));
    }
}

/// The keys of the bar, which is `width` cells wide: the function keys on the processes' screen, and more of what htop has
/// not where there is room for it; the lab's own on the lab's.
fn bar(app: &App, width: u16) -> impl Iterator<Item = (Chord, Action)> + '_ {
    const MORE: [Action; 5] = [Action::Acts, Action::Ladder, Action::Freeze, Action::Undo, Action::Journal];
    const CHOOSING: [Action; 13] = [
        Action::Help,
        Action::LabEnter,
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
    const AFTER: [Action; 14] = [
        Action::Help,
        Action::LabEnter,
        Action::LabCure,
        Action::LabSweep,
        Action::LabMode,
        Action::LabMore,
        Action::LabZoom,
        Action::LabList,
        Action::Lab,
        Action::Quit,
        Action::LabFewer,
        Action::LabRows,
        Action::LabLonger,
        Action::LabShorter,
    ];
    let (functions, own): (_, &[Action]) = match app.screen {
        Screen::Processes => (1..11, &[Action::Lab]),
        Screen::Lab if app.lab.choosing => (0..0, &CHOOSING),
        Screen::Lab if app.lab.running => (0..0, &RUNNING),
        Screen::Lab => (0..0, &AFTER),
    };
    let bound = |n| {
        let chord = Chord::plain(Key::F(n));
        app.keymap.action(app.screen, chord).map(|action| (chord, action))
    };
    let key = |action: &Action| app.keymap.keys(app.screen, *action).next().map(|chord| (chord, *action));
    let all = functions.filter_map(bound).chain(own.iter().filter_map(key));
    let more = MORE.iter().filter(|_| app.screen == Screen::Processes).filter_map(key);
    let mut end = 0;
    all.map(|key| (false, key))
        .chain(more.map(|key| (true, key)))
        .filter(|(_, (_, action))| app.offers(*action) && can(app, *action))
        .take_while(move |(only_if_it_fits, (chord, action))| {
            end += cells(app, *chord, *action);
            !only_if_it_fits || end <= width
        })
        .map(|(_, key)| key)
}

/// Whether a key of the lab does something for what is chosen, or for what ran.
fn can(app: &App, action: Action) -> bool {
    match action {
        Action::LabCure => app.lab.offered_cure().is_some(),
        Action::LabSweep => app.lab.form.sweep().is_some(),
        Action::LabPredict => app.lab.form.workload().is_some_and(WorkloadInfo::compares),
        Action::LabStop => app.lab.running,
        _ => true,
    }
}

/// The cells that a key takes with its label.
fn cells(app: &App, chord: Chord, action: Action) -> u16 {
    let mut width = Width(0);
    // Counting does not fail.
    let _ = write!(width, "{chord}");
    (width.0 + label(app, action).len() + 1) as u16 + gap(chord)
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
pub(super) fn draw_keys(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App) {
    let mut pen = Pen::new(buf, area);
    for (chord, action) in bar(app, area.width) {
        pen.fmt(theme.style(Role::Key), format_args!("{chord}")).skip(gap(chord));
        pen.put(theme.style(Role::KeyLabel), label(app, action)).put(theme.style(Role::KeyLabel), " ");
    }
}

fn label(app: &App, action: Action) -> &'static str {
    match action {
        Action::Tree if app.table.tree => "List",
        Action::Lab if app.screen == Screen::Lab => "Procs",
        Action::LabEnter if app.lab.choosing && app.lab.form.field != FormField::Experiment => "Set",
        Action::LabEnter if !app.lab.choosing => "Again",
        Action::LabRows if app.lab.picture.rows == Rows::Cores => "Lanes",
        other => other.label(),
    }
}

/// What lies at column `x` of the key bar drawn into `area`.
pub(super) fn hit_keys(area: Rect, app: &App, x: u16) -> Hit {
    let mut start = area.x;
    for (chord, action) in bar(app, area.width) {
        let end = start + cells(app, chord, action);
        if (start..end).contains(&x) {
            return Hit::Key(action);
        }
        start = end;
    }
    Hit::Nothing
}
