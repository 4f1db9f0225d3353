//! The report as a picture that needs nothing else: lanes, speed-up over workers, where the time went.
//!
//! It is readable in black and white: tasks have their numbers, curves their own marks, parts of the account their own
//! patterns; colour only helps.

use std::fmt::Write as _;

use super::words::{capacity, heading, machine, percent, seconds, sentence, task_letter, title, wrapped};
use crate::model::lab::whatif::QueueOrder;
use crate::model::lab::{Comparison, Experiment, RunReport, Sweep};

/// Width of the picture, and where its plots begin and end.
const WIDTH: f64 = 960.0;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 936.0;
/// Height of a lane, and most lanes of one run.
const LANE: f64 = 20.0;
const LANES: usize = 64;
/// Most runs whose lanes and accounts are drawn.
const RUNS: usize = 8;
/// The curve: its height, and its right end.
const CURVE: f64 = 260.0;
const CURVE_RIGHT: f64 = 620.0;

/// The parts of an account: how each is filled. In the order of [`crate::model::lab::Account::parts`].
const FILLS: [&str; 6] = ["#3b6ea8", "url(#extra)", "url(#wait)", "url(#blocked)", "url(#start)", "#ffffff"];

/// Patterns, each of its own kind.
const PATTERNS: &str = "\
<defs>\
<pattern id=\"extra\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><rect width=\"6\" height=\"6\" \
fill=\"#f3d9c4\"/><path d=\"M0 6L6 0M-1 1L1 -1M5 7L7 5\" stroke=\"#7a3b00\" stroke-width=\"1.4\"/></pattern>\
<pattern id=\"wait\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\"><rect width=\"5\" height=\"5\" \
fill=\"#f7edc0\"/><circle cx=\"2.5\" cy=\"2.5\" r=\"1.2\" fill=\"#5f5200\"/></pattern>\
<pattern id=\"blocked\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\"><rect width=\"7\" height=\"7\" \
fill=\"#f1d3dc\"/><path d=\"M0 0L7 7M7 0L0 7\" stroke=\"#7d1535\" stroke-width=\"1.1\"/></pattern>\
<pattern id=\"start\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\"><rect width=\"4\" height=\"4\" \
fill=\"#dbead8\"/><path d=\"M1 0V4\" stroke=\"#2c5b22\" stroke-width=\"1.2\"/></pattern>\
</defs>\n";

/// The report as a picture.
pub fn svg(experiment: &Experiment) -> String {
    let comparisons = experiment.comparisons();
    let mut page = Page { body: String::new(), y: 30.0 };
    page.text(24.0, 18, "bold", &heading(experiment));
    page.y += 20.0;
    let machine = &experiment.machine;
    page.text(
        24.0,
        12,
        "normal",
        &format!("{}, {} usable CPUs, kernel {}", machine.model, machine.cpus, machine.kernel),
    );
    page.y += 10.0;
    if let Some(last) = comparisons.last()
        && let Some(why) = &last.why
    {
        page.paragraph(&why.sentence);
    }
    page.lanes(experiment, &comparisons);
    page.curve(experiment, &comparisons);
    page.accounts(experiment, &comparisons);
    let height = page.y + 16.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" \
         height=\"{height:.0}\" font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"12\">\n\
         <title>{}</title>\n{PATTERNS}<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>\n",
        escaped(&heading(experiment)),
        page.body
    )
}

/// The picture, drawn from top to bottom.
struct Page {
    body: String,
    /// Where the next thing is drawn.
    y: f64,
}

