//! What the panes of each page hold.

use crate::app::{App, KEYMAPS};
use crate::catalog::{Column, Data, columns, meters};
use crate::config::{HTOP_LAYOUTS, MOST_COLUMNS, OPTIONS, OptionKind};
use crate::model::Untrusted;

use super::{SetupItem, SetupPage, SetupPane, SetupRow};

/// The option that is changed by moving screens.
const TABS: &str = "tabs";
/// Cells of a value.
const VALUE: usize = 60;

fn row(item: SetupItem, label: &str, value: impl Into<String>, help: impl Into<String>) -> SetupRow {
    SetupRow { item, label: label.to_owned(), value: value.into(), grows: item.grows(), help: help.into() }
}

fn yes(on: bool) -> &'static str {
    if on { "yes" } else { "no" }
}

impl App {
    /// The panes of `page` as everything is now.
    pub(in crate::app) fn setup_panes(&self, page: SetupPage) -> Vec<SetupPane> {
        let pane = |title, width, rows| SetupPane { title, width, rows };
        match page {
            SetupPage::Meters => vec![
                pane("Layout", 5, self.layout_rows()),
                pane("Meters", 6, self.placed_rows()),
                pane("To add", 8, meter_rows()),
            ],
            SetupPage::Screens => vec![
                pane("Screens", 4, self.screen_rows()),
                pane("This screen", 7, self.order_rows()),
                pane("Columns", 4, self.table.columns.iter().enumerate().map(shown_row).collect()),
                pane("To add", 4, self.other_rows()),
            ],
            SetupPage::Colours => {
                let theme = |(at, name): (usize, &String)| {
                    let worn = if at == self.theme { "worn" } else { "" };
                    row(SetupItem::Theme(at), name, worn, "A theme is worn as soon as it is chosen.")
                };
                let map = |(id, what, _): &(&'static str, &str, &str)| {
                    let used = self.settings.options.keymap.word() == *id;
                    row(SetupItem::Keymap(id), id, if used { "in use" } else { "" }, format!("{what}."))
                };
                vec![
                    pane("Themes", 1, self.themes.iter().enumerate().map(theme).collect()),
                    pane("Key maps", 1, KEYMAPS.iter().map(map).collect()),
                ]
            }
            SetupPage::Options => vec![pane("Options", 1, self.option_rows())],
        }
    }

    fn layout_rows(&self) -> Vec<SetupRow> {
        let now = self.header.layout();
        let mark = |here: bool| if here { "*" } else { "" };
        let one = |(at, (name, widths)): (usize, &(&str, &[u16]))| {
            let widths: Vec<String> = widths.iter().map(ToString::to_string).collect();
            let help = format!("Columns with {} percent of the width.", widths.join(", "));
            row(SetupItem::Layout(Some(at)), name, mark(now == Some(at)), help)
        };
        let help = "The meters are chosen and arranged by the room there is.";
        let auto = row(SetupItem::Layout(None), "automatic", mark(self.header.is_automatic()), help);
        let help = "Whether the highest value of the last minutes is marked.";
        let peaks = row(SetupItem::Peaks, "peak marks", yes(self.header.peaks), help);
        let own = (now.is_none() && !self.header.is_automatic()).then(|| {
            let help = "Widths that you gave the columns, by + and - in the list of meters.";
            row(SetupItem::OwnLayout, "your own", mark(true), help)
        });
        let layouts = HTOP_LAYOUTS.iter().enumerate().map(one);
        std::iter::once(auto).chain(layouts).chain(own).chain([peaks]).collect()
    }

    fn placed_rows(&self) -> Vec<SetupRow> {
        if self.header.is_automatic() {
            let help = "Choose a layout to arrange meters yourself.";
            return vec![row(SetupItem::Layout(None), "automatic", "", help)];
        }
        let mut rows = Vec::new();
        for (at, column) in self.header.columns.iter().enumerate() {
            let help = "Its part of the width. Meters are added to the column of the chosen row.";
            let share = format!("{} %", self.header.share(at));
            rows.push(row(SetupItem::HeaderColumn(at), &format!("column {}", at + 1), share, help));
            rows.extend(column.meters.iter().enumerate().map(|(place, placed)| {
                let label = format!("  {}", placed.meter.id);
                let style = placed.style.id();
                let item = SetupItem::Placed(at, place);
                if !matches!(placed.meter.data, Data::Cores(_)) {
                    return row(item, &label, style, placed.meter.help);
                }
                let value = placed.columns.map_or(style.to_owned(), |count| format!("{style}, {count} wide"));
                let help = format!("{} Side by side as many as have room, or as you say.", placed.meter.help);
                SetupRow { grows: true, ..row(item, &label, value, help) }
            }));
        }
        if self.header.columns.len() < MOST_COLUMNS {
            let help = "A column more, at the right.";
            rows.push(row(SetupItem::NewColumn, "new column", "…", help));
        }
        rows
    }

