//! The signal dialog: scopes, confirmation, whom it reaches, the mouse.

use super::*;

#[test]
fn each_scope_is_pinned_when_it_is_chosen_and_sent_to_alone() {
    let mut desk = Desk::grouped();
    desk.press("3 0 F9");
    assert_eq!(desk.orders(), ["pin [30]", "survey 30 among [30, 31, 32]"]);
    assert_eq!(desk.scopes(), [">chosen 1", "subtree 3", "group 3", "session 4"]);
    desk.press("Right");
    assert_eq!(desk.orders(), ["pin [31, 32]"], "who is pinned already need not be");
    assert_eq!(desk.named(), [30, 31, 32]);
    desk.press("Tab Tab");
    assert_eq!(desk.orders(), ["pin [20]"]);
    assert_eq!(desk.named(), [30, 20, 31, 32], "who was chosen is named first");
    desk.press("Enter");
    assert_eq!(desk.orders(), ["SIGTERM, Session(20)"], "whoever was pinned is meant");

    for (keys, order) in [
        ("Right Enter", "SIGTERM, Subtree"),
        ("Right Right Enter", "SIGTERM, Group(30)"),
        ("Right Left Enter", "SIGTERM only [30]"),
        ("Shift-Tab Shift-Tab Enter", "SIGTERM only [30, 31, 32], Group(30)"),
        ("Left Left Left Enter", "SIGTERM only [30, 31, 32], Subtree"),
        ("Enter", "SIGTERM"),
    ] {
        desk.press("F9");
        desk.press(keys);
        let orders = desk.orders();
        assert_eq!(orders.last().map(String::as_str), Some(order), "{keys}");
    }
}

#[test]
fn only_scopes_that_mean_something_are_offered() {
    let mut desk = Desk::grouped();
    // A shell and a compiler share their session, and no group.
    desk.press("2 0 Space");
    desk.wait(5.0);
    desk.press("3 1 Space F9");
    assert_eq!(desk.scopes(), [">chosen 2", "subtree 4", "session 4"]);
    desk.press("Esc");
    desk.wait(5.0);
    desk.press("4 0 Space F9");
    assert_eq!(desk.scopes(), [">chosen 3", "subtree 5"]);
    desk.press("Esc U F4 c c 1 Enter Home F9");
    assert_eq!(desk.scopes().last().map(String::as_str), Some("matches 2"));
    desk.orders();
    desk.press("Shift-Tab Enter");
    assert_eq!(desk.orders().last().map(String::as_str), Some("SIGTERM"));
    desk.press("Down F9 Shift-Tab");
    assert_eq!(desk.named(), [32, 31], "who was chosen is named first");
    desk.press("Esc Up F9 Shift-Tab Right Enter");
    assert_eq!(desk.orders().last().map(String::as_str), Some("SIGTERM only [31]"));
    let mut desk = Desk::grouped();
    desk.press("4 0 Space F4 c c 1 Enter F9");
    assert_eq!((desk.named(), desk.scopes().last().cloned()), (vec![40], Some("matches 2".to_owned())));
    desk.press("Shift-Tab");
    assert_eq!(desk.named(), [31, 32], "who does not match is not meant");
}

fn survey(path: &str, unit: Option<&str>, members: &[u32], listens: &[(u32, u16)]) -> Happened {
    let pid = |pid: &u32| Pid::new(*pid).unwrap();
    let members = members.iter().map(pid).collect();
    let cgroup = Cgroup { path: path.into(), unit: unit.map(Untrusted::from), members };
    let listens = listens.iter().map(|(n, port)| (pid(n), *port)).collect();
    Happened::Surveyed(Box::new(Survey { cgroup: Some(cgroup), listens, partial: false }))
}

#[test]
fn the_cgroup_is_offered_when_it_is_known() {
    let mut desk = Desk::grouped();
    desk.press("4 0 F9");
    let session = desk.menu().aims.session;
    assert_eq!(desk.menu().ports.clone(), None, "not known yet");
    let of = |members: &[u32]| {
        survey("/system.slice/pg.service", Some("pg.service"), members, &[(40, 5432), (10, 22)])
    };
    desk.news(session, 40, None, survey("/", None, &[40, 10], &[]));
    assert!(!desk.scopes().concat().contains("cgroup"), "the root is everybody");
    desk.news(session, 40, None, of(&[10]));
    assert!(!desk.scopes().concat().contains("cgroup"), "the chosen one is not in it");
    desk.news(session, 40, None, of(&[10, 40]));
    assert_eq!(desk.scopes().last().map(String::as_str), Some("cgroup pg.service 2"));
    assert_eq!(desk.menu().ports.clone(), Some((vec![5432], false)));
    desk.orders();
    desk.press("Shift-Tab");
    assert_eq!(desk.orders(), ["pin [10]"]);
    assert_eq!(desk.menu().ports.clone(), Some((vec![22, 5432], false)));
    desk.pinned();
    // glowtop itself is in it.
    desk.press("Enter y e s Enter");
    let path = "/system.slice/pg.service";
    let reach = format!("{:?}", Reach::Cgroup(path.into()));
    assert_eq!(desk.orders(), [format!("SIGTERM, {reach}")]);
}

