//! A run: one line of where it stands, the cores, the lanes, the tables, the reason. Shares the room out among them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::{after, cores, curve, cut, lanes, line, rows_of, rule, seconds, take, title, wrapped, xray};
use crate::app::{App, RunView, Show};
use crate::model::lab::VerdictKind;
use crate::model::{Nanos, Role};
use crate::view::Theme;
use crate::view::pen::Pen;

/// The least columns of a table beside others.
const PANEL: u16 = 39;
/// Columns of the times of one run, with the blank that keeps it apart.
const ONE_RUN: u16 = 28;
/// Rows of a table of which the first ones are what matters.
const SHORT: u16 = 9;

pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App) {
    let (show, now) = app.lab.shown(app.now);
    let mut rest = area;
    draw_head(take(&mut rest, 1), buf, theme, show, now, app.lab.running);
    let Some(run) = show.current() else {
        let words = if app.lab.running && show.xray.is_some() {
            "The first look is taken."
        } else if app.lab.running {
            "The lab starts: it measures how much work fits into the time that was chosen."
        } else {
            app.lab.problem.as_deref().unwrap_or("Nothing was run.")
        };
        wrapped(rest, buf, theme.style(Role::Dim), words);
        return;
    };
    if !app.header_hidden {
        let strip = cores::rows(app, area.width).min(rest.height / 6);
        cores::draw(take(&mut rest, strip), buf, theme, app, run, now);
    }
    let reason = after::reason(show, app);
    let panels = panels(show, app);
    let plan = Plan::new(
        rest,
        lanes::wanted(app, show, run, now),
        tallest(&panels, area.width, show),
        (reason.first_rows(area.width), reason.rows(area.width)),
    );
    lanes::draw(take(&mut rest, plan.lanes), buf, theme, app, show, now);
    draw_panels(take(&mut rest, plan.panels), buf, theme, app, show, now, &panels);
    after::draw_reason(rest, buf, theme, &reason);
}

/// Rows of each part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Plan {
    lanes: u16,
    panels: u16,
}

impl Plan {
    /// Shares `area` out among parts that want so many rows. A few lanes come first, then the reason, then the tables.
    fn new(area: Rect, lanes: u16, panels: u16, (first, reason): (u16, u16)) -> Plan {
        let mut left = area.height;
        let mut give = |given: &mut u16, up_to: u16| {
            let more = up_to.saturating_sub(*given).min(left);
            *given += more;
            left -= more;
        };
        let (mut plan, mut said) = (Plan { lanes: 0, panels: 0 }, 0);
        give(&mut plan.lanes, lanes.min(5));
        give(&mut said, first.min(7));
        // A heading alone says nothing.
        let fits = area.height.saturating_sub(plan.lanes + said) >= 2;
        let panels = if fits && panels >= 2 { panels } else { 0 };
        give(&mut plan.panels, panels.min(SHORT));
        give(&mut plan.lanes, lanes);
        give(&mut said, reason);
        give(&mut plan.panels, panels);
        plan
    }
}

/// A table below the lanes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Panel {
    Times,
    Account,
    Curve,
    Found,
    Notes,
    XrayAccount,
    XrayMany,
    XrayWho,
}

/// The tables that have something to say, what matters most first.
fn panels(show: &Show, app: &App) -> Vec<Panel> {
    if show.xray.is_some() {
        return vec![Panel::XrayAccount, Panel::XrayMany, Panel::XrayWho];
    }
    let compares = show.result().is_some_and(|result| result.serial.is_some());
    let (checks, figures) = show.found();
    let found = !checks.is_empty() || !figures.is_empty();
    let mut panels = Vec::new();
    let mut add = |panel, wanted: bool| {
        if wanted && !panels.contains(&panel) {
            panels.push(panel);
        }
    };
    add(Panel::Found, found && !compares);
    add(Panel::Notes, !show.notes.is_empty() && !compares);
    add(Panel::Times, true);
    add(Panel::Account, show.result().is_some_and(|result| result.account.is_some()));
    add(Panel::Curve, curve::has_points(show, app));
    add(Panel::Found, found);
    add(Panel::Notes, !show.notes.is_empty());
    panels
}

