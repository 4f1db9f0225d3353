//! The list of saved views.

use crate::app::saved::Count;
use crate::app::{App, Layer, Menu, MenuItem, MenuPurpose};
use crate::model::{Needs, Role, Untrusted};
use crate::query::Filter;

/// Cells of a query that are shown.
const QUERY: usize = 120;

impl App {
    pub(super) fn open_view_menu(&mut self) {
        let items = self.view_items();
        if items.len() == 1 {
            self.say(Role::Text, "no views are saved: [[filter]] in the configuration saves one");
            return;
        }
        let shown = self.table.filter_text.strip_prefix('@').unwrap_or("");
        let at = items.iter().position(|item| item.key == shown).unwrap_or(0);
        self.layer = Some(Layer::Menu(Menu { purpose: MenuPurpose::View, items, at }));
    }

    /// All processes, and then the views, each with how many match now.
    fn view_items(&self) -> Vec<MenuItem> {
        let counted = |count: &str, text: &str| format!("{count:>5}  {text}");
        let all = Count::of(&Filter::default(), &self.table, &self.snapshot).matching.to_string();
        let everybody =
            MenuItem { key: String::new(), label: "(all)".to_owned(), detail: counted(&all, "no filter") };
        let views = self.saved.views.iter().map(|view| {
            let mut filter = Filter::parse_with(&view.text, &self.saved.views);
            let text = Untrusted::from(view.text.as_str()).show(QUERY);
            let detail = match filter.error() {
                Some(error) => counted("–", &format!("{text}  {error}")),
                None => {
                    filter.look(&self.snapshot);
                    let count = Count::of(&filter, &self.table, &self.snapshot);
                    // Not 0 where that is only not known, because it was not read yet or nobody may.
                    let none = count.matching == 0 && count.unknown > 0;
                    counted(&if none { "–".to_owned() } else { count.matching.to_string() }, &text)
                }
            };
            MenuItem { key: view.name.clone(), label: view.name.clone(), detail }
        });
        std::iter::once(everybody).chain(views).collect()
    }

    /// After a look: the list counts anew.
    pub(super) fn refresh_view_menu(&mut self) {
        if !self.counts_views() {
            return;
        }
        let items = self.view_items();
        if let Some(Layer::Menu(menu)) = &mut self.layer {
            menu.items = items;
        }
    }

    /// Of how many it is not known whether they match; only details may be kept from us.
    pub(super) fn count_unsure(&mut self) {
        let may_be = self.table.filter().needs().any(Needs::DETAILS);
        let count = may_be.then(|| Count::of(self.table.filter(), &self.table, &self.snapshot));
        self.unsure = count.map_or(0, |count| count.unknown);
    }

    /// What the list needs while it is open.
    pub(super) fn views_need(&self) -> Needs {
        if self.counts_views() { self.saved.views_need() } else { Needs::NOTHING }
    }

    fn counts_views(&self) -> bool {
        matches!(&self.layer, Some(Layer::Menu(menu)) if menu.purpose == MenuPurpose::View)
    }

    /// Shows what the view `name` finds; all where it is empty.
    pub(super) fn show_view(&mut self, name: &str) {
        let text = self.saved.views.get(name).map_or_else(String::new, |view| {
            // A name with a blank in it cannot stand in a query.
            if view.is_callable() { format!("@{name}") } else { view.text.clone() }
        });
        let filter = Filter::parse_with(&text, &self.saved.views);
        match filter.error().map(ToString::to_string) {
            Some(error) => self.say(Role::Bad, error),
            None => self.filter_by(filter),
        }
    }
}
