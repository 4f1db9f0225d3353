//! The lanes: what each worker did, or who was on each core; below them the cores in use and where serial would be.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::{digit, line, put_cell, rule, take};
use crate::app::{App, Rows, RunView, Show};
use crate::model::lab::{BlockedOn, Dither, Doing, Fate, Lane, Share, Window};
use crate::model::{Nanos, Role};
use crate::view::Theme;
use crate::view::pen::Pen;

/// Cells of a lane's label, without and with names, and of what stands behind the lane.
const LABEL: u16 = 12;
const NAMED: u16 = 20;
const BEHIND: u16 = 11;
/// From this width on something stands behind the lanes.
const WIDE: u16 = 60;
/// More cores in use than anybody has.
const MOST_CORES: usize = 1024;

/// Rows that the lanes want: a heading, a row each, and the rows below.
pub(super) fn wanted(app: &App, show: &Show, run: &RunView, now: Nanos) -> u16 {
    let rows = match app.lab.picture.rows {
        Rows::Workers => count(run),
        Rows::Cores => cpus(app, run).len(),
    };
    let below = foot(app, show, run, now).len();
    u16::try_from(1 + rows + below).unwrap_or(u16::MAX)
}

/// Cells of the lanes' labels: a number and a pid, or a number and what the worker is.
fn label_of(area: Rect, app: &App, run: &RunView) -> u16 {
    let named = run.lanes.lanes.iter().any(|lane| lane.name.chars().any(char::is_alphabetic));
    match named && app.lab.picture.rows == Rows::Workers && area.width >= WIDE {
        // Names of up to 15 letters, and pids behind them.
        true if app.lab.show.xray.is_some() && area.width >= 2 * WIDE => NAMED + 8,
        true => NAMED,
        false => LABEL,
    }
}

/// Rows below the lanes, what matters most first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Foot {
    Check,
    Serial,
    Busy,
    Axis,
}

fn foot(app: &App, show: &Show, run: &RunView, now: Nanos) -> Vec<Foot> {
    let mut rows = Vec::new();
    // Who is only watched has no clock of its own.
    let clocks = show.xray.is_none() && run.lanes.cross_check().is_some();
    if app.lab.picture.cell().is_some() && clocks {
        rows.push(Foot::Check);
    }
    if show.serial().is_some_and(|serial| serial.elapsed(now) > 0.0) {
        rows.push(Foot::Serial);
    }
    rows.extend([Foot::Axis, Foot::Busy]);
    rows
}

fn count(run: &RunView) -> usize {
    run.lanes.lanes.len().max(1)
}

/// The cores that there are, or at least those that somebody was on.
fn cpus(app: &App, run: &RunView) -> Vec<u32> {
    if !app.snapshot.cpus.is_empty() {
        return app.snapshot.cpus.iter().map(|(cpu, _)| *cpu).take(MOST_CORES).collect();
    }
    let mut seen: Vec<u32> = run.lanes.lanes.iter().map(Lane::cpu).collect();
    seen.sort_unstable();
    seen.dedup();
    seen
}

/// What all rows are drawn with.
struct View<'a> {
    theme: &'a Theme,
    app: &'a App,
    show: &'a Show,
    run: &'a RunView,
    now: Nanos,
    window: Window,
    label: u16,
}

pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, show: &Show, now: Nanos) {
    let Some(run) = show.current() else { return };
    let picture = &app.lab.picture;
    let mut rest = area;
    let behind = if area.width >= WIDE { BEHIND } else { 0 };
    let label = label_of(area, app, run);
    let cells = usize::from(area.width.saturating_sub(label + behind));
    let window = picture.window(cells, run.clock(now), whole(show, run));
    let view = View { theme, app, show, run, now, window, label };
    let heading = take(&mut rest, 1);
    let below = foot(app, show, run, now);
    let rows = match picture.rows {
        Rows::Workers => count(run),
        Rows::Cores => cpus(app, run).len(),
    };
    // The rows below leave before lanes do, the last ones first.
    let room = usize::from(rest.height).saturating_sub(rows.min(usize::from(rest.height)));
    let below = below.get(..below.len().min(room)).unwrap_or_default();
    let height = usize::from(rest.height).saturating_sub(below.len());
    let place = take(&mut rest, u16::try_from(height.min(rows)).unwrap_or(u16::MAX));
    let mut busy = vec![0.0f32; cells];
    let mut drawn: Drawn = [false; LETTERS.len()];
    match picture.rows {
        Rows::Workers => by_worker(&view, place, buf, &mut busy, &mut drawn),
        Rows::Cores => by_core(&view, place, buf, &mut busy),
    }
    draw_heading(heading, buf, theme, app, run, &drawn);
    for (row, what) in (0..)
        .zip([Foot::Busy, Foot::Serial, Foot::Axis, Foot::Check].iter().filter(|what| below.contains(what)))
    {
        let place = line(rest, row);
        match what {
            Foot::Busy => draw_busy(&view, place, buf, &busy),
            Foot::Serial => draw_serial(&view, place, buf),
            Foot::Axis => draw_axis(&view, place, buf),
            Foot::Check => draw_check(place, buf, theme, run),
        }
    }
}

/// How long all of a run takes, nanoseconds: what it took, or what is expected of it where that is known.
fn whole(show: &Show, run: &RunView) -> Option<u64> {
    match &run.report {
        Some(report) => Some((report.real_s * 1e9) as u64),
        None => show.expected().map(|s| (s * 1.05 * 1e9) as u64),
    }
}

/// Which of [`LETTERS`] were drawn.
type Drawn = [bool; LETTERS.len()];

/// What the letters of waiting lanes mean, in a word each.
const LETTERS: [(Doing, char, &str); 9] = [
    blocked(BlockedOn::Lock, "lock"),
    blocked(BlockedOn::Empty, "empty"),
    blocked(BlockedOn::Full, "full"),
    blocked(BlockedOn::Io, "I/O"),
    blocked(BlockedOn::Sleep, "sleep"),
    blocked(BlockedOn::Others, "others"),
    blocked(BlockedOn::Child, "child"),
    (Doing::Stopped, 'T', "stopped"),
    (Doing::Zombie, 'Z', "zombie"),
];

const fn blocked(on: BlockedOn, word: &'static str) -> (Doing, char, &'static str) {
    (Doing::Blocked(on), on.letter(), word)
}

fn draw_heading(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, run: &RunView, drawn: &Drawn) {
    let (ready, idle) = (ready(theme), idle(theme));
    let zoom = match app.lab.picture.cell() {
        Some(cell) => format!("; a cell = {} ms", cell / 1_000_000),
        None => String::new(),
    };
    let lost = run.report.as_ref().map_or(0, |report| report.lost_events);
    let lost = if lost > 0 { format!("; {lost} events lost") } else { String::new() };
    let (title, remarks) = match app.lab.picture.rows {
        Rows::Workers => {
            let letters = |all: bool| -> String {
                let shown = LETTERS.iter().zip(drawn).filter(|(_, drawn)| all || **drawn);
                shown.fold(String::new(), |said, ((_, letter, word), _)| format!("{said}, {letter} {word}"))
            };
            let (all, seen) = (letters(true), letters(false));
            // Strangers have no tasks that are known.
            let tasks = app.lab.show.xray.is_none();
            let (digit, digit_short) = if tasks { ("digit = task, ", "digit task, ") } else { ("", "") };
            let long = format!("{digit}colour = core, {ready} ready, {idle} idle");
            // The whole legend where there is room for it, else what stands in this picture; the help has all of it.
            let short = format!("{ready} ready, {idle} idle{seen}");
            let remarks = [long.clone() + &all, long + &seen, format!("{digit_short}{short}"), short, seen];
            ("lanes by worker", remarks.to_vec())
        }
        Rows::Cores => ("lanes by core", vec![format!("digit = worker, : others, {idle} idle")]),
    };
    let mut remarks = remarks.into_iter().map(|words| format!("{words}{zoom}{lost}"));
    let room = usize::from(area.width).saturating_sub(title.len() + 5);
    let fits = remarks.clone().find(|words| words.width() <= room).or_else(|| remarks.next_back());
    rule(area, buf, theme, title, fits.as_deref().unwrap_or_default().trim_start_matches([',', ';', ' ']));
}

fn ready(theme: &Theme) -> char {
    if theme.glyphs().unicode() { '▒' } else { 'x' }
}

