//! The layers that are about the program itself: palette, help, what was said, copying, saving, and whose the mouse is.

use glowtop::app::{Action, Layer, MouseEvent, Msg};
use glowtop::config::Chord;
use glowtop::view::{self, Depth};

use crate::screens::{Desk, MIDDLE, SMALL, assert_inside};

/// The symbols of the screen, a line each.
fn lines(desk: &Desk) -> Vec<String> {
    let shown = desk.picture();
    shown.lines().take_while(|line| *line != "----").map(str::to_owned).collect()
}

/// Where `text` stands on the screen.
fn find(desk: &Desk, text: &str) -> (u16, u16) {
    let lines = lines(desk);
    let (y, line) = lines.iter().enumerate().find(|(_, line)| line.contains(text)).unwrap_or_else(|| {
        panic!("'{text}' is not on screen:\n{}", lines.join("\n"));
    });
    let before = line.split(text).next().unwrap_or("");
    (before.chars().count() as u16, y as u16)
}

fn click(desk: &mut Desk, text: &str) {
    let (x, y) = find(desk, text);
    desk.click(x, y);
}

/// All that is in `keys` is typed, a character a key.
fn type_in(desk: &mut Desk, text: &str) {
    for c in text.chars() {
        desk.press(&Chord::char(c).to_string());
    }
}

#[test]
fn the_palette_at_both_sizes() {
    for (size, name) in [(SMALL, "80x24"), (MIDDLE, "120x40")] {
        let mut desk = Desk::new(size);
        desk.press(":");
        insta::assert_snapshot!(format!("palette_{name}"), desk.picture());
        type_in(&mut desk, "sort t");
        insta::assert_snapshot!(format!("palette_typed_{name}"), desk.picture());
    }
}

#[test]
fn the_palette_does_what_is_chosen_and_remembers_it() {
    let mut desk = Desk::new(SMALL);
    desk.press(":");
    type_in(&mut desk, "theme nord");
    desk.press("Enter");
    assert_eq!(desk.app.theme_name(), "nord");
    assert!(desk.picture().contains("theme: nord, 9 of 12"));
    desk.press(":");
    assert!(lines(&desk)[2].contains("theme nord"), "{}", desk.picture());
    type_in(&mut desk, "lab");
    desk.press("Enter : s c r e e n p r o Enter");
    assert!(matches!(desk.app.screen, glowtop::app::Screen::Processes), "to the lab and back");
    desk.press(":");
    type_in(&mut desk, "sort res");
    desk.press("Enter");
    assert_eq!(desk.app.table.sort.id, "res");
}

#[test]
fn the_palette_is_clicked_and_closed() {
    let mut desk = Desk::new(MIDDLE);
    desk.press(": t r e e");
    click(&mut desk, "subtree sort");
    assert!(matches!(desk.app.layer, Some(Layer::Palette(_))), "the first click chooses");
    click(&mut desk, "subtree sort");
    assert!(desk.app.layer.is_none() && desk.app.table.by_total);
    desk.press(":");
    click(&mut desk, "Esc close");
    assert!(desk.app.layer.is_none());
    desk.press(": x y z z y");
    assert!(desk.picture().contains("nothing is called so"));
    desk.press("Enter");
    assert!(desk.app.layer.is_some(), "nothing is done where nothing is found");
}

#[test]
fn the_palette_offers_what_the_screen_has() {
    let offered = |desk: &mut Desk| {
        desk.press(":");
        let Some(Layer::Palette(palette)) = &desk.app.layer else { panic!("no palette") };
        palette.found.iter().map(|found| found.name.clone()).collect::<Vec<_>>()
    };
    let mut desk = Desk::new(MIDDLE);
    let here = offered(&mut desk);
    for name in ["kernel threads", "theme htop", "screen Lab", "sort CPU%", "quit"] {
        assert!(here.iter().any(|known| known == name), "{name}");
    }
    assert!(!here.iter().any(|name| name.starts_with("lab ")), "{here:?}");
    let mut desk = Desk::new(MIDDLE);
    desk.press("L");
    let there = offered(&mut desk);
    assert!(there.iter().any(|name| name == "lab run") && !there.iter().any(|name| name == "kernel threads"));
    let mut desk = Desk::new(MIDDLE);
    desk.app.readonly = true;
    assert!(!offered(&mut desk).iter().any(|name| name == "signal" || name == "freeze"));
}

