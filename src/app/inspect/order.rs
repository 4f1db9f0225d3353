//! In which order the rows of a page are: its own, or by the column that was asked for, as in the table of processes.

use super::Inspector;
use crate::catalog::inspect::{Block, Context, Order, Spotted};
use crate::model::inspect::Page;

/// The order that was asked for, page by page.
pub(super) type Orders = [Option<Order>; Page::ALL.len()];

impl Inspector {
    /// How the rows of a block are put in order; `None` where they are as they come.
    pub fn order_of(&self, block: &Block<'_>) -> Option<Order> {
        let asked = self.orders.get(super::place(self.page)).copied().flatten();
        asked.filter(|order| block.sorts_by(order.col)).or(block.order)
    }

    /// Puts the page in this order; its own one once more where that is `None`.
    fn put_in_order(&mut self, order: Option<Order>, context: &Context) {
        if let Some(asked) = self.orders.get_mut(super::place(self.page)) {
            *asked = order;
        }
        // Whoever asks for an order wants to see its beginning.
        self.key = None;
        self.arrange(context);
        self.go_to(0, context);
    }

    /// By this column of a block, or the other way round where it is by that already; in words what that was.
    pub fn sort_by_title(&mut self, at: Spotted, context: &Context) -> Option<String> {
        let sheet = self.sheet(context);
        let block = sheet.blocks.get(at.block)?;
        let col = block.cols.get(at.col).filter(|col| block.sorts_by(col.id))?;
        let now = self.order_of(block).filter(|order| order.col == col.id);
        let order = now.map_or(Order::of(col), Order::turned);
        let said = order.sentence(block);
        drop(sheet);
        self.put_in_order(Some(order), context);
        Some(said)
    }

    /// By the first of these columns that the page has.
    pub fn sort_by(&mut self, ids: &[&str], context: &Context) -> Option<String> {
        let sheet = self.sheet(context);
        let found = ids.iter().find_map(|id| {
            sheet.blocks.iter().filter(|block| block.sorts_by(id)).find_map(|block| {
                let order = Order::of(block.cols.iter().find(|col| col.id == *id)?);
                Some((order, order.sentence(block)))
            })
        });
        let (order, said) = found?;
        drop(sheet);
        self.put_in_order(Some(order), context);
        Some(said)
    }

    /// As the rows come: threads, files and the like by number.
    pub fn sort_by_number(&mut self, context: &Context) -> Option<String> {
        let sheet = self.sheet(context);
        let block = sheet.blocks.iter().find(|block| !block.is_facts())?;
        // As they come they are by their first column.
        let title = block.cols.first().map_or("", |col| col.title);
        let said = format!("{}: by {title}, as they come", block.title);
        let first = block.cols.first().filter(|_| block.order.is_some());
        let order = first.map(|col| Order { col: col.id, down: false });
        drop(sheet);
        self.put_in_order(order, context);
        Some(said)
    }

    /// By the column so many further to the right than the one it is by, in the table in which the cursor is.
    pub fn sort_beside(&mut self, by: isize, context: &Context) -> Option<String> {
        let sheet = self.sheet(context);
        let mine = self.chosen().and_then(|at| sheet.blocks.get(at.block)).filter(|block| !block.is_facts());
        let block = mine.or_else(|| sheet.blocks.iter().find(|block| !block.is_facts()))?;
        let cols: Vec<_> = block.cols.iter().filter(|col| block.sorts_by(col.id)).collect();
        let now = self.order_of(block);
        let at = now.and_then(|order| cols.iter().position(|col| col.id == order.col)).unwrap_or(0);
        let col = cols.get(at.checked_add_signed(by)?)?;
        let order = Order::of(col);
        let said = order.sentence(block);
        drop(sheet);
        self.put_in_order(Some(order), context);
        Some(said)
    }

    /// The other way round.
    pub fn sort_turned(&mut self, context: &Context) -> Option<String> {
        let sheet = self.sheet(context);
        let (order, said) = sheet.blocks.iter().filter(|block| !block.is_facts()).find_map(|block| {
            let first = block.cols.first().map(|col| Order { col: col.id, down: false });
            let order = self.order_of(block).or(first)?.turned();
            Some((order, order.sentence(block)))
        })?;
        drop(sheet);
        self.put_in_order(Some(order), context);
        Some(said)
    }
}
