//! The signal dialog: whom it would reach, what it would do to them, and the signals.

use std::fmt::Write;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};

use super::foot::{self, Hint};
use super::{ROOMY, all_or, draw_box, first_shown, inner, row, targets};
use crate::app::{Hit, Pick, SignalMenu, Tally};
use crate::config::{Chord, Key};
use crate::model::{DefaultAction, Role, Scope, Signal};
use crate::view::Theme;
use crate::view::pen::{Pen, fitted};

/// Dangers that are spelled out one by one; the rest is counted.
const NAMED_DANGERS: usize = 5;
/// Two columns of signals need so much room inside the frame.
const TWO_COLUMNS: u16 = 74;
/// Between the two.
const GAP: u16 = 2;
/// Ports that are named.
const NAMED_PORTS: usize = 6;

/// Where everything in the dialog stands.
struct Plan {
    outer: Rect,
    /// The scopes.
    scopes: Rect,
    /// Whom it would reach.
    head: Rect,
    /// The first danger's row within `head`.
    danger: usize,
    list: Rect,
    columns: u16,
    /// The first item in view.
    first: usize,
    /// More about the chosen item.
    detail: Rect,
    /// The keys, or the question whether it is meant.
    foot: Rect,
}

impl Plan {
    fn new(area: Rect, menu: &SignalMenu) -> Plan {
        let width = if area.width >= 104 { 100 } else { all_or(78, area) };
        let columns: u16 = if width >= TWO_COLUMNS + 4 { 2 } else { 1 };
        let dangers = menu.dangers.len().min(NAMED_DANGERS + 1) as u16;
        let head = targets::rows(&menu.aims) + dangers;
        let wanted = if columns == 2 { 16 } else { 12 };
        // The scopes, a rule, more about the chosen one, the keys, and the frame.
        // Where there is room, what speaks below it stays in sight.
        let most = if area.height < ROOMY { area.height } else { area.height - 4 };
        let height = (head + wanted + 6).min(most);
        let outer = area.centered(Constraint::Length(width), Constraint::Length(height));
        let inside = inner(outer);
        // The last row is the most important one: it says what Enter does.
        let part = |top: u16, height: u16| {
            let top = top.min(inside.height);
            Rect { y: inside.y + top, height: height.min(inside.height - top), ..inside }
        };
        let last = inside.height.saturating_sub(1);
        let foot = part(last, 1);
        let detail = part(last.saturating_sub(1), u16::from(last > 4));
        // Above them, and with at least two rows for the list where there are so many.
        let room = last.saturating_sub(detail.height);
        let scopes = part(0, u16::from(room > 3));
        let head_rows = head.min(room.saturating_sub(scopes.height + 2));
        let list_top = scopes.height + head_rows + u16::from(room > scopes.height + head_rows + 2);
        let list = part(list_top, room.saturating_sub(list_top));
        let (at, count) = (menu.at, menu.items.len());
        let first = if columns == 2 {
            // Page by page: nothing moves while one walks through them.
            let page = (usize::from(list.height) * 2).max(1);
            at / page * page
        } else {
            first_shown(at, count, list.height)
        };
        let danger = usize::from(head_rows.saturating_sub(dangers));
        let head = part(scopes.height, head_rows);
        Plan { outer, scopes, head, danger, list, columns, first, detail, foot }
    }

    /// The items in view with their places.
    fn items<'m>(&self, menu: &'m SignalMenu) -> impl Iterator<Item = (usize, Pick, Rect)> + use<'m> {
        let (list, columns, first) = (self.list, self.columns, self.first);
        let rows = usize::from(list.height);
        let width = (list.width - list.width.min(GAP * (columns - 1))) / columns;
        let shown = menu.items.iter().copied().enumerate().skip(first).take(rows * usize::from(columns));
        shown.map(move |(i, item)| {
            let (column, line) = ((i - first) / rows.max(1), (i - first) % rows.max(1));
            let x = list.x + column as u16 * (width + GAP);
            (i, item, Rect { x, width, ..row(list, line) })
        })
    }
}

