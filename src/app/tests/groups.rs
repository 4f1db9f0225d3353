//! One row for many: what the keys do to groups, and what acts do to their members.

use super::*;
use crate::model::{CgroupPlace, Details, GroupBy, Needs, Proc};

/// Whom the control orders reach, in order of the pids.
fn pinned(effects: &[Effect]) -> Vec<u32> {
    let mut pids: Vec<u32> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Control(ControlOrder::Pin { targets, .. }) => Some(targets),
            _ => None,
        })
        .flatten()
        .map(|target| target.id.pid.get())
        .collect();
    pids.sort_unstable();
    pids
}

/// A desk with one row for each program.
fn by_program() -> Desk {
    let mut desk = Desk::new();
    desk.press("G Home Enter");
    assert_eq!(desk.app.table.group, Some(GroupBy::Program));
    desk.effects.clear();
    desk
}

#[test]
fn each_program_has_a_row_and_the_greatest_sum_comes_first() {
    let mut desk = by_program();
    assert_eq!(
        desk.rows(),
        [
            ">program cc1plus 2*",
            "program postgres 1*",
            "program make 1*",
            "program bash 1*",
            "program init 1*",
            "program sshd 1*",
        ]
    );
    desk.press("K N I");
    assert_eq!(desk.rows()[0], ">program cc1plus 2*", "by pid, those with most members first");
    assert!(desk.rows().contains(&"the kernel 1*".to_owned()));
}

#[test]
fn the_menu_begins_at_what_is_chosen_and_leads_back() {
    let mut desk = by_program();
    desk.press("G Down Enter");
    assert_eq!(desk.app.table.group, Some(GroupBy::User));
    assert_eq!(
        desk.rows(),
        ["user 1000 4*", "user 70 1*", "user 0 2*"].map(|row| {
            // The cursor went with the program's first member.
            if row.starts_with("user 1000") { format!(">{row}") } else { row.to_owned() }
        })
    );
    desk.press("G End Enter");
    assert_eq!(desk.app.table.group, None);
    assert_eq!(desk.rows()[0..2], [">31", "32"]);
    desk.press("G Esc");
    assert_eq!((desk.app.table.group, desk.app.layer.is_none()), (None, true));
}

#[test]
fn groups_are_unfolded_in_place_and_members_stand_in_the_same_order() {
    let mut desk = by_program();
    desk.press("+");
    assert_eq!(desk.rows()[..4], [">program cc1plus 2", ".31", ".32", "program postgres 1*"]);
    desk.press("Down Up I");
    let rows = desk.rows();
    assert_eq!(rows[rows.len() - 3..], [">program cc1plus 2", ".32", ".31"]);
    desk.press("Down Backspace");
    assert_eq!(desk.rows().last().unwrap(), ">program cc1plus 2*");
    desk.press("*");
    assert!(desk.rows().iter().all(|row| !row.ends_with('*')), "{:?}", desk.rows());
    assert_eq!(desk.rows().len(), 6 + 7);
    desk.press("Down *");
    assert_eq!(desk.rows().len(), 6);
    assert_eq!(desk.rows().last().unwrap(), ">program cc1plus 2*", "the cursor goes to its group");
    desk.press("F8");
    assert_eq!(pinned(&desk.effects), [31, 32], "who folds them means the group from now on");
    let mark = desk.rows().len() - 1;
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::FoldMark(mark)));
    assert_eq!(desk.rows().len(), 8);
}

#[test]
fn the_cursor_stays_on_its_group_whoever_comes_and_goes_in_it() {
    let mut desk = by_program();
    desk.press("Down");
    assert_eq!(desk.rows()[1], ">program postgres 1*");
    let mut more = MACHINE.to_vec();
    more.retain(|spec| spec.0 != 40);
    more.extend([(41, 1, "postgres", 70, 900, 1), (42, 1, "postgres", 70, 900, 1)]);
    // Another process altogether, and nobody has rates yet: it is the group that is meant.
    desk.look(&more);
    desk.look(&more);
    assert_eq!(desk.rows()[1], ">program postgres 2*", "and it keeps its place");
    desk.press("F9");
    assert_eq!(pinned(&desk.effects), [41, 42]);
}

#[test]
fn a_cursor_whose_group_is_gone_asks_before_it_acts() {
    let mut desk = by_program();
    desk.press("Down");
    let less: Vec<Spec> = MACHINE.iter().copied().filter(|spec| spec.0 != 40).collect();
    desk.look(&less);
    assert_eq!(desk.rows()[1], ">program make 1*");
    desk.press("F8");
    assert_eq!(desk.effects, []);
    assert!(desk.said().contains("the cursor fell on a group, 1 of program make"), "{}", desk.said());
    desk.press("F8");
    assert_eq!(pinned(&desk.effects), [30]);
}

