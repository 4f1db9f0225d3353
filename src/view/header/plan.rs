//! Where things go: arithmetic on sizes. It must give every size from 0×0 on an answer, and never more than about a
//! third of the screen; what is left out first is said in the order of the tries.

use ratatui::layout::Rect;

/// What there is to show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// Cores.
    pub(super) cores: usize,
    /// Digits of the greatest core's number.
    pub(super) digits: u16,
    /// Cores of each node, where they are alike and there are several; else 0.
    pub(super) group: usize,
    /// Lines of meters.
    pub(super) lines: u16,
    /// Lines of meters that only a large screen has.
    pub(super) rich: u16,
    /// Lines of meters that a large screen has in all.
    pub(super) all: u16,
    /// Whether only the title is wanted.
    pub(super) hidden: bool,
    /// Whether there is a history.
    pub(super) history: bool,
}

/// How a core is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Style {
    /// Number, bar with ends, per cent.
    Bar,
    /// Number, bar, per cent, as tight as can be.
    Tight,
    /// One cell.
    Cell,
    /// Half a cell: two columns of dots.
    Pair,
}

/// Where the header's parts are.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Rows in all.
    pub(super) height: u16,
    /// The title's row.
    pub(super) title: Option<Rect>,
    /// The cores' place.
    pub(super) cores: Rect,
    /// How each is drawn.
    pub(super) style: Style,
    /// Cores side by side in a row.
    pub(super) columns: u16,
    /// Cores of each node, where these begin rows of their own; else 0.
    pub(super) group: usize,
    /// Whether cores are cells, so that the hottest has to be named.
    pub(super) cells: bool,
    /// The history's place, its words included.
    pub(super) graph: Option<Rect>,
    /// Lines of meters below each other.
    pub(super) meters: Rect,
    /// A second column of them.
    pub(super) rich: Rect,
    /// A third, where cores take so few rows that two would be higher than all else; then all lines flow from the first
    /// to the third.
    pub(super) third: Rect,
    /// Meters in rows across, where there is no room beside the cores.
    pub(super) across: Rect,
    /// A row below all of it, where the screen can afford one.
    pub(super) foot: Rect,
}

/// Cells in one row of single cells, at most: a power of two is counted easily.
const CELLS: u16 = 64;
/// Width of a column from which on a core's share has its sign.
pub(super) const SIGNED: u16 = 15;
/// Columns and rows from which on a screen can afford a row across below the header's parts.
const FOOT: (u16, u16) = (100, 30);
/// Cells after which a gap is left.
pub(super) const GROUP: u16 = 16;

impl Plan {
    fn empty(area: Rect) -> Plan {
        let nothing = Rect { width: 0, height: 0, ..area };
        Plan {
            height: 0,
            title: None,
            cores: nothing,
            style: Style::Cell,
            columns: 1,
            group: 0,
            cells: false,
            graph: None,
            meters: nothing,
            rich: nothing,
            third: nothing,
            across: nothing,
            foot: nothing,
        }
    }
}

/// Rows that a header may take of a screen so high.
pub(super) fn budget(height: u16) -> u16 {
    match height {
        0..6 => 0,
        6..10 => 1,
        10..14 => height / 4,
        _ => height * 3 / 10,
    }
}

/// Width from which on meters may stand in three columns.
const THREE: u16 = 190;
/// Width of a column of meters on a large screen.
const COLUMN: u16 = 46;
/// Lines of meters that a column of a large screen has at most.
const LINES: u16 = 9;

