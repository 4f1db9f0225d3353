//! What the way from a sample to a frame costs: microseconds and allocations for each step, on made-up machines.
//!
//! `cargo bench --bench ui [-- ROUNDS]`; with `--quick` each step is done twice, on the smaller machines, with
//! `--million` on one of a million processes too. It fails where a frame allocates although the one before looked like it.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod allocations;

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use glowtop::app::{App, DEFAULT_KEYMAP, Fold, Input, Keymap, Msg, Rules, Start, Table, arrange};
use glowtop::catalog::column;
use glowtop::config;
use glowtop::model::{GroupBy, GroupId, Nanos, Needs, Sample, Snapshot, Source, Wants, derive};
use glowtop::query::Filter;
use glowtop::sampler::Synthetic;
use glowtop::shell::Frames;
use glowtop::view::{Depth, Layout, Painter, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const AREA: Rect = Rect { x: 0, y: 0, width: 200, height: 50 };

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let quick = words.iter().any(|word| word == "--quick");
    let rounds = words.iter().find_map(|word| word.parse().ok()).unwrap_or(if quick { 2 } else { 50 });
    let million = words.iter().any(|word| word == "--million");
    let machines: &[usize] = match (quick, million) {
        (true, _) => &[200, 2_000],
        (false, false) => &[200, 10_000, 100_000],
        (false, true) => &[200, 10_000, 100_000, 1_000_000],
    };
    println!(
        "{:>9} {:<28} {:>10} {:>10} {:>8} {:>11} {:>12} {:>9}",
        "processes", "step", "median us", "worst us", "ns/proc", "allocations", "bytes", "per proc"
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
        self.held();
    }

    /// What the program holds of so many processes: a screen, its snapshot and the one before, and all tasks. Names and
    /// command lines are shared here, which real ones seldom are.
    fn held(&self) {
        for (what, tree) in [("held: list", false), ("held: tree", true)] {
            let before = allocations::held();
            let mut looks = self.looks();
            let app = mind(tree, &mut looks);
            let last = looks();
            let held = allocations::held().saturating_sub(before);
            let each = held as f64 / self.processes as f64;
            println!("{:>9} {what:<28} {held:>65} {each:>9.1}", self.processes);
            drop((app, last));
        }
    }

    /// Does `step` again and again on what `prepare` makes, which is not measured, and says what it cost.
    fn measure<T, R>(&self, what: &str, prepare: impl FnMut() -> T, step: impl FnMut(T) -> R) {
        self.measured(what, prepare, step);
    }

    /// The same for a step that must not allocate once it has its memory.
    fn measure_steady<T, R>(&self, what: &str, prepare: impl FnMut() -> T, step: impl FnMut(T) -> R) {
        let (count, bytes) = self.measured(what, prepare, step);
        assert!(count == 0, "{what}: {count} allocations of {bytes} bytes where there should be none");
    }

    /// Returns the allocations of all rounds, and their bytes.
    fn measured<T, R>(
        &self,
        what: &str,
        mut prepare: impl FnMut() -> T,
        mut step: impl FnMut(T) -> R,
    ) -> (u64, u64) {
        for _ in 0..3 {
            drop(step(prepare()));
        }
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
        let each = self.processes as f64;
        println!(
            "{:>9} {what:<28} {took:>10.1} {worst:>10.1} {:>8.1} {count:>11} {bytes:>12} {:>9.1}",
            self.processes,
            took * 1e3 / each,
            bytes as f64 / each
        );
        all.iter().fold((0, 0), |sum, (_, count, bytes)| (sum.0 + count, sum.1 + bytes))
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
        let before = RefCell::new(Arc::new(derive(None, samples())));
        // Each on top of the one before, which is let go of outside.
        let next = || (Arc::clone(&before.borrow()), samples());
        self.measure("derive", next, |(last, sample)| {
            *before.borrow_mut() = Arc::new(derive(Some(&last), sample));
            last
        });
        // What it costs to forget a look: most of its tasks are those of the next.
        let mut looks = self.looks();
        let both = || {
            let old = looks();
            drop(looks());
            old
        };
        self.measure("forget", both, drop);
    }

    fn arrange(&self) {
        let mut looks = self.looks();
        looks();
        let snapshot = looks();
        let mut filter = Filter::default();
        for (what, sort, tree, text) in [
            ("arrange: by cpu", "cpu", false, ""),
            ("arrange: groups by program", "cpu", false, ""),
            ("arrange: groups, by nice", "nice", false, ""),
            ("arrange: groups, unfolded", "cpu", false, ""),
            ("arrange: by time", "time", false, ""),
            ("arrange: by command", "command", false, ""),
            ("arrange: tree by cpu", "cpu", true, ""),
            ("arrange: filtered", "cpu", false, "celery|gateway"),
            ("arrange: a query", "cpu", false, "(name~^celery or gateway) and cpu>=0 and mem<50%"),
            ("arrange: a query, tree", "cpu", true, "under:1 and cpu>=0 and not name~^celery"),
        ] {
            filter.clone_from(&Filter::parse(text));
            filter.look(&snapshot);
            let folded = std::collections::HashSet::new();
            let group = what.contains("groups").then_some(GroupBy::Program);
            let names =
                snapshot.procs.iter().map(|proc| GroupId::new(GroupBy::Program, GroupBy::Program.of(proc)));
            let unfolded = names.filter(|_| what.contains("unfolded")).collect();
            let sort = column(sort).unwrap();
            let rules = Rules {
                sort,
                descending: sort.descending,
                tree,
                by_total: false,
                order: glowtop::app::TreeOrder::default(),
                folded: &folded,
                group,
                unfolded: &unfolded,
                root: None,
                uncontained: false,
                kernel: true,
                ended: true,
                short_lived: true,
                filter: &filter,
                uid: None,
                pids: &[],
            };
            // In the memory of the rows before, as the table does it.
            let mut arranged = arrange(&snapshot, &rules);
            self.measure(what, || (), |()| arranged.arrange(&snapshot, &rules));
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

    /// What all members have to be asked for costs more than a row of a list.
    fn draw_groups(&self, theme: &Theme) {
        let mut looks = self.looks();
        let mut app = mind(false, &mut looks);
        for key in ["G", "Home", "Enter"] {
            app.update(Nanos(3), Msg::Input(Input::Key(key.parse().unwrap())));
        }
        app.update(Nanos(4), Msg::Snapshot(looks()));
        let (mut painter, mut buffer) = (Painter::default(), Buffer::empty(AREA));
        self.measure_steady(
            "draw, groups",
            || (),
            |()| {
                buffer.reset();
                painter.draw(&app, theme, AREA, &mut buffer);
            },
        );
    }

    fn draw(&self) {
        let theme = Theme::new(&config::Theme::parse(config::BUILTIN_THEMES[0].1).0, Depth::True, true);
        self.draw_groups(&theme);
        for (tree, [layout, draw, same, send, frame]) in [
            (
                false,
                ["lay out 200x50", "draw", "encode: as before", "encode: a new look", "frame: a new look"],
            ),
            (true, ["lay out, tree", "draw, tree", "encode: as before, tree", "encode: tree", "frame: tree"]),
        ] {
            let mut looks = self.looks();
            let app = RefCell::new(mind(tree, &mut looks));
            let mut look = || drop(app.borrow_mut().update(Nanos(4), Msg::Snapshot(looks())));
            self.measure_steady(layout, || (), |()| Layout::new(AREA, &app.borrow()));
            let (mut painter, mut buffer) = (Painter::default(), Buffer::empty(AREA));
            let mut paint = |buffer: &mut Buffer| {
                buffer.reset();
                painter.draw(&app.borrow(), &theme, AREA, buffer);
            };
            self.measure_steady(draw, || (), |()| paint(&mut buffer));
            // More than any frame needs, so that what is measured is what a frame makes anew.
            let (mut frames, mut bytes) = (Frames::default(), Vec::with_capacity(1 << 20));
            let sent = Cell::new(0);
            let mut encode = |buffer: &Buffer| {
                bytes.clear();
                frames.encode(buffer, &mut bytes).unwrap();
                sent.set(bytes.len());
            };
            self.measure_steady(same, || (), |()| encode(&buffer));
            let next = || {
                look();
                let mut next = Buffer::empty(AREA);
                paint(&mut next);
                next
            };
            self.measure_steady(send, next, |next| {
                encode(&next);
                next
            });
            println!("{:>9} {:<28} {:>10} bytes for the last look", self.processes, "sent", sent.get());
            // All that the main loop does between a message and write(2).
            self.measure_steady(frame, look, |()| {
                paint(&mut buffer);
                encode(&buffer);
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
