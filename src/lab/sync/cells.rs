//! Hands out the board's cells, so that no two tools of a scene get the same one.

use std::sync::atomic::AtomicU64;

use super::super::board::Board;

/// Words in two cache lines of 64 bytes: the unit in which processors of today fetch, and are fetched from.
pub(in super::super) const LINE: usize = 16;

/// The cells that are still free. Whoever asks a board in the same order gets the same ones, in any process.
pub(in super::super) struct Cells<'a> {
    left: &'a [AtomicU64],
}

impl<'a> Cells<'a> {
    /// All cells of a board.
    pub(in super::super) fn new(board: &'a Board) -> Cells<'a> {
        Cells { left: board.cells() }
    }

    /// One word with a line to itself, so that what is done to it slows nobody else down.
    pub(in super::super) fn one(&mut self) -> &'a AtomicU64 {
        static NOWHERE: AtomicU64 = AtomicU64::new(0);
        // No scene asks for more than there are; tests play them all.
        self.many(1).first().unwrap_or(&NOWHERE)
    }

    /// So many words next to each other, from the beginning of a line on; fewer where there are no more.
    pub(in super::super) fn many(&mut self, count: usize) -> &'a [AtomicU64] {
        let room = count.next_multiple_of(LINE).min(self.left.len());
        let (taken, left) = self.left.split_at(room);
        self.left = left;
        taken.get(..count).unwrap_or(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_gets_a_line_of_his_own_until_there_are_none() {
        let board = Board::new().expect("memory");
        let mut cells = Cells::new(&board);
        let at = |word: &AtomicU64| std::ptr::from_ref(word) as usize;
        let (one, two, many) = (cells.one(), cells.one(), cells.many(LINE + 1));
        assert_eq!(at(one) % (LINE * 8), 0, "the cells begin at a line");
        assert_eq!((at(two) - at(one), at(&many[0]) - at(two)), (LINE * 8, LINE * 8));
        assert_eq!((many.len(), at(cells.one()) - at(&many[0])), (LINE + 1, LINE * 16));
        let mut again = Cells::new(&board);
        assert_eq!(at(again.one()), at(one));
        assert_eq!(again.many(usize::MAX / 2).len(), board.cells().len() - LINE);
        assert!(again.many(1).is_empty());
    }
}