fn idle(theme: &Theme) -> char {
    if theme.glyphs().unicode() { '·' } else { '.' }
}

/// How a cell of a worker's lane looks.
fn look(theme: &Theme, doing: Doing, cpu: u32) -> (char, Style) {
    let core = || theme.style(Role::Lane((cpu % 256) as u8)).add_modifier(Modifier::REVERSED);
    match doing {
        Doing::Run(0) => {
            (if theme.glyphs().unicode() { '█' } else { '#' }, theme.style(Role::Lane((cpu % 256) as u8)))
        }
        Doing::Run(task) => (digit(task), core()),
        Doing::Ready => (ready(theme), theme.style(Role::Text)),
        Doing::Blocked(on) => (on.letter(), theme.style(Role::Warn)),
        Doing::Stopped => ('T', theme.style(Role::Stopped)),
        Doing::Zombie => ('Z', theme.style(Role::Zombie)),
        Doing::Idle => (idle(theme), theme.style(Role::Dim)),
    }
}

fn by_worker(view: &View<'_>, area: Rect, buf: &mut Buffer, busy: &mut [f32], drawn: &mut Drawn) {
    let View { theme, app, run, label, ref window, .. } = *view;
    let height = usize::from(area.height);
    let lanes = &run.lanes.lanes;
    // The chosen one is in view.
    let first = app.lab.picture.chosen.saturating_sub(height / 2).min(lanes.len().saturating_sub(height));
    let mut shares = Vec::new();
    for (at, lane) in lanes.iter().enumerate() {
        lane.shares(window, &mut shares);
        for (sum, share) in busy.iter_mut().zip(&shares) {
            *sum += share.run;
        }
        if (first..first + height).contains(&at) {
            let place = line(area, (at - first) as u16);
            draw_lane(view, place, buf, at, lane, &shares, drawn);
        }
    }
    let hidden = lanes.len().saturating_sub(height);
    if hidden > 0 && height > 0 {
        let foot = line(area, area.height - 1);
        let place = Rect {
            x: foot.x.saturating_add(4),
            width: (label - 4).min(foot.width.saturating_sub(4)),
            ..foot
        };
        // Over all that stood there.
        let wide = usize::from(place.width.saturating_sub(2));
        Pen::new(buf, place).fmt(theme.style(Role::Dim), format_args!("+{hidden:<wide$}"));
    }
}

fn draw_lane(
    view: &View<'_>,
    area: Rect,
    buf: &mut Buffer,
    at: usize,
    lane: &Lane,
    shares: &[Share],
    drawn: &mut Drawn,
) {
    let View { theme, app, run, label, ref window, .. } = *view;
    let chosen = at == app.lab.picture.chosen && run.lanes.lanes.len() > 1;
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    let style = if chosen { theme.style(Role::Selection) } else { dim };
    let mut pen = Pen::new(buf, Rect { width: (label - 1).min(area.width), ..area });
    pen.put(style, if chosen { ">" } else { " " }).fmt(style, format_args!("w{:<2} ", at + 1));
    match (lane.name.as_str(), lane.pid) {
        // A number is told already.
        (name, pid) if name.chars().any(char::is_alphabetic) => {
            pen.put_cut(style, name);
            if let Some(pid) = pid.filter(|_| view.show.xray.is_some() && pen.left() > 7) {
                pen.skip(1).fmt(style, format_args!("{}", pid.get()));
            }
        }
        (_, Some(pid)) => _ = pen.fmt(style, format_args!("{:<7}", pid.get())),
        _ => {}
    }
    let x = area.x.saturating_add(label);
    let cells = Rect { x, width: (window.cells as u16).min(area.right().saturating_sub(x)), ..area };
    let mut dither = Dither::default();
    let ended = lane.ended.map(|(at, fate)| (at.saturating_sub(window.from) / window.cell.max(1), fate));
    for (n, share) in shares.iter().enumerate() {
        let begins = window.from.saturating_add(n as u64 * window.cell);
        if begins >= window.until {
            break;
        }
        let doing = dither.next(share);
        let (symbol, style) = look(theme, doing, share.cpu);
        if let Some(drawn) = LETTERS.iter().position(|(of, ..)| *of == doing).and_then(|at| drawn.get_mut(at))
        {
            *drawn = true;
        }
        put_cell(buf, cells, n as u16, symbol, style);
    }
    if let (Some((cell, Fate::Killed(_))), true) =
        (ended, lane.ended.is_some_and(|(at, _)| at >= window.from))
    {
        let cross = if theme.glyphs().unicode() { '✗' } else { 'X' };
        let last = u64::from(cells.width.saturating_sub(1));
        put_cell(buf, cells, cell.min(last) as u16, cross, theme.style(Role::Bad));
    }
    let x = cells.right().saturating_add(1);
    let mut pen = Pen::new(buf, Rect { x, width: area.right().saturating_sub(x), ..area });
    match lane.ended {
        Some((_, Fate::Killed(signal))) => {
            _ = pen.fmt(theme.style(Role::Bad), format_args!("killed {signal}"));
        }
        Some((_, Fate::Exited(code))) if code != 0 => {
            _ = pen.fmt(theme.style(Role::Bad), format_args!("exit {code}"));
        }
        _ => {
            let report = run.report.as_ref().and_then(|report| report.crew.get(at));
            let ran = report.map_or(lane.ran() as f64 / 1e9, |worker| worker.run_s);
            pen.fmt(text, format_args!("{ran:>6.2} s"));
        }
    }
}

