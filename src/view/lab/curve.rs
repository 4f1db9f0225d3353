//! The speed-up curve: what was measured, what would be ideal, and what the tasks allow.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{line, put_cell, rule};
use crate::app::{App, Show};
use crate::model::Role;
use crate::model::lab::{Comparison, whatif};
use crate::view::Theme;
use crate::view::pen::Pen;

/// Rows of words below the curve.
const WORDS: u16 = 3;

/// A point of the curve: workers, speed-up, and whether an earlier session measured it.
type Measured = (u32, f64, bool);

/// The points that lie on the curve of what is shown.
fn points(show: &Show, app: &App) -> Vec<Measured> {
    let Some(result) = show.result() else { return Vec::new() };
    let run = &result.run;
    let past = app.lab.past.points(&show.name, run.mode, &run.settings);
    let mut points: Vec<Measured> = past.map(|point| (point.workers, point.speedup, point.earlier)).collect();
    // Those of a sweep that goes on are not remembered yet.
    for result in show.results.iter().filter(|other| other.run.mode == run.mode) {
        if let (Some(speedup), true) = (&result.speedup, result.run.settings == run.settings) {
            points.retain(|(workers, ..)| *workers != result.run.workers);
            points.push((result.run.workers, speedup.value, false));
        }
    }
    points.sort_by_key(|(workers, ..)| *workers);
    points
}

/// Whether there is anything to draw.
pub(super) fn has_points(show: &Show, app: &App) -> bool {
    !points(show, app).is_empty()
}

pub(super) fn draw(head: Rect, area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, show: &Show) {
    let unicode = theme.glyphs().unicode();
    let (ideal, measured, allowed) = if unicode { ('∙', '●', '○') } else { ('.', '@', 'o') };
    let kept = if unicode { '◆' } else { '*' };
    let points = points(show, app);
    let words = if points.iter().any(|(.., earlier)| *earlier) {
        format!("{ideal}ideal {measured}now {kept}kept {allowed}allowed")
    } else {
        format!("{ideal}ideal {measured}measured {allowed}allowed")
    };
    rule(head, buf, theme, "speed-up", &words);
    let Some(result) = show.result() else { return };
    let most = points.iter().map(|(workers, ..)| *workers).max().unwrap_or(1).max(show.cpus).max(2);
    let height = area.height.saturating_sub(WORDS + 1);
    let plot = Rect { x: area.x.saturating_add(4), width: area.width.saturating_sub(5), height, ..area };
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    if plot.width >= 8 && plot.height >= 3 {
        let tasks: Vec<f64> = result.run.tasks.iter().map(|task| task.run_s).collect();
        let cell = |workers: f64, speedup: f64| {
            let x = (workers - 1.0) / f64::from(most - 1) * f64::from(plot.width - 1);
            let y = speedup / f64::from(most) * f64::from(plot.height - 1);
            let y = (y.round() as u16).min(plot.height - 1);
            (x.round() as u16, line(plot, plot.height - 1 - y))
        };
        // As many figures as there is room for.
        let step = (most / u32::from(plot.height)).max(1) as usize;
        for value in (0..=most).step_by(step) {
            let (_, place) = cell(1.0, f64::from(value));
            let place = Rect { x: area.x, width: 4.min(area.width), ..place };
            Pen::new(buf, place).fmt(dim, format_args!("{value:>3}"));
        }
        for workers in 1..=most {
            let (x, place) = cell(f64::from(workers), f64::from(workers));
            put_cell(buf, place, x, ideal, dim);
        }
        for workers in 1..=most.min(64) {
            let ceiling = whatif::ceiling(&tasks, workers);
            if tasks.len() > 1 {
                let (x, place) = cell(f64::from(workers), ceiling);
                put_cell(buf, place, x, allowed, text);
            }
        }
        for (workers, speedup, earlier) in &points {
            let (x, place) = cell(f64::from(*workers), *speedup);
            let symbol = if *earlier { kept } else { measured };
            put_cell(buf, place, x, symbol, theme.style(Role::Title));
        }
        let axis = line(area, height);
        for workers in [1, most.div_ceil(2), most] {
            let (x, _) = cell(f64::from(workers), 1.0);
            let label = workers.to_string();
            let x = plot.x.saturating_add(x).min(area.right().saturating_sub(label.len() as u16));
            Pen::new(buf, Rect { x, width: area.right().saturating_sub(x), ..axis }).put(dim, &label);
        }
    }
    let words = Rect {
        y: area.bottom().saturating_sub(WORDS.min(area.height)),
        height: WORDS.min(area.height),
        ..area
    };
    draw_words(words, buf, theme, result);
}

fn draw_words(area: Rect, buf: &mut Buffer, theme: &Theme, result: &Comparison) {
    let (dim, text, strong) = (theme.style(Role::Dim), theme.style(Role::Text), theme.style(Role::Strong));
    let mut pen = Pen::new(buf, line(area, 0));
    if let Some(speedup) = &result.speedup {
        pen.fmt(dim, format_args!("S({}) ", result.run.workers))
            .fmt(strong, format_args!("{:.2}", speedup.value));
        if let (Some(low), Some(high)) = (speedup.low, speedup.high) {
            pen.fmt(dim, format_args!(" ({low:.2} to {high:.2})"));
        }
    }
    if let Some(efficiency) = result.efficiency {
        pen.put(dim, "  E ").fmt(text, format_args!("{:.1} %", efficiency * 100.0));
    }
    if let Some(serial) = result.karp_flatt {
        pen.put(dim, "  e ").fmt(text, format_args!("{serial:.3}"));
    }
    if let Some(ceiling) = &result.ceiling {
        Pen::new(buf, line(area, 1))
            .put(dim, "ceiling ")
            .fmt(text, format_args!("{:.2}", ceiling.now))
            .put(dim, "  largest first ")
            .fmt(text, format_args!("{:.2}", ceiling.largest_first));
        Pen::new(buf, line(area, 2))
            .fmt(dim, format_args!("never beyond {:.2}: the longest task", ceiling.any));
    }
}
