//! The tree: folds and the rules that fold, a subtree alone, whom the cursor follows, and who comes first.

use super::*;

fn without(gone: &[u32]) -> Vec<Spec> {
    MACHINE.iter().copied().filter(|spec| !gone.contains(&spec.0)).collect()
}

/// The machine with another CPU use for some.
fn busy(cpu: &[(u32, u64)]) -> Vec<Spec> {
    let new = |pid: u32| cpu.iter().find(|(which, _)| *which == pid).map(|(_, cpu)| *cpu);
    MACHINE
        .iter()
        .map(|spec| (spec.0, spec.1, spec.2, spec.3, new(spec.0).unwrap_or(spec.4), spec.5))
        .collect()
}

#[test]
fn what_a_rule_folds_the_user_unfolds_for_good() {
    let mut desk = Desk::new();
    desk.app.table.set_fold_rules(vec![crate::query::Filter::parse("name=make or name=sshd")]);
    desk.press("F5");
    assert_eq!(desk.rows(), [">1", ".40", ".10*"]);
    desk.press("End +");
    assert_eq!(desk.rows(), ["1", ".40", ">.10", "..20", "...30*"]);
    desk.look(MACHINE);
    assert_eq!(desk.rows(), ["1", ".40", ">.10", "..20", "...30*"]);
    // Who comes is folded, and who becomes what the rule names.
    let mut more = MACHINE.to_vec();
    more.extend([
        (50, 1, "make", 0, 0, 1),
        (51, 50, "cc1", 0, 0, 1),
        (60, 1, "bash", 0, 0, 1),
        (61, 60, "as", 0, 0, 1),
    ]);
    desk.look(&more);
    assert!(
        desk.rows().contains(&".50*".to_owned()) && desk.rows().contains(&".60".to_owned()),
        "{:?}",
        desk.rows()
    );
    more[10].2 = "make";
    desk.look(&more);
    assert!(desk.rows().contains(&".60*".to_owned()), "{:?}", desk.rows());
    // All of them are the user's to unfold.
    desk.press("* *");
    desk.look(&more);
    assert!(!desk.rows().iter().any(|row| row.contains('*')), "{:?}", desk.rows());
}

#[test]
fn all_are_folded_first_and_unfolded_then_as_in_htop() {
    let mut desk = Desk::new();
    desk.press("F5");
    let open = desk.rows();
    let folded = |desk: &Desk| desk.rows().iter().filter(|row| row.ends_with('*')).count();
    // One that is folded already does not make the first stroke an unfolding.
    desk.press("3 0 + *");
    let all = desk.rows();
    assert_eq!((all.len(), folded(&desk)), (3, 1), "{all:?}");
    // One that was opened since does not make the second stroke a folding.
    desk.press("1 0 +");
    assert!(desk.rows().len() > all.len());
    desk.press("*");
    assert_eq!((desk.rows().len(), folded(&desk)), (open.len(), 0));
    desk.press("*");
    assert_eq!(desk.rows().len(), all.len());
}

#[test]
fn rules_are_asked_only_in_the_tree_and_say_what_they_need() {
    let mut desk = Desk::new();
    desk.app.table.set_fold_rules(vec![crate::query::Filter::parse("cgroup:docker*")]);
    let cgroup = crate::model::Needs::CGROUP;
    assert!(!desk.app.wants().needs.has(cgroup));
    desk.press("F5");
    assert!(desk.app.wants().needs.has(cgroup));
}

#[test]
fn a_subtree_alone_in_tree_and_list() {
    let mut desk = Desk::new();
    desk.press("F5 2 0 R");
    assert_eq!(desk.rows(), [">20", ".30", "..31", "..32"]);
    let above = |desk: &Desk| -> Vec<String> {
        let focus = desk.app.table.focus().unwrap();
        focus.above.iter().map(|(pid, name)| format!("{pid} {}", name.show(20))).collect()
    };
    assert_eq!(above(&desk), ["1 init", "10 sshd"]);
    assert_eq!((desk.app.table.arranged().asked, desk.app.table.arranged().hidden_kernel), (4, 0));
    desk.press("t");
    assert_eq!(desk.rows(), ["31", "32", "30", ">20"]);
    desk.press("F4 c c 1 Enter");
    assert_eq!((desk.rows().len(), desk.app.table.matches(&desk.app.snapshot).len()), (2, 2));
    desk.press("t F4 Ctrl-U p o s t Enter");
    assert_eq!(desk.rows(), [""; 0], "nobody in it matches, and its root is no exception");
    desk.press("t F4 Ctrl-U c c 1 Enter Home Esc");
    assert!(
        desk.app.table.focus().is_none() && desk.app.table.filter_text == "cc1",
        "one thing after another"
    );
    desk.press("Esc t 3 1 R");
    assert_eq!(desk.rows(), [">31"]);
    desk.press("R");
    assert_eq!((desk.rows().len(), desk.selected()), (7, 31));
}

#[test]
fn a_folded_subtree_is_unfolded_to_be_looked_at_alone() {
    let mut desk = Desk::new();
    desk.press("t 2 0 -");
    assert_eq!(desk.rows().len(), 4, "{:?}", desk.rows());
    desk.press("R");
    assert_eq!(desk.rows(), [">20", ".30", "..31", "..32"]);
}

