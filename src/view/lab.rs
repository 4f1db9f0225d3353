//! The lab's screen: the experiment, its lanes as they grow, and serial beside parallel.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::widgets::{Paragraph, Widget, Wrap};

use super::Theme;
use super::pen::Pen;
use crate::app::{Action, App, Lab, RunView, Span};
use crate::model::lab::RunReport;
use crate::model::{Nanos, Role};

/// Rows of the table of times: its heading, real, user, sys, cores, answers with the speed-up, and two for the reason.
const TIMES: u16 = 8;
/// Cells of a lane's label.
const LABEL: u16 = 12;
/// Rows from which on there is room for more than the lanes and the times.
const ROOMY: u16 = 18;

/// Draws the whole screen below the meters: the experiment, the lanes, the times.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App) {
    let lab = &app.lab;
    let mut rest = area;
    // Where there is little room, the lanes need it more than the title and the command do.
    let choice = if lab.runs.is_empty() || area.height >= ROOMY { 4 } else { 1 };
    draw_choice(take(&mut rest, choice), buf, theme, lab);
    if lab.runs.is_empty() {
        draw_lesson(rest, buf, theme, app);
        return;
    }
    let wanted = lab.runs.iter().map(|run| 1 + lanes_of(run)).sum::<u16>() + 1;
    let room = rest.height.saturating_sub(TIMES).max(4);
    let lanes = take(&mut rest, wanted.min(room));
    draw_lanes(lanes, buf, theme, lab, app.now);
    if rest.height > TIMES {
        take(&mut rest, 1);
    }
    draw_times(rest, buf, theme, lab, app.now);
}

/// Cuts `rows` off the top of `rest`.
fn take(rest: &mut Rect, rows: u16) -> Rect {
    let height = rows.min(rest.height);
    let top = Rect { height, ..*rest };
    rest.y = rest.y.saturating_add(height);
    rest.height -= height;
    top
}

fn line(area: Rect, i: u16) -> Rect {
    if i >= area.height { Rect { height: 0, ..area } } else { Rect { y: area.y + i, height: 1, ..area } }
}

fn draw_choice(area: Rect, buf: &mut Buffer, theme: &Theme, lab: &Lab) {
    let (dim, text, strong) = (theme.style(Role::Dim), theme.style(Role::Text), theme.style(Role::Strong));
    let Some(workload) = lab.workload() else { return };
    let roomy = area.height > 1;
    let mut pen = Pen::new(buf, line(area, 0));
    for (i, offered) in lab.workloads.iter().enumerate() {
        pen.put(if i == lab.at { theme.style(Role::Selection) } else { text }, offered.id).put(text, "  ");
    }
    if roomy {
        pen.put(text, workload.title);
        pen = Pen::new(buf, line(area, 1));
    }
    pen.put(dim, "serial, then ").put(strong, lab.mode().word());
    pen.put(dim, " on ").fmt(strong, format_args!("{}", lab.run_workers())).put(dim, " workers, about ");
    pen.fmt(strong, format_args!("{} s", lab.seconds())).put(dim, " of serial work");
    Pen::new(buf, line(area, 2)).put(dim, "$ ").put(text, &lab.command_line());
}

fn draw_lesson(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App) {
    let Some(workload) = app.lab.workload() else { return };
    let how = if app.offers(Action::LabRun) {
        "Enter runs it. The cores above light up, and the workers stand in the table (Tab)."
    } else {
        "Nothing is run with --readonly."
    };
    let words = format!("{}\n\n{how}", workload.lesson);
    wrapped(area, buf, theme.style(Role::Text), &words);
}

/// The lanes of all runs at one scale, so that the shorter run is seen to be shorter.
fn draw_lanes(area: Rect, buf: &mut Buffer, theme: &Theme, lab: &Lab, now: Nanos) {
    let longest = lab.runs.iter().map(|run| run.elapsed(now)).fold(0.1, f64::max);
    let mut rest = area;
    let runs = lab.runs.len();
    for (i, run) in lab.runs.iter().enumerate() {
        // What the runs after this one need at least: a heading and a lane each.
        let later = 2 * (runs - i - 1) as u16;
        let lanes = lanes_of(run).min(rest.height.saturating_sub(1 + later));
        draw_heading(take(&mut rest, 1), buf, theme, run, now);
        let place = take(&mut rest, lanes);
        for worker in 1..=u32::from(lanes) {
            let more = worker == u32::from(lanes) && u32::from(lanes_of(run)) > worker;
            draw_lane(line(place, worker as u16 - 1), buf, theme, run, worker, longest, now, more);
        }
    }
    if rest.height > 0 && area.width > LABEL + 20 {
        let mut pen = Pen::new(buf, line(rest, 0));
        pen.skip(LABEL).put(theme.style(Role::Dim), "0 s");
        let end = format!("{longest:.1} s");
        let gap = area.width.saturating_sub(LABEL + 3 + end.len() as u16 + 1);
        pen.skip(gap).put(theme.style(Role::Dim), &end);
    }
}

fn lanes_of(run: &RunView) -> u16 {
    u16::try_from(run.workers).unwrap_or(u16::MAX).max(1)
}

fn draw_heading(area: Rect, buf: &mut Buffer, theme: &Theme, run: &RunView, now: Nanos) {
    let mut pen = Pen::new(buf, area);
    pen.put(theme.style(Role::Title), &title(run)).put(theme.style(Role::Dim), "  digit = task   ");
    pen.fmt(theme.style(Role::Text), format_args!("{} of {} done", run.right, run.tasks));
    pen.fmt(theme.style(Role::Dim), format_args!("   {:.2} s", run.elapsed(now)));
}

