//! What goes on after it was ordered: ladders, freezing and thawing, taking back; and the menu of acts.

use super::*;

#[test]
fn the_ladder_counts_down_tells_who_ended_and_sums_up() {
    let mut desk = Desk::grouped();
    desk.press("Space Space Space ! + + -");
    assert_eq!((desk.menu().pick(), desk.menu().seconds), (Pick::Ladder, 6));
    desk.press("y");
    assert_eq!(desk.menu().pick(), Pick::Ladder, "there is no signal of that name");
    desk.press("Esc U 3 0 c ! -");
    assert_eq!(desk.menu().seconds, 5, "it is remembered");
    desk.pinned();
    let session = desk.order("Enter");
    assert_eq!(desk.orders(), ["ladder 5"]);
    let says = |desk: &Desk, text: &str| assert_eq!(desk.line().as_deref(), Some(text));
    says(&desk, "ladder: SIGTERM sent, SIGKILL in 5 s, Esc stops it");
    for pid in [30, 31, 32] {
        desk.news(session, pid, Some(TERM), Happened::Outcome(Outcome::Delivered));
    }
    let killed = |by| Happened::Verdict(Verdict::Killed { by, after: 0.1 });
    desk.news(session, 30, Some(TERM), killed(Signal::TERM));
    says(&desk, "ladder: 1 of 3 ended, SIGKILL for 2 in 5 s, Esc stops it");
    // It counts by itself, once a second.
    for (waited, left) in [(1.0, 4), (1.0, 3), (1.0, 2)] {
        let next = desk.app.deeds.wakeup(desk.app.now).expect("it counts down");
        assert_eq!(next, Nanos(desk.at).plus(waited));
        desk.wait(waited);
        says(&desk, &format!("ladder: 1 of 3 ended, SIGKILL for 2 in {left} s, Esc stops it"));
    }
    desk.wait(2.0);
    assert_eq!((desk.line(), desk.app.deeds.wakeup(desk.app.now)), (None, None));
    for pid in [31, 32] {
        desk.news(session, pid, Some(KILL), Happened::Outcome(Outcome::Delivered));
    }
    says(&desk, "ladder: 1 of 3 ended, SIGKILL sent to 2");
    desk.news(session, 31, Some(KILL), killed(Signal::KILL));
    desk.news(session, 32, Some(KILL), killed(Signal::KILL));
    desk.news(session, 30, Some(KILL), Happened::Over { reached: 3, escaped: 0 });
    assert_eq!(desk.said(), "ladder: all 3 ended, 1 after SIGTERM, 2 after SIGKILL");
    assert_eq!(desk.line(), None);
}

#[test]
fn esc_stops_the_ladder_before_all_else() {
    let mut desk = Desk::grouped();
    desk.press("4 0 !");
    desk.pinned();
    let session = desk.order("Enter");
    desk.news(session, 40, Some(TERM), Happened::Outcome(Outcome::Delivered));
    desk.press("Space");
    desk.orders();
    desk.press("Esc");
    assert_eq!((desk.orders(), desk.app.table.tagged()), (vec!["cancel".to_owned()], 1));
    assert_eq!(desk.line(), None);
    desk.press("Esc");
    assert_eq!((desk.orders(), desk.app.table.tagged()), (vec![], 0), "a second one does what it did before");
    desk.news(session, 40, Some(TERM), Happened::Over { reached: 1, escaped: 0 });
    assert_eq!(desk.said(), "ladder: 0 of 1 ended; it was stopped before SIGKILL");
}

/// Whoever is stopped by `session` says so.
fn stop(desk: &mut Desk, session: u64, pids: &[u32]) {
    for pid in pids {
        desk.news(session, *pid, Some(STOP), Happened::Outcome(Outcome::Delivered));
        desk.news(session, *pid, Some(STOP), Happened::Verdict(Verdict::Stopped));
    }
}

