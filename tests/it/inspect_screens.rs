//! The inspector on the screen: each page of a made-up process, the keys and the mouse, and what is asked for.
//!
//! After a change of the look: `INSTA_UPDATE=always cargo test --test it inspect_screens`, then read the diff.

use std::sync::Arc;

use glowtop::app::{Effect, Hit, Input, Layer, MouseEvent, Msg};
use glowtop::config::Chord;
use glowtop::model::inspect::{Ended, Found, InspectOrder, Inspection, Needed, Page, Refused};
use glowtop::model::{ControlOrder, Kind, Nanos, Pid, ProcId, Seen, Task};
use glowtop::view::{self, Depth};

use crate::inspect_pages::{found_in, id, look};
use crate::screens::{Desk, LARGE, MACHINE, MIDDLE, SECOND, SMALL, sample};

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

/// The numbers of the threads from the top, as they are shown.
fn order(desk: &Desk) -> Vec<String> {
    let text = desk.picture();
    let rows = text.lines().skip(3).filter_map(|row| row.split_whitespace().next());
    rows.filter(|word| word.len() == 3 && word.starts_with("70")).take(6).map(str::to_owned).collect()
}

#[test]
fn rows_are_in_the_order_that_is_asked_for() {
    let mut desk = page(MIDDLE, Page::Threads, "2");
    let busiest = order(&desk);
    assert_eq!(busiest.len(), 6, "{}", desk.picture());
    desk.press("N");
    assert_eq!(order(&desk), ["703", "704", "705", "706", "707", "708"]);
    desk.press("I");
    assert_eq!(order(&desk)[0], "708");
    desk.press("P");
    assert_eq!(order(&desk), busiest);
    // The other way round by a click on the title it is by.
    let text = desk.picture();
    let (y, row) = text.lines().enumerate().find(|(_, row)| row.contains("RUN%")).unwrap();
    let x = row.chars().position(|c| c == '%').unwrap();
    let hit = view::hit(&desk.app, desk.area(), x as u16, y as u16);
    assert!(matches!(hit, Hit::Title(_)), "{hit:?}");
    desk.tell(Msg::Mouse(MouseEvent::Left, hit));
    let turned: Vec<String> = order(&desk);
    assert_ne!(turned, busiest);
    desk.press("< <");
    assert!(desk.picture().contains("threads: by"), "{}", desk.picture());
    // Facts have no order.
    desk.press("1 M");
    assert!(desk.picture().contains("nothing here can be sorted by that"), "{}", desk.picture());
}

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

#[test]
fn colours_and_unicode_are_not_needed() {
    let mut desk = Desk::bare(SMALL, Depth::Mono, false).looked();
    open(&mut desk);
    for (of, key) in PAGES {
        desk.press(key);
        tell(&mut desk, of, 1);
        tell(&mut desk, of, 2);
        assert!(desk.drawn().content.iter().all(|cell| cell.symbol().is_ascii()), "{of:?}");
    }
    desk.press("6");
    insta::assert_snapshot!("inspect_memory_80x24_mono_ascii", desk.picture());
}

#[test]
fn every_size_is_drawn_and_nothing_hostile_reaches_the_screen() {
    for size in [(1, 1), (3, 2), (20, 5), (40, 12), (79, 23), (161, 13), (300, 80)] {
        let mut desk = looked(size);
        for (of, key) in PAGES {
            desk.press(key);
            tell(&mut desk, of, 2);
            desk.press("End PageUp");
            let drawn = desk.drawn();
            assert!(drawn.content.iter().all(|cell| !cell.symbol().contains(char::is_control)), "{of:?}");
        }
    }
}