#[test]
fn acts_on_all_that_match_stay_in_the_subtree() {
    let mut desk = Desk::new();
    desk.press("3 0 R F9");
    let Some(Layer::Signal(menu)) = &desk.app.layer else { panic!("no dialog") };
    let matches = menu.scopes.iter().find(|scope| scope.scope == crate::model::Scope::Matches).unwrap();
    assert_eq!(matches.count, 3);
}

#[test]
fn a_subtree_whose_root_ends_is_left() {
    let mut desk = Desk::new();
    desk.press("3 0 R");
    desk.look(&without(&[31]));
    assert_eq!(desk.rows(), ["31!", "32", ">30"], "who died in it is shown, nobody else's dead");
    desk.look(&without(&[30, 31, 32, 40]));
    assert!(desk.app.table.focus().is_none());
    assert_eq!(desk.said(), "30 make has ended: all processes are shown again");
    assert!(desk.rows().contains(&"10".to_owned()));
}

#[test]
fn nobody_else_may_take_the_place_of_a_root() {
    let mut desk = Desk::new();
    desk.press("E 4 0 R");
    // The same pid, started later: another process.
    let mut sample = machine(desk.at + SECOND, MACHINE);
    desk.at += SECOND;
    for seen in sample.tasks.iter_mut().filter(|seen| seen.id.pid.get() == 40) {
        let task = Task { id: crate::model::ProcId::new(40, 777).unwrap(), ..(*seen.task).clone() };
        *seen = Seen::new(task, Nanos(desk.at));
    }
    let next = Arc::new(derive(Some(&desk.app.snapshot), sample));
    desk.tell(Msg::Snapshot(next));
    assert!(desk.app.table.focus().is_none());
}

#[test]
fn the_cursor_follows_through_sorts_and_folds() {
    let mut desk = Desk::new();
    desk.press("3 2 F P M N F5");
    assert_eq!((desk.selected(), desk.app.table.follow), (32, true));
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::FoldMark(3)));
    // A click is a move of the cursor.
    assert_eq!((desk.selected(), desk.app.table.follow), (30, false));
    desk.press("+ 3 2 F");
    desk.app.table.toggle_fold(&desk.app.snapshot.clone(), 3);
    desk.look(MACHINE);
    assert_eq!((desk.selected(), desk.app.table.follow), (30, true), "the fold hides it");
    desk.app.table.toggle_fold(&desk.app.snapshot.clone(), 3);
    desk.look(MACHINE);
    assert_eq!((desk.selected(), desk.app.table.follow), (32, true), "it is there again");
    desk.press("Esc");
    assert!(!desk.app.table.follow && desk.app.table.tagged() == 0);
}

#[test]
fn a_heavy_child_under_a_light_parent_comes_up_with_its_siblings() {
    let mut desk = Desk::new();
    // init, sshd, bash and make do next to nothing; below them a compiler does all of it.
    desk.press("F5");
    assert_eq!(desk.rows()[..3], [">1", ".40", ".10"], "by its own value the light parent is below");
    desk.press("W");
    assert_eq!(desk.rows(), [">1", ".10", "..20", "...30", "....31", "....32", ".40"]);
    desk.press("W M");
    assert_eq!(desk.rows()[1], ".40");
    desk.press("W");
    assert_eq!(desk.rows()[1], ".10", "and by memory");
    // Where the greatest is last, it is the lightest subtree that comes first.
    desk.press("I");
    assert_eq!(desk.rows()[1..3], [".40", ".10"]);
}

#[test]
fn siblings_wait_until_it_is_clear_and_a_key_orders_them_at_once() {
    let mut desk = Desk::new();
    desk.press("F5");
    assert_eq!(desk.rows()[5..], ["....31", "....32"]);
    let turned = busy(&[(31, 300), (32, 900)]);
    for _ in 0..2 {
        desk.look(&turned);
        assert_eq!(desk.rows()[5..], ["....31", "....32"]);
    }
    desk.look(&turned);
    assert_eq!(desk.rows()[5..], ["....32", "....31"]);
    desk.look(MACHINE);
    desk.look(MACHINE);
    desk.press("P");
    assert_eq!(desk.rows()[5..], ["....31", "....32"]);
}

#[test]
fn every_way_to_fold() {
    for key in ["+", "-", "=", "Shift-F6", "F18"] {
        let mut desk = Desk::new();
        desk.press(&format!("F5 3 0 {key}"));
        assert_eq!(desk.rows(), ["1", ".40", ".10", "..20", ">...30*"], "{key}");
        desk.press(key);
        assert_eq!(desk.rows().len(), 7, "{key}");
    }
    let mut desk = Desk::new();
    desk.press("F5 3 2 Backspace Backspace");
    assert_eq!(desk.rows(), ["1", ".40", ".10", ">..20*"]);
    // In the list Shift-F6 is what F6 is.
    desk.press("F5 Shift-F6");
    assert!(matches!(&desk.app.layer, Some(Layer::Menu(Menu { purpose: MenuPurpose::Sort, .. }))));
    // F6 in the tree orders siblings, and the tree stays.
    desk.press("Esc F5 F6 Home Enter");
    assert_eq!((desk.app.table.sort.id, desk.app.table.tree), ("pid", true));
    assert_eq!(desk.rows(), ["1", ".10", ">..20*", ".40"]);
}

#[test]
fn a_subtree_is_tagged_whatever_is_folded() {
    let mut desk = Desk::new();
    desk.press("F5 2 0 - c");
    assert_eq!((desk.rows().len(), desk.app.table.tagged()), (4, 4));
    desk.press("U + 3 1 c");
    assert_eq!(desk.app.table.tagged(), 1);
}
