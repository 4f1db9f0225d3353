//! The chooser: groups, experiments, the form of the chosen one, and the command line that does the same.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{cut, line, rows_of, rule, take, wrapped};
use crate::app::{Action, App, Form, FormField, Hit};
use crate::model::Role;
use crate::model::lab::{Group, Knob, KnobKind, Mode, WorkloadInfo};
use crate::view::Theme;
use crate::view::pen::Pen;

/// Columns of the groups, and of the last results.
const GROUPS: u16 = 16;
const RESULTS: u16 = 24;
/// Columns of an experiment's id.
const ID: usize = 14;
/// Most leftovers that are named.
const NAMED: usize = 8;
/// From this width on results stand beside the experiments.
const WIDE: u16 = 70;

pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App) {
    let form = &app.lab.form;
    let Some(info) = form.workload() else {
        wrapped(area, buf, theme.style(Role::Dim), "There is nothing to run.");
        return;
    };
    let Parts { lists, head, mut lesson, fields, foot } = Parts::new(area, app, info);
    draw_lists(lists, buf, theme, app, info);
    let key = |action: Action| app.key_of(action).unwrap_or_default();
    let again = if app.lab.running {
        let (back, stop) = (key(Action::Back), key(Action::LabStop));
        format!("a run goes on: {back} goes to the processes, {stop} ends it")
    } else {
        // In the list it may be cut.
        info.title.to_owned()
    };
    rule(head, buf, theme, info.id, &again);
    let rows = rows_of(info.lesson, area.width);
    wrapped(take(&mut lesson, rows), buf, theme.style(Role::Text), info.lesson);
    wrapped(lesson, buf, theme.style(Role::Dim), &watch(info));
    draw_fields(fields, buf, theme, form);
    draw_foot(foot, buf, theme, app, info);
}

/// Where everything stands: both drawing and the mouse use it.
struct Parts {
    lists: Rect,
    head: Rect,
    lesson: Rect,
    fields: Rect,
    foot: Rect,
}

impl Parts {
    fn new(area: Rect, app: &App, info: &WorkloadInfo) -> Parts {
        let mut rest = area;
        let fields = field_rows(&app.lab.form, area.width);
        let foot = foot_rows(app, info, area.width);
        // The form with its heading, bounds and command.
        let below = 1 + fields + foot;
        let list =
            (Group::ALL.len() as u16 + 1).min(area.height.saturating_sub(below + 3)).max(area.height.min(3));
        let (lists, head) = (take(&mut rest, list), take(&mut rest, 1));
        let room = rest.height.saturating_sub(fields + foot);
        let words = rows_of(info.lesson, area.width) + rows_of(&watch(info), area.width);
        let lesson = take(&mut rest, words.min(room));
        if room > words {
            take(&mut rest, 1);
        }
        Parts { lists, head, lesson, fields: take(&mut rest, fields), foot: rest }
    }
}

fn watch(info: &WorkloadInfo) -> String {
    format!("Watch: {}", info.watch)
}

/// What lies under the mouse.
pub(super) fn hit(area: Rect, app: &App, x: u16, y: u16) -> Hit {
    let form = &app.lab.form;
    let Some(info) = form.workload() else { return Hit::Nothing };
    let Parts { lists, fields, .. } = Parts::new(area, app, info);
    if lists.contains((x, y).into()) {
        let Some(row) = usize::from(y - lists.y).checked_sub(1) else { return Hit::Nothing };
        let found = if x < lists.x + groups_width(lists) {
            let group = Group::ALL.get(row);
            group.and_then(|group| form.workloads.iter().position(|offered| offered.group == *group))
        } else {
            shown(form, info, lists.height).nth(row).map(|(at, _)| at)
        };
        return found.map_or(Hit::Nothing, Hit::Experiment);
    }
    if fields.contains((x, y).into()) {
        let (column, line) = (x - fields.x, y - fields.y);
        let under = |(row, from, field): &(u16, u16, FormField)| {
            *row == line && (*from..*from + cells(form, *field)).contains(&column)
        };
        // The last row says what the chosen field is.
        let found = places(form, area.width).into_iter().find(under).filter(|_| line + 1 < fields.height);
        return found.map_or(Hit::Nothing, |(.., field)| Hit::Field(field));
    }
    Hit::Nothing
}