#[test]
fn help_has_pages_and_is_searched() {
    for (size, name) in [(SMALL, "80x24"), (MIDDLE, "120x40")] {
        let mut desk = Desk::new(size);
        desk.press("F1 Tab");
        insta::assert_snapshot!(format!("help_columns_{name}"), desk.picture());
        desk.press("1 /");
        type_in(&mut desk, "memory");
        insta::assert_snapshot!(format!("help_search_{name}"), desk.picture());
    }
    let mut desk = Desk::new(MIDDLE);
    desk.press("F1");
    click(&mut desk, "4 Query");
    assert!(desk.picture().contains("Compares with"));
    click(&mut desk, "/ search");
    type_in(&mut desk, "no such word");
    assert!(desk.picture().contains("nothing here is said of that"));
    desk.press("Esc");
    assert!(desk.picture().contains("[4 Query]"));
    desk.press("x");
    assert!(desk.app.layer.is_none());
}

#[test]
fn a_right_click_explains() {
    let mut desk = Desk::new(MIDDLE);
    let mut right = |text: &str| {
        desk.press("Esc");
        desk.app.layer = None;
        let (x, y) = find(&desk, text);
        let hit = view::hit(&desk.app, desk.area(), x, y);
        desk.tell(Msg::Mouse(MouseEvent::Right, hit));
        desk.picture()
    };
    let shown = right("TIME+");
    assert!(shown.contains("Columns of the table") && shown.contains("Search: TIME+"), "{shown}");
    assert!(right("F9Kill").contains(Action::Signal.help()));
}

#[test]
fn every_column_meter_and_field_is_explained() {
    let mut desk = Desk::new((100, 60));
    desk.press("F1");
    let mut seen = String::new();
    for page in ["2", "3", "4"] {
        desk.press(page);
        for _ in 0..40 {
            seen.push_str(&lines(&desk).join("\n"));
            desk.press("PageDown");
        }
    }
    for column in glowtop::catalog::columns() {
        assert!(seen.contains(column.title), "{}", column.id);
    }
    for field in glowtop::query::fields() {
        assert!(seen.contains(field.id), "{}", field.id);
    }
}

#[test]
fn what_was_said_can_be_read_again() {
    for (size, name) in [(SMALL, "80x24"), (MIDDLE, "120x40")] {
        let mut desk = Desk::new(size);
        desk.press("K V V n r r Y Esc");
        desk.tell(Msg::Notice {
            bad: true,
            text: "the log /var/log/glowtop could not be written: no space left on device; what is done \
                   from now on stands only in this list and in that of the acts"
                .to_owned(),
        });
        desk.press("A Down");
        insta::assert_snapshot!(format!("notices_{name}"), desk.picture());
        desk.press("Up");
        assert!(desk.picture().contains("of the acts"), "the chosen one stands there in full");
    }
    let mut desk = Desk::new(SMALL);
    desk.press("A");
    assert!(desk.picture().contains("Nothing was said in this run."));
}

#[test]
fn copying_offers_what_a_row_has() {
    let mut desk = Desk::new(SMALL);
    desk.press("y");
    insta::assert_snapshot!("copy_80x24", desk.picture());
    desk.press("Esc Q");
    insta::assert_snapshot!("save_screen_80x24", desk.picture());
}

#[test]
fn what_is_said_of_keys_is_the_map_in_force() {
    let mut desk = Desk::new(MIDDLE);
    desk.app.keymap = glowtop::app::Keymap::named("vim").unwrap();
    desk.press("j j x");
    assert!(matches!(desk.app.layer, Some(Layer::Signal(_))), "j goes down, x signals");
    desk.press("Esc F1");
    assert!(desk.picture().contains("j Down"), "{}", desk.picture());
    desk.press("G");
    assert!(matches!(desk.app.layer, Some(Layer::Help(_))), "and so do they in lists");
}

