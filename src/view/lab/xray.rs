//! What is told of processes that the lab did not start: the account, how many ran at a time, who did the most, and what
//! they are bound by.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{line, rule, seconds};
use crate::app::{Action, App, Show};
use crate::model::Role;
use crate::model::lab::watch::WatchReport;
use crate::view::Theme;
use crate::view::bar;
use crate::view::pen::Pen;

/// Rows of a table, without its heading.
pub(super) const ROWS: u16 = 8;
/// Cells of a name.
const NAME: usize = 14;

/// Who is seen, and how many CPUs they use.
pub(super) fn draw_head(pen: &mut Pen<'_>, theme: &Theme, report: &WatchReport, elapsed: f64, running: bool) {
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    pen.put(dim, " > ").put(theme.style(Role::Title), "X-ray").skip(2);
    pen.fmt(text, format_args!("{elapsed:.1} s")).skip(2);
    if !running {
        pen.put(theme.style(Role::Warn), if report.over { "all have ended" } else { "stopped" }).skip(2);
    }
    if let Some(cores) = report.cores_used() {
        let heat = Role::heat(cores / f64::from(report.noise.cpus.max(1)));
        pen.fmt(theme.style(heat), format_args!("{cores:.2}"));
        pen.fmt(dim, format_args!(" of {} CPUs", report.noise.cpus)).skip(2);
        let (processes, threads) = (report.processes, report.threads);
        pen.fmt(text, format_args!("{processes}")).put(dim, " proc ");
        pen.fmt(text, format_args!("{threads}")).put(dim, " threads").skip(2);
        if let Some(cost) = report.cost() {
            pen.fmt(dim, format_args!("looking {:.1} %", cost * 100.0)).skip(2);
        }
    }
}

/// Where lanes × time went.
pub(super) fn draw_account(head: Rect, area: Rect, buf: &mut Buffer, theme: &Theme, show: &Show) {
    let Some(report) = &show.xray else { return };
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    rule(head, buf, theme, &format!("where {} x {} went", report.lanes, seconds(report.real_s)), "");
    let account = &report.account;
    let roles = [Role::CpuUser, Role::CpuSteal, Role::CpuSoftirq, Role::CpuLow];
    let words = 19 + 10 + 7;
    for (row, ((label, part), role)) in (0..).zip(account.parts().into_iter().zip(roles)) {
        let place = line(area, row);
        let mut pen = Pen::new(buf, place);
        pen.fmt(dim, format_args!(" {label:<18}")).fmt(text, format_args!("{:>10}", seconds(part)));
        pen.fmt(text, format_args!("{:>6.1}%", 100.0 * account.share(part)));
        if place.width > words + 6 {
            let bar = Rect { x: place.x + words + 1, width: place.width - words - 2, ..place };
            bar::bare(buf, bar, theme, &[(role, part)], account.capacity_s.max(1e-9));
        }
    }
    let mut pen = Pen::new(buf, line(area, 4));
    pen.fmt(dim, format_args!(" {:<18}{:>10}", "sum", seconds(account.sum_s())));
    pen.fmt(dim, format_args!("{:>6.1}%", 100.0 * account.share(account.sum_s())));
    let mut row = 5;
    let mut more = |buf: &mut Buffer, label: &str, value: f64| {
        if value >= 0.0005 {
            let mut pen = Pen::new(buf, line(area, row));
            pen.fmt(dim, format_args!(" {label:<18}")).fmt(text, format_args!("{:>10}", seconds(value)));
            row += 1;
        }
    };
    more(buf, "unseen, processes", report.unseen.children_s);
    more(buf, "unseen, threads", report.unseen.threads_s);
    if report.without_lane > 0 {
        let mut pen = Pen::new(buf, line(area, row));
        pen.fmt(theme.style(Role::Warn), format_args!(" {} threads have no lane", report.without_lane));
    }
}

/// How long so many ran at a time.
pub(super) fn draw_many(head: Rect, area: Rect, buf: &mut Buffer, theme: &Theme, show: &Show) {
    let Some(report) = &show.xray else { return };
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    rule(head, buf, theme, "ran at a time", "mean of each interval");
    let all = &report.concurrency_s;
    let real = report.real_s.max(1e-9);
    let rows = usize::from(area.height.min(ROWS)).max(1);
    for (row, (count, time)) in (0..).zip(all.iter().enumerate().take(rows)) {
        // The last row stands for all that would be below it.
        let beyond: f64 = if count + 1 == rows { all.iter().skip(rows).sum() } else { 0.0 };
        let place = line(area, row);
        let mark = if beyond > 0.0 { "+" } else { "" };
        let mut pen = Pen::new(buf, place);
        pen.fmt(dim, format_args!(" {:<5}", format!("{count}{mark}")));
        pen.fmt(text, format_args!("{:>10}{:>6.1}%", seconds(time + beyond), 100.0 * (time + beyond) / real));
        if place.width > 30 {
            let bar = Rect { x: place.x + 24, width: place.width - 25, ..place };
            let heat = Role::heat(count as f64 / f64::from(report.noise.cpus.max(1)));
            bar::bare(buf, bar, theme, &[(heat, time + beyond)], real);
        }
    }
}

/// The names that took the most CPU time.
pub(super) fn draw_who(head: Rect, area: Rect, buf: &mut Buffer, theme: &Theme, show: &Show) {
    let Some(report) = &show.xray else { return };
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    rule(head, buf, theme, "by name", "on a CPU, waiting for one");
    for (row, name) in (0..area.height.min(ROWS)).zip(&report.names) {
        let mut pen = Pen::new(buf, line(area, row));
        let shown: String = name.name.chars().take(NAME).collect();
        pen.fmt(text, format_args!(" {shown:<NAME$}")).fmt(dim, format_args!("{:>4}", name.processes));
        pen.fmt(text, format_args!("{:>9}", seconds(name.run_s)));
        pen.fmt(dim, format_args!("{:>9}", seconds(name.wait_s)));
    }
}

/// What they are bound by, and what would help.
pub(super) fn reason(report: &WatchReport, app: &App) -> (String, Vec<(Role, String)>) {
    let mut lines = Vec::new();
    if let Some(problem) = app.lab.problem.as_deref().filter(|_| !app.lab.running) {
        lines.push((Role::Bad, problem.to_owned()));
    }
    match report.bound() {
        Some(bound) => {
            lines.push((Role::Text, bound.sentence));
            if !bound.help.is_empty() {
                lines.push((Role::Strong, bound.help));
            }
        }
        None if app.lab.running => lines.push((Role::Dim, "A second of looks says more.".to_owned())),
        None => {}
    }
    if let Some(key) = app.key_of(Action::Back).filter(|_| app.lab.running) {
        lines.push((Role::Dim, format!("Nothing was started for this; {key} ends the look.")));
    }
    ("what it is bound by".to_owned(), lines)
}
