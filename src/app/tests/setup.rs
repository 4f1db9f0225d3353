//! Set-up: columns and options are changed at once, and kept when they are saved.

use super::*;
use crate::config::Settings;

impl Desk {
    fn columns(&self) -> Vec<&'static str> {
        self.app.table.columns.iter().map(|column| column.id).collect()
    }

    /// The chosen item of the open menu, with what is said of it.
    fn chosen(&self) -> (String, String) {
        match &self.app.layer {
            Some(Layer::Menu(menu)) => {
                menu.items.get(menu.at).map(|item| (item.key.clone(), item.detail.clone()))
            }
            _ => None,
        }
        .unwrap_or_default()
    }

    fn saved(&mut self) -> Settings {
        match self.effects.pop() {
            Some(Effect::Save(settings)) => *settings,
            other => panic!("nothing is saved: {other:?}"),
        }
    }
}

#[test]
fn columns_come_go_and_move_while_the_table_shows_it() {
    let mut desk = Desk::new();
    desk.press("F2 Enter Down Space");
    assert_eq!(desk.columns()[..3], ["pid", "priority", "nice"]);
    assert_eq!(desk.chosen().0, "priority");
    // Down to the first that is not shown: it comes before the column that takes the room that is left.
    desk.press("] ] [ End Up Home u u");
    assert_eq!(desk.columns()[..3], ["pid", "nice", "priority"]);
    while desk.chosen().0 != "user" {
        desk.press("u");
    }
    assert_eq!(desk.chosen().1, "  USER");
    desk.press("Enter");
    let count = desk.columns().len();
    assert_eq!(desk.columns()[count - 2..], ["user", "command"]);
    assert_eq!(desk.chosen(), ("user".into(), "+ USER".into()));
    desk.press("] F7");
    assert_eq!(desk.columns()[count - 3], "user");
    // What grows stays last, and gives way to another of its kind.
    desk.press("End Enter");
    assert_eq!((desk.columns().len(), desk.columns().last()), (count, Some(&"merged")));
    desk.press("Esc Tab");
    assert_eq!(desk.columns()[1], "user", "of this screen only");
}

#[test]
fn one_column_stays() {
    let mut desk = Desk::new();
    desk.press("C");
    for _ in 0..20 {
        desk.press("Home Space");
    }
    assert_eq!((desk.columns(), desk.said()), (vec!["command"], "one column stays".to_owned()));
}

#[test]
fn options_change_at_once_and_their_values_are_shown() {
    let mut desk = Desk::new();
    desk.press("Alt-o");
    assert_eq!(desk.chosen(), ("theme".into(), "ember".into()));
    desk.press("Space");
    assert_eq!((desk.chosen().1.as_str(), desk.app.theme_name()), ("ash", "ash"));
    desk.press("Down Down Enter");
    assert_eq!((desk.chosen(), desk.app.header_hidden), (("header".into(), "no".into()), true));
    desk.press("Up Enter");
    assert!(matches!(desk.app.layer, Some(Layer::Line(_))), "a delay is typed");
    desk.press("Esc");
    desk.press("L Alt-o Esc C");
    assert_eq!(desk.said(), "the lab has no columns");
}

#[test]
fn what_was_set_up_is_what_is_saved() {
    let mut desk = Desk::new();
    assert_eq!(desk.app.settings_now().saved("").as_deref(), Ok(""), "nothing was changed");
    desk.press("C Space Ctrl-S");
    assert_eq!(desk.chosen().0, "user", "the menu is still open");
    let first = desk.saved().screens[0].columns[0].text.clone();
    assert_eq!(first, "user");
    desk.press("Esc Alt-o Space Esc K M I t Tab t Ctrl-S");
    let settings = desk.saved();
    let text = settings.saved("").expect("it is TOML");
    let back = Settings::parse(&text).0;
    assert_eq!((back.options.theme.as_str(), back.options.kernel_threads), ("ash", true));
    let (mut screens, complaints) = Screens::new(&back);
    assert_eq!(complaints, []);
    let first = screens.start_with(0);
    assert_eq!((first.sort.id, first.descending, first.tree), ("mem", false, true));
    assert_eq!(first.columns[0].id, "user");
    assert!(screens.clone().start_with(1).tree && !screens.start_with(2).tree);
}