/// What lies at (`x`, `y`).
pub(super) fn hit(area: Rect, menu: &SignalMenu, x: u16, y: u16) -> Hit {
    let plan = Plan::new(area, menu);
    let inside = |place: Rect| place.contains((x, y).into());
    if !inside(plan.outer) {
        return Hit::Nothing;
    }
    if let Some((_, scope, _)) = scope_words(plan.scopes, menu).into_iter().find(|(place, ..)| inside(*place))
    {
        return Hit::Scope(scope);
    }
    if let Some((item, ..)) = plan.items(menu).find(|(_, _, place)| inside(*place)) {
        return Hit::Item(item);
    }
    if menu.confirm.is_none() && inside(plan.foot) {
        return foot::hit(plan.foot, &hints(menu), x).map_or(Hit::Layer, Hit::Press);
    }
    Hit::Layer
}

/// Draws the dialog.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, menu: &SignalMenu) {
    let plan = Plan::new(area, menu);
    let title = menu.thaw_after.map_or_else(
        || "Send a signal".to_owned(),
        |seconds| format!("Send a signal; what SIGSTOP stops goes on after {seconds} s"),
    );
    draw_box(plan.outer, buf, theme, &title);
    draw_scopes(plan.scopes, buf, theme, menu);
    let room = targets::draw(plan.head, buf, theme, &menu.aims);
    Pen::new(buf, room).put(theme.style(Role::Text), &ports(menu));
    draw_dangers(&plan, buf, theme, menu);
    for (i, item, place) in plan.items(menu) {
        draw_item(place, buf, theme, menu, item, i == menu.at);
    }
    draw_detail(plan.detail, buf, theme, menu);
    match &menu.confirm {
        Some(typed) => draw_question(plan.foot, buf, theme, menu, typed),
        None => foot::draw(plan.foot, buf, theme, &hints(menu)),
    }
}

/// The keys at the foot, first those that nobody can do without: what does not fit is not seen.
fn hints(menu: &SignalMenu) -> Vec<Hint> {
    let key = |name, what, key| Hint::press(name, what, Chord::plain(key));
    let sign = |name, what, sign| Hint::press(name, what, Chord::char(sign));
    let cancel = key("Esc", "cancel", Key::Esc);
    let mut hints = if menu.pick() == Pick::Ladder {
        vec![key("Enter", "start", Key::Enter), cancel, sign("+", "longer", '+'), sign("-", "shorter", '-')]
    } else {
        vec![key("Enter", "send", Key::Enter), cancel, sign("!", "ladder", '!')]
    };
    // Here too the same key freezes and thaws.
    hints.push(sign("z", if menu.stopped { "let go on" } else { "freeze" }, 'z'));
    if menu.scopes.len() > 1 {
        hints.push(key("Tab", "scope", Key::Tab));
    }
    if menu.pick() != Pick::Ladder {
        hints.push(Hint::keys("0-9 A-Z", "choose"));
    }
    hints
}

/// The scopes that mean something with their places and what is written there. A unit stands for its cgroup where there
/// is little room for both; where there is less, the unit leaves, and at last the counts.
fn scope_words(area: Rect, menu: &SignalMenu) -> Vec<(Rect, Scope, String)> {
    const LABEL: u16 = 6;
    let text = |detail: u8| {
        menu.scopes.iter().map(move |word| {
            let mark = if word.scope == menu.scope { "▸" } else { " " };
            let mut text = mark.to_owned();
            match (detail, &word.unit) {
                (3, Some(unit)) => _ = write!(text, "{} {unit}", word.scope.word()),
                (2, Some(unit)) => text.push_str(unit),
                _ => text.push_str(word.scope.word()),
            }
            if detail > 0 {
                // Writing to a string does not fail.
                let _ = write!(text, " {}", word.count);
            }
            (word.scope, text)
        })
    };
    let cells = |text: &str| text.chars().count() as u16 + 1;
    let fits =
        |detail: &u8| LABEL + text(*detail).map(|(_, text)| cells(&text)).sum::<u16>() <= area.width + 1;
    let detail = [3, 2, 1].into_iter().find(fits).unwrap_or(0);
    let mut x = area.x + LABEL.min(area.width);
    // The chosen one is seen, whatever else is not: words before it make room, and what does not fit behind it is left out.
    let mut all: Vec<(Scope, String)> = text(detail).collect();
    let room = usize::from(area.right().saturating_sub(x)) + 1;
    let upto = |all: &[(Scope, String)]| {
        let chosen = all.iter().position(|(scope, _)| *scope == menu.scope).unwrap_or(0);
        all.iter().take(chosen + 1).map(|(_, text)| usize::from(cells(text))).sum::<usize>()
    };
    while upto(&all) > room && all.first().is_some_and(|(scope, _)| *scope != menu.scope) {
        all.remove(0);
    }
    let mut words = Vec::new();
    for (scope, text) in all {
        let width = cells(&text) - 1;
        if width > area.right().saturating_sub(x) && scope != menu.scope {
            break;
        }
        let width = width.min(area.right().saturating_sub(x));
        words.push((Rect { x, width, ..area }, scope, text));
        x = (x + width + 1).min(area.right());
    }
    words
}