#[test]
fn one_key_freezes_and_thaws() {
    let mut desk = Desk::grouped();
    desk.press("3 1");
    let session = desk.order("z");
    assert_eq!(desk.orders(), ["pin [31]", "SIGSTOP"]);
    stop(&mut desk, session, &[31]);
    assert!(desk.app.deeds.frozen.has(id(31)));
    let thaw = desk.order("z");
    assert_eq!(desk.orders(), ["pin [31]", "SIGCONT"]);
    desk.news(thaw, 31, Some(CONT), Happened::Verdict(Verdict::Continued));
    assert!(desk.app.deeds.frozen.is_empty());
    // Who was stopped by others goes on as well; where only some of them are stopped, the rest is stopped too.
    desk.see(MACHINE, &[31]);
    desk.order("z");
    assert_eq!(desk.orders(), ["pin [31]", "SIGCONT"]);
    desk.press("Space");
    desk.wait(5.0);
    desk.press("3 2 Space");
    desk.order("z");
    assert_eq!(desk.orders(), ["pin [31, 32]", "SIGSTOP"]);
    desk.press("U");
    desk.wait(5.0);
    desk.press("3 0");
    desk.order("f");
    assert_eq!(desk.orders(), ["pin [30]", "SIGSTOP, Subtree"]);
    desk.see(MACHINE, &[30, 31, 32]);
    desk.order("f");
    assert_eq!(desk.orders(), ["pin [30]", "SIGCONT, Subtree"]);
    // In the dialog it goes where the dialog aims.
    desk.see(MACHINE, &[]);
    desk.press("F9 Right");
    desk.order("z");
    assert_eq!(desk.orders().last().map(String::as_str), Some("SIGSTOP, Subtree"));
}

#[test]
fn whom_a_look_finds_gone_or_going_on_is_no_longer_frozen() {
    let mut desk = Desk::grouped();
    desk.press("3 1");
    let session = desk.order("z");
    stop(&mut desk, session, &[31, 32, 40]);
    // A sleeper is not read anew at each look: only who was seen to stand still can be seen to go on.
    desk.see(MACHINE, &[]);
    assert_eq!(desk.app.deeds.frozen.len(), 3);
    desk.see(MACHINE, &[31, 32]);
    desk.see(MACHINE, &[31]);
    assert_eq!([31, 32, 40].map(|pid| desk.app.deeds.frozen.has(id(pid))), [true, false, true]);
    desk.see(&MACHINE[..7], &[31]);
    assert_eq!([31, 32, 40].map(|pid| desk.app.deeds.frozen.has(id(pid))), [true, false, false]);
}

#[test]
fn freezing_somebody_dangerous_asks_first() {
    let mut desk = Desk::grouped();
    desk.press("1 0 z");
    assert_eq!(desk.menu().signal(), Signal::STOP);
    assert!(!desk.orders().iter().any(|order| order.starts_with("SIG")));
    desk.press("Enter y e s Enter");
    assert_eq!(desk.orders(), ["SIGSTOP"]);
    // The tree of init has everybody in it.
    desk.wait(5.0);
    desk.press("1 f");
    assert_eq!((desk.menu().scope, desk.menu().signal()), (Scope::Subtree, Signal::STOP));
    desk.press("Esc");
}

#[test]
fn a_freeze_with_an_end_ends_by_itself() {
    let mut desk = Desk::grouped();
    desk.press("3 1 Alt-z Backspace Backspace 8");
    let session = desk.order("Enter");
    assert_eq!(desk.orders(), ["pin [31]", "SIGSTOP"]);
    stop(&mut desk, session, &[31]);
    assert_eq!(desk.app.deeds.wakeup(desk.app.now), Some(Nanos(desk.at).plus(8.0)));
    desk.effects.clear();
    desk.press("F9");
    desk.orders();
    desk.wait(7.9);
    assert_eq!(desk.orders(), [""; 0]);
    desk.wait(0.2);
    assert_eq!(desk.acted(), session, "the same session");
    assert_eq!(desk.orders(), ["pin [31]", "SIGCONT only [31]"]);
    desk.wait(5.0);
    assert_eq!(desk.orders(), [""; 0], "once");
    // Who goes on before is left alone.
    desk.press("Esc Alt-z");
    let session = desk.order("Enter");
    stop(&mut desk, session, &[31]);
    let thaw = desk.order("z");
    desk.news(thaw, 31, Some(CONT), Happened::Verdict(Verdict::Continued));
    desk.orders();
    desk.wait(40.0);
    assert_eq!(desk.orders(), [""; 0]);
    desk.press("Alt-z Backspace Backspace x Enter");
    assert!(desk.said().contains("number of seconds") && desk.app.layer.is_some());
    // Dangers are asked about, and the time is kept.
    desk.press("Esc 1 0 Alt-z Enter");
    assert_eq!((desk.menu().thaw_after, desk.menu().signal()), (Some(30.0), Signal::STOP));
    desk.pinned();
    let session = desk.order("Enter y e s Enter");
    stop(&mut desk, session, &[10]);
    desk.orders();
    desk.wait(31.0);
    assert_eq!(desk.orders(), ["pin [10]", "SIGCONT only [10]"]);
}