#[test]
fn a_member_that_leaves_for_a_folded_group_does_not_take_its_act_to_all_of_them() {
    let mut desk = by_program();
    desk.press("+ Down");
    assert_eq!(desk.rows()[1], ">.31");
    let mut other = MACHINE.to_vec();
    other[5].2 = "make";
    desk.look(&other);
    desk.look(&other);
    assert!(desk.rows().contains(&">program make 2*".to_owned()), "{:?}", desk.rows());
    desk.press("F8");
    assert_eq!(desk.effects, [], "{}", desk.said());
}

#[test]
fn an_act_on_a_group_reaches_each_member_and_says_so() {
    let mut desk = by_program();
    desk.press("F9");
    assert_eq!(pinned(&desk.effects), [31, 32]);
    let Some(Layer::Signal(menu)) = &desk.app.layer else { panic!("no dialog") };
    assert_eq!(menu.aims.common.as_deref(), Some("program cc1plus"));
    desk.press("Tab");
    let Some(Layer::Signal(menu)) = &desk.app.layer else { panic!("no dialog") };
    assert_eq!(menu.aims.common, None, "another scope is not the group");
    desk.press("Tab Tab Tab Tab");
    desk.press("Esc");
    desk.effects.clear();
    for (key, act) in [("F8", Act::Renice(1)), ("z", Act::Signal(Signal::STOP))] {
        desk.press(key);
        assert_eq!(pinned(&desk.effects), [31, 32], "{key}");
        let ordered = desk.effects.iter().any(|effect| {
            matches!(effect, Effect::Control(ControlOrder::Act { act: done, only, reach: Reach::Pinned, .. })
                if *done == act && only.is_empty())
        });
        assert!(ordered, "{key}: {:?}", desk.effects);
        desk.effects.clear();
    }
    desk.press("i");
    let Some(Layer::Tame(menu)) = &desk.app.layer else { panic!("no dialog") };
    assert_eq!((menu.aims.targets.len(), menu.aims.common.as_deref()), (2, Some("program cc1plus")));
}

#[test]
fn a_tagged_group_is_its_members() {
    let mut desk = by_program();
    desk.press("Space");
    assert_eq!(desk.app.table.tagged(), 2);
    assert_eq!(desk.rows()[..2], ["+program cc1plus 2*", ">program postgres 1*"]);
    desk.press("c F9");
    assert_eq!(pinned(&desk.effects), [31, 32, 40]);
    let Some(Layer::Signal(menu)) = &desk.app.layer else { panic!("no dialog") };
    assert_eq!(menu.aims.common, None, "what is tagged is no longer one group");
    desk.press("Esc Up + Down Space");
    assert_eq!(desk.rows()[..3], ["program cc1plus 2", ".31", ">+.32"]);
    desk.press("Up Up Space");
    assert_eq!(desk.rows()[0], "+program cc1plus 2", "all of it, as one of them was not");
    desk.press("Up Space");
    assert_eq!(desk.app.table.tagged(), 1);
}

#[test]
fn who_is_looked_for_is_found_in_folded_groups() {
    let mut desk = by_program();
    desk.press("3 2");
    assert_eq!((desk.selected(), desk.app.pid_typed_in_vain()), (32, None));
    assert_eq!(desk.rows()[..3], ["program cc1plus 2", ".31", ">.32"]);
    // What was unfolded only to show it folds up again.
    desk.at += 3 * SECOND;
    desk.press("4 0");
    assert_eq!(desk.rows()[..3], ["program cc1plus 2*", "program postgres 1", ">.40"]);
    // A name that is the group's own finds the group; anything else whom it is about.
    desk.press("/ c c 1 Enter");
    assert_eq!(desk.rows()[0], ">program cc1plus 2*");
    desk.press("G Down Enter / c c 1 Enter");
    assert_eq!(desk.rows()[..2], ["user 1000 4", ">.31"]);
    desk.press("n");
    assert_eq!(desk.selected(), 32);
    desk.press("/ q q");
    assert_eq!(desk.selected(), 32, "nobody is called so");
}

#[test]
fn groups_and_the_tree_take_each_others_place_and_threads_stay_out() {
    let mut desk = by_program();
    desk.press("H");
    assert!(!desk.app.table.threads && desk.said().contains("groups are of processes"), "{}", desk.said());
    desk.press("+ Down t");
    assert!(
        desk.app.table.tree && desk.app.table.group.is_none() && desk.said().contains("in place of groups")
    );
    assert_eq!(desk.selected(), 31, "the cursor stays on its process");
    desk.press("G Home Enter");
    assert_eq!(desk.rows()[..2], ["program cc1plus 2", ">.31"], "as it was left");
    desk.press("G End Enter");
    assert!(desk.app.table.tree);
    desk.press("t +");
    assert!(desk.said().contains("the tree (F5) or groups (G)"), "{}", desk.said());
}

