//! The filter line with queries, as pictures: counts, faults, what Tab offers, ancestors of what matches. After a change
//! of the look: `INSTA_UPDATE=always cargo test --test it query_screens`, then read the diff.

use glowtop::app::{Input, Layer, Msg, Saved};
use glowtop::config::Settings;
use glowtop::view::{self, Depth};

use crate::screens::{Desk, MIDDLE, SMALL};

fn filtered(size: (u16, u16), text: &str) -> Desk {
    typed(Desk::new(size), text)
}

fn typed(mut desk: Desk, text: &str) -> Desk {
    desk.press("F4");
    desk.tell(Msg::Input(Input::Paste(text.to_owned())));
    desk
}

/// The line that is typed into, without the blanks at its end.
fn line(desk: &Desk) -> String {
    let picture = desk.picture();
    picture.lines().find(|line| line.starts_with("Filter:")).unwrap().to_owned()
}

#[test]
fn a_query_says_how_many_match() {
    let desk = filtered(SMALL, "name=nginx and not pid:810");
    assert_eq!(line(&desk).trim_end(), "Filter: name=nginx and not pid:810  2 of 20");
    assert_eq!(line(&filtered(SMALL, "")).trim_end(), "Filter:");
    insta::assert_snapshot!("query_counted_80x24", desk.picture());
}

#[test]
fn a_fault_is_shown_with_its_place() {
    insta::assert_snapshot!("query_fault_80x24", filtered(SMALL, "mem>5 and usr=ann").picture());
    insta::assert_snapshot!("query_fault_120x40", filtered(MIDDLE, "mem>5 and usr=ann").picture());
    let ascii = typed(Desk::bare(SMALL, Depth::Mono, false).looked(), "mem>5 and usr=ann and cpu>5");
    assert!(line(&ascii).ends_with('~'), "{}", line(&ascii));
    let unfinished = filtered(MIDDLE, "mem>5 and cpu>");
    assert!(line(&unfinished).contains("cpu>  a value is missing: behind 'cpu>' comes a percentage"));
}

/// A desk with this configuration.
fn configured(size: (u16, u16), text: &str) -> Desk {
    let (settings, complaints) = Settings::parse(text);
    assert_eq!(complaints, []);
    let mut desk = Desk::bare(size, Depth::True, true);
    desk.app.saved = Saved::of(&settings.filters, &settings.rules).0;
    desk.looked()
}

#[test]
fn saved_views_say_how_many_match() {
    for (name, size) in [("80x24", SMALL), ("120x40", MIDDLE)] {
        let own = "[[filter]]\nname = \"builds\"\nquery = \"under:1310 or name~^(make|cc1|as|ld)$\"\n";
        let mut desk = configured(size, own);
        desk.press("v Down Down");
        insta::assert_snapshot!(format!("query_views_{name}"), desk.picture());
        desk.press("Enter");
        assert!(desk.picture().contains("filter @mine"), "{}", desk.picture());
    }
}

#[test]
fn rows_that_match_a_rule_look_different_and_are_marked() {
    let rules = "[[rule]]\nquery = \"user=root and name~ssh\"\nlook = \"warn\"\nmark = \"!\"\n\
        [[rule]]\nquery = \"mem>3%\"\nlook = \"#ff8800\"\nmark = \"▲\"\n";
    let mut desk = configured(SMALL, rules);
    desk.press("Space Down");
    insta::assert_snapshot!("query_rules_80x24", desk.picture());
    desk.press("t");
    let desk = typed(desk, "name=as");
    insta::assert_snapshot!("query_rules_tree_80x24", desk.picture());
}

#[test]
fn who_cannot_be_judged_is_counted() {
    let desk = filtered(SMALL, "port:80");
    assert_eq!(line(&desk).trim_end(), "Filter: port:80  0 of 20, 20 not known");
    assert!(!line(&filtered(SMALL, "cpu>80")).contains("not known"));
}

#[test]
fn of_a_long_query_the_part_around_the_cursor_is_seen() {
    let text = "name~cc1 and cpu>50 and age<2m and under:1310 and user!=root and state=R and mem>1%";
    let mut desk = filtered(SMALL, text);
    let shown = line(&desk);
    assert!(
        shown.starts_with("Filter: …") && shown.contains("mem>1%  ") && shown.contains(" of 20"),
        "{shown}"
    );
    desk.press("Home");
    assert!(line(&desk).starts_with("Filter: name~cc1 and cpu>50 and age<2m"), "{}", line(&desk));
}

#[test]
fn tab_shows_what_can_follow() {
    let mut desk = filtered(SMALL, "not use");
    desk.press("Tab");
    insta::assert_snapshot!("query_values_80x24", {
        desk.press("Tab");
        desk.picture()
    });
    let mut desk = filtered(MIDDLE, "");
    desk.press("Tab Tab Tab");
    insta::assert_snapshot!("query_fields_120x40", desk.picture());
    let area = desk.area();
    let row = desk.picture().lines().position(|row| row.contains("cmd~")).unwrap() as u16;
    let hit = |x, y| view::hit(&desk.app, area, x, y);
    assert_eq!(hit(4, row), glowtop::app::Hit::Item(1));
    assert_eq!(hit(119, row), glowtop::app::Hit::Line(usize::from(row) - hit_offset(&desk)));
    let mut desk = typed(Desk::bare(SMALL, Depth::Mono, false).looked(), "u");
    desk.press("Tab Tab Tab");
    insta::assert_snapshot!("query_fields_80x24_mono_ascii", desk.picture());
    desk.press("Enter");
    assert!(matches!(&desk.app.layer, Some(Layer::Line(line)) if line.offers.is_none()));
}

/// The screen row of the first row of the table.
fn hit_offset(desk: &Desk) -> usize {
    desk.picture().lines().position(|row| row.contains("PID USER")).unwrap() + 1
}

#[test]
fn ancestors_of_what_matches_are_dim() {
    let mut desk = Desk::new(SMALL);
    desk.press("t");
    let mut desk = typed(desk, "name=cc1plus");
    desk.press("Enter Home");
    insta::assert_snapshot!("query_tree_80x24", desk.picture());
}
