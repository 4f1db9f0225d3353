//! The inspector on the screen: each page of a made-up process, the keys and the mouse, and what is asked for.
//!
//! After a change of the look: `INSTA_UPDATE=always cargo test --test it inspect_screens`, then read the diff.

use std::sync::Arc;

use glowtop::app::{Effect, Hit, Input, Layer, MouseEvent, Msg};
use glowtop::config::Chord;
use glowtop::model::inspect::{Ended, Found, InspectOrder, Inspection, Needed, Page, Refused};
use glowtop::model::{ControlOrder, Nanos};
use glowtop::view::{self, Depth};

use crate::inspect_pages::{found_in, id, look};
use crate::screens::{Desk, LARGE, MACHINE, MIDDLE, SECOND, SMALL};

/// The process that is looked into.
const WHOM: u32 = 703;

/// The inspector on process 703, at its overview, before anything was told.
fn open(desk: &mut Desk) {
    desk.press("7 0 3 Enter");
    assert_eq!(desk.app.inspector.as_ref().unwrap().target.id, id(WHOM));
}

/// The same once both clocks have told much of it.
fn looked(size: (u16, u16)) -> Desk {
    let mut desk = Desk::new(size);
    open(&mut desk);
    for number in 1..40 {
        desk.look(MACHINE);
        tell(&mut desk, Page::Overview, number);
    }
    desk
}

fn tell(desk: &mut Desk, page: Page, number: u64) {
    let at = desk.at;
    desk.tell(Msg::Inspected(look(WHOM, page, number, at)));
}

/// That page, told twice.
fn page(size: (u16, u16), page: Page, key: &str) -> Desk {
    let mut desk = looked(size);
    desk.press(key);
    tell(&mut desk, page, 41);
    desk
}

fn effects(desk: &mut Desk, key: &str) -> Vec<Effect> {
    let chord: Chord = key.parse().unwrap();
    let effects = desk.app.update(Nanos(desk.at), Msg::Input(Input::Key(chord)));
    effects.into_iter().filter(|effect| !matches!(effect, Effect::Wants(_))).collect()
}

const PAGES: [(Page, &str); 13] = [
    (Page::Overview, "1"),
    (Page::Threads, "2"),
    (Page::Files, "3"),
    (Page::Environment, "4"),
    (Page::Command, "5"),
    (Page::Memory, "6"),
    (Page::Limits, "7"),
    (Page::Cgroup, "8"),
    (Page::Namespaces, "9"),
    (Page::Signals, "0"),
    (Page::Locks, "x"),
    (Page::Scheduling, "c"),
    (Page::Ancestry, "p"),
];

#[test]
fn each_page() {
    for (of, key) in PAGES {
        let name = of.name();
        insta::assert_snapshot!(format!("inspect_{name}_120x40"), page(MIDDLE, of, key).picture());
    }
    for (of, key) in [(Page::Overview, "1"), (Page::Threads, "2"), (Page::Files, "3"), (Page::Memory, "6")] {
        let name = of.name();
        insta::assert_snapshot!(format!("inspect_{name}_80x24"), page(SMALL, of, key).picture());
    }
    for (of, key) in [(Page::Overview, "1"), (Page::Threads, "2")] {
        let name = of.name();
        insta::assert_snapshot!(format!("inspect_{name}_200x50"), page(LARGE, of, key).picture());
    }
}
