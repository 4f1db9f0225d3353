//! Saved views and rows that look different.

use super::*;
use crate::app::Saved;
use crate::config::{Rgb, RuleLook, Settings};
use crate::model::{Needs, Role};

/// A desk whose configuration says `text` besides the default.
fn desk(text: &str) -> Desk {
    let mut desk = Desk::new();
    let (settings, complaints) = Settings::parse(text);
    assert_eq!(complaints, []);
    desk.app.saved = Saved::of(&settings.filters, &settings.rules).0;
    desk.look(MACHINE);
    desk.effects.clear();
    desk
}

fn items(desk: &Desk) -> Vec<(&str, &str)> {
    let Some(Layer::Menu(menu)) = &desk.app.layer else { panic!("no menu is open") };
    menu.items.iter().map(|item| (item.key.as_str(), item.detail.trim_start())).collect()
}

#[test]
fn what_glowtop_comes_with_has_no_complaints() {
    let settings = Settings::default();
    assert_eq!(Saved::of(&settings.filters, &settings.rules).1, []);
    assert!(settings.filters.len() > 5);
}

#[test]
fn a_wrong_query_is_a_complaint_with_its_line() {
    let text = "[[filter]]\nname = \"a\"\nquery = \"cpuu>5\"\n[[rule]]\nquery = \"@b\"\nlook = \"bad\"\n";
    let (settings, _) = Settings::parse(text);
    let (saved, complaints) = Saved::of(&settings.filters, &settings.rules);
    let said: Vec<String> = complaints.iter().map(ToString::to_string).collect();
    assert!(said[0].starts_with("line 3: in the query 'cpuu>5': there is no field 'cpuu'"), "{said:?}");
    assert!(said[1].starts_with("line 5: in the query '@b': there is no saved view '@b'"), "{said:?}");
    assert_eq!((said.len(), saved.views.get("a").is_some()), (2, true));
}

#[test]
fn the_list_of_views_counts_and_narrows() {
    let mut desk = desk(
        "[[filter]]\nname = \"many\"\nquery = \"pid>0\"\n[[filter]]\nname = \"wrong\"\nquery = \"cpu>\"\n",
    );
    let all = desk.app.table.arranged().matching;
    desk.press("v");
    let shown = items(&desk);
    assert_eq!(shown[0], ("", format!("{all}  no filter").as_str()));
    assert_eq!(shown[1], ("many", format!("{all}  pid>0").as_str()));
    assert!(shown[2].1.starts_with("–  cpu>  a value is missing"), "{shown:?}");
    assert!(shown.contains(&("listening", "–  listen>0")), "{shown:?}");
    assert!(desk.app.wants().needs.has(Needs::PORTS.of_all()), "so that it can be counted");
    desk.look(&MACHINE[1..]);
    assert_eq!(items(&desk)[1].1, format!("{}  pid>0", all - 1));
    desk.press("Down Enter");
    assert_eq!((desk.app.table.filter_text.as_str(), desk.app.layer.is_none()), ("@many", true));
    assert!(!desk.app.wants().needs.any(Needs::PORTS), "nobody counts any more");
    // It opens on what is shown, and the first shows all again.
    desk.press("v");
    assert!(matches!(&desk.app.layer, Some(Layer::Menu(menu)) if menu.at == 1));
    desk.press("Home Enter");
    assert_eq!(desk.app.table.filter_text, "");
    desk.press("v Down Down Enter");
    assert_eq!(desk.app.table.filter_text, "");
    assert!(desk.app.notices.all().next().unwrap().text.contains("in the saved view '@wrong'"));
}

#[test]
fn a_view_stands_in_the_filter_and_the_search() {
    let mut desk = desk("[[filter]]\nname = \"first\"\nquery = \"pid=1\"\n");
    desk.press("F4 @ f i Tab");
    assert!(matches!(&desk.app.layer, Some(Layer::Line(line)) if line.edit.text() == "@first"));
    assert_eq!(desk.app.table.arranged().matching, 1);
    desk.press("x");
    assert!(matches!(&desk.app.layer, Some(Layer::Line(line)) if line.error.is_some()));
    desk.press("Esc End / @ f i r s t Enter");
    assert_eq!(desk.app.table.selected(&desk.app.snapshot).unwrap().task.id.pid.get(), 1);
}

#[test]
fn rules_need_what_they_ask_of_those_on_screen_only() {
    let rule = "[[rule]]\nquery = \"container:docker* or mem>5% or kind=thread\"\nlook = \"warn\"\nmark = \"!\"\n\
                [[rule]]\nquery = \"pid=1\"\nlook = \"#ff0000\"\n[[rule]]\nquery = \"pid>0\"\nlook = \"dim\"\n";
    let desk = desk(rule);
    let needs = desk.app.wants().needs;
    assert!(
        needs.has(Needs::CGROUP)
            && !needs.any(Needs::FRESH_MEMORY | Needs::THREADS)
            && needs.of_everybody() == Needs::NOTHING
    );
    let looks = |pid: u32| {
        let proc = desk.app.snapshot.find_pid(Pid::new(pid).unwrap()).unwrap();
        desk.app.saved.looks.of(proc).map(|look| look.look)
    };
    assert_eq!(looks(1), Some(RuleLook::Colour(Rgb::new(255, 0, 0))), "the first that matches");
    let other = MACHINE.iter().map(|spec| spec.0).find(|pid| *pid != 1).unwrap();
    assert_eq!(looks(other), Some(RuleLook::Role(Role::Dim)));
}