fn title(run: &RunView) -> String {
    if run.mode == crate::model::lab::Mode::Serial {
        "serial".to_owned()
    } else {
        format!("{} x{}", run.mode.word(), run.workers)
    }
}

#[allow(clippy::too_many_arguments)]
fn draw_lane(
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    run: &RunView,
    worker: u32,
    longest: f64,
    now: Nanos,
    more: bool,
) {
    let mut pen = Pen::new(buf, area);
    let pid = run.pids.iter().find(|(w, _)| *w == worker).or(run.pids.first()).map(|(_, pid)| *pid);
    let dim = theme.style(Role::Dim);
    pen.fmt(dim, format_args!(" w{worker:<2}"));
    if more {
        // In [`LABEL`] cells, whatever the numbers.
        pen.fmt(dim, format_args!(" +{}", run.workers.saturating_sub(worker)));
    } else if let Some(pid) = pid {
        pen.fmt(dim, format_args!(" {:<7}", pid.get()));
    }
    let lane = Rect { x: area.x.saturating_add(LABEL), width: area.width.saturating_sub(LABEL + 1), ..area };
    let cells = f64::from(lane.width);
    let style = theme.style(Role::Lane((worker - 1) as u8)).add_modifier(Modifier::REVERSED);
    let quiet = theme.style(Role::Dim);
    let end = (run.elapsed(now) / longest * cells) as u16;
    let idle = if theme.glyphs().unicode() { "·" } else { "." };
    for x in 0..end.min(lane.width) {
        put_cell(buf, lane, x, idle, quiet);
    }
    for Span { task, from, to, .. } in run.spans.iter().filter(|span| span.worker == worker) {
        let first = (from / longest * cells) as u16;
        let last = ((to.unwrap_or_else(|| run.elapsed(now)) / longest * cells).ceil() as u16).max(first + 1);
        let digit = char::from_digit(task % 36, 36).unwrap_or('#');
        for x in first..last.min(lane.width) {
            put_cell(buf, lane, x, digit.encode_utf8(&mut [0; 4]), style);
        }
    }
}

fn put_cell(buf: &mut Buffer, lane: Rect, x: u16, symbol: &str, style: ratatui::style::Style) {
    if lane.height > 0
        && let Some(cell) = buf.cell_mut((lane.x.saturating_add(x), lane.y))
    {
        cell.set_symbol(symbol).set_style(style);
    }
}

/// Serial and parallel side by side, as `time` prints them.
fn draw_times(area: Rect, buf: &mut Buffer, theme: &Theme, lab: &Lab, now: Nanos) {
    let (dim, text, strong) = (theme.style(Role::Dim), theme.style(Role::Text), theme.style(Role::Strong));
    let mut pen = Pen::new(buf, line(area, 0));
    pen.fmt(dim, format_args!("{:<12}", ""));
    for run in &lab.runs {
        pen.fmt(theme.style(Role::Title), format_args!("{:>14}", title(run)));
    }
    let figure = |report: &RunReport, i: u16| match i {
        1 => format!("{:.3} s", report.real_s),
        2 => format!("{:.3} s", report.user_s),
        3 => format!("{:.3} s", report.sys_s),
        _ => format!("{:.2}", (report.user_s + report.sys_s) / report.real_s.max(1e-9)),
    };
    for (i, label) in (1..).zip(["real", "user", "sys", "cores used"]) {
        let mut pen = Pen::new(buf, line(area, i));
        pen.fmt(dim, format_args!("{label:<12}"));
        for run in &lab.runs {
            match &run.report {
                Some(report) => pen.fmt(text, format_args!("{:>14}", figure(report, i))),
                None if i == 1 => pen.fmt(dim, format_args!("{:>12.1} s", run.elapsed(now))),
                None => pen.fmt(dim, format_args!("{:>14}", theme.glyphs().unknown())),
            };
        }
    }
    let mut pen = Pen::new(buf, line(area, 5));
    pen.fmt(dim, format_args!("{:<12}", "answers"));
    for run in lab.runs.iter().filter_map(|run| run.report.as_ref()) {
        let (known, all) = (run.answers.iter().flatten().count(), run.answers.len());
        let (role, words) = match (run.answer_ok, all - known) {
            (true, _) => (Role::Good, format!("{known}/{all} right")),
            (false, 0) => (Role::Bad, "WRONG".to_owned()),
            (false, missing) => (Role::Bad, format!("{missing} missing")),
        };
        pen.fmt(theme.style(role), format_args!("{words:>14}"));
    }
    if let Some((speedup, efficiency)) = lab.speedup() {
        pen.put(dim, "   speed-up ").fmt(strong, format_args!("{speedup:.2} x"));
        pen.put(dim, "   efficiency ").fmt(strong, format_args!("{:.0} %", efficiency * 100.0));
    }
    if let Some(sentence) = lab.why_not() {
        wrapped(
            Rect { y: area.y.saturating_add(6), height: area.height.saturating_sub(6), ..area },
            buf,
            text,
            &sentence,
        );
    }
}

/// Text over as many rows as there are.
fn wrapped(area: Rect, buf: &mut Buffer, style: ratatui::style::Style, words: &str) {
    let area = Rect { width: area.width.min(110), ..area }.intersection(buf.area);
    Paragraph::new(words).style(style).wrap(Wrap { trim: true }).render(area, buf);
}
