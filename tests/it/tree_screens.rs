//! A subtree alone, and a tree that rules fold, as pictures. After a change of the look:
//! `INSTA_UPDATE=always cargo test --test it tree_screens`, then read the diff.

use glowtop::view::Depth;

use crate::screens::{Desk, MIDDLE, SMALL, assert_inside};

#[test]
fn a_subtree_alone() {
    let mut desk = Desk::new(SMALL);
    desk.press("F5 1 3 1 0 R");
    insta::assert_snapshot!("focus_80x24", desk.picture());
    let mut desk = Desk::new(MIDDLE);
    desk.press("F5 1 3 1 0 R O");
    insta::assert_snapshot!("focus_120x40", desk.picture());
    let mut desk = Desk::bare(SMALL, Depth::Mono, false).looked();
    desk.press("1 3 1 2 R");
    insta::assert_snapshot!("focus_list_80x24_mono_ascii", desk.picture());
}

/// The row of the screen that has this text, from 0.
fn row_of(desk: &Desk, text: &str) -> u16 {
    let at = desk.picture().lines().position(|line| line.contains(text));
    at.unwrap_or_else(|| panic!("nothing has '{text}':\n{}", desk.picture())) as u16
}

#[test]
fn a_click_finds_the_row_below_the_line_of_ancestors() {
    let mut desk = Desk::new(SMALL);
    desk.press("F5 1 2 0 3 R");
    for text in ["as -64", "make -j4"] {
        let row = row_of(&desk, text);
        desk.click(2, row);
        let chosen = desk.app.table.cursor();
        let line = desk.app.table.lines()[chosen];
        let name = line.proc(&desk.app.snapshot).unwrap().task.comm.show(20);
        assert!(text.starts_with(&name), "{text}: {name}");
    }
    // The line itself is nobody, nor is a click on it a sort.
    let (before, sort) = (desk.app.table.cursor(), desk.app.table.sort.id);
    desk.click(20, row_of(&desk, "shows all"));
    assert_eq!((desk.app.table.cursor(), desk.app.table.sort.id), (before, sort));
    // A click on the row under the cursor folds it, as in htop.
    let row = row_of(&desk, "make -j4");
    desk.click(2, row);
    assert!(!desk.picture().contains("cc1plus"));
    desk.click(2, row);
    assert!(desk.picture().contains("cc1plus"));
}

#[test]
fn there_is_room_for_it_or_it_is_left_out() {
    for size in [(80, 5), (80, 7), (30, 9), (10, 24), (3, 3), (200, 50)] {
        let mut desk = Desk::new(size);
        desk.press("F5 1 3 1 0 R");
        assert_inside(&desk);
        desk.press("End");
        assert_inside(&desk);
    }
    let mut desk = Desk::new((40, 24));
    desk.press("F5 1 3 1 1 R");
    let row = row_of(&desk, "R shows all");
    let line = desk.picture().lines().nth(usize::from(row)).unwrap().to_owned();
    assert!(line.starts_with('…') && line.contains("1310 make ›"), "the nearest stay: {line}");
}
