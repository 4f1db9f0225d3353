//! Rows of those who died between two looks: where they stand, and that nobody can act on them.

use super::*;

#[test]
fn who_died_between_two_looks_has_a_row_in_its_place() {
    let mut desk = Desk::new();
    desk.look_past(&[(30, "sh", 200), (30, "date", 40), (0, "cron", 1)]);
    assert_eq!(desk.rows(), [">31", "32", "30x", "40", "30", "20", "1", "10", "2147483647x"]);
    assert_eq!(desk.app.table.arranged().matching, 7, "they are no processes");
    desk.press("t");
    let tree = [">1", ".40", ".10", "..20", "...30", "....30x", "....31", "....32", "2147483647x"];
    assert_eq!(desk.rows(), tree);
    assert!(!desk.app.table.lines()[5].last && desk.app.table.lines()[8].depth == 0);
    desk.press("X");
    assert!(desk.said().contains("hidden") && !desk.rows().concat().contains('x'), "{:?}", desk.rows());
    desk.press("X E");
    assert_eq!(desk.rows(), tree, "they are no ended rows");
    // Folded, its row has the sum of the processes below it, and not of the dead.
    desk.press("3 0 -");
    assert_eq!(desk.rows(), ["1", ".40", ".10", "..20", ">...30*", "2147483647x"]);
    assert_eq!(desk.app.table.arranged().sums[4].cpu.map(f64::round), Some(122.0));
    for _ in 0..3 {
        desk.look(MACHINE);
    }
    desk.press("-");
    assert!(!desk.rows().concat().contains('x'), "{:?}", desk.rows());
}

#[test]
fn rows_of_the_dead_obey_what_narrows_the_table() {
    let mut desk = Desk::new();
    desk.look_past(&[(30, "sh", 2), (40, "date", 1), (2, "kworker", 1)]);
    desk.press("F4 d a t e Enter");
    assert_eq!(desk.rows(), [">40x"]);
    assert_eq!(desk.app.table.arranged().matching, 0);
    desk.press("t");
    assert_eq!(desk.rows(), [">1", ".40", "..40x"], "a row is seen in its place");
    assert!(desk.app.table.lines()[1].context);
    desk.press("t F4 Esc");
    // They were children of processes of uid 1000 or 70; those of a kernel thread are seen with it.
    desk.app.table.user = Some((70, "postgres".into()));
    desk.press("E");
    assert_eq!(desk.rows(), [">40x", "40"]);
    desk.app.table.user = None;
    desk.app.table.pids = vec![Pid::new(30).unwrap()];
    desk.press("E");
    assert_eq!(desk.rows(), [">30x", "30"]);
    desk.app.table.pids.clear();
    desk.press("K");
    assert!(desk.rows().concat().contains("2x"));
    desk.press("K");
    assert!(!desk.rows().contains(&"2x".to_owned()));
}

#[test]
fn nobody_acts_on_a_row_of_the_dead() {
    let mut desk = Desk::new();
    desk.look_past(&[(30, "sh", 2)]);
    desk.press("Down Down");
    assert_eq!((desk.app.table.cursor(), desk.rows()[2].as_str()), (2, ">30x"));
    for key in ["F9", "F7", "F8"] {
        desk.press(key);
        assert!(desk.said().contains("died already") && desk.app.layer.is_none(), "{key}: {}", desk.said());
    }
    desk.press("c Space");
    assert_eq!((desk.app.table.tagged(), desk.app.table.cursor()), (0, 3));
    desk.press("Up");
    let row = desk.app.table.selected(&desk.app.snapshot).unwrap().id();
    assert_eq!(desk.effects, [], "nothing was ordered");
    assert!(!desk.app.wants().visible.contains(&row), "there is nothing to read");
    // Digits mean the process itself, wherever the cursor stands.
    desk.press("3 0");
    assert_eq!(desk.app.table.selected_process(&desk.app.snapshot).unwrap().id().pid.get(), 30);
    // The cursor rests on such a row while it is there, and then on whoever stands in its place.
    desk.press("Home Down Down");
    desk.look(MACHINE);
    assert_eq!(desk.rows()[2], ">30x");
    for _ in 0..2 {
        desk.look(MACHINE);
    }
    assert_eq!((desk.app.table.cursor(), desk.selected()), (2, 40));
}
