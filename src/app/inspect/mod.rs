//! The inspector: one process, looked at page by page.
//!
//! Its words: a *page* is one subject; a *row* is what the cursor can stand on, a *spot* is a line of the list: a row, or
//! what stands between rows. `graphs` is what the overview has seen so far. What a page says is written in
//! `catalog/inspect`; it must never know how any of it is drawn, nor how it is read.

mod graphs;
mod order;

use std::sync::Arc;

use crate::catalog::inspect::{At, Context, Lead, Line, Sheet, pieces, sheet, text};
use crate::model::inspect::{Ended, Found, Inspection, Page};
use crate::model::{Nanos, Pid, Proc, Snapshot, State, Target};

pub use graphs::{Graph, Graphs, Lane, Series};

/// How many processes the way back leads through.
const REMEMBERED: usize = 64;

/// A line of the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spot {
    /// Air between two blocks.
    Blank,
    /// The heading of a block.
    Heading(usize),
    /// The titles of its columns.
    Titles(usize),
    /// A row.
    Row(At),
}

/// Where the cursor stands on a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Cursor {
    /// Among the rows.
    row: usize,
    /// The first line in view.
    first: usize,
}

/// What is kept of a page while the inspector is open.
#[derive(Clone, Debug, Default)]
struct Kept {
    cursor: Cursor,
    last: Option<Arc<Inspection>>,
}

/// The state of the inspector.
#[derive(Clone, Debug)]
pub struct Inspector {
    /// Whom it is about; its identity is pinned.
    pub target: Target,
    /// The process as it was last seen among all.
    pub seen: Option<Proc>,
    /// Its age at that time, seconds.
    pub age: Option<f64>,
    /// How it ended, once it has.
    pub over: Option<Ended>,
    /// The page that is shown.
    pub page: Page,
    /// Only rows that hold this are shown.
    pub filter: String,
    /// What the overview's graphs show.
    pub graphs: Graphs,
    kept: [Kept; Page::ALL.len()],
    spots: Vec<Spot>,
    /// The places of the rows among the spots.
    rows: Vec<usize>,
    /// Rows of the page, shown or not.
    all: usize,
    /// What the row under the cursor begins with: it is found again where rows come and go.
    key: Option<(usize, String)>,
    /// Lines that the screen has for the list.
    height: usize,
    /// Who was looked into before, the last one last.
    before: Vec<(Target, Page)>,
    /// The orders that were asked for.
    orders: order::Orders,
    /// What came while the display is frozen.
    waiting: Option<Arc<Inspection>>,
}

impl Inspector {
    /// Looks into `target` at `page`.
    pub fn new(target: Target, page: Page, snapshot: &Snapshot) -> Inspector {
        let mut graphs = Graphs::default();
        let seen = snapshot.find(target.id).cloned();
        if let Some(proc) = &seen {
            graphs.look(proc, snapshot.number);
        }
        Inspector {
            target,
            age: seen.as_ref().and_then(|proc| snapshot.age(proc)),
            seen,
            over: None,
            page,
            filter: String::new(),
            graphs,
            kept: Default::default(),
            spots: Vec::new(),
            rows: Vec::new(),
            all: 0,
            key: None,
            height: 0,
            before: Vec::new(),
            orders: order::Orders::default(),
            waiting: None,
        }
    }

    /// Puts the cursor on the row of this thread, once there is one.
    pub fn seek(&mut self, thread: Pid) {
        self.key = Some((0, thread.to_string()));
    }

    /// Looks into `target` from here; [`Inspector::back`] leads back.
    pub fn go_on_to(&mut self, target: Target, snapshot: &Snapshot) {
        let mut before = std::mem::take(&mut self.before);
        before.push((self.target.clone(), self.page));
        if before.len() > REMEMBERED {
            before.remove(0);
        }
        let height = self.height;
        *self =
            Inspector { height, before, orders: self.orders, ..Inspector::new(target, self.page, snapshot) };
    }

    /// Goes back to who was looked into before; `false` where there is nobody.
    pub fn back(&mut self, snapshot: &Snapshot) -> bool {
        let mut before = std::mem::take(&mut self.before);
        let Some((target, page)) = before.pop() else { return false };
        let height = self.height;
        *self = Inspector { height, before, orders: self.orders, ..Inspector::new(target, page, snapshot) };
        true
    }