/// Columns of the groups.
fn groups_width(area: Rect) -> u16 {
    if area.width >= 50 { GROUPS } else { 0 }
}

/// The experiments of the chosen one's group that have room, with their places: the chosen one is in view.
fn shown<'a>(
    form: &'a Form,
    info: &'a WorkloadInfo,
    height: u16,
) -> impl Iterator<Item = (usize, &'a WorkloadInfo)> {
    let of_group = form.workloads.iter().enumerate().filter(|(_, offered)| offered.group == info.group);
    let all: Vec<_> = of_group.collect();
    let rows = usize::from(height.saturating_sub(1));
    let at = all.iter().position(|(at, _)| *at == form.at).unwrap_or(0);
    let first = at.saturating_sub(rows / 2).min(all.len().saturating_sub(rows));
    all.into_iter().skip(first).take(rows)
}

fn draw_lists(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, info: &WorkloadInfo) {
    let form = &app.lab.form;
    let mut rest = area;
    let groups = cut(&mut rest, groups_width(area));
    let results = area.width >= WIDE;
    rule(line(groups, 0), buf, theme, "group", "");
    let count = form.workloads.len();
    rule(line(rest, 0), buf, theme, "experiment", &format!("{count} of them; Enter runs the chosen one"));
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    let mark = |chosen: bool| if chosen { ">" } else { " " };
    for (row, group) in (1..).zip(Group::ALL) {
        let count = form.workloads.iter().filter(|offered| offered.group == group).count();
        let chosen = group == info.group;
        let style = if chosen { theme.style(Role::Strong) } else { dim };
        let mut pen = Pen::new(buf, line(groups, row));
        pen.skip(1).put(style, mark(chosen)).skip(1);
        pen.fmt(style, format_args!("{:<9}{count:>2}", group.word()));
    }
    for (row, (place, offered)) in (1..).zip(shown(form, info, area.height)) {
        let mut room = line(rest, row);
        if let Some(last) = app.lab.past.last(offered.id).filter(|_| results) {
            // Only what has a result gives room away for it.
            let columns = room.width.saturating_sub(RESULTS);
            let entry = cut(&mut room, columns);
            Pen::new(buf, room).skip(1).put_cut(dim, last);
            room = entry;
        }
        let chosen = place == form.at;
        let focus = chosen && form.field == FormField::Experiment;
        let style = match (focus, chosen) {
            (true, _) => theme.style(Role::Selection),
            (_, true) => theme.style(Role::Strong),
            _ => text,
        };
        let mut pen = Pen::new(buf, room);
        pen.skip(1).put(style, mark(chosen)).put(style, " ");
        pen.fmt(style, format_args!("{:<ID$}", offered.id)).put(style, " ");
        pen.put_cut(if focus { style } else { dim }, offered.title);
    }
}

/// Cells of a field: its word, its value, and a gap.
fn cells(form: &Form, field: FormField) -> u16 {
    let (word, value, _) = form.shown(field);
    (word.chars().count() + value.chars().count() + 5) as u16
}

/// The fields with their places in the form, row by row.
fn places(form: &Form, width: u16) -> Vec<(u16, u16, FormField)> {
    let (mut row, mut x) = (0, 1);
    let mut places = Vec::new();
    for field in form.fields().into_iter().skip(1) {
        let wide = cells(form, field);
        if x > 1 && x + wide > width {
            (row, x) = (row + 1, 1);
        }
        places.push((row, x, field));
        x += wide;
    }
    places
}

/// Rows of the fields, and one for what the chosen one is.
fn field_rows(form: &Form, width: u16) -> u16 {
    places(form, width).last().map_or(0, |(row, ..)| row + 1) + 1
}

