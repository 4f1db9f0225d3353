//! The line that speaks, above the keys: what is being typed, what was said, what narrows the view, what it costs.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::pen::{Pen, fitted};
use super::{Scratch, Theme};
use crate::app::{Action, App, Hit, Layer, LineInput, Purpose, Screen};
use crate::catalog::{Cell, meter};
use crate::config::Chord;
use crate::model::Role;

/// What is said of who did what takes so many cells before what would help next is left out.
const LEAST_SAID: usize = 24;

/// Before what the program costs; and cells left free before that.
const OWN: &str = "self ";
const GAP_BEFORE: usize = 2;

/// Draws the line that speaks: what is being typed, else the newest notice, else what narrows the view, and where `own`
/// says that nothing else does, what the program itself costs. `scratch` is memory that is kept.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, scratch: &mut Scratch, own: bool) {
    let Scratch { text: cell, gauge, .. } = scratch;
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
            Purpose::SaveScreen => Cow::Borrowed("Save as (.svg .txt .json .csv): "),
            Purpose::LabBet => Cow::Borrowed("How many times faster than serial: "),
            Purpose::InspectSearch => Cow::Borrowed("Search the page: "),
            Purpose::InspectFilter => Cow::Borrowed("Show rows with: "),
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
        } else if let (Purpose::InspectFilter, Some(inspector)) = (line.purpose, &app.inspector)
            && !inspector.filter.is_empty()
        {
            let (shown, all) = inspector.counts();
            pen.skip(1).fmt(theme.style(Role::Dim), format_args!("{shown} of {all}"));
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
        draw_state(&mut pen, theme, app, cell, &mut |_, _| {});
        let read = meter("self").filter(|_| own && app.snapshot.number > 0);
        if let Some(meter) = read {
            gauge.clear();
            (meter.read)(&super::screen::header_input(app, area).meters(), gauge);
            let room = usize::from(pen.left()).saturating_sub(OWN.len() + GAP_BEFORE);
            // Where there is little room, the view comes first; of the rest what fits whole, the age before all.
            let text = gauge.text.text();
            let ends = text.match_indices("  ").map(|(at, _)| at).chain([text.len()]);
            let width =
                ends.filter_map(|end| Some(text.get(..end)?.width())).filter(|width| *width <= room).last();
            if let Some(width) = width.filter(|width| *width > 0) {
                let before = pen.left() - (OWN.len() + width) as u16;
                pen.skip(before).put(theme.style(Role::Dim), OWN);
                let place = Rect { x: pen.x(), width: width as u16, ..area };
                Pen::new(buf, place).cell(theme, &gauge.text);
            }
        }
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

/// A key with a blank before it, where there is one.
struct Shown(Option<Chord>);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |chord| write!(f, " {chord}"))
    }
}

/// The key of `action`, as it is shown.
fn key_of(app: &App, action: Action) -> String {
    let chord = app.keymap.key(app.place(), action);
    chord.map_or_else(|| action.id().to_owned(), |chord| chord.to_string())
}

/// What a click at column `x` of the line that speaks does: what it says of the view can be undone there, and what was
/// said can be read again.
pub(super) fn hit(area: Rect, app: &App, x: u16) -> Hit {
    if matches!(app.layer, Some(Layer::Line(_))) || app.typed_pid().is_some() {
        return Hit::Nothing;
    }
    if !app.deeds.ladders.is_empty() {
        return Hit::Nothing;
    }
    if app.notices.current(app.now).next().is_some() {
        return Hit::Key(Action::Notices);
    }
    let row = Rect { height: area.height.min(1), ..area };
    let mut buf = Buffer::empty(row);
    let mut hit = Hit::Nothing;
    let (theme, mut cell) = (Theme::default(), Cell::default());
    let mut pressable = |place: Range<u16>, action| {
        if place.contains(&x) {
            hit = Hit::Key(action);
        }
    };
    draw_state(&mut Pen::new(&mut buf, row), &theme, app, &mut cell, &mut pressable);
    hit
}