#[test]
fn who_leaves_while_others_are_frozen_is_told() {
    let mut desk = Desk::grouped();
    desk.press("3 1");
    let session = desk.order("z");
    stop(&mut desk, session, &[31, 32]);
    desk.orders();
    desk.press("q");
    assert_eq!(desk.orders(), [""; 0]);
    assert_eq!(desk.said(), "2 processes still frozen: z or Ctrl-U lets them go on; q again leaves them so");
    desk.wait(11.0);
    desk.press("F10");
    assert_eq!(desk.orders(), [""; 0], "that was long ago");
    desk.press("q");
    assert_eq!(desk.orders(), ["Quit"]);
    let mut desk = Desk::grouped();
    desk.press("q");
    assert_eq!(desk.orders(), ["Quit"]);
}

#[test]
fn acts_are_taken_back_the_last_one_first() {
    let mut desk = Desk::grouped();
    desk.press("Ctrl-U");
    assert_eq!((desk.orders(), desk.said().as_str()), (vec![], "nothing to take back"));
    let change = |from, to| {
        let (from, to) = (Setting::Nice(from), Setting::Nice(to));
        Happened::Outcome(Outcome::Changed(Box::new(Change { from, to, threads: 1 })))
    };
    desk.press("3 1");
    let nice = desk.order("F8");
    desk.news(nice, 31, Some(Act::Renice(1)), change(0, 1));
    let none = desk.order("F8");
    desk.news(none, 31, Some(Act::Renice(1)), change(1, 1));
    let freeze = desk.order("z");
    stop(&mut desk, freeze, &[31, 32]);
    // A kill cannot be taken back.
    let kill = desk.order("F9 Enter");
    desk.news(kill, 40, Some(TERM), Happened::Verdict(Verdict::Killed { by: Signal::TERM, after: 0.1 }));
    desk.orders();
    desk.press("Ctrl-U");
    assert_eq!(
        (desk.orders(), desk.said().as_str()),
        (vec![format!("undo {freeze}")], "taking back: freeze of 2 processes")
    );
    let session = kill + 1;
    desk.news(session, 31, Some(CONT), Happened::Verdict(Verdict::Continued));
    desk.orders();
    desk.press("Ctrl-U");
    assert_eq!(desk.orders(), [format!("undo {nice}")]);
    assert_eq!(desk.said(), "taking back: nice → 1 of 31 cc1plus");
    // What taking back changes is not taken back.
    desk.news(session + 1, 31, Some(Act::Set(Setting::Nice(0))), change(1, 0));
    desk.orders();
    desk.press("Ctrl-U");
    assert_eq!((desk.orders(), desk.said().as_str()), (vec![], "nothing to take back"));
}

#[test]
fn what_went_on_by_itself_is_not_taken_back() {
    let mut desk = Desk::grouped();
    desk.press("3 1");
    let freeze = desk.order("z");
    stop(&mut desk, freeze, &[31]);
    let thaw = desk.order("z");
    desk.news(thaw, 31, Some(CONT), Happened::Verdict(Verdict::Continued));
    desk.press("Ctrl-U");
    assert_eq!(desk.said(), "nothing to take back");
}

#[test]
fn a_key_that_acts_at_once_reaches_nobody_whom_only_a_death_put_under_the_cursor() {
    for key in ["z", "f", "Alt-z"] {
        let mut desk = Desk::grouped();
        desk.press("Home Down Down");
        let gone = desk.selected();
        let rest: Vec<Spec> = MACHINE.iter().filter(|spec| spec.0 != gone).copied().collect();
        for _ in 0..4 {
            desk.see(&rest, &[]);
        }
        desk.orders();
        desk.press(key);
        assert!(desk.orders().is_empty() && desk.app.layer.is_none(), "{key}");
        assert!(desk.said().contains("is gone"), "{}", desk.said());
        desk.press(key);
        desk.press("Enter");
        assert!(desk.orders().iter().any(|order| order.starts_with("SIGSTOP")), "{key}: once more is meant");
    }
}