/// Plans the header of a screen.
pub(super) fn plan(area: Rect, wish: &Wish) -> Plan {
    let mut plan = Plan::empty(area);
    let (width, height) = (area.width, area.height);
    let budget = budget(height);
    let row = |y: u16, rows: u16| Rect { x: area.x, y: area.y + y, width, height: rows };
    let titled = u16::from(budget >= 4);
    if titled == 1 || (wish.hidden && budget > 0) {
        plan.title = Some(row(0, 1));
        plan.height = 1;
    }
    if wish.hidden || budget == 0 || width == 0 {
        return plan;
    }
    let body = budget - titled;
    // Graph rows that the screen can afford.
    let graph = match (wish.history, height) {
        (false, _) | (_, 0..20) => 0,
        (_, 20..30) => 1,
        (_, 30..45) => 3,
        (_, 45..) => 5,
    };
    let pleasant = if height >= 45 { 6 } else { 4 };
    let richly = width >= 150 && wish.rich > 0;
    // A few cores below each other and a history leave nothing for a high column of meters to stand beside.
    let few = u16::try_from(wish.cores).is_ok_and(|cores| cores + graph < wish.rich.min(LINES));
    let (beside, abreast) = match width {
        0..72 => (0, 1),
        72..150 => ((width * 2 / 5).clamp(33, COLUMN), 1),
        150.. if !richly => (50, 1),
        THREE.. if few => (3 * COLUMN, 3),
        150.. => (2 * COLUMN, 2),
    };
    let left = width.saturating_sub(beside);
    let room = Room { cores: wish.cores.max(1), digits: wish.digits, group: wish.group };
    let side_rows = body.saturating_sub(u16::from(graph > 0 && body >= 3)).max(1);
    let across = match body {
        0..2 => 0,
        2..4 => 1,
        _ => 2,
    };
    let stacked_rows = (body - across).max(1);
    let side = |style, least, rows| {
        if beside == 0 { None } else { room.fit(style, left, rows, least).map(|fit| (true, style, fit)) }
    };
    let stacked = |style, least, rows| room.fit(style, width, rows, least).map(|fit| (false, style, fit));
    let (is_side, style, (columns, rows)) = side(Style::Bar, 8, pleasant.min(side_rows))
        .or_else(|| side(Style::Bar, if richly { 4 } else { 5 }, side_rows))
        .or_else(|| stacked(Style::Bar, 4, stacked_rows))
        .or_else(|| stacked(Style::Tight, 3, stacked_rows))
        .or_else(|| side(Style::Cell, CELLS.min(wish.cores as u16), side_rows))
        .or_else(|| stacked(Style::Cell, 1, stacked_rows))
        .or_else(|| side(Style::Pair, CELLS / 2, side_rows))
        .or_else(|| stacked(Style::Pair, 1, stacked_rows))
        .unwrap_or_else(|| {
            let columns = room.cells(Style::Pair, width).max(1);
            (false, Style::Pair, (columns, stacked_rows))
        });
    (plan.style, plan.columns, plan.cells) = (style, columns, matches!(style, Style::Cell | Style::Pair));
    if plan.cells && room.grouped(columns, rows) {
        plan.group = room.group;
    }
    let core_rows = rows.min(body);
    let top = titled;
    let used = if is_side {
        plan.cores = Rect { width: left, ..row(top, core_rows) };
        let lines = match abreast {
            1 => wish.lines.min(core_rows.max(pleasant) + 3),
            // The riches have what is not in the first column then.
            2 => wish.all.saturating_sub(wish.rich).max(wish.rich.min(LINES)),
            _ => wish.all.div_ceil(abreast),
        };
        // Beside three columns the history has what they leave.
        let history = if abreast == 3 { graph.min(3) } else { graph };
        let used = body.min((core_rows + history).max(lines));
        if graph > 0 && used > core_rows {
            plan.graph = Some(Rect { width: left, ..row(top + core_rows, used - core_rows) });
        }
        let each = beside / abreast;
        let column = |n: u16| Rect { x: area.x + left + n * each, width: each, ..row(top, used) };
        plan.meters = column(0);
        if abreast > 1 {
            plan.rich = column(1);
        }
        if abreast > 2 {
            plan.third = column(2);
        }
        used
    } else {
        plan.cores = row(top, core_rows);
        let across = across.min(body - core_rows);
        let spare = (body - core_rows - across).min(graph);
        if spare > 0 {
            plan.graph = Some(row(top + core_rows, spare));
        }
        plan.across = row(top + core_rows + spare, across);
        core_rows + spare + across
    };
    plan.height = titled + used;
    if width >= FOOT.0 && height >= FOOT.1 && used < body {
        plan.foot = row(plan.height, 1);
        plan.height += 1;
    }
    plan
}