/// What narrows or changes the view, and how much of the machine is shown; `pressable` is told the columns of what
/// stands for an action.
fn draw_state(
    pen: &mut Pen<'_>,
    theme: &Theme,
    app: &App,
    cell: &mut Cell,
    pressable: &mut dyn FnMut(Range<u16>, Action),
) {
    let key = |action: Action| Shown(app.keymap.keys(app.screen, action).next());
    let table = &app.table;
    let (dim, text, warn) = (theme.style(Role::Dim), theme.style(Role::Text), theme.style(Role::Warn));
    if app.paused {
        let from = pen.x();
        pen.put(warn, "PAUSED").fmt(dim, format_args!("{} goes on", key(Action::Pause)));
        pressable(from..pen.x(), Action::Pause);
        pen.put(dim, "  ");
    }
    if app.readonly {
        pen.put(warn, "read only").put(dim, "  ");
    }
    if let Some(inspector) = &app.inspector {
        super::inspect::state(pen, theme, app, inspector);
        return;
    }
    if app.screen == Screen::Lab {
        if app.lab.is_frozen() && !app.lab.choosing {
            let from = pen.x();
            pen.put(warn, "FROZEN").fmt(dim, format_args!("{} goes on", key(Action::LabHold)));
            pressable(from..pen.x(), Action::LabHold);
            pen.put(dim, "; the run does in any case");
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
        if let Some((groups, at)) = table.selected_group() {
            let name = groups.phrase(&app.snapshot, at, 24).unwrap_or_default();
            cell.push(Role::Text, &name);
        } else if let Some(proc) = table.selected(&app.snapshot) {
            cell.push_fmt(Role::Text, format_args!("{} ", proc.task.id.pid));
            cell.push_foreign(Role::Text, proc.task.comm.bytes(), 24);
        }
        let from = pen.x();
        pen.put(warn, "following ").cell(theme, cell);
        pressable(from..pen.x(), Action::Follow);
        pen.put(dim, "  ");
    }
    if table.tagged() > 0 {
        let from = pen.x();
        pen.fmt(warn, format_args!("{} tagged", table.tagged()));
        pen.fmt(dim, format_args!("{} untags", key(Action::Untag)));
        pressable(from..pen.x(), Action::Untag);
        pen.put(dim, "  ");
    }
    if !table.filter_text.is_empty() {
        let from = pen.x();
        pen.put(dim, "filter ").put(text, &table.filter_text);
        pressable(from..pen.x(), Action::Filter);
        pen.put(dim, "  ");
    }
    if let Some((_, name)) = &table.user {
        let from = pen.x();
        pen.put(dim, "user ").put(text, name);
        pressable(from..pen.x(), Action::User);
        pen.put(dim, "  ");
    }
    if table.uncontained {
        pen.put(warn, "no containers")
            .fmt(dim, format_args!(" {} shows them  ", key_of(app, Action::Containers)));
    }
    if app.table.lines().is_empty() {
        pen.put(dim, "no process matches  ");
    }
    let arranged = table.arranged();
    pen.fmt(dim, format_args!("{} shown", arranged.matching));
    if app.unsure > 0 {
        pen.fmt(dim, format_args!(", of {} not known", app.unsure));
    }
    if let Some(groups) = &arranged.groups {
        let (count, by) = (groups.list().len(), groups.by.id());
        let groups = if count == 1 { "group" } else { "groups" };
        pen.fmt(dim, format_args!(" in {count} {groups} by {by}"));
    }
    if app.snapshot.partial {
        pen.put(dim, " so far");
    }
    if arranged.hidden_kernel > 0 {
        let threads = if arranged.hidden_kernel == 1 { "thread" } else { "threads" };
        pen.put(dim, ", ");
        let from = pen.x();
        pen.fmt(dim, format_args!("{} kernel {threads} hidden", arranged.hidden_kernel));
        if let Some(chord) = key(Action::KernelThreads).0 {
            pen.fmt(dim, format_args!(" ({chord})"));
        }
        pressable(from..pen.x(), Action::KernelThreads);
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
