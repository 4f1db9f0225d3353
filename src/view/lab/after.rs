//! What came of a run: times as `time` prints them, where the workers' time went, what was checked, and why it is not
//! as many times faster as it has workers.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::{cut, line, rows_of, rule, seconds, title, wrapped};
use crate::app::{App, RunView, Show};
use crate::model::lab::{Comparison, RunReport, VerdictKind};
use crate::model::{Nanos, Role, Signal};
use crate::view::Theme;
use crate::view::bar;
use crate::view::pen::Pen;

/// Cells of a label in the table of times, and of a column of it.
const LABEL: usize = 12;
const COLUMN: usize = 12;
/// Most sentences of a verdict that are shown.
const REASONS: usize = 3;

/// A row of the table of times: its label, and what a report says.
type Row = (&'static str, fn(&RunReport) -> Option<String>);

const ROWS: [Row; 12] = [
    ("real", |report| Some(seconds(report.real_s))),
    ("user", |report| Some(seconds(report.user_s))),
    ("sys", |report| Some(seconds(report.sys_s))),
    ("cores used", |report| report.cores_used().map(|cores| format!("{cores:.2}"))),
    ("answers", |report| Some(answers(report).1)),
    ("others", |report| report.noise.others.map(|others| format!("{:.1} %", others * 100.0))),
    ("run-q wait", |report| Some(seconds(report.crew.iter().fold(0.0, |sum, worker| sum + worker.wait_s)))),
    ("switches vol", |report| {
        Some(report.crew.iter().map(|worker| worker.voluntary).sum::<u64>().to_string())
    }),
    ("   unasked", |report| {
        Some(report.crew.iter().map(|worker| worker.involuntary).sum::<u64>().to_string())
    }),
    ("migrations", |report| {
        Some(report.crew.iter().map(|worker| worker.migrations).sum::<u64>().to_string())
    }),
    ("largest RSS", |report| Some(format!("{:.1} MiB", report.max_rss as f64 / f64::from(1 << 20)))),
    ("steal", |report| report.noise.steal.map(|steal| format!("{:.1} %", steal * 100.0))),
];

/// The answers in words, and how good that is.
fn answers(report: &RunReport) -> (Role, String) {
    let (known, all) = (report.answers.iter().flatten().count(), report.answers.len());
    let checks = report.checks.iter().filter(|check| !check.holds()).count();
    match (report.answer_ok, all - known) {
        (true, _) if all == 0 => (Role::Good, "as it must".to_owned()),
        // Hundreds have no room for both numbers.
        (true, _) if all > 99 => (Role::Good, format!("{known} right")),
        (true, _) => (Role::Good, format!("{known}/{all} right")),
        (false, 0) if checks > 0 => (Role::Bad, format!("{checks} WRONG")),
        (false, 0) => (Role::Bad, "WRONG".to_owned()),
        (false, missing) => (Role::Bad, format!("{missing} missing")),
    }
}

/// Rows that the table of times wants.
pub(super) fn time_rows(show: &Show) -> u16 {
    let over = show.current().is_some_and(|run| run.report.is_some());
    if over { 14 } else { 6 }
}

/// The runs that stand side by side.
fn columns(show: &Show) -> impl Iterator<Item = &RunView> {
    show.serial().into_iter().chain(show.current())
}

pub(super) fn draw_times(head: Rect, area: Rect, buf: &mut Buffer, theme: &Theme, show: &Show, now: Nanos) {
    let dim = theme.style(Role::Dim);
    rule(head, buf, theme, "time", "");
    let mut pen = Pen::new(buf, line(area, 0));
    pen.fmt(dim, format_args!(" {:<LABEL$}", ""));
    for run in columns(show) {
        pen.fmt(theme.style(Role::Title), format_args!("{:>COLUMN$}", title(&run.plan)));
    }
    let mut row = 1;
    let mut put = |buf: &mut Buffer, label: &str, cells: Vec<(Role, String)>| {
        let mut pen = Pen::new(buf, line(area, row));
        pen.fmt(dim, format_args!(" {label:<LABEL$}"));
        for (role, cell) in cells {
            pen.fmt(theme.style(role), format_args!("{cell:>COLUMN$}"));
        }
        row += 1;
    };
    let unknown = || (Role::Dim, theme.glyphs().unknown().to_owned());
    for (n, (label, of)) in ROWS.iter().enumerate() {
        // What a comparison gives stands behind the first rows.
        if n == 5
            && let Some(result) = show.result()
            && let Some(speedup) = &result.speedup
        {
            let cells = |text: String| vec![(Role::Text, String::new()), (Role::Strong, text)];
            put(buf, "speed-up", cells(format!("{:.2} x", speedup.value)));
            if let Some(efficiency) = result.efficiency {
                put(buf, "efficiency", cells(format!("{:.1} %", efficiency * 100.0)));
            }
        }
        let cell = |run: &RunView| match &run.report {
            Some(report) if *label == "answers" => answers(report),
            Some(report) => of(report).map_or_else(unknown, |cell| (Role::Text, cell)),
            None if n == 0 => (Role::Dim, format!("{:.1} s", run.elapsed(now))),
            None => unknown(),
        };
        put(buf, label, columns(show).map(cell).collect());
    }
}

/// Where the workers' time went: a bar, and a line for each part.
pub(super) fn draw_account(head: Rect, area: Rect, buf: &mut Buffer, theme: &Theme, show: &Show) {
    let Some((result, account)) = show.result().and_then(|result| Some((result, result.account?))) else {
        return;
    };
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    let workers = result.run.crew.len();
    rule(head, buf, theme, &format!("where {workers} x {} went", seconds(result.run.real_s)), "");
    let parts = [
        ("useful work", Role::CpuUser, account.useful_s),
        ("idle at the end", Role::CpuLow, account.tail_s),
        ("extra CPU", Role::CpuKernel, account.extra_cpu_s),
        ("wait for CPU", Role::CpuSteal, account.run_queue_s),
        ("blocked", Role::CpuSoftirq, account.blocked_s),
        ("start-up", Role::CpuIrq, account.startup_s),
    ];
    let capacity = account.capacity_s.max(1e-9);
    // Two columns of words, then a bar where there is room for one.
    let words = 16 + 10 + 7;
    for (row, (label, role, part)) in (0..).zip(parts) {
        let place = line(area, row);
        let mut pen = Pen::new(buf, place);
        pen.fmt(dim, format_args!(" {label:<15}")).fmt(text, format_args!("{:>10}", seconds(part)));
        pen.fmt(text, format_args!("{:>6.1}%", 100.0 * part / capacity));
        if place.width > words + 6 {
            let bar = Rect { x: place.x + words + 1, width: place.width - words - 2, ..place };
            bar::bare(buf, bar, theme, &[(role, part.max(0.0))], capacity);
        }
    }
    let mut pen = Pen::new(buf, line(area, 6));
    pen.fmt(dim, format_args!(" {:<15}", "sum")).fmt(text, format_args!("{:>10}", seconds(account.sum_s())));
    pen.fmt(dim, format_args!("{:>6.1}%", 100.0 * account.sum_s() / capacity));
    let bar = line(area, 7);
    let bar = Rect { x: bar.x.saturating_add(1), width: bar.width.saturating_sub(2), ..bar };
    bar::bar(buf, bar, theme, &parts.map(|(_, role, part)| (role, part.max(0.0))), capacity);
    draw_product(line(area, 8), line(area, 9), buf, theme, result);
}

fn draw_product(one: Rect, other: Rect, buf: &mut Buffer, theme: &Theme, result: &Comparison) {
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    if let Some(pop) = &result.pop {
        let mut pen = Pen::new(buf, one);
        // Two places: with three the last factor has no room in the narrowest table.
        pen.put(dim, " balance ").fmt(text, format_args!("{:.2}", pop.balance));
        pen.put(dim, " x comm ").fmt(text, format_args!("{:.2}", pop.comm));
        pen.put(dim, " x CPU ").fmt(text, format_args!("{:.2}", pop.cpu));
        Pen::new(buf, other).put(dim, " = ").fmt(text, format_args!("{:.3}", pop.product()));
    } else if let Some(inflation) = result.inflation {
        Pen::new(buf, one).put(dim, " CPU inflation ").fmt(text, format_args!("{inflation:.2}"));
    }
}

/// What was checked, and what was counted.
pub(super) fn draw_found(head: Rect, area: Rect, buf: &mut Buffer, theme: &Theme, show: &Show) {
    let (checks, figures) = show.found();
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    rule(head, buf, theme, "checks and figures", "");
    let unicode = theme.glyphs().unicode();
    let mut row = 0;
    for check in checks {
        let (mark, role) = match (check.holds(), unicode) {
            (true, true) => ("✔", Role::Good),
            (true, false) => ("ok", Role::Good),
            (false, true) => ("✗", Role::Bad),
            (false, false) => ("NO", Role::Bad),
        };
        let got = check.got.as_deref().map_or_else(|| theme.glyphs().unknown().to_owned(), clean);
        let not = if check.holds() { String::new() } else { format!(", not {}", clean(&check.expected)) };
        // What came out stays whole: the words before it make room.
        let (mut place, after) = (line(area, row), got.width() + not.width());
        let marked = mark.width() as u16 + 2;
        Pen::new(buf, place).skip(1).put(theme.style(role), mark);
        cut(&mut place, marked);
        let mut pen = labelled(place, buf, text, &format!("{}:", clean(&check.what)), after);
        pen.put(theme.style(role), &got).put(text, &not);
        row += 1;
    }
    for figure in figures {
        let mut place = line(area, row);
        cut(&mut place, 1);
        let value = format!("{} {}", number(figure.value), clean(&figure.unit));
        labelled(place, buf, dim, &format!("{}:", clean(&figure.what)), value.trim_end().width())
            .put(text, value.trim_end());
        row += 1;
    }
}

/// Writes words, cut so that `after` cells and a blank have room behind them; a pen for what stands there.
fn labelled<'a>(area: Rect, buf: &'a mut Buffer, style: Style, words: &str, after: usize) -> Pen<'a> {
    let room = usize::from(area.width).saturating_sub(after + 1).max(usize::from(area.width) / 3);
    let label = Rect { width: room.min(words.width()) as u16, ..area };
    Pen::new(buf, label).put_cut(style, words);
    let (x, width) = (label.right().saturating_add(1), area.width.saturating_sub(label.width + 1));
    Pen::new(buf, Rect { x, width, ..area })
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        format!("{value:.0}")
    } else if value.abs() >= 100.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.3}")
    }
}