impl Page {
    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a String does not fail.
        let _ = self.body.write_fmt(element);
        self.body.push('\n');
    }

    /// A line of text at the present height.
    fn text(&mut self, x: f64, size: u32, weight: &str, text: &str) {
        let (y, text) = (self.y, escaped(text));
        self.put(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" font-weight=\"{weight}\">{text}</text>"
        ));
    }

    fn label(&mut self, x: f64, y: f64, anchor: &str, text: &str) {
        let text = escaped(text);
        self.put(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"11\">{text}</text>"
        ));
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), style: &str) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.put(format_args!("<path d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\" fill=\"none\" {style}/>"));
    }

    fn paragraph(&mut self, text: &str) {
        for line in wrapped(&sentence(text), 125, "").lines() {
            self.y += 16.0;
            self.text(24.0, 12, "normal", line);
        }
        self.y += 8.0;
    }

    fn heading(&mut self, text: &str) {
        self.y += 26.0;
        self.text(24.0, 14, "bold", text);
        self.y += 8.0;
    }

    /// The lanes of all runs, on one scale.
    fn lanes(&mut self, experiment: &Experiment, comparisons: &[Comparison]) {
        let runs: Vec<&RunReport> = super::words::columns(comparisons)
            .into_iter()
            .map(|(run, _)| run)
            .filter(|run| !run.tasks.is_empty())
            .take(RUNS)
            .collect();
        let until_s = runs.iter().map(|run| run.real_s).fold(0.0, f64::max);
        if until_s <= 0.0 {
            return;
        }
        self.heading("Lanes: a box is a task, by its number; white is time without one");
        let x = |seconds: f64| LEFT + (RIGHT - LEFT) * (seconds / until_s).clamp(0.0, 1.0);
        for run in runs {
            self.y += 16.0;
            self.text(24.0, 12, "bold", &format!("{}, {}", title(run, experiment), seconds(run.real_s)));
            self.y += 5.0;
            for worker in run.crew.iter().take(LANES) {
                self.lane(run, worker.worker, &x);
            }
            self.y += 4.0;
        }
        self.axis(until_s, &x);
    }

    fn lane(&mut self, run: &RunReport, worker: u32, x: &impl Fn(f64) -> f64) {
        let (top, end) = (self.y, x(run.real_s));
        self.label(LEFT - 8.0, top + LANE * 0.7, "end", &format!("w{worker}"));
        let width = end - LEFT;
        let height = LANE - 3.0;
        self.put(format_args!(
            "<rect x=\"{LEFT}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height}\" fill=\"none\" stroke=\"#999999\" \
             stroke-width=\"0.5\"/>"
        ));
        for task in run.tasks.iter().filter(|task| task.worker == worker) {
            let (from, to) = (x(task.from), x(task.to));
            let wide = (to - from).max(0.3);
            // Neighbours differ in brightness, too.
            let fill = if task.task % 2 == 0 { "#c9dcf0" } else { "#8fb4d9" };
            self.put(format_args!(
                "<rect x=\"{from:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{height}\" fill=\"{fill}\" \
                 stroke=\"#1d3d5c\" stroke-width=\"0.7\"/>"
            ));
            if wide >= 8.0 {
                let name =
                    if wide >= 22.0 { task.task.to_string() } else { task_letter(task.task).to_string() };
                self.label(f64::midpoint(from, to), top + LANE * 0.65, "middle", &name);
            }
        }
        self.y += LANE;
    }

    fn axis(&mut self, until_s: f64, x: &impl Fn(f64) -> f64) {
        let y = self.y + 2.0;
        self.line((LEFT, y), (RIGHT, y), "stroke=\"#000000\"");
        let step = round_step(until_s / 6.0);
        let mut at = 0.0;
        while at <= until_s * 1.0001 {
            self.line((x(at), y), (x(at), y + 4.0), "stroke=\"#000000\"");
            let digits = if step < 0.1 { 2 } else { 1 };
            self.label(x(at), y + 16.0, "middle", &format!("{at:.digits$} s"));
            at += step;
        }
        self.y += 22.0;
    }

    /// Speed-up over workers: ideal, measured, and what the tasks allow.
    fn curve(&mut self, experiment: &Experiment, comparisons: &[Comparison]) {
        let sweeps = experiment.sweeps();
        let Some(most) = sweeps.iter().flat_map(|sweep| &sweep.points).map(|point| point.0).max() else {
            return;
        };
        self.heading("Speed-up over workers");
        let most = most.max(experiment.machine.cpus.min(16)).max(4);
        let (top, bottom) = (self.y + 8.0, self.y + CURVE);
        let x = |p: f64| LEFT + (CURVE_RIGHT - LEFT) * p / f64::from(most);
        let y = |s: f64| bottom - (bottom - top) * (s / f64::from(most)).clamp(0.0, 1.05);
        self.line((LEFT, top), (LEFT, bottom), "stroke=\"#000000\"");
        self.line((LEFT, bottom), (CURVE_RIGHT, bottom), "stroke=\"#000000\"");
        let step = round_step(f64::from(most) / 8.0).max(1.0);
        let mut at = step;
        while at <= f64::from(most) {
            self.line((x(at), bottom), (x(at), bottom + 4.0), "stroke=\"#000000\"");
            self.label(x(at), bottom + 16.0, "middle", &format!("{at:.0}"));
            self.line((LEFT, y(at)), (CURVE_RIGHT, y(at)), "stroke=\"#dddddd\" stroke-width=\"0.7\"");
            self.label(LEFT - 8.0, y(at) + 4.0, "end", &format!("{at:.0}"));
            at += step;
        }
        self.label(f64::midpoint(LEFT, CURVE_RIGHT), bottom + 32.0, "middle", "workers");
        self.line(
            (x(1.0), y(1.0)),
            (x(f64::from(most)), y(f64::from(most))),
            "stroke=\"#000000\" stroke-dasharray=\"2 4\"",
        );
        let mut legend =
            vec![(Mark::None, "stroke=\"#000000\" stroke-dasharray=\"2 4\"".to_owned(), "ideal".to_owned())];
        // What the tasks allow, as they stand in the queue where nobody reordered it.
        let as_numbered =
            comparisons.iter().filter(|c| !matches!(c.run.settings.word("order"), "lpt" | "random"));
        let replayed = as_numbered.chain(comparisons).find_map(|c| Some((c, c.task_times()?)));
        if let Some((comparison, tasks)) = replayed {
            for (order, mark, name, style) in [
                (
                    QueueOrder::Fifo,
                    Mark::Ring,
                    "what-if: as begun",
                    "stroke=\"#a04000\" stroke-dasharray=\"6 3\"",
                ),
                (
                    QueueOrder::Lpt,
                    Mark::Square,
                    "what-if: largest first",
                    "stroke=\"#206020\" stroke-dasharray=\"1 2\"",
                ),
            ] {
                let points: Vec<(f64, f64)> = (1..=most)
                    .map(|p| (x(f64::from(p)), y(tasks.ceiling(&comparison.run, order, p))))
                    .collect();
                self.path(&points, style);
                for at in points.into_iter().step_by((most as usize / 16).max(1)) {
                    self.mark(mark, at);
                }
                legend.push((mark, style.to_owned(), name.to_owned()));
            }
        }
        // Last, so that they lie above what was only foretold.
        for (sweep, mark) in sweeps.iter().zip(Mark::MEASURED.into_iter().cycle()) {
            legend.push((
                mark,
                "stroke=\"#000000\" stroke-width=\"1.6\"".to_owned(),
                sweep_title(sweep, experiment),
            ));
            let points: Vec<(f64, f64)> =
                sweep.points.iter().map(|&(p, s)| (x(f64::from(p)), y(s))).collect();
            self.path(&points, "stroke=\"#000000\" stroke-width=\"1.6\"");
            for (at, (_, speedup)) in points.into_iter().zip(&sweep.points) {
                self.mark(mark, at);
                self.label(at.0 + 7.0, at.1 + 13.0, "start", &format!("{speedup:.2}"));
            }
        }
        for ((mark, style, name), row) in legend.into_iter().zip(0..) {
            let at = top + 14.0 + 20.0 * f64::from(row);
            self.line((CURVE_RIGHT + 20.0, at), (CURVE_RIGHT + 54.0, at), &style);
            self.mark(mark, (CURVE_RIGHT + 37.0, at));
            self.label(CURVE_RIGHT + 62.0, at + 4.0, "start", &name);
        }
        self.y = bottom + 36.0;
    }

    fn path(&mut self, points: &[(f64, f64)], style: &str) {
        let mut path = String::new();
        for (at, (x, y)) in points.iter().enumerate() {
            let _ = write!(path, "{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
        }
        self.put(format_args!("<path d=\"{path}\" fill=\"none\" {style}/>"));
    }

    fn mark(&mut self, mark: Mark, at: (f64, f64)) {
        let (x, y) = at;
        match mark {
            Mark::None => {}
            Mark::Disc => self.put(format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>")),
            Mark::Diamond => self.put(format_args!("<path d=\"M{x:.1} {:.1}l5 5l-5 5l-5 -5z\"/>", y - 5.0)),
            Mark::Triangle => self.put(format_args!("<path d=\"M{x:.1} {:.1}l5 9h-10z\"/>", y - 5.0)),
            Mark::Ring => self.put(format_args!(
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"#ffffff\" stroke=\"#a04000\" stroke-width=\"1.3\"/>"
            )),
            Mark::Square => self.put(format_args!(
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"6\" height=\"6\" fill=\"#ffffff\" stroke=\"#206020\" \
                 stroke-width=\"1.3\"/>",
                x - 3.0,
                y - 3.0
            )),
        }
    }

    /// Where the time of each run went, as a bar each, with what the patterns mean.
    fn accounts(&mut self, experiment: &Experiment, comparisons: &[Comparison]) {
        let with: Vec<&Comparison> = comparisons.iter().filter(|c| c.account.is_some()).take(RUNS).collect();
        if with.is_empty() {
            return;
        }
        self.heading("Where the workers' time went");
        for comparison in with {
            let Some(account) = &comparison.account else { continue };
            let run = &comparison.run;
            self.y += 16.0;
            let what = format!(
                "{}: {}, machine {}",
                title(run, experiment),
                capacity(comparison),
                machine(&comparison.verdict, run)
            );
            self.text(24.0, 12, "bold", &what);
            self.y += 6.0;
            let (mut at, top) = (LEFT, self.y);
            let parts = account.parts();
            // What adds up to more than all, as useful work does where less CPU time was needed, must still fit.
            let all: f64 = parts.iter().map(|(_, part)| part.max(0.0)).sum();
            for ((_, part), fill) in parts.iter().zip(FILLS) {
                let wide = (RIGHT - LEFT) * part.max(0.0) / all;
                self.put(format_args!(
                    "<rect x=\"{at:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"22\" fill=\"{fill}\" \
                     stroke=\"#000000\" stroke-width=\"0.8\"/>"
                ));
                at += wide;
            }
            self.y += 38.0;
            let mut x = LEFT;
            for ((name, part), fill) in parts.iter().zip(FILLS) {
                let y = self.y;
                self.put(format_args!(
                    "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\" fill=\"{fill}\" stroke=\"#000000\" \
                     stroke-width=\"0.8\"/>",
                    y - 10.0
                ));
                self.label(x + 17.0, y, "start", name);
                let share = percent(Some(account.share(*part)));
                self.label(x + 17.0, y + 14.0, "start", &format!("{} = {share}", seconds(*part)));
                x += (RIGHT - LEFT) / 6.0;
            }
            self.y += 24.0;
        }
    }
}

/// What stands at a point of a curve.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    Disc,
    Diamond,
    Triangle,
    Ring,
    Square,
}

impl Mark {
    /// Those of what was measured.
    const MEASURED: [Mark; 3] = [Mark::Disc, Mark::Diamond, Mark::Triangle];
}

fn sweep_title(sweep: &Sweep, experiment: &Experiment) -> String {
    let run = experiment.runs.iter().find(|run| run.mode == sweep.mode && run.settings == sweep.settings);
    let knobs = run.map_or_else(String::new, |run| super::words::knobs(run, experiment));
    format!("measured: {}{knobs}", sweep.mode.word())
}

/// The next of 1, 2, 5, 10 … that is no less.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * power).find(|step| *step >= least).unwrap_or(power)
}

/// Text of others and of ours, fit for XML.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in sentence(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