#[test]
fn what_is_looked_at_is_asked_for_and_nothing_else() {
    let mut desk = Desk::new(SMALL);
    desk.press("7 0 3");
    let page = |page| Effect::Inspect(InspectOrder::Page(page));
    let opened = Effect::Inspect(InspectOrder::Open(id(WHOM)));
    assert_eq!(effects(&mut desk, "Enter"), [page(Page::Overview), opened.clone()]);
    assert_eq!(effects(&mut desk, "Tab"), [page(Page::Threads)]);
    assert_eq!(effects(&mut desk, "Left"), [page(Page::Overview)]);
    assert_eq!(effects(&mut desk, "Shift-Tab"), [page(Page::Ancestry)]);
    assert_eq!(effects(&mut desk, "p"), [], "it is shown already");
    assert!(effects(&mut desk, "F5").contains(&Effect::Inspect(InspectOrder::Refresh)));
    assert_eq!(effects(&mut desk, "q"), [Effect::Inspect(InspectOrder::Close)]);
    assert!(desk.app.inspector.is_none());
    for (key, of) in [
        ("l", Page::Files),
        ("e", Page::Environment),
        ("w", Page::Command),
        ("x", Page::Locks),
        ("s", Page::Threads),
        ("b", Page::Threads),
    ] {
        assert_eq!(effects(&mut desk, key), [page(of), opened.clone()], "{key}");
        assert_eq!(effects(&mut desk, "Esc"), [Effect::Inspect(InspectOrder::Close)]);
    }
    // Of the rows of the table nothing is asked while it is not seen.
    desk.press("Enter");
    assert_eq!(&desk.app.wants().visible[..], [id(WHOM)]);
    // A page that was asked for and left does not come into another's place; nor does another process.
    desk.press("3");
    let before = desk.picture();
    let at = desk.at;
    assert!(desk.app.take_dirty());
    desk.tell(Msg::Inspected(look(690, Page::Files, 1, at)));
    desk.tell(Msg::Inspected(look(WHOM, Page::Limits, 1, at)));
    assert_eq!((desk.picture(), desk.app.take_dirty()), (before, false));
}

#[test]
fn keys_walk_search_filter_and_copy() {
    let mut desk = page(SMALL, Page::Files, "l");
    let chosen = |desk: &Desk| {
        let inspector = desk.app.inspector.as_ref().unwrap();
        inspector.row(&desk.app.context()).unwrap().0
    };
    desk.press("Down Down");
    assert!(chosen(&desk).starts_with("2  pipe"), "{}", chosen(&desk));
    desk.press("End");
    assert!(chosen(&desk).contains("io_uring"));
    desk.press("PageUp PageUp Home");
    assert!(chosen(&desk).starts_with('0'));
    desk.press("/ p o s t g r e s q l Enter");
    assert!(chosen(&desk).contains(".s.PGSQL"), "{}", chosen(&desk));
    desk.press("n");
    assert!(chosen(&desk).contains("2619"), "{}", chosen(&desk));
    // Rows come and go; the cursor stays on its row.
    let at = desk.at;
    let mut told = Inspection::clone(&look(WHOM, Page::Files, 42, at));
    let Found::Files(files) = &mut told.found else { panic!("files") };
    files.open.as_mut().unwrap().drain(..3);
    desk.tell(Msg::Inspected(Arc::new(told)));
    assert!(chosen(&desk).contains("2619"), "{}", chosen(&desk));
    let copied = effects(&mut desk, "y");
    assert!(
        matches!(&copied[..], [Effect::Copy(text)] if text.contains("2619") && text.contains("81.0M")),
        "{copied:?}"
    );
    desk.press("F4 S O C K E T | e p o l l");
    assert!(desk.picture().contains("4 of 12"), "{}", desk.picture());
    desk.press("Enter");
    assert!(desk.picture().contains("LISTEN") && !desk.picture().contains("timerfd"));
    assert_eq!(desk.app.inspector.as_ref().unwrap().counts(), (4, 12));
    desk.press("F4 Esc");
    assert!(desk.picture().contains("timerfd"));
    desk.press("/ n o w h e r e Enter n");
    assert!(desk.picture().contains("'nowhere' is not found"));
}