/// How many cores there are, and how wide their numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) cores: usize,
    pub(super) digits: u16,
    /// Cores of each node, where they are alike and there are several; else 0.
    pub(super) group: usize,
}

impl Room {
    /// Columns and rows in which all cores fit, with bars of at least `least` cells, or at least that many single
    /// cells a row. Where there is room, each node begins a row of cells.
    pub(super) fn fit(&self, style: Style, width: u16, rows: u16, least: u16) -> Option<(u16, u16)> {
        let fixed = match style {
            Style::Bar => self.digits + 7,
            Style::Tight => self.digits + 5,
            Style::Cell | Style::Pair => {
                let columns = self.cells(style, width);
                let apart = Some(self.rows_apart(columns)).filter(|needed| *needed <= usize::from(rows));
                let needed = apart.unwrap_or_else(|| self.rows_of(columns));
                let enough = columns >= least && columns > 0 && needed <= usize::from(rows);
                return enough.then_some((columns, needed as u16));
            }
        };
        let columns = [1, 2, 4, 8].into_iter().find(|columns| self.rows_of(*columns) <= usize::from(rows))?;
        (width / columns >= fixed + least).then(|| (columns, self.rows_of(columns) as u16))
    }

    fn rows_of(&self, columns: u16) -> usize {
        self.cores.div_ceil(usize::from(columns.max(1)))
    }

    /// Rows of cells where each node begins one.
    fn rows_apart(&self, columns: u16) -> usize {
        let group = if self.group > 0 { self.group } else { self.cores };
        self.cores.div_ceil(group.max(1)) * group.div_ceil(usize::from(columns.max(1)))
    }

    /// Whether so many rows are enough for each node to begin one.
    pub(super) fn grouped(&self, columns: u16, rows: u16) -> bool {
        self.group > 0 && self.rows_apart(columns) <= usize::from(rows)
    }

    /// Cores in a row of single or half cells.
    pub(super) fn cells(&self, style: Style, width: u16) -> u16 {
        let room = width.saturating_sub(label(self.digits) + 1);
        let per_cell = if style == Style::Pair { 2 } else { 1 };
        let most = [CELLS, 32, 16, 8, 4, 2, 1].into_iter().find(|cells| spread(*cells) <= room).unwrap_or(0);
        (most * per_cell).min(u16::try_from(self.cores).unwrap_or(u16::MAX))
    }
}

/// Width of the number before a row of cells.
pub(super) fn label(digits: u16) -> u16 {
    digits + 2
}