#[test]
fn where_all_who_were_tagged_are_gone_nobody_else_is_reached_in_their_place() {
    let mut desk = Desk::grouped();
    desk.press("3 1 Space");
    let meant = desk.selected();
    assert!(desk.app.table.tagged() == 1 && meant != 31);
    let rest: Vec<Spec> = MACHINE.iter().filter(|spec| spec.0 != 31).copied().collect();
    desk.see(&rest, &[]);
    desk.orders();
    desk.press("z");
    assert!(desk.app.table.tagged() == 0 && desk.orders().is_empty(), "{:?}", desk.rows());
    assert!(desk.said().contains("is gone"), "{}", desk.said());
    desk.press("z");
    assert!(desk.orders().iter().any(|order| order.starts_with("SIGSTOP")), "once more is meant");
}

#[test]
fn the_act_menu_has_every_act_and_does_it() {
    let mut desk = Desk::grouped();
    desk.press("3 1 o");
    let Some(Layer::Menu(menu)) = &desk.app.layer else { panic!("no menu") };
    assert!(menu.items.iter().all(|item| Action::from_id(&item.key).is_some()));
    assert!(menu.items.iter().any(|item| item.label.starts_with("Ctrl-U")));
    desk.press("Down Down Enter");
    assert_eq!(desk.orders(), ["pin [31]", "SIGSTOP"]);
    // The keys that stand there do the same.
    desk.press("o F7");
    assert_eq!(desk.orders(), ["pin [31]", "Renice(-1)"]);
    desk.press("o F9");
    assert_eq!(desk.named(), [31]);
    // The right button puts the cursor on its row first.
    desk.press("Esc Home");
    let at = desk.rows().iter().position(|row| row.ends_with("40")).unwrap();
    desk.tell(Msg::Mouse(MouseEvent::Right, Hit::Line(at)));
    desk.press("Enter");
    assert_eq!((desk.selected(), desk.named()), (40, vec![40]));
    desk.press("Esc");
    // The middle button tags, and tags go before the cursor.
    desk.tell(Msg::Mouse(MouseEvent::Middle, Hit::Line(0)));
    assert_eq!(desk.app.table.tagged(), 1);
    desk.tell(Msg::Mouse(MouseEvent::Right, Hit::Line(at)));
    desk.press("Enter");
    assert_eq!(desk.named(), [31]);
}

#[test]
fn one_look_is_asked_for_however_much_happens() {
    let mut desk = Desk::grouped();
    let looks = |desk: &mut Desk| {
        let effects = std::mem::take(&mut desk.effects);
        effects.iter().filter(|effect| **effect == Effect::Sample).count()
    };
    let ended = |desk: &mut Desk, pid| {
        desk.news(9, pid, Some(TERM), Happened::Verdict(Verdict::Killed { by: Signal::TERM, after: 0.1 }));
    };
    (30..33).for_each(|pid| ended(&mut desk, pid));
    assert_eq!(looks(&mut desk), 1);
    // A look that began before the last of it asks for one more.
    let before = desk.at;
    desk.at += SECOND;
    ended(&mut desk, 40);
    assert_eq!(looks(&mut desk), 0);
    let late = derive(Some(&desk.app.snapshot), machine_of(before, MACHINE, &[]));
    desk.tell(Msg::Snapshot(Arc::new(late)));
    assert_eq!(looks(&mut desk), 1);
    desk.see(MACHINE, &[]);
    assert_eq!(looks(&mut desk), 0);
    ended(&mut desk, 10);
    assert_eq!(looks(&mut desk), 1);
}