/// What a workload wrote, fit for a terminal.
fn clean(text: &str) -> String {
    let mut clean = String::new();
    crate::model::showable(text.as_bytes(), 60, &mut clean);
    clean
}

/// Why it is not as many times faster as it has workers, and what goes with that.
#[derive(Clone, Debug, Default)]
pub(super) struct Reason {
    title: String,
    /// What the tasks allow, beside the title.
    remark: String,
    lines: Vec<(Role, String)>,
}

impl Reason {
    /// Rows that it wants.
    pub(super) fn rows(&self, width: u16) -> u16 {
        if self.lines.is_empty() {
            return 0;
        }
        1 + self.lines.iter().map(|(_, words)| rows_of(words, width.saturating_sub(2))).sum::<u16>()
    }

    /// Rows of what must not be missing: a lesson behind it may.
    pub(super) fn first_rows(&self, width: u16) -> u16 {
        let lesson = self.lines.iter().filter(|(role, _)| *role == Role::Dim);
        self.rows(width) - lesson.map(|(_, words)| rows_of(words, width.saturating_sub(2))).sum::<u16>()
    }
}

pub(super) fn reason(show: &Show, app: &App) -> Reason {
    if let Some(report) = &show.xray {
        let (title, lines) = super::xray::reason(report, app);
        return Reason { title, remark: String::new(), lines };
    }
    let mut lines = Vec::new();
    let (mut title, mut remark) = ("what it shows".to_owned(), String::new());
    let info = app.lab.form.workloads.iter().find(|info| info.id == show.name);
    match show.result() {
        Some(result) => {
            score(show, result, &mut lines);
            if let Some(why) = &result.why {
                if result.serial.is_some() && result.run.workers > 1 {
                    title = format!("why not {} x?", result.run.workers);
                }
                if let Some(ceiling) = result.ceiling.filter(|_| result.serial.is_some()) {
                    remark = format!(
                        "ceiling {:.2}; largest first {:.2}; never beyond {:.2}",
                        ceiling.now, ceiling.largest_first, ceiling.any
                    );
                }
                lines.push((Role::Text, clean_sentence(&why.sentence)));
                if let Some(cure) = app.lab.offered_cure() {
                    let gains = cure
                        .predicted
                        .map(|predicted| format!(": {predicted:.2} times faster"))
                        .unwrap_or_default();
                    lines.push((Role::Strong, format!("o tries {}{gains}.", clean(&cure.label))));
                }
            } else if let Some(info) = info {
                lines.push((Role::Text, info.lesson.to_owned()));
            }
            let role = if result.verdict.kind == VerdictKind::Invalid { Role::Bad } else { Role::Warn };
            let killed = show.current().and_then(|run| {
                let who: Vec<String> = run
                    .killed()
                    .map(|(worker, signal)| format!("w{worker} by {}", signal_name(signal)))
                    .collect();
                (!who.is_empty()).then(|| format!("Killed: {}. Its time ends there.", who.join(", ")))
            });
            lines.extend(killed.map(|words| (Role::Bad, words)));
            if result.verdict.kind != VerdictKind::Valid {
                let word = result.verdict.kind.word();
                let reasons = result.verdict.reasons.iter().take(REASONS).map(|words| clean_sentence(words));
                lines.push((role, format!("{word}: {}", reasons.collect::<Vec<_>>().join(" "))));
            }
            // What a scene teaches stands behind what it showed.
            let lesson = info.filter(|info| !info.compares() && result.why.is_some());
            lines.extend(lesson.map(|info| (Role::Dim, info.lesson.to_owned())));
        }
        None => {
            if let Some(problem) = app.lab.problem.as_deref().filter(|_| !app.lab.running) {
                lines.push((Role::Bad, clean_sentence(problem)));
            }
            if let Some(info) = info {
                lines.push((Role::Text, info.watch.to_owned()));
            }
            if let Some(bet) = show.bet {
                lines.push((Role::Strong, format!("You bet on {bet} times faster.")));
            }
            if let Some(promised) = show.promised {
                lines.push((Role::Strong, format!("It should be {promised:.2} times faster than serial.")));
            }
            "what to watch".clone_into(&mut title);
        }
    }
    Reason { title, remark, lines }
}

