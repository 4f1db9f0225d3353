//! In htop's place: every key that htop has for its table does here what it does there.

use super::*;

/// htop's keys for the table, as of 3.5, and what they are called here.
const KEYS: &[(&str, Action)] = &[
    ("F1", Action::Help),
    ("h", Action::Help),
    ("?", Action::Help),
    ("F3", Action::Search),
    ("/", Action::Search),
    ("Shift-F3", Action::SearchPrev),
    ("F15", Action::SearchPrev),
    ("F4", Action::Filter),
    ("\\", Action::Filter),
    ("F5", Action::Tree),
    ("t", Action::Tree),
    ("F6", Action::Sort),
    (",", Action::Sort),
    (".", Action::Sort),
    ("Shift-F6", Action::FoldOrSort),
    ("F18", Action::FoldOrSort),
    ("F7", Action::NiceDown),
    ("]", Action::NiceDown),
    ("F8", Action::NiceUp),
    ("[", Action::NiceUp),
    ("Shift-F7", Action::AutogroupDown),
    ("}", Action::AutogroupDown),
    ("Shift-F8", Action::AutogroupUp),
    ("{", Action::AutogroupUp),
    ("F9", Action::Signal),
    ("k", Action::Signal),
    ("F10", Action::Quit),
    ("q", Action::Quit),
    ("Ctrl-C", Action::Quit),
    ("Ctrl-Z", Action::Suspend),
    ("Ctrl-L", Action::Redraw),
    ("Tab", Action::NextScreen),
    ("Shift-Tab", Action::PrevScreen),
    ("#", Action::Header),
    ("Up", Action::Up),
    ("Alt-k", Action::Up),
    ("Down", Action::Down),
    ("Alt-j", Action::Down),
    ("PageUp", Action::PageUp),
    ("PageDown", Action::PageDown),
    ("Home", Action::Top),
    ("End", Action::Bottom),
    ("Shift-Up", Action::ScrollUp),
    ("Alt-Up", Action::ScrollUp),
    ("Shift-Down", Action::ScrollDown),
    ("Alt-Down", Action::ScrollDown),
    ("Left", Action::Left),
    ("Alt-h", Action::Left),
    ("Right", Action::Right),
    ("Alt-l", Action::Right),
    ("Ctrl-A", Action::LineStart),
    ("^", Action::LineStart),
    ("Ctrl-E", Action::LineEnd),
    ("$", Action::LineEnd),
    ("+", Action::FoldToggle),
    ("-", Action::FoldToggle),
    ("=", Action::FoldToggle),
    ("*", Action::FoldAll),
    ("Backspace", Action::FoldParent),
    ("Space", Action::Tag),
    ("c", Action::TagTree),
    ("U", Action::Untag),
    ("u", Action::User),
    ("F", Action::Follow),
    ("Z", Action::Pause),
    ("N", Action::SortPid),
    ("P", Action::SortCpu),
    ("M", Action::SortMemory),
    ("T", Action::SortTime),
    ("I", Action::Invert),
    ("H", Action::Threads),
    ("K", Action::KernelThreads),
    ("O", Action::Containers),
    ("p", Action::FullCommand),
    ("m", Action::MergedCommand),
    ("a", Action::Affinity),
    ("i", Action::IoPriority),
    ("Y", Action::Policy),
    // There these open the list of columns too; here they go to the column beside, as in top.
    ("<", Action::SortPrev),
    (">", Action::SortNext),
];

#[test]
fn trained_hands_find_every_key() {
    let (keymap, _) = Keymap::parse(DEFAULT_KEYMAP);
    for (key, action) in KEYS {
        let chord: Chord = key.parse().unwrap();
        assert_eq!(keymap.action(Screen::Processes, chord), Some(*action), "{key}");
    }
}

#[test]
fn what_is_free_there_is_not_taken_for_vim() {
    let (keymap, _) = Keymap::parse(DEFAULT_KEYMAP);
    assert_eq!(keymap.action(Screen::Processes, Chord::char('j')), None);
}