    fn screen_rows(&self) -> Vec<SetupRow> {
        let help = "It is shown behind this dialog; what follows is about it.";
        let one = |(at, screen): (usize, &crate::app::TableScreen)| {
            row(SetupItem::Screen(at), &screen.title, "", help)
        };
        let lab = yes(self.screens.has_lab());
        let lab =
            row(SetupItem::Lab, "Lab", lab, "Whether the lab has a tab; its key opens it all the same.");
        let new = row(SetupItem::NewScreen, "new screen", "…", "A screen of your own: type its name.");
        self.screens.all().iter().enumerate().map(one).chain([lab, new]).collect()
    }

    fn order_rows(&self) -> Vec<SetupRow> {
        let table = &self.table;
        let title = self.screens.shown().map_or("", |screen| screen.title.as_str());
        let direction = if table.descending { "greatest first" } else { "least first" };
        let group = table.group.map_or("none", crate::model::GroupBy::id);
        let own = self.screens.own_filter(table).unwrap_or("–");
        let own = Untrusted::from(own).show(VALUE);
        vec![
            row(SetupItem::Title, "name", title, "The word on its tab."),
            row(SetupItem::Sort, "sort", table.sort.id, table.sort.help),
            row(SetupItem::Direction, "order", direction, "Whether the greatest stands on top."),
            row(SetupItem::Tree, "tree", yes(table.tree), "Children stand below their parents."),
            row(
                SetupItem::SubtreeSort,
                "subtree",
                yes(table.by_total),
                "In the tree, siblings are ordered by the sums of their subtrees.",
            ),
            row(SetupItem::Group, "group", group, "One row for all of a program, user, container or unit."),
            row(SetupItem::Filter, "filter", own, "A query of its own, which stays with this screen."),
        ]
    }

    fn other_rows(&self) -> Vec<SetupRow> {
        let others = columns().iter().filter(|column| !self.table.columns.contains(column));
        others.map(|column| row(SetupItem::Column(column), column.id, "", column.help)).collect()
    }

    fn option_rows(&self) -> Vec<SetupRow> {
        let options = self.settings_now().options;
        let one = |option: &'static crate::config::OptionRow| {
            let text = options.text(option.id);
            let value = match option.kind {
                OptionKind::Switch => yes(text == "true").to_owned(),
                OptionKind::Seconds => format!("{text} s"),
                _ => Untrusted::from(text.as_str()).show(VALUE),
            };
            row(SetupItem::Option(option), option.id, value, option.help)
        };
        // What is not set up here is said here, where one looks for it.
        let settings = &self.settings;
        let keys = settings.keys.len() + self.own_keys.len();
        let by_hand = [
            ("saved views", settings.filters.len(), "as [[filter]] in the configuration"),
            ("rules", settings.rules.len(), "as [[rule]] in the configuration"),
            ("keys of your own", keys, "as [keys] there or in keys.toml"),
        ];
        let by_hand = by_hand.into_iter().map(|(label, count, place)| {
            let help = format!("Written by hand, {place}; saving leaves them.");
            row(SetupItem::ByHand, label, count.to_string(), help)
        });
        OPTIONS.iter().filter(|option| option.id != TABS).map(one).chain(by_hand).collect()
    }
}

fn shown_row((at, column): (usize, &&'static Column)) -> SetupRow {
    row(SetupItem::Shown(at), column.id, "", column.help)
}

fn meter_rows() -> Vec<SetupRow> {
    meters().iter().map(|meter| row(SetupItem::Meter(meter), meter.id, meter.title, meter.help)).collect()
}
