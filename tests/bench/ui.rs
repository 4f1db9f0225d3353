//! What the way from a sample to a frame costs: microseconds and allocations for each step, on made-up machines.
//!
//! `cargo bench --bench ui [-- ROUNDS]`; with `--quick` each step is done twice, on the smaller machines.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod allocations;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use glowtop::app::{App, DEFAULT_KEYMAP, Fold, Input, Keymap, Msg, Rules, Start, Table, arrange};
use glowtop::catalog::column;
use glowtop::config;
use glowtop::model::{Nanos, Needs, Sample, Snapshot, Source, Wants, derive};
use glowtop::query::Filter;
use glowtop::sampler::Synthetic;
use glowtop::shell::Frames;
use glowtop::view::{self, Depth, Layout, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const AREA: Rect = Rect { x: 0, y: 0, width: 200, height: 50 };

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let quick = words.iter().any(|word| word == "--quick");
    let rounds = words.iter().find_map(|word| word.parse().ok()).unwrap_or(if quick { 2 } else { 50 });
    let machines: &[usize] = if quick { &[200, 2_000] } else { &[200, 10_000, 100_000] };
    println!(
        "{:>9} {:<28} {:>10} {:>10} {:>11} {:>12}",
        "processes", "step", "median us", "worst us", "allocations", "bytes"
    );
    for &processes in machines {
        let rounds = if processes > 50_000 { rounds.min(10) } else { rounds };
        Bench { processes, rounds }.all();
    }
}

struct Bench {
    processes: usize,
    rounds: usize,
}

impl Bench {
    fn all(&self) {
        self.derive();
        self.arrange();
        self.update();
        self.draw();
    }

    /// Does `step` again and again on what `prepare` makes, which is not measured, and says what it cost.
    fn measure<T, R>(&self, what: &str, mut prepare: impl FnMut() -> T, mut step: impl FnMut(T) -> R) {
        drop(step(prepare()));
        let mut all: Vec<(f64, u64, u64)> = (0..self.rounds)
            .map(|_| {
                let given = prepare();
                let before = allocations::so_far();
                let begun = Instant::now();
                let result = black_box(step(given));
                let took = begun.elapsed().as_secs_f64() * 1e6;
                let after = allocations::so_far();
                drop(result);
                (took, after.0 - before.0, after.1 - before.1)
            })
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (worst, (took, count, bytes)) = (all[all.len() - 1].0, all[all.len() / 2]);
        println!("{:>9} {what:<28} {took:>10.1} {worst:>10.1} {count:>11} {bytes:>12}", self.processes);
    }

    fn samples(&self) -> impl FnMut() -> Sample + use<> {
        let mut source = Synthetic::new(self.processes, 8, 1);
        move || source.sample(&Wants { needs: Needs::FULL, ..Wants::default() }).unwrap()
    }

    /// Look after look, each with its rates.
    fn looks(&self) -> impl FnMut() -> Arc<Snapshot> + use<> {
        let mut samples = self.samples();
        let mut before: Option<Arc<Snapshot>> = None;
        move || {
            let next = Arc::new(derive(before.as_deref(), samples()));
            before = Some(Arc::clone(&next));
            next
        }
    }

    fn derive(&self) {
        let mut samples = self.samples();
        let before = derive(None, samples());
        self.measure("derive", samples, |sample| derive(Some(&before), sample));
    }

    fn arrange(&self) {
        let mut looks = self.looks();
        looks();
        let snapshot = looks();
        let mut filter = Filter::default();
        for (what, sort, tree, text) in [
            ("arrange: by cpu", "cpu", false, ""),
            ("arrange: by time", "time", false, ""),
            ("arrange: by command", "command", false, ""),
            ("arrange: tree by cpu", "cpu", true, ""),
            ("arrange: filtered", "cpu", false, "celery|gateway"),
        ] {
            filter.clone_from(&Filter::parse(text));
            let folded = std::collections::HashSet::new();
            let sort = column(sort).unwrap();
            let rules = Rules {
                sort,
                descending: sort.descending,
                tree,
                by_total: false,
                folded: &folded,
                kernel: true,
                ended: true,
                short_lived: true,
                filter: &filter,
                uid: None,
                pids: &[],
            };
            self.measure(what, || (), |()| arrange(&snapshot, &rules));
        }
    }

    fn update(&self) {
        for (tree, look, key) in
            [(false, "update: a look", "update: Down"), (true, "update: a look, tree", "update: Down, tree")]
        {
            let mut looks = self.looks();
            let mut app = mind(tree, &mut looks);
            self.measure(look, looks, |look| app.update(Nanos(2), Msg::Snapshot(look)));
            let down = Msg::Input(Input::Key("Down".parse().unwrap()));
            self.measure(key, || down.clone(), |down| app.update(Nanos(3), down));
            assert!(!tree || app.table.lines().iter().any(|line| line.fold == Fold::Open));
        }
    }

    fn draw(&self) {
        let theme = Theme::new(&config::Theme::parse(config::BUILTIN_THEMES[0].1).0, Depth::True, true);
        for (tree, layout, draw, send) in [
            (false, "lay out 200x50", "draw 200x50", "diff and encode a new look"),
            (true, "lay out 200x50, tree", "draw 200x50, tree", "diff and encode, tree"),
        ] {
            let mut looks = self.looks();
            let mut app = mind(tree, &mut looks);
            self.measure(layout, || (), |()| Layout::new(AREA, &app));
            let mut buffer = Buffer::empty(AREA);
            self.measure(
                draw,
                || (),
                |()| {
                    buffer.reset();
                    view::draw(&app, &theme, AREA, &mut buffer);
                },
            );
            let (mut frames, mut bytes) = (Frames::default(), Vec::new());
            let next = || {
                app.update(Nanos(4), Msg::Snapshot(looks()));
                let mut buffer = Buffer::empty(AREA);
                view::draw(&app, &theme, AREA, &mut buffer);
                buffer
            };
            self.measure(send, next, |next| {
                bytes.clear();
                frames.encode(&next, &mut bytes).unwrap();
                next
            });
        }
    }
}

/// A mind that has seen two looks at a screen of the usual size.
fn mind(tree: bool, looks: &mut impl FnMut() -> Arc<Snapshot>) -> App {
    let mut table = Table::default();
    table.tree = tree;
    let keymap = Keymap::parse(DEFAULT_KEYMAP).0;
    let mut app = App::new(Start { keymap, table, delay: 1.0, ..Start::default() });
    app.update(Nanos(1), Msg::Size(AREA.width, AREA.height));
    for _ in 0..2 {
        app.update(Nanos(1), Msg::Snapshot(looks()));
        app.set_table_rows(Layout::new(AREA, &app).table_rows(&app));
    }
    app
}