fn by_core(view: &View<'_>, area: Rect, buf: &mut Buffer, busy: &mut [f32]) {
    let View { theme, app, run, label, ref window, .. } = *view;
    let mut all: Vec<Vec<Share>> = Vec::new();
    for lane in &run.lanes.lanes {
        let mut shares = Vec::new();
        lane.shares(window, &mut shares);
        for (sum, share) in busy.iter_mut().zip(&shares) {
            *sum += share.run;
        }
        all.push(shares);
    }
    let mut left: Vec<f32> = Vec::new();
    for (row, cpu) in (0..area.height).zip(cpus(app, run)) {
        let place = line(area, row);
        Pen::new(buf, Rect { width: (label - 1).min(place.width), ..place })
            .fmt(theme.style(Role::Dim), format_args!(" core {cpu:<4}"));
        let x = place.x.saturating_add(label);
        let width = (window.cells as u16).min(place.right().saturating_sub(x));
        let cells = Rect { x, width, ..place };
        // What is left over of each worker, of others, and of nobody.
        left.clear();
        left.resize(all.len() + 2, 0.0);
        let (mut ran, mut looks) = (0.0, run.cores.iter().peekable());
        for n in 0..window.cells {
            let begins = window.from.saturating_add(n as u64 * window.cell);
            if begins >= window.until {
                break;
            }
            let mut used = 0.0;
            for (sum, shares) in left.iter_mut().zip(&all) {
                if let Some(share) = shares.get(n).filter(|share| share.cpu == cpu && share.run > 0.0) {
                    *sum += share.run;
                    used += share.run;
                } else {
                    *sum = sum.min(0.5);
                }
            }
            while looks.next_if(|look| look.at < begins).is_some() {}
            let known = looks.peek().and_then(|look| look.busy.iter().find(|(core, _)| *core == cpu));
            let others = known.map_or(0.0, |(_, busy)| (busy - used).max(0.0));
            ran += used;
            for (sum, share) in left.iter_mut().rev().zip([(1.0 - used - others).max(0.0), others]) {
                *sum += share;
            }
            let best = (0..left.len()).max_by(|a, b| {
                let of = |at: &usize| left.get(*at).copied().unwrap_or(0.0);
                of(a).total_cmp(&of(b))
            });
            let best = best.unwrap_or(0);
            if let Some(sum) = left.get_mut(best) {
                *sum -= 1.0;
            }
            let (symbol, style) = match best.checked_sub(all.len()) {
                None => {
                    let style = theme.style(Role::Lane((best % 256) as u8)).add_modifier(Modifier::REVERSED);
                    (digit(best as u32 + 1), style)
                }
                Some(0) => (':', theme.style(Role::Text)),
                Some(_) => (idle(theme), theme.style(Role::Dim)),
            };
            put_cell(buf, cells, n as u16, symbol, style);
        }
        let x = cells.right().saturating_add(1);
        let spent = f64::from(ran) * window.cell as f64 / 1e9;
        Pen::new(buf, Rect { x, width: place.right().saturating_sub(x), ..place })
            .fmt(theme.style(Role::Text), format_args!("{spent:>6.2} s"));
    }
}