#[test]
fn who_comes_into_the_scope_is_named_and_who_ends_is_counted_out() {
    let mut desk = Desk::grouped();
    desk.press("3 0 F9 Right");
    desk.pinned();
    desk.orders();
    let mut more = MACHINE.to_vec();
    more.push((33, 30, "as", 1000, 10, 3));
    desk.see(&more, &[]);
    assert_eq!((desk.orders(), desk.named()), (vec!["pin [33]".to_owned()], vec![30, 31, 32, 33]));
    assert_eq!(desk.scopes()[1], ">subtree 4");
    let session = desk.menu().aims.session;
    desk.news(session, 31, None, Happened::Vanished);
    assert_eq!((desk.menu().aims.ready(), desk.menu().aims.targets.len()), (3, 4));
    // A newcomer with the pid of one that is gone is somebody else.
    desk.news(session, 32, None, Happened::Outcome(Outcome::Replaced));
    assert_eq!(desk.menu().aims.ready(), 2);
    // Who was chosen stays in sight when they end; of those who only came with them the living are shown and named.
    desk.news(session, 30, None, Happened::Vanished);
    desk.see(&more, &[]);
    assert_eq!((desk.named(), desk.menu().aims.ready()), (vec![30, 32, 33], 1));
    desk.orders();
    desk.press("Enter");
    assert_eq!(desk.orders(), ["SIGTERM only [32, 33], Subtree"]);
}

#[test]
fn what_signals_meet_is_counted_while_it_changes() {
    let mut desk = Desk::grouped();
    desk.press("3 0 F9 Right");
    let session = desk.menu().aims.session;
    let ignores = Disposition { ignored: Some(SignalSet(1 << 14)), ..Disposition::default() };
    let standing = || Happened::Pinned(Box::new(Standing { disposition: ignores, ..Standing::default() }));
    let ignored = |desk: &Desk| desk.menu().aims.tally(Signal::TERM).ignored;
    for (pid, sum) in [(30, 1), (31, 2), (31, 2), (32, 3)] {
        desk.news(session, pid, None, standing());
        assert_eq!(ignored(&desk), sum);
    }
    desk.news(session, 31, None, Happened::Vanished);
    assert_eq!(ignored(&desk), 2);
    desk.press("Left");
    assert_eq!(ignored(&desk), 1);
    desk.press("Right");
    assert_eq!((ignored(&desk), desk.menu().aims.ready()), (2, 2), "what is known stays known");
}

#[test]
fn what_is_dangerous_must_be_confirmed_by_a_word() {
    let mut desk = Desk::grouped();
    desk.press("2 0 Space");
    desk.wait(5.0);
    desk.press("4 0 Space F9");
    desk.pinned();
    desk.orders();
    desk.press("Enter");
    assert_eq!((desk.orders(), desk.menu().confirm.as_deref()), (vec![], Some("")), "two users");
    // Anything else than yes goes on in the dialog.
    for keys in ["Enter", "n", "y e x", "y e Enter", "Down", "Backspace"] {
        desk.press(keys);
        assert_eq!((desk.orders(), desk.menu().confirm.as_deref()), (vec![], None), "{keys}");
        desk.press("1 5 Enter");
    }
    desk.press("y q Enter y e s Backspace s Enter");
    assert_eq!(desk.orders(), ["SIGTERM"]);
    // What ends nobody needs no word.
    desk.wait(5.0);
    desk.press("2 0 Space");
    desk.wait(5.0);
    desk.press("4 0 Space F9 1 8 Enter");
    assert_eq!(desk.orders().last().map(String::as_str), Some("SIGCONT"));
    desk.press("Space F9 Esc");
}