#[test]
fn what_helps_next_is_told_with_its_key() {
    let parent = Pid::new(30);
    let zombie = WhyAlive::Zombie { parent, parent_name: "make".into() };
    let uninterruptible = WhyAlive::Uninterruptible { wchan: None };
    let hup = Act::Signal(Signal::HUP);
    for (why, act, said) in [
        (WhyAlive::Ignores, TERM, "ignores SIGTERM, still alive after 5 s; SIGKILL ends it (!)"),
        (WhyAlive::Stopped, TERM, "stopped: SIGTERM waits until it is continued; SIGCONT continues it (z)"),
        (
            zombie,
            TERM,
            "already dead, parent 30 (make) has not reaped it; it goes when 30 (make) does (type 30, F9)",
        ),
        (uninterruptible, KILL, "acts when the call returns; nothing stronger can be sent, so wait"),
        (WhyAlive::Catches, hup, "31 cc1plus: caught SIGHUP and goes on"),
    ] {
        let mut desk = Desk::grouped();
        desk.press("3 1");
        let session = desk.order("F9 Enter");
        let good = why == WhyAlive::Catches;
        desk.news(session, 31, Some(act), Happened::Verdict(Verdict::StillAlive { after: 5.0, why }));
        assert!(desk.said().ends_with(said), "{}", desk.said());
        let notice = desk.app.notices.current(desk.app.now).next().expect("it was told").clone();
        assert_eq!(notice.role == crate::model::Role::Good, good, "{said}");
        assert_eq!(notice.text.len() == notice.advice, !notice.text.contains("; "), "{said}");
    }
    // The key is that of the key map.
    let mut desk = Desk::grouped();
    desk.app.keymap = crate::app::Keymap::parse("[processes]\nF9 = \"signal\"\nG = \"ladder\"\n").0;
    let session = {
        desk.press("F9 Enter");
        desk.acted()
    };
    for pid in [31, 32] {
        let why = WhyAlive::Ignores;
        desk.news(session, pid, Some(TERM), Happened::Verdict(Verdict::StillAlive { after: 0.3, why }));
    }
    assert_eq!(desk.said(), "2 processes: ignores SIGTERM, still alive after 0.3 s; SIGKILL ends it (G)");
}

#[test]
fn the_dialog_knows_whether_all_of_them_are_stopped() {
    let mut desk = Desk::grouped();
    desk.see(MACHINE, &[31]);
    desk.press("3 1 F9");
    assert!(desk.menu().stopped);
    desk.see(MACHINE, &[]);
    assert!(!desk.menu().stopped, "it goes on meanwhile");
    desk.see(MACHINE, &[31]);
    desk.press("Left");
    assert!(!desk.menu().stopped, "not all of the session are");
}

#[test]
fn a_ladder_tells_the_signal_that_ended_them() {
    let mut desk = Desk::grouped();
    desk.press("3 1");
    let session = desk.order("! Enter");
    desk.news(session, 31, Some(TERM), Happened::Outcome(Outcome::Delivered));
    // It is stopped, and ended by another ladder.
    desk.press("Esc");
    let killed = Verdict::Killed { by: Signal::KILL, after: 4.7 };
    desk.news(session, 31, Some(TERM), Happened::Verdict(killed));
    desk.news(session, 31, Some(TERM), Happened::Over { reached: 1, escaped: 0 });
    assert_eq!(desk.said(), "ladder: it ended, after SIGKILL");
}

#[test]
fn a_pid_that_was_typed_in_vain_keeps_acts_from_whoever_the_cursor_is_on() {
    for keys in ["F9", "z", "F8", "Space", "c", "o", "!"] {
        let mut desk = Desk::grouped();
        desk.press("9 9");
        desk.orders();
        desk.press(keys);
        assert!(desk.orders().is_empty() && desk.app.layer.is_none(), "{keys}");
        assert_eq!(desk.app.table.tagged(), 0, "{keys}");
        assert_eq!(desk.said(), "no process 99 is shown: nothing was done to another one", "{keys}");
        // Once more it is meant for the cursor's row.
        desk.press(keys);
        let done = !desk.orders().is_empty() || desk.app.layer.is_some() || desk.app.table.tagged() > 0;
        assert!(done, "{keys}");
    }
    let mut desk = Desk::grouped();
    desk.press("9 9");
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Key(Action::Freeze)));
    assert!(!desk.orders().iter().any(|order| order.starts_with("SIGSTOP")));
    // Who comes while it is typed for is found, and is then meant.
    let mut desk = Desk::grouped();
    desk.press("9 9");
    let mut more = MACHINE.to_vec();
    more.push((99, 30, "as", 1000, 10, 3));
    desk.see(&more, &[]);
    desk.press("F9");
    assert_eq!(desk.named(), [99]);
    // Tags go before the cursor, wherever that is.
    let mut desk = Desk::grouped();
    desk.press("3 1 Space 9 9 F9");
    assert_eq!(desk.named(), [31]);
}