#[test]
fn a_search_goes_on_both_ways_and_stays_where_it_is_confirmed() {
    let mut desk = Desk::new();
    desk.press("N F3 c c 1");
    assert_eq!(desk.selected(), 31);
    desk.press("F3");
    assert_eq!(desk.selected(), 32);
    desk.press("Shift-F3 Shift-F3");
    assert_eq!(desk.selected(), 32, "round, upwards");
    desk.press("Enter");
    assert_eq!((desk.selected(), desk.app.layer.is_none()), (32, true));
    desk.press("Shift-F3");
    assert_eq!(desk.selected(), 31);
    desk.press("n n");
    assert_eq!(desk.selected(), 31);
    // Of several, the one before is not the next.
    desk.press("Home / s");
    assert_eq!(desk.selected(), 10);
    desk.press("F3");
    assert_eq!(desk.selected(), 20);
    desk.press("Shift-F3 Shift-F3");
    assert_eq!(desk.selected(), 40);
    desk.press("Enter Shift-F3");
    assert_eq!(desk.selected(), 32);
    // Cancelled, it stays where it got to as well.
    desk.press("/ p o s t Esc");
    assert_eq!((desk.selected(), desk.app.layer.is_none()), (40, true));
    // One match alone is found again, and that is no failure.
    desk.press("Shift-F3");
    assert_eq!((desk.selected(), desk.said()), (40, String::new()));
    desk.press("/ z z z Enter Shift-F3");
    assert!(desk.said().contains("'zzz' is not found"), "{}", desk.said());
}

#[test]
fn a_filter_is_kept_by_enter_and_cleared_by_escape() {
    let mut desk = Desk::new();
    desk.press("F4 c c 1 | p o s t Enter");
    assert_eq!(desk.rows(), [">31", "32", "40"]);
    // Opened again it goes on from there.
    desk.press("\\ x");
    assert_eq!(desk.app.table.filter_text, "cc1|postx");
    desk.press("Esc");
    assert_eq!((desk.rows().len(), desk.app.table.filter_text.as_str()), (7, ""));
}

#[test]
fn the_list_scrolls_and_the_cursor_stays_on_its_process() {
    let mut desk = Desk::new();
    desk.app.set_table_rows(3);
    desk.press("Down Shift-Down Alt-Down");
    assert_eq!((desk.selected(), desk.app.table.cursor(), desk.app.table.first), (32, 1, 2));
    desk.press("Shift-Up Alt-Up Alt-Up");
    assert_eq!((desk.selected(), desk.app.table.first), (32, 0));
    for _ in 0..9 {
        desk.press("Shift-Down");
    }
    assert_eq!(desk.app.table.first, 4, "the last rows fill the screen");
}

#[test]
fn a_click_on_the_header_sorts_and_again_inverts() {
    let mut desk = Desk::new();
    let click = |at| Msg::Mouse(MouseEvent::Left, Hit::Column(at));
    desk.tell(click(0));
    assert_eq!((desk.app.table.sort.id, desk.app.table.descending), ("pid", false));
    desk.tell(click(0));
    assert!(desk.app.table.descending);
    desk.press("I");
    assert!(!desk.app.table.descending);
    desk.press(">");
    assert_eq!(desk.app.table.sort.id, "user");
    desk.press("< <");
    assert_eq!(desk.app.table.sort.id, "command", "round");
}

#[test]
fn the_wheel_scrolls_and_the_other_buttons_act_on_their_row() {
    let mut desk = Desk::new();
    desk.app.set_table_rows(3);
    desk.tell(Msg::Mouse(MouseEvent::WheelDown, Hit::Line(0)));
    assert_eq!((desk.selected(), desk.app.table.first), (31, 3));
    desk.tell(Msg::Mouse(MouseEvent::WheelUp, Hit::Line(3)));
    assert_eq!(desk.app.table.first, 0);
    desk.tell(Msg::Mouse(MouseEvent::Middle, Hit::Line(1)));
    assert_eq!((desk.app.table.tagged(), desk.selected()), (1, 40), "tagged, and on to the next");
    desk.tell(Msg::Mouse(MouseEvent::Right, Hit::Line(0)));
    assert_eq!(desk.selected(), 31);
    assert!(matches!(&desk.app.layer, Some(Layer::Menu(Menu { purpose: MenuPurpose::Act, .. }))));
}

#[test]
fn the_merged_command_and_back() {
    let mut desk = Desk::new();
    let last = |desk: &Desk| desk.app.table.columns.last().map(|column| column.id);
    desk.press("m");
    assert_eq!(last(&desk), Some("merged"));
    assert!(desk.app.wants().needs.has(crate::model::Needs::EXE));
    desk.press("p m");
    assert_eq!(last(&desk), Some("command"));
    desk.press("p m m p");
    assert_eq!(last(&desk), Some("cmdline"));
}

