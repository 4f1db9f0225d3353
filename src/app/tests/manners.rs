//! What leaves the mind for the user's sake: copies, pictures, the mouse; and what is said.

use super::*;

fn effects(desk: &mut Desk, keys: &str) -> Vec<Effect> {
    desk.effects.clear();
    desk.press(keys);
    std::mem::take(&mut desk.effects)
}

/// Digits go to the process with that pid; the cursor stays with it.
fn at_cc1plus() -> Desk {
    let mut desk = Desk::new();
    desk.press("3 1");
    desk
}

#[test]
fn a_row_is_copied_as_what_is_chosen() {
    let mut desk = at_cc1plus();
    assert_eq!(effects(&mut desk, "y Enter"), [Effect::Copy("31".into())]);
    assert_eq!(effects(&mut desk, "y n Enter"), [Effect::Copy("cc1plus".into())]);
    assert_eq!(effects(&mut desk, "y c Enter"), [Effect::Copy("cc1plus".into())], "no command line is known");
    let row = effects(&mut desk, "y r Enter");
    assert!(
        matches!(&row[..], [Effect::Copy(text)] if text.starts_with("31  1000  ") && text.ends_with("cc1plus"))
    );
    let id = desk.app.table.selected(&desk.app.snapshot).unwrap().id();
    assert_eq!(effects(&mut desk, "y j Enter"), [Effect::CopyRows(vec![id])]);
    assert_eq!(effects(&mut desk, "y Esc"), []);
}

#[test]
fn tagged_rows_are_copied_together() {
    let mut desk = at_cc1plus();
    // Digits typed soon after one another would be one pid.
    desk.at += 5 * SECOND;
    desk.press("Space");
    desk.at += 5 * SECOND;
    desk.press("4 0 Space");
    assert_eq!(effects(&mut desk, "y Enter"), [Effect::Copy("31 40".into())]);
    assert_eq!(effects(&mut desk, "y n Enter"), [Effect::Copy("cc1plus\npostgres".into())]);
}

#[test]
fn what_is_copied_can_do_nothing_where_it_is_pasted() {
    let mut desk = Desk::new();
    desk.look(&[(50, 1, "x\n\u{1b}[31mrm", 0, 500, 10)]);
    desk.press("5 0");
    let copied = effects(&mut desk, "y n Enter");
    let [Effect::Copy(text)] = &copied[..] else { panic!("{copied:?}") };
    assert!(!text.contains(char::is_control) && text.starts_with('x'), "{text:?}");
}

#[test]
fn a_picture_has_a_name_that_can_be_changed() {
    let mut desk = Desk::new();
    let saved = effects(&mut desk, "Q Ctrl-U a . s v g Enter");
    assert_eq!(saved, [Effect::SaveScreen("a.svg".into())]);
    let offered = effects(&mut desk, "Q Enter");
    assert!(
        matches!(&offered[..], [Effect::SaveScreen(name)] if name.starts_with("glowtop-19700101-") && name.contains(".svg")),
        "{offered:?}"
    );
    assert_eq!(effects(&mut desk, "Q Ctrl-U Enter"), []);
    assert_eq!(effects(&mut desk, "Q Esc"), []);
}

#[test]
fn the_mouse_goes_and_comes() {
    let mut desk = Desk::new();
    assert_eq!(effects(&mut desk, "r"), [Effect::Mouse(false)]);
    assert!(desk.said().ends_with("r takes it back"), "{}", desk.said());
    assert_eq!(effects(&mut desk, "r"), [Effect::Mouse(true)]);
}

#[test]
fn the_list_keeps_what_the_line_passes_over() {
    let mut desk = Desk::new();
    desk.press("K V V");
    let all: Vec<&str> = desk.app.notices.all().map(|notice| notice.text.as_str()).collect();
    assert_eq!(all, ["theme: ember, 1 of 2", "theme: ash, 2 of 2", "kernel threads are shown"]);
    assert_eq!(desk.app.notices.current(desk.app.now).count(), 1);
    assert_eq!(effects(&mut desk, "A Down y"), [Effect::Copy("theme: ash, 2 of 2".into())]);
    assert!(matches!(desk.app.layer, Some(Layer::Notices(1))));
    desk.press("Esc");
    assert!(desk.app.layer.is_none());
}

#[test]
fn pasted_text_is_searched_for() {
    let mut desk = Desk::new();
    desk.press(":");
    desk.tell(Msg::Input(Input::Paste("kernel\n".into())));
    let Some(Layer::Palette(palette)) = &desk.app.layer else { panic!("no palette") };
    assert_eq!(palette.found[0].name, "kernel threads");
    desk.press("Esc F1 /");
    desk.tell(Msg::Input(Input::Paste("kernel".into())));
    let Some(Layer::Help(help)) = &desk.app.layer else { panic!("no help") };
    assert!(desk.app.help_lines(help).len() > 1);
}