/// How many tables stand side by side.
fn abreast(panels: &[Panel], width: u16) -> u16 {
    (width / PANEL).clamp(1, 4).min(panels.len().max(1) as u16)
}

/// The rows that the tables of the first row want.
fn tallest(panels: &[Panel], width: u16, show: &Show) -> u16 {
    let shown = panels.iter().take(usize::from(abreast(panels, width)));
    let rows = |panel: &Panel| match panel {
        Panel::Times => after::time_rows(show),
        Panel::Account => 11,
        Panel::XrayAccount | Panel::XrayMany | Panel::XrayWho => xray::ROWS,
        Panel::Curve => 13,
        Panel::Found => {
            let (checks, figures) = show.found();
            (checks.len() + figures.len()).min(12) as u16
        }
        Panel::Notes => {
            let width = width / abreast(panels, width);
            let rows = |sentence: &String| rows_of(sentence, width.saturating_sub(WHEN + 2));
            show.notes.iter().map(|(_, sentence)| rows(sentence)).sum::<u16>().min(12)
        }
    };
    shown.map(rows).max().unwrap_or(0) + 1
}

fn draw_panels(
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    app: &App,
    show: &Show,
    now: Nanos,
    panels: &[Panel],
) {
    if area.height < 2 {
        return;
    }
    let count = abreast(panels, area.width);
    let mut rest = area;
    for (n, panel) in (0..count).zip(panels) {
        let columns = columns_of(*panel, panels.get(usize::from(n)..usize::from(count)), rest.width, show);
        let mut place = cut(&mut rest, columns);
        if n + 1 < count {
            // A blank keeps neighbours apart.
            place.width = place.width.saturating_sub(2);
        }
        let (head, inside) = (line(place, 0), Rect { y: place.y + 1, height: place.height - 1, ..place });
        match panel {
            Panel::Times => after::draw_times(head, inside, buf, theme, show, now),
            Panel::Account => after::draw_account(head, inside, buf, theme, show),
            Panel::XrayAccount => xray::draw_account(head, inside, buf, theme, show),
            Panel::XrayMany => xray::draw_many(head, inside, buf, theme, show),
            Panel::XrayWho => xray::draw_who(head, inside, buf, theme, show),
            Panel::Curve => curve::draw(head, inside, buf, theme, app, show),
            Panel::Found => after::draw_found(head, inside, buf, theme, show),
            Panel::Notes => {
                rule(head, buf, theme, "said", "");
                draw_notes(inside, buf, theme, show);
            }
        }
    }
}

/// Columns of the first of these tables: the times of one run need few, and leave more to the others.
fn columns_of(panel: Panel, side: Option<&[Panel]>, width: u16, show: &Show) -> u16 {
    let side = side.unwrap_or_default();
    let count = side.len().max(1) as u16;
    let narrow = |panel: &Panel| *panel == Panel::Times && show.serial().is_none();
    if count > 1 && narrow(&panel) {
        return ONE_RUN.min(width / count);
    }
    let later = side.iter().skip(1).filter(|panel| narrow(panel)).count() as u16;
    if count > 1 && later > 0 {
        let left = width.saturating_sub(ONE_RUN * later);
        return (left / (count - later)).max(width / count);
    }
    width / count
}

/// Cells before what a workload said: when that was.
const WHEN: u16 = 7;

/// What the workload said, whole; where there is no room for all, the newest.
fn draw_notes(area: Rect, buf: &mut Buffer, theme: &Theme, show: &Show) {
    let rows = |sentence: &str| rows_of(sentence, area.width.saturating_sub(WHEN));
    let mut first = show.notes.len();
    let mut room = area.height;
    for (at, (_, sentence)) in show.notes.iter().enumerate().rev() {
        if rows(sentence) > room && first < show.notes.len() {
            break;
        }
        room = room.saturating_sub(rows(sentence));
        first = at;
    }
    let mut rest = area;
    for (at, sentence) in show.notes.iter().skip(first) {
        let mut place = take(&mut rest, rows(sentence));
        let when = cut(&mut place, WHEN);
        Pen::new(buf, when).fmt(theme.style(Role::Dim), format_args!("{at:>6.2}"));
        wrapped(place, buf, theme.style(Role::Text), sentence);
    }
}