#[test]
fn a_row_leads_to_the_process_it_is_about_and_back() {
    let mut desk = page(SMALL, Page::Files, "l");
    desk.press("Down Down");
    let orders = effects(&mut desk, "Enter");
    assert_eq!(orders.last(), Some(&Effect::Inspect(InspectOrder::Open(id(301)))));
    assert_eq!(desk.app.inspector.as_ref().unwrap().target.id, id(301));
    assert!(desk.picture().contains("301 systemd-journal"), "{}", desk.picture());
    let orders = effects(&mut desk, "Backspace");
    assert_eq!(orders.last(), Some(&Effect::Inspect(InspectOrder::Open(id(WHOM)))));
    tell(&mut desk, Page::Files, 1);
    desk.press("Home Enter");
    assert!(desk.picture().contains("this row is about no other process"));
    desk.press("Backspace");
    assert!(desk.picture().contains("no other process was looked into before"));
}

#[test]
fn a_threads_row_leads_to_the_thread() {
    let mut desk = Desk::new(MIDDLE);
    let mut sample = sample(desk.at + SECOND, MACHINE);
    let of = Pid::new(703).unwrap();
    let thread = Task { kind: Kind::Thread(of), ..Task::bare(ProcId::new(705, 7).unwrap()) };
    sample.tasks.push(Seen::new(thread, Nanos(desk.at)));
    sample.tasks.sort_by_key(|seen| seen.id);
    desk.press("H");
    desk.show(sample);
    desk.press("7 0 5 Enter");
    let inspector = desk.app.inspector.as_ref().unwrap();
    assert_eq!((inspector.target.id, inspector.page), (id(WHOM), Page::Threads));
    tell(&mut desk, Page::Threads, 2);
    let inspector = desk.app.inspector.as_ref().unwrap();
    assert!(inspector.row(&desk.app.context()).unwrap().0.starts_with("705"));
}

#[test]
fn nobody_is_looked_into_in_the_place_of_another() {
    let mut desk = Desk::new(SMALL);
    desk.press("7 0 7 Enter");
    assert!(desk.app.inspector.is_none());
    assert!(desk.picture().contains("no process 707 is shown"), "{}", desk.picture());
}

#[test]
fn what_was_said_before_is_not_drawn_anew() {
    let mut desk = page(SMALL, Page::Limits, "7");
    assert!(desk.app.take_dirty());
    tell(&mut desk, Page::Limits, 42);
    assert!(!desk.app.take_dirty());
    let (at, other) = (desk.at, Found::Refused(Refused::NoSuch));
    desk.tell(Msg::Inspected(found_in(WHOM, Page::Limits, 43, at, other)));
    assert!(desk.app.take_dirty());
}

#[test]
fn acts_reach_the_process_that_is_looked_into() {
    let mut desk = Desk::new(SMALL);
    // Others are tagged, and the cursor is elsewhere: they are not meant here.
    desk.press("1 3 1 1 Space 7 0 3 Enter");
    let orders = effects(&mut desk, "F8");
    assert!(
        matches!(&orders[..], [Effect::Control(ControlOrder::Pin { targets, .. }), Effect::Control(ControlOrder::Act { .. })]
            if targets.len() == 1 && targets[0].id == id(WHOM)),
        "{orders:?}"
    );
    for (key, dialog) in [("F9", true), ("i", false), ("a", false), ("Y", false)] {
        desk.press(key);
        let Some(layer) = &desk.app.layer else { panic!("{key}") };
        assert_eq!(matches!(layer, Layer::Signal(_)), dialog, "{key}");
        desk.press("Esc");
        assert!(desk.app.layer.is_none() && desk.app.inspector.is_some(), "{key}");
    }
    // What is about the table means nothing here.
    desk.press("Space t H");
    assert_eq!((desk.app.table.tagged(), desk.app.table.tree), (1, false));
}

