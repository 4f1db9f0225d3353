//! What a frame costs, counted: what is out of sight is never built.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use glowtop::app::{App, Msg, Start, Table};
use glowtop::catalog::{Align, Column, Value, column};
use glowtop::model::{Nanos, Needs, Role, Source, Wants, derive};
use glowtop::sampler::Synthetic;
use glowtop::view::{Layout, Painter, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const AREA: Rect = Rect { x: 0, y: 0, width: 100, height: 30 };

/// Cells that were asked for: in view, and beyond the right edge.
static NEAR: AtomicUsize = AtomicUsize::new(0);
static FAR: AtomicUsize = AtomicUsize::new(0);

const NEAR_COLUMN: Column = Column {
    id: "near",
    title: "NEAR",
    help: "Counts how often it is asked.",
    width: 8,
    grows: false,
    align: Align::Left,
    needs: Needs::NOTHING,
    descending: false,
    additive: false,
    grain: 0.0,
    drifts: false,
    short_lived: false,
    value: |_| Value::Unknown,
    cell: |_, cell| {
        NEAR.fetch_add(1, Relaxed);
        cell.push(Role::Text, "near");
    },
};
static COLUMNS: [Column; 3] = [
    NEAR_COLUMN,
    // As wide as the screen, so that whatever comes behind it is out of sight.
    Column {
        id: "wide",
        title: "WIDE",
        width: AREA.width,
        cell: |_, cell| cell.push(Role::Text, "wide"),
        ..NEAR_COLUMN
    },
    Column {
        id: "far",
        title: "FAR",
        cell: |_, cell| {
            FAR.fetch_add(1, Relaxed);
            cell.push(Role::Text, "far");
        },
        ..NEAR_COLUMN
    },
];

#[test]
fn only_visible_rows_and_columns_are_formatted_however_many_there_are() {
    for processes in [200, 5_000] {
        for tree in [false, true] {
            let mut table = Table::default();
            table.columns = COLUMNS.iter().collect();
            table.sort = column("pid").unwrap();
            table.tree = tree;
            let mut app = App::new(Start { table, delay: 1.0, ..Start::default() });
            let sample = Synthetic::new(processes, 8, 1)
                .sample(&Wants { needs: Needs::FULL, ..Wants::default() })
                .unwrap();
            app.update(Nanos(1), Msg::Snapshot(derive(None, sample).into()));
            let rows = Layout::new(AREA, &app).table_rows(&app);
            app.set_table_rows(rows);
            assert!(app.table.lines().len() > rows, "{processes} processes are more than fit");
            NEAR.store(0, Relaxed);
            FAR.store(0, Relaxed);
            let mut buffer = Buffer::empty(AREA);
            Painter::default().draw(&app, &Theme::default(), AREA, &mut buffer);
            let asked = (NEAR.load(Relaxed), FAR.load(Relaxed));
            assert_eq!(asked, (rows, 0), "{processes} processes, tree: {tree}");
        }
    }
}