/// Width of a row of cells with its gaps.
fn spread(cells: u16) -> u16 {
    cells + cells.saturating_sub(1) / GROUP
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wish(cores: usize) -> Wish {
        let digits = super::super::digits(cores as u32 - 1);
        Wish { cores, digits, group: 0, lines: 6, rich: 8, all: 15, hidden: false, history: true }
    }

    fn at(width: u16, height: u16, cores: usize) -> Plan {
        plan(Rect::new(0, 0, width, height), &wish(cores))
    }

    /// Whether the plan has a place for every core.
    fn holds_all(plan: &Plan, cores: usize) -> bool {
        usize::from(plan.columns) * usize::from(plan.cores.height) >= cores
    }

    #[test]
    fn every_core_has_a_place_at_the_usual_sizes() {
        for (width, height) in [(80, 24), (120, 40), (200, 50)] {
            for cores in [1, 2, 3, 8, 12, 16, 24, 32, 64, 96, 128, 192, 256, 512] {
                let plan = at(width, height, cores);
                assert!(holds_all(&plan, cores), "{cores} at {width}×{height}: {plan:?}");
                assert!(plan.height * 3 <= height, "{cores} at {width}×{height}: {plan:?}");
            }
        }
    }

    #[test]
    fn cores_shrink_from_bars_to_cells() {
        assert_eq!(at(80, 24, 8).style, Style::Bar);
        assert_eq!(at(80, 24, 16).style, Style::Bar);
        assert_eq!(at(80, 24, 32).style, Style::Tight);
        assert_eq!((at(80, 24, 256).style, at(80, 24, 256).columns), (Style::Cell, 64));
        assert_eq!(at(80, 24, 512).style, Style::Pair);
        assert_eq!(at(120, 40, 64).style, Style::Bar);
        assert!(at(80, 24, 256).height <= 24 - 12);
    }

    #[test]
    fn nodes_begin_rows_of_their_own_where_there_is_room() {
        let two = |cores: usize, width, height| {
            plan(Rect::new(0, 0, width, height), &Wish { group: cores / 2, ..wish(cores) })
        };
        // 2 × 128: four full rows either way.
        assert_eq!((two(256, 80, 24).cores.height, two(256, 80, 24).group), (4, 128));
        // 2 × 96 in rows of 64: four rows instead of three.
        assert_eq!((two(192, 80, 24).cores.height, two(192, 80, 24).group), (4, 96));
        assert_eq!((at(80, 24, 192).cores.height, at(80, 24, 192).group), (3, 0));
        for cores in [128, 192, 256, 384, 512] {
            for (width, height) in [(80, 24), (120, 40), (200, 50)] {
                let plan = two(cores, width, height);
                assert!(holds_all(&plan, cores) && plan.height * 3 <= height, "{cores}: {plan:?}");
            }
        }
    }

    #[test]
    fn a_large_screen_has_a_row_more_and_a_small_one_loses_nothing() {
        for (width, height, rows) in [(80, 24, 0), (99, 40, 0), (120, 29, 0), (120, 40, 1), (200, 50, 1)] {
            let plan = at(width, height, 8);
            assert_eq!(plan.foot.height, rows, "{width}×{height}");
            assert!(rows == 0 || plan.foot.bottom() == plan.height, "{plan:?}");
        }
    }

    #[test]
    fn few_cores_leave_no_empty_room() {
        let wish = |cores| Wish { lines: 7, rich: 9, all: 17, ..wish(cores) };
        let plan = |width, cores| plan(Rect::new(0, 0, width, 50), &wish(cores));
        let (two, eight) = (plan(200, 2), plan(200, 8));
        assert_eq!((two.third.height, two.height, two.graph.map(|graph| graph.height)), (6, 8, Some(4)));
        assert_eq!(
            (eight.third.height, eight.height, eight.graph.map(|graph| graph.height)),
            (0, 11, Some(5))
        );
        // Where there is no room for three columns, two are as high as they have to be.
        assert_eq!((plan(160, 2).third.height, plan(160, 2).height), (0, 11));
    }

    #[test]
    fn small_screens_keep_the_table() {
        for height in 0..6 {
            assert_eq!(at(80, height, 8).height, 0);
        }
        assert_eq!(at(80, 9, 8).height, 1);
        assert!(at(20, 24, 8).height <= 8);
    }

    proptest! {
        #[test]
        fn every_part_is_inside_and_apart(x in 0u16..5, y in 0u16..5, width in 0u16..320, height in 0u16..120,
                                          cores in 1usize..600, lines in 0u16..9, rich in 0u16..9,
                                          hidden in any::<bool>(), history in any::<bool>()) {
            let area = Rect::new(x, y, width, height);
            let plan = plan(area, &Wish { lines, rich, all: lines + rich, hidden, history, ..wish(cores) });
            prop_assert!(plan.height <= height / 3 + 1);
            let header = Rect { height: plan.height, ..area };
            let parts = [plan.title.unwrap_or_default(), plan.cores, plan.graph.unwrap_or_default(),
                         plan.meters, plan.rich, plan.third, plan.across, plan.foot];
            let parts: Vec<Rect> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            for (n, part) in parts.iter().enumerate() {
                prop_assert_eq!(part.intersection(header), *part);
                for other in &parts[n + 1..] {
                    prop_assert!(!part.intersects(*other), "{:?} {:?}", part, other);
                }
            }
        }
    }
}