#[test]
fn each_danger_asks_for_the_word() {
    // PID 1, glowtop itself, and a kernel thread, which is none.
    for (keys, asks) in [("1", true), ("1 0", true), ("3 1", false), ("4 0", false)] {
        let mut desk = Desk::grouped();
        desk.press(keys);
        for way in ["F9 Enter", "! Enter", "F9 9 Enter"] {
            desk.press(way);
            assert_eq!(desk.app.layer.is_some(), asks, "{keys} {way}");
            desk.press("Esc");
        }
    }
    let mut desk = Desk::grouped();
    desk.press("3 1 F9");
    let session = desk.menu().aims.session;
    let init = Box::new(Standing { is_init: true, ..Standing::default() });
    desk.news(session, 31, None, Happened::Pinned(init));
    assert!(
        matches!(&desk.menu().dangers[..], [crate::model::Danger::ContainerInit(pid, _)] if pid.get() == 31)
    );
    desk.press("Enter");
    assert_eq!(desk.menu().confirm.as_deref(), Some(""));
    // If there is more to know than there was when it was asked, it is asked again.
    desk.press("y e s");
    let Some(Layer::Signal(menu)) = &mut desk.app.layer else { panic!() };
    menu.dangers.push(crate::model::Danger::Ourselves);
    desk.orders();
    desk.press("Enter");
    assert_eq!((desk.orders(), desk.menu().confirm.as_deref()), (vec![], Some("")));
    desk.press("y e s Enter");
    assert_eq!(desk.orders(), ["SIGTERM"]);
}

#[test]
fn kernel_threads_are_never_ready_for_a_signal() {
    let mut desk = Desk::grouped();
    desk.press("K N 2 F9");
    assert_eq!((desk.named(), desk.menu().aims.ready()), (vec![2], 0));
    desk.pinned();
    assert_eq!(desk.menu().aims.ready(), 0, "also where the pin does not tell that it is one");
    desk.orders();
    desk.press("Enter");
    assert_eq!(desk.orders(), ["release"]);
    assert!(desk.said().contains("nothing sent: none of them can be hit"), "{}", desk.said());
}

#[test]
fn the_mouse_chooses_signals_scopes_and_keys() {
    let mut desk = Desk::grouped();
    desk.press("3 0 F9");
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Scope(Scope::Subtree)));
    assert_eq!(desk.named(), [30, 31, 32]);
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Item(9)));
    assert_eq!(desk.menu().signal(), Signal::KILL);
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Press(Chord::char('!'))));
    assert_eq!(desk.menu().pick(), Pick::Ladder);
    desk.tell(Msg::Mouse(MouseEvent::WheelDown, Hit::Layer));
    assert_eq!(desk.menu().at, 3);
    desk.orders();
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Press(Chord::plain(Key::Enter))));
    assert_eq!(desk.orders(), ["SIGQUIT, Subtree"]);
}

#[test]
fn five_hundred_tagged_rows_are_one_order_one_look_and_one_sentence() {
    let mut desk = Desk::grouped();
    let many: Vec<Spec> = (1000..1500).map(|pid| (pid, 1, "worker", 1000, 1, 1)).collect();
    let all: Vec<Spec> = MACHINE.iter().copied().chain(many).collect();
    desk.see(&all, &[]);
    desk.press("F4 w o r k e r Enter Home");
    desk.press(&"Space ".repeat(500));
    assert_eq!(desk.app.table.tagged(), 500);
    desk.effects.clear();
    desk.press("F9");
    let pins = |desk: &Desk| {
        let of = |effect: &Effect| match effect {
            Effect::Control(ControlOrder::Pin { targets, .. }) => Some(targets.len()),
            _ => None,
        };
        desk.effects.iter().filter_map(of).collect::<Vec<_>>()
    };
    assert_eq!((pins(&desk), desk.menu().aims.ready()), (vec![500], 500));
    desk.pinned();
    let session = desk.order("Enter");
    assert_eq!(desk.orders(), ["SIGTERM"]);
    for pid in 1000..1500 {
        desk.news(session, pid, Some(TERM), Happened::Outcome(Outcome::Delivered));
    }
    for pid in 1000..1500 {
        let what = Happened::Verdict(Verdict::Killed { by: Signal::TERM, after: 0.0 });
        desk.news(session, pid, Some(TERM), what);
    }
    assert_eq!(desk.effects, [Effect::Sample]);
    let now: Vec<&str> = desk.app.notices.current(desk.app.now).map(|n| n.text.as_str()).collect();
    assert_eq!(now, ["500 processes: killed by SIGTERM at once"]);
}