fn draw_fields(area: Rect, buf: &mut Buffer, theme: &Theme, form: &Form) {
    let (dim, strong) = (theme.style(Role::Dim), theme.style(Role::Strong));
    for (row, x, field) in places(form, area.width) {
        let place = line(area, row);
        if row + 1 >= area.height && row > 0 || place.height == 0 {
            break;
        }
        let (word, value, _) = form.shown(field);
        let focus = field == form.field;
        let mut pen = Pen::new(buf, place);
        pen.skip(x).put(if focus { strong } else { dim }, word).skip(1);
        let style = if focus { theme.style(Role::Selection) } else { theme.style(Role::Text) };
        pen.put(style, if focus { "<" } else { " " })
            .put(style, &value)
            .put(style, if focus { ">" } else { " " });
    }
    let foot = line(area, area.height.saturating_sub(1));
    let mut pen = Pen::new(buf, foot);
    pen.skip(1);
    if form.field == FormField::Experiment {
        let words = "Tab walks the fields, then on to the next screen; arrows choose; Esc leaves";
        pen.put_cut(dim, words);
        return;
    }
    let (_, _, help) = form.shown(form.field);
    let words = match form.field {
        FormField::Knob(at) => {
            form.workload().and_then(|info| info.knobs.get(at)).map(range).unwrap_or_default()
        }
        FormField::Mode => {
            let words: Vec<&str> = form.modes().map(Mode::word).collect();
            format!(" ({})", words.join(", "))
        }
        FormField::Workers | FormField::Size | FormField::Experiment => String::new(),
    };
    pen.put_cut(dim, &format!("{help}{words}"));
}

/// What a knob can be set to.
fn range(knob: &Knob) -> String {
    match knob.kind {
        KnobKind::Number { min, max, .. } => format!(" ({min} to {max})"),
        KnobKind::Choice(words) => format!(" ({})", words.join(", ")),
        KnobKind::List { min, max } => format!(" ({min} to {max}, with commas; or none)"),
    }
}

/// Rows of the bounds, the bet, and the command.
fn foot_rows(app: &App, info: &WorkloadInfo, width: u16) -> u16 {
    if !app.offers(Action::LabRun) {
        return 2;
    }
    1 + u16::from(!app.lab.leftovers.is_empty())
        + u16::from(info.compares())
        + rows_of(&command(app), width.saturating_sub(1))
}

fn command(app: &App) -> String {
    format!("$ {}", app.lab.form.command_line())
}

fn draw_foot(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, info: &WorkloadInfo) {
    let (dim, text, key) = (theme.style(Role::Dim), theme.style(Role::Text), theme.style(Role::Key));
    let mut rest = area;
    let mut pen = Pen::new(buf, take(&mut rest, 1));
    pen.skip(1).put(dim, "bounds ");
    let bounds = info.bounds;
    pen.fmt(
        text,
        format_args!("{} processes, {} MiB, {} s", bounds.processes, bounds.memory_mib, bounds.seconds),
    );
    pen.put(dim, "; everything ends with glowtop");
    if !app.offers(Action::LabRun) {
        let words = "Nothing is run with --readonly.";
        Pen::new(buf, take(&mut rest, 1)).skip(1).put(theme.style(Role::Warn), words);
        return;
    }
    if !app.lab.leftovers.is_empty() {
        draw_leftovers(take(&mut rest, 1), buf, theme, app);
    }
    if info.compares() {
        let mut pen = Pen::new(buf, take(&mut rest, 1));
        pen.skip(1).put(dim, "bet    ");
        match app.lab.form.choice().and_then(|choice| choice.bet) {
            Some(bet) => {
                pen.fmt(text, format_args!("{bet} times faster than serial")).put(dim, "; p changes it")
            }
            None => pen.put(key, "p").put(dim, " how many times faster will it be? Bet before you run"),
        };
    }
    let place = Rect { x: rest.x.saturating_add(1), width: rest.width.saturating_sub(1), ..rest };
    wrapped(place, buf, text, &command(app));
}

/// What crashed sessions left behind: how to end it, and who it is.
fn draw_leftovers(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App) {
    let (warn, key) = (theme.style(Role::Warn), theme.style(Role::Key));
    let leftovers = &app.lab.leftovers;
    let count = leftovers.len();
    let processes = if count == 1 { "process" } else { "processes" };
    let mut pen = Pen::new(buf, area);
    pen.skip(1).fmt(warn, format_args!("Crashed sessions left {count} {processes} behind; "));
    pen.put(key, &app.key_of(Action::LabClear).unwrap_or_default()).put(warn, " ends them: ");
    let named: Vec<String> = leftovers
        .iter()
        .take(NAMED)
        .map(|leftover| format!("{} {}", leftover.id.pid, leftover.name.show(ID)))
        .collect();
    pen.put_cut(warn, &named.join(", "));
}