#[test]
fn what_ended_stays_with_how_it_ended() {
    let mut desk = page(MIDDLE, Page::Files, "l");
    let at = desk.at;
    let gone = found_in(WHOM, Page::Files, 43, at, Found::Gone(Ended::Status(15)));
    let closed = desk.app.update(Nanos(at), Msg::Inspected(gone.clone()));
    assert!(closed.contains(&Effect::Inspect(InspectOrder::Close)), "{closed:?}");
    let shown = desk.picture();
    assert!(shown.contains("It was ended by SIGTERM.") && shown.contains(".s.PGSQL.5432"), "{shown}");
    insta::assert_snapshot!("inspect_ended_120x40", shown);
    assert_eq!(effects(&mut desk, "2"), [], "there is nothing more to be read");
    assert!(effects(&mut desk, "F9").is_empty() && desk.app.layer.is_none());
    assert!(desk.picture().contains("this process has ended"));
}

#[test]
fn what_is_refused_says_what_it_takes() {
    let mut desk = looked(SMALL);
    desk.press("e");
    let at = desk.at;
    assert!(desk.picture().contains("reading"));
    let refused = Found::Refused(Refused::Denied(Needed::Ptrace));
    desk.tell(Msg::Inspected(found_in(WHOM, Page::Environment, 1, at, refused)));
    let shown = desk.picture();
    assert!(shown.contains("Denied: it needs CAP_SYS_PTRACE (root)"), "{shown}");
    let slow = Found::Refused(Refused::Slow(Nanos(at - 3 * SECOND)));
    desk.tell(Msg::Inspected(found_in(WHOM, Page::Environment, 2, at, slow)));
    assert!(desk.picture().contains("No answer for"), "{}", desk.picture());
}

#[test]
fn a_frozen_display_holds_the_page() {
    let mut desk = page(SMALL, Page::Limits, "7");
    desk.press("Z");
    let held = desk.picture();
    let at = desk.at;
    desk.tell(Msg::Inspected(found_in(WHOM, Page::Limits, 44, at, Found::Refused(Refused::NoSuch))));
    assert_eq!(desk.picture(), held);
    desk.press("Z");
    assert!(desk.picture().contains("This kernel does not tell it."), "{}", desk.picture());
}

#[test]
fn the_mouse_turns_pages_chooses_rows_and_scrolls() {
    let mut desk = page(SMALL, Page::Files, "l");
    let on = |desk: &Desk, text: &str| {
        let shown = desk.picture();
        let (y, line) = shown.lines().enumerate().find(|(_, line)| line.contains(text)).unwrap();
        let x = line.split(text).next().unwrap().chars().count();
        (x as u16, y as u16)
    };
    let (x, y) = on(&desk, "[::]:5432");
    desk.click(x, y);
    let inspector = desk.app.inspector.as_ref().unwrap();
    assert!(inspector.row(&desk.app.context()).unwrap().0.contains("LISTEN"));
    // A second click follows where the row leads; one on the other end's row first only chooses it.
    let (x, y) = on(&desk, "301 sys");
    desk.click(x, y);
    assert_eq!(desk.app.inspector.as_ref().unwrap().target.id, id(WHOM));
    desk.click(x, y);
    assert_eq!(desk.app.inspector.as_ref().unwrap().target.id, id(301));
    desk.press("Backspace");
    let (x, y) = on(&desk, "6Mem");
    desk.click(x, y);
    assert_eq!(desk.app.inspector.as_ref().unwrap().page, Page::Memory);
    tell(&mut desk, Page::Memory, 1);
    let (_, y) = on(&desk, "page tables");
    let hit = view::hit(&desk.app, desk.area(), 5, y);
    assert!(matches!(hit, Hit::Line(_)));
    for _ in 0..9 {
        desk.tell(Msg::Mouse(MouseEvent::WheelDown, hit));
    }
    assert!(desk.picture().contains("rwxp"), "{}", desk.picture());
    for _ in 0..9 {
        desk.tell(Msg::Mouse(MouseEvent::WheelUp, hit));
    }
    assert!(desk.picture().contains("page tables"));
}