#[test]
fn a_filter_leaves_only_groups_with_members_that_match() {
    let mut desk = by_program();
    desk.press("\\ c c 1 | m a k e Enter");
    assert_eq!(desk.rows(), [">program cc1plus 2*", "program make 1*"]);
    assert_eq!(desk.app.table.arranged().matching, 3);
    desk.press("\\ Esc \\ p i d = 3 1 Enter");
    assert_eq!(desk.rows(), [">program cc1plus 1*"]);
    desk.press("F9");
    assert_eq!(pinned(&desk.effects), [31], "an act reaches those that match");
}

#[test]
fn short_lived_rows_stand_among_groups_and_ended_ones_among_the_members() {
    let mut desk = by_program();
    desk.press("+");
    desk.look_past(&[(30, "sh", 200)]);
    assert!(desk.rows().contains(&"30x".to_owned()), "{:?}", desk.rows());
    let less: Vec<Spec> = MACHINE.iter().copied().filter(|spec| ![32, 40].contains(&spec.0)).collect();
    desk.look(&less);
    let rows = desk.rows();
    assert_eq!(rows.iter().filter(|row| row.ends_with('!')).count(), 1, "{rows:?}");
    assert_eq!(rows[..3], [">program cc1plus 1", ".31", ".32!"], "{rows:?}");
}

#[test]
fn containers_and_units_ask_for_the_cgroup_of_everybody_and_programs_for_nothing() {
    let with = |by, threads| {
        let mut table = Table::default();
        (table.group, table.threads) = (by, threads);
        table.needs()
    };
    let needs = |by| with(by, false);
    let all = Needs::CGROUP.of_all();
    assert!(needs(Some(GroupBy::Container)).has(all) && needs(Some(GroupBy::Unit)).has(all));
    for by in [None, Some(GroupBy::Program), Some(GroupBy::User)] {
        assert!(!needs(by).any(all), "{by:?}");
    }
    let sleeping = |by| with(by, true);
    assert!(sleeping(Some(GroupBy::User)).has(Needs::FRESH_MEMORY), "sums are of all members");
    assert!(!sleeping(Some(GroupBy::User)).any(Needs::THREADS) && sleeping(None).has(Needs::THREADS));
}

#[test]
fn members_of_groups_on_screen_are_read_where_their_sums_need_it() {
    let mut desk = by_program();
    assert_eq!(desk.app.wants().visible.len(), 0);
    desk.press("+");
    assert_eq!(desk.app.wants().visible.len(), 2);
    desk.press("+");
    desk.app.table.columns.push(crate::catalog::column("pss").unwrap());
    assert_eq!(desk.app.wants().visible.len(), 7);
}

#[test]
fn everybody_has_a_container_no_container_or_an_unknown_one() {
    let mut desk = Desk::new();
    desk.press("Down G c Enter");
    // Nobody's cgroup has been read: that was asked for just now.
    assert_eq!(desk.rows(), [">no known container 7*"]);
    let wants = desk.app.wants().needs;
    assert!(wants.has(Needs::CGROUP.of_all()) && desk.effects.contains(&Effect::Sample));
    let mut snapshot = (*desk.app.snapshot).clone();
    let hex = "0123456789abcdef".repeat(4);
    for proc in &mut snapshot.procs {
        let path = match proc.task.id.pid.get() {
            31 | 32 => format!("/docker/{hex}"),
            40 => "/system.slice/postgres.service".to_owned(),
            10 => continue,
            _ => "/".to_owned(),
        };
        let cgroup = Reading::Known(Arc::new(CgroupPlace::of(path.as_bytes())));
        proc.task_mut().details = Some(Arc::new(Details { cgroup, ..Details::default() }));
    }
    desk.tell(Msg::Snapshot(Arc::new(snapshot)));
    assert_eq!(desk.rows()[0], ">container docker:0123456789ab 2*", "the cursor came with pid 32");
    desk.press("K");
    let mut rows = desk.rows();
    rows.sort();
    assert_eq!(
        rows,
        [">container docker:0123456789ab 2*", "no container 4*", "no known container 1*", "the kernel 1*"]
    );
    desk.press("G Down Enter");
    let mut rows = desk.rows();
    rows.sort();
    assert_eq!(rows, [">no unit 5*", "no known unit 1*", "the kernel 1*", "unit postgres.service 1*"]);
    assert!(desk.app.snapshot.procs.iter().all(|proc: &Proc| proc.task.id.pid.get() > 0));
}