fn draw_scopes(area: Rect, buf: &mut Buffer, theme: &Theme, menu: &SignalMenu) {
    Pen::new(buf, area).put(theme.style(Role::Dim), "scope");
    for (place, scope, text) in scope_words(area, menu) {
        let role = if scope == menu.scope { Role::Strong } else { Role::Dim };
        Pen::new(buf, place).put(theme.style(role), &text);
    }
}

/// What the targets listen on, to stand after their sums.
fn ports(menu: &SignalMenu) -> String {
    let Some((ports, more)) = &menu.ports else { return String::new() };
    if ports.is_empty() {
        return if *more { ", ports unknown".to_owned() } else { String::new() };
    }
    let mut text = if ports.len() == 1 { ", port ".to_owned() } else { ", ports ".to_owned() };
    for (i, port) in ports.iter().take(NAMED_PORTS).enumerate() {
        let comma = if i > 0 { ", " } else { "" };
        let _ = write!(text, "{comma}{port}");
    }
    match (ports.len().saturating_sub(NAMED_PORTS), more) {
        (0, false) => {}
        (0, true) => text.push_str(" and maybe more"),
        (n, _) => {
            let _ = write!(text, " and {n} more");
        }
    }
    text
}

fn draw_dangers(plan: &Plan, buf: &mut Buffer, theme: &Theme, menu: &SignalMenu) {
    let bad = theme.style(Role::Bad);
    for (line, danger) in menu.dangers.iter().take(NAMED_DANGERS).enumerate() {
        Pen::new(buf, row(plan.head, plan.danger + line)).put(bad, "  ! ").put(bad, &danger.sentence());
    }
    let more = menu.dangers.len().saturating_sub(NAMED_DANGERS);
    if more > 0 {
        Pen::new(buf, row(plan.head, plan.danger + NAMED_DANGERS))
            .fmt(bad, format_args!("  ! and {more} more dangers"));
    }
}

fn draw_item(area: Rect, buf: &mut Buffer, theme: &Theme, menu: &SignalMenu, item: Pick, chosen: bool) {
    let over = chosen.then(|| theme.style(Role::Selection));
    if let Some(style) = over {
        buf.set_style(area.intersection(buf.area), style);
    }
    let style = |role: Role| over.unwrap_or_else(|| theme.style(role));
    let mut pen = Pen::new(buf, area);
    let signal = match item {
        Pick::Ladder => {
            pen.fmt(style(Role::Text), format_args!("  ! SIGTERM, {} s, SIGKILL", menu.seconds));
            return;
        }
        Pick::Signal(signal) => signal,
    };
    pen.fmt(style(Role::Text), format_args!("{:>3} {:<9} ", signal.number(), signal.name()));
    let between = theme.glyphs().between();
    let one = menu.aims.ready() == 1;
    let words = |n: usize, what: &str| if one { format!(" {what}") } else { format!(" {n} {what}") };
    let noted = || met(menu.aims.tally(signal), signal);
    let cells: usize = noted().map(|(n, _, what, _)| 2 + words(n, what).len()).sum();
    // What they do about it matters more than what is done to anybody else.
    let room = usize::from(pen.left()).saturating_sub(cells);
    let action = short_action(signal);
    let first = action.split([' ', ',']).next().unwrap_or("");
    pen.put(style(Role::Dim), if action.len() <= room { action } else { first });
    for (n, _, what, role) in noted() {
        pen.put(style(Role::Dim), " ").put(style(Role::Dim), between);
        let text = words(n, what);
        pen.put(style(role), &fitted(&text, usize::from(pen.left())));
    }
}