    /// How many processes lie on the way back.
    pub fn depth(&self) -> usize {
        self.before.len()
    }

    fn kept(&self) -> Option<&Kept> {
        self.kept.get(place(self.page))
    }

    fn cursor(&self) -> Cursor {
        self.kept().map_or(Cursor::default(), |kept| kept.cursor)
    }

    fn cursor_mut(&mut self) -> Option<&mut Cursor> {
        self.kept.get_mut(place(self.page)).map(|kept| &mut kept.cursor)
    }

    /// The newest look at the page that is shown; `None` while none has come.
    pub fn shown(&self) -> Option<&Arc<Inspection>> {
        self.kept().and_then(|kept| kept.last.as_ref())
    }

    /// The newest look at the overview, whichever page is shown.
    pub fn overview(&self) -> Option<&Arc<Inspection>> {
        self.kept.get(place(Page::Overview)).and_then(|kept| kept.last.as_ref())
    }

    /// The page that is shown, as rows; blank while nothing has come.
    pub fn sheet(&self, context: &Context) -> Sheet<'_> {
        self.shown().map_or_else(Sheet::default, |look| sheet(&look.found, context))
    }

    /// The lines of the list.
    pub fn spots(&self) -> &[Spot] {
        &self.spots
    }

    /// The first line in view.
    pub fn first(&self) -> usize {
        self.cursor().first
    }

    /// How many rows are shown, and how many there are.
    pub fn counts(&self) -> (usize, usize) {
        (self.rows.len(), self.all)
    }

    /// The place of the cursor among the rows.
    pub fn at(&self) -> usize {
        self.cursor().row
    }

    /// The row under the cursor.
    pub fn chosen(&self) -> Option<At> {
        self.row_at(self.at())
    }

    /// Whether the line with this number is the cursor's.
    pub fn is_chosen(&self, line: usize) -> bool {
        self.rows.get(self.at()) == Some(&line)
    }

    fn row_at(&self, row: usize) -> Option<At> {
        match self.rows.get(row).and_then(|line| self.spots.get(*line)) {
            Some(Spot::Row(at)) => Some(*at),
            _ => None,
        }
    }

    /// Takes in a look of the whole machine.
    pub fn look(&mut self, snapshot: &Snapshot) {
        match snapshot.find(self.target.id) {
            // A zombie has nothing left: what it had before stays.
            Some(proc) if proc.task.state == State::ZOMBIE && self.seen.is_some() => {
                if let Some(seen) = &mut self.seen {
                    seen.task_mut().state = State::ZOMBIE;
                }
            }
            Some(proc) => {
                self.graphs.look(proc, snapshot.number);
                self.age = snapshot.age(proc);
                self.seen = Some(proc.clone());
            }
            // A look that was cut short has not seen everybody.
            None if !snapshot.partial && self.seen.is_some() && self.over.is_none() => {
                self.over = Some(Ended::Vanished);
            }
            None => {}
        }
    }

    /// Takes in a look at one page; whether anything on screen changes.
    pub fn take(&mut self, look: Arc<Inspection>, held: bool, context: &Context) -> bool {
        if look.id != self.target.id {
            return false;
        }
        if let Found::Gone(how) = &look.found {
            // The last data stay.
            let news = self.over.is_none_or(|over| over == Ended::Vanished && over != *how);
            self.over = if news { Some(*how) } else { self.over };
            return news;
        }
        if held && look.page == self.page && self.shown().is_some() {
            self.waiting = Some(look);
            return false;
        }
        if let Found::Overview(overview) = &look.found {
            self.graphs.take(overview, look.at);
        }
        let page = look.page;
        let Some(kept) = self.kept.get_mut(place(page)) else { return false };
        // Most pages say what they said before.
        let same = kept.last.as_ref().is_some_and(|last| last.found == look.found);
        kept.last = Some(look);
        let news = page == self.page && !same;
        if news {
            self.arrange(context);
        }
        news
    }

    /// The display goes on: what came meanwhile is shown.
    pub fn go_on(&mut self, context: &Context) {
        if let Some(look) = self.waiting.take() {
            self.take(look, false, context);
        }
    }

    /// Turns to `page`.
    pub fn turn_to(&mut self, page: Page, context: &Context) {
        if page != self.page {
            self.page = page;
            self.filter.clear();
            self.key = None;
            self.arrange(context);
        }
    }

    /// The page so many tabs further; beyond the last comes the first.
    pub fn beside(&self, by: isize) -> Page {
        let count = Page::ALL.len();
        let at = (place(self.page) + count).saturating_add_signed(by) % count;
        Page::ALL.get(at).copied().unwrap_or_default()
    }

    /// Shows only rows that hold `text`.
    pub fn filter_by(&mut self, text: &str, context: &Context) {
        text.clone_into(&mut self.filter);
        self.arrange(context);
    }

    /// Puts the rows that are shown in their lines, with the cursor on the same row as before.
    fn arrange(&mut self, context: &Context) {
        let look = self.shown().cloned();
        let sheet = look.as_ref().map_or_else(Sheet::default, |look| sheet(&look.found, context));
        let wanted = pieces(&self.filter);
        let (mut line, mut scratch) = (Line::new(context.now), String::new());
        let mut exact = Line::exact(context.now);
        self.spots.clear();
        self.rows.clear();
        self.all = 0;
        for (block, one) in sheet.blocks.iter().enumerate() {
            let start = self.spots.len();
            let order = self.order_of(one).map(|order| one.sorted(order, &mut exact));
            for row in 0..one.count {
                let row = order.as_ref().and_then(|order| order.get(row)).copied().unwrap_or(row);
                self.all += 1;
                if !wanted.is_empty() {
                    one.write(row, &mut line);
                    if !line.holds(&wanted, &mut scratch) {
                        continue;
                    }
                }
                if self.spots.len() == start {
                    head(&mut self.spots, block, one.title.is_empty(), one.has_titles());
                }
                self.rows.push(self.spots.len());
                self.spots.push(Spot::Row(At { block, row }));
            }
            if one.count == 0 && wanted.is_empty() {
                head(&mut self.spots, block, one.title.is_empty(), false);
            }
        }
        self.find_again(&sheet, &mut line);
        self.settle();
    }

    /// Puts the cursor on the row that begins as its row did.
    fn find_again(&mut self, sheet: &Sheet<'_>, line: &mut Line) {
        let Some((block, key)) = self.key.clone() else { return };
        let mut is_it = |row: usize| {
            let at = self.row_at(row).filter(|at| at.block == block);
            at.is_some_and(|at| sheet.write(at, line) && begins(line) == key)
        };
        let at = self.at();
        // Nearly always it is where it was.
        if is_it(at) {
            return;
        }
        let found = (0..self.rows.len()).find(|row| is_it(*row));
        if let (Some(row), Some(cursor)) = (found, self.cursor_mut()) {
            cursor.row = row;
        }
    }

    /// Keeps the cursor among the rows, and its row in view.
    fn settle(&mut self) {
        let (rows, lines, height) = (self.rows.len(), self.spots.len(), self.height.max(1));
        let at = self.at().min(rows.saturating_sub(1));
        // Above the first row stand its heading and titles.
        let line = if at == 0 { 0 } else { self.rows.get(at).copied().unwrap_or(0) };
        let last = self.rows.get(at).copied().unwrap_or(0);
        if let Some(cursor) = self.cursor_mut() {
            cursor.row = at;
            cursor.first = cursor.first.min(line).max((last + 1).saturating_sub(height));
            cursor.first = cursor.first.min(lines.saturating_sub(height));
        }
    }

    /// Puts the cursor on the row at this place, or on the last one.
    pub fn go_to(&mut self, row: usize, context: &Context) {
        if let Some(cursor) = self.cursor_mut() {
            cursor.row = row;
        }
        self.settle();
        self.remember(context);
    }

    /// Puts the cursor on the row in this line, where one is.
    pub fn go_to_line(&mut self, line: usize, context: &Context) -> bool {
        let found = self.rows.binary_search(&line);
        if let Ok(row) = found {
            self.go_to(row, context);
        }
        found.is_ok()
    }

    /// Moves the cursor by so many rows.
    pub fn step(&mut self, by: isize, context: &Context) {
        self.go_to(self.at().saturating_add_signed(by), context);
    }

    /// Moves the cursor by so many screens.
    pub fn page(&mut self, by: isize, context: &Context) {
        let rows = by.saturating_mul(self.height.saturating_sub(1).max(1) as isize);
        if let Some(cursor) = self.cursor_mut() {
            // The list goes along, as it does in the table.
            cursor.first = cursor.first.saturating_add_signed(rows);
        }
        self.step(rows, context);
    }

    /// Scrolls by so many lines; the cursor comes along where it would leave the screen.
    pub fn scroll(&mut self, by: isize, context: &Context) {
        let (lines, height) = (self.spots.len(), self.height.max(1));
        let Some(cursor) = self.cursor_mut() else { return };
        cursor.first = cursor.first.saturating_add_signed(by).min(lines.saturating_sub(height));
        let view = cursor.first..cursor.first + height;
        let line = self.rows.get(self.at()).copied().unwrap_or(0);
        if view.contains(&line) {
            return;
        }
        let first = self.rows.partition_point(|line| *line < view.start);
        let after = self.rows.partition_point(|line| *line < view.end);
        let row = if line < view.start { first } else { after.saturating_sub(1) };
        let first = self.first();
        self.go_to(row, context);
        if let Some(cursor) = self.cursor_mut() {
            cursor.first = first;
        }
    }

    /// Jumps to a row that holds `text`, the first one `skip` rows from the cursor on; `false` where there is none.
    pub fn find(&mut self, text: &str, skip: usize, context: &Context) -> bool {
        let wanted = pieces(text);
        let look = self.shown().cloned();
        let sheet = look.as_ref().map_or_else(Sheet::default, |look| sheet(&look.found, context));
        let (mut line, mut scratch) = (Line::new(context.now), String::new());
        let (count, at) = (self.rows.len(), self.at());
        let found = (0..count).map(|step| (at + skip + step) % count).find(|row| {
            self.row_at(*row)
                .is_some_and(|place| sheet.write(place, &mut line) && line.holds(&wanted, &mut scratch))
        });
        if let Some(row) = found {
            self.go_to(row, context);
        }
        found.is_some()
    }

    /// The row under the cursor as text, and where it leads.
    pub fn row(&self, context: &Context) -> Option<(String, Option<Lead>)> {
        let mut line = Line::new(context.now);
        let written = self.sheet(context).write(self.chosen()?, &mut line);
        written.then(|| (line.text(), line.leads_to))
    }

    /// The page that is shown as plain text, all of it.
    pub fn page_as_text(&self, context: &Context) -> String {
        text(&self.sheet(context), &mut Line::new(context.now))
    }

    /// Notes what the row under the cursor begins with.
    fn remember(&mut self, context: &Context) {
        let mut line = Line::new(context.now);
        // At the top one stays at the top, whoever comes there.
        let at = self.chosen().filter(|_| self.at() > 0);
        let written = at.is_some_and(|at| self.sheet(context).write(at, &mut line));
        self.key = at.filter(|_| written).map(|at| (at.block, begins(&line)));
    }

    /// Is told how many lines the screen has for the list; whether that is news.
    pub fn set_height(&mut self, height: usize) -> bool {
        let news = self.height != height;
        if news {
            self.height = height;
            self.settle();
        }
        news
    }

    /// Seconds since the data that are shown were read.
    pub fn age(&self, now: Nanos) -> Option<f64> {
        self.shown().map(|look| now.since(look.at))
    }
}

/// The place of a page among all.
fn place(page: Page) -> usize {
    Page::ALL.iter().position(|other| *other == page).unwrap_or(0)
}

/// What stands above the rows of a block.
fn head(spots: &mut Vec<Spot>, block: usize, nameless: bool, titles: bool) {
    if !spots.is_empty() {
        spots.push(Spot::Blank);
    }
    if !nameless {
        spots.push(Spot::Heading(block));
    }
    if titles {
        spots.push(Spot::Titles(block));
    }
}

/// What a row begins with.
fn begins(line: &Line) -> String {
    line.places().first().map_or_else(String::new, |place| place.text.text().to_owned())
}