#[test]
fn what_the_line_says_of_the_view_can_be_pressed() {
    let mut desk = Desk::new(SMALL);
    click(&mut desk, "kernel threads hidden");
    assert!(desk.app.table.kernel);
    assert!(desk.picture().contains("kernel threads are shown"));
    click(&mut desk, "kernel threads are shown");
    assert!(matches!(desk.app.layer, Some(Layer::Notices(0))), "what was said can be read again");
    desk.press("Esc Space");
    let later = |desk: &mut Desk| {
        desk.at += 10_000_000_000;
        desk.tell(Msg::Tick);
    };
    later(&mut desk);
    click(&mut desk, "1 tagged U untags");
    assert_eq!(desk.app.table.tagged(), 0);
    desk.press("Z");
    click(&mut desk, "Z goes on");
    assert!(!desk.app.paused);
    desk.press("F");
    later(&mut desk);
    click(&mut desk, "following");
    assert!(!desk.app.table.follow);
    desk.press("\\ s s h Enter");
    later(&mut desk);
    click(&mut desk, "filter ssh");
    assert!(matches!(desk.app.layer, Some(Layer::Line(_))));
}

#[test]
fn the_own_cost_is_seen_where_the_meters_have_no_room_for_it() {
    let own = |desk: &Desk| lines(desk).into_iter().filter(|line| line.contains("self ")).collect::<Vec<_>>();
    let mut desk = Desk::new(SMALL);
    assert_eq!(own(&desk).len(), 1, "once is enough: {:?}", own(&desk));
    desk.press("#");
    let hidden = own(&desk);
    assert!(
        hidden.len() == 1 && hidden[0].starts_with("20 shown") && hidden[0].ends_with("4.1 ms"),
        "{hidden:?}"
    );
    // Frozen figures say of when they are.
    desk.press("Z");
    assert!(own(&desk)[0].contains("as of 08:00:09"), "{:?}", own(&desk));
}

#[test]
fn the_lists_are_closed_by_a_click() {
    let mut desk = Desk::new(SMALL);
    for (keys, text) in [("A", "Esc close"), ("F1", "Esc or any")] {
        desk.press("V");
        desk.press(keys);
        click(&mut desk, text);
        assert!(desk.app.layer.is_none(), "{keys}");
    }
}

#[test]
fn every_size_is_drawn() {
    for size in [(1, 1), (2, 2), (10, 3), (20, 6), (40, 10), (3, 100), (300, 2), (500, 200)] {
        for scene in [": t", ":", "F1 2 End", "F1 / x", "A", "K V n A Down", "y", "Q x"] {
            let mut desk = Desk::bare(size, Depth::True, true).looked();
            desk.press(scene);
            assert_inside(&desk);
        }
    }
}

#[test]
fn the_key_bar_has_the_keys_of_what_is_open() {
    let mut desk = Desk::new(SMALL);
    let bar = |desk: &Desk| lines(desk).last().cloned().unwrap_or_default();
    let usual = bar(&desk);
    desk.press("N / c c 1");
    assert!(
        bar(&desk).starts_with("F3Next Shift-F3Prev Enter Done Esc Cancel Tab Complete"),
        "{}",
        bar(&desk)
    );
    let first = desk.app.table.cursor();
    click(&mut desk, "F3Next");
    assert!(desk.app.table.cursor() > first, "the line stays open, and the next match is selected");
    click(&mut desk, "Shift-F3Prev");
    assert_eq!(desk.app.table.cursor(), first);
    click(&mut desk, "Enter Done");
    assert_eq!((bar(&desk), desk.app.layer.is_none()), (usual.clone(), true));
    // A click on Clear clears, where one elsewhere keeps the filter.
    desk.press("F4 c c 1");
    click(&mut desk, "Esc Clear");
    assert!(desk.app.table.filter_text.is_empty() && desk.app.layer.is_none());
    desk.press("F6");
    assert!(bar(&desk).starts_with("Enter Sort Esc Cancel"), "{}", bar(&desk));
    desk.press("Down");
    click(&mut desk, "Enter Sort");
    assert_eq!((desk.app.table.sort.id, bar(&desk)), ("user", usual));
}