/// What runs, how far it is, how long it will take, and how far to believe it.
fn draw_head(area: Rect, buf: &mut Buffer, theme: &Theme, show: &Show, now: Nanos, running: bool) {
    let (dim, text, strong) = (theme.style(Role::Dim), theme.style(Role::Text), theme.style(Role::Strong));
    let right = verdict(show, running);
    let wide = right.as_ref().map_or(0, |(_, words)| words.width() as u16 + 1).min(area.width);
    let mut pen = Pen::new(buf, Rect { width: area.width.saturating_sub(wide), ..area });
    pen.skip(1).put(strong, &show.name);
    if let (Some(report), Some(run)) = (&show.xray, show.current()) {
        xray::draw_head(&mut pen, theme, report, run.elapsed(now), running);
    } else if let Some(run) = show.current() {
        pen.put(dim, " > ").put(theme.style(Role::Title), &title(&run.plan)).skip(2);
        if let Some(plan) = show.plan.as_ref().filter(|plan| plan.runs.len() > 2) {
            pen.fmt(dim, format_args!("run {} of {}  ", show.runs.len(), plan.runs.len()));
        }
        draw_progress(&mut pen, theme, show, run, now, running);
    } else if running {
        pen.put(dim, "  starts");
    }
    if let Some((role, words)) = right {
        let place = Rect { x: area.right().saturating_sub(wide), width: wide, ..area };
        Pen::new(buf, place).put(if role == Role::Text { text } else { theme.style(role) }, &words);
    }
}

fn draw_progress(pen: &mut Pen<'_>, theme: &Theme, show: &Show, run: &RunView, now: Nanos, running: bool) {
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    let elapsed = run.elapsed(now);
    if run.tasks > 0 {
        pen.fmt(text, format_args!("{} of {} done", run.right, run.tasks)).skip(2);
    }
    if run.wrong > 0 {
        pen.fmt(theme.style(Role::Bad), format_args!("{} WRONG", run.wrong)).skip(2);
    }
    if run.report.is_some() {
        pen.put(text, &seconds(elapsed)).skip(2);
        return;
    }
    pen.fmt(text, format_args!("{elapsed:.1} s"));
    match show.expected() {
        _ if !running => pen.put(dim, ", ended"),
        Some(all) if all > elapsed => pen.fmt(dim, format_args!(", about {:.1} s left", all - elapsed)),
        Some(_) => pen.put(dim, ", longer than expected"),
        None => pen,
    };
}

/// How far to believe the result, who was killed, what else was on the machine.
fn verdict(show: &Show, running: bool) -> Option<(Role, String)> {
    let run = show.current()?;
    if show.xray.is_some() {
        return None;
    }
    if !running && run.report.is_none() {
        // Its end killed them all.
        return Some((Role::Warn, "not finished".to_owned()));
    }
    if let Some((worker, signal)) = run.killed().next() {
        return Some((Role::Bad, format!("w{worker} killed by {}", after::signal_name(signal))));
    }
    let report = run.report.as_ref()?;
    let others =
        report.noise.others.map(|others| format!("others {:.0} %  ", others * 100.0)).unwrap_or_default();
    let verdict = &show.result()?.verdict;
    let role = match verdict.kind {
        VerdictKind::Valid => Role::Good,
        VerdictKind::Noisy => Role::Warn,
        VerdictKind::Invalid => Role::Bad,
    };
    Some((role, format!("{others}{}", verdict.kind.word())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_share_the_room_and_never_take_more() {
        for height in 0..60 {
            for (lanes, panels, reason) in [(8, 12, 4), (67, 13, 5), (3, 6, 0), (1, 1, 1)] {
                let plan = Plan::new(Rect::new(0, 0, 80, height), lanes, panels, (reason, reason + 2));
                assert!(plan.lanes + plan.panels <= height, "{height} {plan:?}");
                assert!(plan.lanes <= lanes.max(3) && plan.panels <= panels && plan.panels != 1);
            }
        }
        let plan = Plan::new(Rect::new(0, 0, 80, 19), 8, 10, (4, 4));
        assert_eq!((plan.lanes, plan.panels), (6, 9));
    }
}