/// What a signal meets where anybody does not just let it happen: how many, what they do, what happens to it, and how
/// much that matters. Nobody can do anything about SIGKILL and SIGSTOP.
fn met(tally: Tally, signal: Signal) -> impl Iterator<Item = (usize, &'static str, &'static str, Role)> {
    let notes = [
        (tally.ignored, "ignore", "ignored", Role::Warn),
        (tally.blocked, "block", "blocked", Role::Warn),
        (tally.caught, "catch", "caught", Role::Text),
    ];
    notes.into_iter().filter(move |(n, ..)| *n > 0 && !signal.is_unstoppable())
}

/// One line about the chosen item.
fn draw_detail(area: Rect, buf: &mut Buffer, theme: &Theme, menu: &SignalMenu) {
    let mut pen = Pen::new(buf, area);
    let text = theme.style(Role::Text);
    let signal = match menu.pick() {
        Pick::Ladder => {
            pen.fmt(
                text,
                format_args!(
                    "SIGTERM now; whoever is left after {} s gets SIGKILL, unless Esc stops it",
                    menu.seconds
                ),
            );
            return;
        }
        Pick::Signal(signal) => signal,
    };
    pen.fmt(text, format_args!("{} {}", signal.name(), long_action(signal)));
    let all = menu.aims.ready();
    let mut start = "; ";
    for (n, what, _, role) in met(menu.aims.tally(signal), signal) {
        pen.put(text, start);
        match (all, n) {
            (1, _) => pen.fmt(theme.style(role), format_args!("this one {}", third_person(what))),
            (_, 1) => pen.fmt(theme.style(role), format_args!("1 of {all} {}", third_person(what))),
            _ => pen.fmt(theme.style(role), format_args!("{n} of {all} {what} it")),
        };
        start = ", ";
    }
}

fn third_person(what: &str) -> &'static str {
    match what {
        "ignore" => "ignores it",
        "block" => "blocks it",
        _ => "catches it",
    }
}

/// Asks whether it is meant.
fn draw_question(area: Rect, buf: &mut Buffer, theme: &Theme, menu: &SignalMenu, typed: &str) {
    let bad = theme.style(Role::Bad);
    let ready = menu.aims.ready();
    let whom = if ready == 1 { "it".to_owned() } else { format!("all {ready}") };
    let what = match menu.pick() {
        Pick::Ladder => "the ladder".to_owned(),
        Pick::Signal(signal) => signal.name(),
    };
    Pen::new(buf, area)
        .put(bad, "type ")
        .put(theme.style(Role::Key), "yes")
        .put(bad, " and ")
        .put(theme.style(Role::Key), "Enter")
        .fmt(bad, format_args!(" to send {what} to {whom}: "))
        .put(theme.style(Role::Strong), typed)
        .put(theme.style(Role::Selection), " ")
        .skip(2)
        .put(theme.style(Role::Key), "Esc")
        .put(theme.style(Role::Text), " cancel");
}

/// The default action in a few cells.
fn short_action(signal: Signal) -> &'static str {
    match signal.default_action() {
        _ if signal == Signal::KILL => "ends it, always",
        _ if signal == Signal::STOP => "stops it, always",
        DefaultAction::Ends => "ends it",
        DefaultAction::Dumps => "ends it, core",
        DefaultAction::Ignored => "nothing",
        DefaultAction::Stops => "stops it",
        DefaultAction::Continues => "continues it",
    }
}

/// The default action in a sentence.
fn long_action(signal: Signal) -> &'static str {
    match signal.default_action() {
        _ if signal == Signal::KILL => "ends a process; it can be neither caught, blocked nor ignored",
        _ if signal == Signal::STOP => "stops a process; it can be neither caught, blocked nor ignored",
        DefaultAction::Ends => "ends a process",
        DefaultAction::Dumps => "ends a process and writes a core file",
        DefaultAction::Ignored => "does nothing to a process that does not catch it",
        DefaultAction::Stops => "stops a process",
        DefaultAction::Continues => "lets a stopped process go on",
    }
}