/// How many cores the workers used.
fn draw_busy(view: &View<'_>, area: Rect, buf: &mut Buffer, busy: &[f32]) {
    let View { theme, show, label, ref window, .. } = *view;
    Pen::new(buf, area).put(theme.style(Role::Dim), " cores used");
    let x = area.x.saturating_add(label);
    let cells = Rect { x, width: (busy.len() as u16).min(area.right().saturating_sub(x)), ..area };
    let most = show.cpus.max(1) as f32;
    // What is left over in one cell counts in the next, so that parts of a core show too.
    let mut left = 0.0;
    for (n, used) in busy.iter().enumerate() {
        if window.from.saturating_add(n as u64 * window.cell) >= window.until {
            break;
        }
        left += used;
        let whole = left.round().max(0.0);
        left -= whole;
        let symbol = if whole < 1.0 { '0' } else { digit(whole as u32) };
        put_cell(buf, cells, n as u16, symbol, theme.style(Role::heat(f64::from(used / most))));
    }
}

/// How far the serial run was after the same time.
fn draw_serial(view: &View<'_>, area: Rect, buf: &mut Buffer) {
    let View { theme, show, run, now, label, .. } = *view;
    let cells = view.window.cells;
    let Some(serial) = show.serial() else { return };
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    Pen::new(buf, area).put(dim, " serial");
    let done = (run.elapsed(now) / serial.elapsed(now).max(1e-9)).clamp(0.0, 1.0);
    let x = area.x.saturating_add(label);
    let place = Rect { x, width: (cells as u16).min(area.right().saturating_sub(x)), ..area };
    let filled = (done * cells as f64).round() as u16;
    let (full, open) = if theme.glyphs().unicode() { ('▓', '░') } else { ('#', '.') };
    for n in 0..place.width {
        let (symbol, style) = if n < filled { (full, text) } else { (open, dim) };
        put_cell(buf, place, n, symbol, style);
    }
    let x = place.right().saturating_add(1);
    Pen::new(buf, Rect { x, width: area.right().saturating_sub(x), ..area })
        .fmt(text, format_args!("{:>3.0} % then", done * 100.0));
}

/// Times below the lanes.
fn draw_axis(view: &View<'_>, area: Rect, buf: &mut Buffer) {
    let View { theme, label, ref window, .. } = *view;
    let dim = theme.style(Role::Dim);
    let cells = window.cells as u16;
    let places = (cells / 16).clamp(1, 8);
    for n in 0..=places {
        let cell = u32::from(n) * u32::from(cells) / u32::from(places);
        let at = (window.from as f64 + f64::from(cell) * window.cell as f64) / 1e9;
        let text = if window.cell < 10_000_000 { format!("{at:.3} s") } else { format!("{at:.1} s") };
        let back = if n == places { text.len() as u16 } else { 0 };
        let x = area.x.saturating_add(label).saturating_add(cell as u16).saturating_sub(back);
        if x < area.right() {
            Pen::new(buf, Rect { x, width: area.right() - x, ..area }).put(dim, &text);
        }
    }
}

/// What the workers' clocks saw against what the kernel counted.
fn draw_check(area: Rect, buf: &mut Buffer, theme: &Theme, run: &RunView) {
    let Some((gaps, wait)) = run.lanes.cross_check() else { return };
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    let short = area.width < 110;
    let (ours, kernels) = if short {
        ("off the CPU: own clocks ", ", run-queue wait ")
    } else {
        ("off the CPU unasked, by the workers' clocks ", "; run-queue wait, by the kernel ")
    };
    let mut pen = Pen::new(buf, area);
    pen.skip(1).put(dim, ours).fmt(text, format_args!("{:.1} ms", gaps * 1e3));
    pen.put(dim, kernels).fmt(text, format_args!("{:.1} ms", wait * 1e3));
    if wait > 0.0 {
        pen.fmt(dim, format_args!("; apart {:.1} %", (gaps / wait - 1.0).abs() * 100.0));
    }
}