/// A look at a machine of which two processes are in containers, one of them with us.
fn contained(desk: &mut Desk) {
    desk.at += SECOND;
    let mut sample = machine(desk.at, MACHINE);
    let digits = |digit: char| std::iter::repeat_n(digit, 64).collect::<String>();
    let place = |pid: u32| match pid {
        // 30 is glowtop itself.
        30 | 31 => format!("/docker/{}", digits('a')),
        32 => format!("/docker/{}", digits('b')),
        _ => "/user.slice".to_owned(),
    };
    for seen in &mut sample.tasks {
        let cgroup = crate::model::CgroupPlace::of(place(seen.id.pid.get()).as_bytes());
        let details = crate::model::Details {
            cgroup: Reading::Known(Arc::new(cgroup)),
            ..crate::model::Details::default()
        };
        Arc::make_mut(&mut seen.task).details = Some(Arc::new(details));
    }
    let next = Arc::new(derive(Some(&desk.app.snapshot), sample));
    desk.tell(Msg::Snapshot(next));
}

#[test]
fn other_containers_than_ours_are_hidden() {
    let mut desk = Desk::new();
    contained(&mut desk);
    desk.press("O");
    assert_eq!(
        (desk.said().as_str(), &desk.effects[..]),
        ("processes in containers are hidden", &[Effect::Sample][..])
    );
    assert_eq!(desk.rows(), [">31", "40", "30", "20", "1", "10"]);
    assert!(desk.app.wants().needs.has(crate::model::Needs::CGROUP.of_all()));
    // Nor are they hit by what is done to all rows.
    let reached: Vec<u32> =
        desk.app.table.matches(&desk.app.snapshot).iter().map(|target| target.id.pid.get()).collect();
    assert_eq!(reached, [1, 10, 20, 30, 31, 40]);
    desk.press("O");
    assert_eq!(desk.rows().len(), 7);
}

#[test]
fn a_search_opened_again_goes_on_with_the_text_before() {
    let mut desk = Desk::new();
    desk.press("N F3 c c 1 Enter Home F3 F3");
    let Some(Layer::Line(line)) = &desk.app.layer else { panic!("no line is open") };
    assert_eq!((line.edit.text(), desk.selected()), ("cc1", 31));
    desk.press("F3");
    assert_eq!(desk.selected(), 32);
    desk.press("Esc Home / Shift-F3");
    assert_eq!(desk.selected(), 32, "round, upwards");
    // What was deleted is not searched for again.
    desk.press("Backspace Backspace Backspace F3");
    assert_eq!(desk.selected(), 32);
}

#[test]
fn by_memory_is_by_all_of_it_though_the_percents_agree() {
    let mut desk = Desk::new();
    // Of 4 GiB a MiB is not seen in MEM%, but it is in RES beside it.
    let mut specs = MACHINE.to_vec();
    specs[4].5 = 6;
    desk.look(&specs);
    desk.press("M");
    assert_eq!(desk.rows(), [">31", "32", "40", "1", "20", "30", "10"]);
}

#[test]
fn whoever_a_filter_left_under_the_cursor_stays_in_view_without_it() {
    let mut desk = Desk::new();
    desk.app.set_table_rows(3);
    desk.press("N Down F4 p o s t Esc");
    let (at, first) = (desk.app.table.cursor(), desk.app.table.first);
    assert_eq!(desk.selected(), 40);
    assert!((first..first + 3).contains(&at), "row {at}, from {first} on");
}

#[test]
fn whoever_the_cursor_is_on_stays_in_view_whatever_order_is_asked_for() {
    let mut desk = Desk::new();
    desk.app.set_table_rows(2);
    desk.press("N Down");
    let chosen = desk.selected();
    for key in ["I", "M", "P", "T", "t", "t", "K", "K", "<", "I"] {
        desk.press(key);
        let (at, first) = (desk.app.table.cursor(), desk.app.table.first);
        assert_eq!(desk.selected(), chosen, "{key}");
        assert!((first..first + 2).contains(&at), "{key}: row {at}, from {first} on");
    }
}