/// The bet, and what was promised, against what came out.
fn score(show: &Show, result: &Comparison, lines: &mut Vec<(Role, String)>) {
    let Some(speedup) = &result.speedup else { return };
    let value = speedup.value;
    let off = |said: f64| (value / said - 1.0) * 100.0;
    if let Some(bet) = show.bet {
        let words = match off(bet) {
            off if off.abs() < 5.0 => "well seen".to_owned(),
            off if off < 0.0 => format!("{:.0} % less than that", -off),
            off => format!("{off:.0} % more than that"),
        };
        lines.push((Role::Strong, format!("You bet on {bet} times; it is {value:.2}: {words}.")));
    }
    if let Some(promised) = show.promised {
        lines.push((Role::Strong, format!("Promised were {promised:.2} times; it is {value:.2}.")));
    }
}

/// A signal by its name; by its number where it has none.
pub(super) fn signal_name(number: i32) -> String {
    let signal = u8::try_from(number).ok().and_then(Signal::new);
    signal.map_or_else(|| number.to_string(), Signal::name)
}

/// Whole sentences may be long.
fn clean_sentence(text: &str) -> String {
    let mut clean = String::new();
    crate::model::showable(text.as_bytes(), 400, &mut clean);
    clean
}

pub(super) fn draw_reason(area: Rect, buf: &mut Buffer, theme: &Theme, reason: &Reason) {
    if area.height == 0 || reason.lines.is_empty() {
        return;
    }
    rule(line(area, 0), buf, theme, &reason.title, &reason.remark);
    let mut row = 1;
    for (role, words) in &reason.lines {
        if row >= area.height {
            break;
        }
        let rows = rows_of(words, area.width.saturating_sub(2)).min(area.height - row);
        let place = Rect {
            x: area.x.saturating_add(1),
            y: area.y + row,
            width: area.width.saturating_sub(2),
            height: rows,
        };
        wrapped(place, buf, theme.style(*role), words);
        row += rows;
    }
}
