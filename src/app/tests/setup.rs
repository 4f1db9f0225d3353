//! Set-up: meters, screens, colours and options are changed at once, and kept when they are saved.

use super::*;
use crate::config::{MapName, Settings};

impl Desk {
    fn columns(&self) -> Vec<&'static str> {
        self.app.table.columns.iter().map(|column| column.id).collect()
    }

    fn setup(&self) -> &Setup {
        match &self.app.layer {
            Some(Layer::Setup(setup)) => setup,
            other => panic!("no set-up: {other:?}"),
        }
    }

    /// The chosen row of the pane that has the keys: its name and its value.
    fn chosen(&self) -> (String, String) {
        let row = self.setup().row().expect("there is a row");
        (row.label.trim().to_owned(), row.value.clone())
    }

    /// Goes down to the row of this name.
    fn go(&mut self, label: &str) {
        self.press("Home");
        while self.chosen().0 != label {
            let before = self.setup().at(self.setup().pane);
            self.press("Down");
            assert_ne!(before, self.setup().at(self.setup().pane), "no {label}");
        }
    }

    /// The meters of each column of the header, with their styles.
    fn meters(&self) -> String {
        let one = |placed: &Placed| format!("{}:{}", placed.meter.id, placed.style.id());
        let column = |column: &HeaderColumn| column.meters.iter().map(one).collect::<Vec<_>>().join(" ");
        self.app.header.columns.iter().map(column).collect::<Vec<_>>().join(" | ")
    }

    fn titles(&self) -> Vec<String> {
        self.app.screens.tabs().map(|(_, title)| title.to_owned()).collect()
    }

    fn type_text(&mut self, text: &str) {
        let now = self.app.now;
        self.app.update(now, Msg::Input(Input::Paste(text.to_owned())));
    }

    fn saved(&mut self) -> Settings {
        match self.effects.pop() {
            Some(Effect::Save(saving)) => saving.now,
            other => panic!("nothing is saved: {other:?}"),
        }
    }
}

#[test]
fn columns_come_go_and_move_while_the_table_shows_it() {
    let mut desk = Desk::new();
    desk.press("C Down Space");
    assert_eq!(desk.columns()[..3], ["pid", "priority", "nice"]);
    desk.press("] ] [");
    assert_eq!(desk.columns()[..4], ["pid", "nice", "priority", "virt"]);
    desk.press("Right");
    desk.go("user");
    desk.press("Enter");
    let count = desk.columns().len();
    assert_eq!(desk.columns()[count - 2..], ["user", "command"]);
    desk.press("Left F7");
    assert_eq!((desk.chosen().0.as_str(), desk.columns()[count - 3]), ("user", "user"));
    // What grows stays last, and gives way to another of its kind.
    desk.press("Right");
    desk.go("merged");
    desk.press("Enter");
    assert_eq!((desk.columns().len(), desk.columns().last()), (count, Some(&"merged")));
    desk.press("Esc Enter Tab");
    assert_eq!(desk.columns()[1], "user", "of this screen only");
}

#[test]
fn one_of_each_stays() {
    let mut desk = Desk::new();
    desk.press("C");
    for _ in 0..20 {
        desk.press("Home Delete");
    }
    assert_eq!((desk.columns(), desk.said()), (vec!["command"], "one column stays".to_owned()));
    desk.press("Left Left Home F9 F9 F9 F9 F9");
    assert_eq!(
        (desk.titles(), desk.said()),
        (vec!["Scheduling".to_owned(), "Lab".to_owned()], "one screen stays".to_owned())
    );
    desk.press("1 Home Down Space Right Down");
    for _ in 0..10 {
        desk.press("Home Down F9");
    }
    assert_eq!(desk.app.header.columns[0].meters.len(), 1, "{}", desk.meters());
    assert!(desk.said().starts_with("one meter stays"), "{}", desk.said());
}

#[test]
fn options_change_at_once_and_their_values_are_shown() {
    let mut desk = Desk::new();
    desk.press("Alt-o");
    assert_eq!(desk.chosen(), ("delay".into(), "1.0 s".into()));
    desk.press("Enter Backspace Backspace Backspace 0 Enter");
    assert!(desk.setup().typing.as_ref().is_some_and(|typing| typing.wrong.is_some()), "0 is no delay");
    desk.press("Backspace 2 , 5 Enter");
    assert_eq!((desk.chosen().1.as_str(), desk.app.delay), ("2.5 s", 2.5));
    assert!(desk.effects.contains(&Effect::Interval(2.5)));
    desk.press("Down Space");
    assert_eq!((desk.chosen().1.as_str(), desk.app.theme_name()), ("ash", "ash"));
    desk.go("header");
    desk.press("Enter");
    assert_eq!((desk.chosen().1.as_str(), desk.app.header_hidden), ("no", true));
    desk.go("command");
    desk.press("Space");
    assert_eq!((desk.chosen().1.as_str(), desk.columns().last()), ("full", Some(&"cmdline")));
    desk.go("fold_rules");
    desk.press("Enter Ctrl-U x Enter");
    let wrong = desk.setup().typing.as_ref().and_then(|typing| typing.wrong.clone());
    assert_eq!(wrong.as_deref(), Some("'fold_rules' takes a list of texts: [\"one\", \"two\"]"));
    desk.press("Esc");
    assert!(desk.setup().typing.is_none());
}

#[test]
fn every_option_is_turned_or_typed_and_can_be_saved() {
    let mut desk = Desk::new();
    desk.press("Alt-o");
    for option in crate::config::OPTIONS.iter().filter(|option| option.id != "tabs") {
        desk.go(option.id);
        let before = desk.chosen().1;
        desk.press("Space");
        if desk.setup().typing.is_some() {
            desk.press("Ctrl-U");
            desk.type_text(if option.id == "fold_rules" { "[\"name=x\"]" } else { "7" });
            desk.press("Enter");
        }
        assert!(desk.setup().typing.is_none(), "{}", option.id);
        assert_ne!(desk.chosen().1, before, "{}", option.id);
        let text = desk.app.settings_now().saved("").expect("it is TOML");
        assert!(text.contains(option.id), "{}: {text}", option.id);
    }
}

#[test]
fn meters_are_arranged_as_in_htop() {
    let mut desk = Desk::new();
    desk.press("F2");
    assert_eq!(desk.chosen(), ("automatic".into(), "*".into()));
    desk.go("two_50_50");
    desk.press("Enter");
    assert_eq!(desk.meters(), "cores:bar memory:bar swap:bar | tasks:text load:text uptime:text");
    assert_eq!(desk.chosen(), ("two_50_50".into(), "*".into()));
    desk.press("Right Down Down Space");
    assert!(desk.meters().contains("memory:text"), "{}", desk.meters());
    desk.press("F8 F8");
    assert_eq!(desk.meters(), "cores:bar swap:bar | memory:text tasks:text load:text uptime:text");
    assert_eq!(desk.chosen(), ("memory".into(), "text".into()));
    desk.press("F9 Right");
    desk.go("battery");
    desk.press("Enter");
    assert_eq!(desk.meters(), "cores:bar swap:bar | tasks:text load:text uptime:text battery:bar");
    // Three columns and one: nothing is lost.
    desk.press("Left Left");
    desk.go("three_25_50_25");
    desk.press("Space");
    assert_eq!(desk.app.header.columns.iter().map(|one| one.width).collect::<Vec<_>>(), [25, 50, 25]);
    desk.go("one_100");
    desk.press("Space");
    assert_eq!(desk.meters(), "cores:bar swap:bar tasks:text load:text uptime:text battery:bar");
    assert_eq!(desk.app.settings_now().header, desk.app.header.wanted());
    desk.go("automatic");
    desk.press("Space");
    assert!(desk.app.header.is_automatic());
}

#[test]
fn screens_come_go_move_and_are_named() {
    let mut desk = Desk::new();
    desk.press("F2 2 Down");
    assert_eq!((desk.chosen().0.as_str(), desk.app.tab()), ("I/O", Tab::Table(1)));
    desk.press("F7");
    assert_eq!(desk.titles()[..2], ["I/O", "Processes"]);
    desk.press("F9");
    assert_eq!(desk.titles(), ["Processes", "Memory", "Scheduling", "Lab"]);
    desk.go("Lab");
    desk.press("Space");
    desk.go("new screen");
    desk.press("Enter");
    desk.type_text("Ann's\u{1b}[31m");
    desk.press("Enter");
    assert_eq!(desk.titles()[2..], ["Scheduling", "Ann's[31m"], "no control characters");
    desk.press("F7 F7");
    assert_eq!((desk.chosen().0.as_str(), desk.app.tab()), ("Ann's[31m", Tab::Table(1)));
    desk.press("Enter Ctrl-U M i n e Enter Right");
    desk.go("sort");
    desk.press("Space");
    desk.go("tree");
    desk.press("Space");
    desk.go("filter");
    desk.press("Enter");
    desk.type_text("cpu>");
    desk.press("Enter");
    assert!(desk.setup().typing.as_ref().is_some_and(|typing| typing.wrong.is_some()));
    desk.type_text("50");
    desk.press("Enter");
    assert_eq!((desk.chosen().1.as_str(), desk.app.table.filter_text.as_str()), ("cpu>50", "cpu>50"));
    assert!(desk.app.table.tree);
    let text = desk.app.settings_now().saved("").expect("it is TOML");
    let back = Settings::parse(&text);
    assert_eq!(back.1, []);
    let screens: Vec<_> = back.0.screens.iter().map(|screen| screen.id.as_str()).collect();
    assert_eq!(screens, ["processes", "anns31m", "memory", "scheduling"], "{text}");
    let mine = back.0.screen("anns31m").expect("it is there");
    assert_eq!((mine.title.as_str(), mine.tree, back.0.lab), ("Mine", true, false));
    assert_eq!(mine.filter.as_ref().map(|word| word.text.as_str()), Some("cpu>50"));
    // The query stays with its screen, and goes when it is taken away.
    desk.press("Left Up");
    assert_eq!(desk.app.table.filter_text, "");
    desk.press("Down Right");
    desk.go("filter");
    desk.press("Enter Ctrl-U Enter");
    assert_eq!((desk.chosen().1.as_str(), desk.app.table.filter_text.as_str()), ("–", ""));
}

#[test]
fn leaving_asks_before_anything_is_written() {
    let mut desk = Desk::new();
    desk.press("F2 Esc");
    assert!(desk.app.layer.is_none(), "nothing was changed");
    desk.press("F2 3 Down");
    assert_eq!(desk.app.theme_name(), "ash", "themes are worn as they are walked");
    assert!(desk.setup().unsaved);
    desk.press("F10");
    assert!(desk.setup().asking);
    desk.press("Esc x");
    assert!(!desk.setup().asking, "back in the dialog");
    desk.press("Esc Enter");
    assert!(desk.app.layer.is_none());
    assert!(!desk.effects.iter().any(|effect| matches!(effect, Effect::Save(_))), "no is the default");
    assert_eq!(desk.app.theme_name(), "ash", "until the program ends");
    desk.press("F2 3 Up Esc y");
    assert_eq!(desk.saved().options.theme, "ember");
    // What was saved is not asked for again, as soon as it stands there.
    desk.press("F2 3 Down Ctrl-S");
    assert!(desk.setup().unsaved, "it may fail yet");
    let saved = desk.saved();
    let now = desk.app.now;
    desk.app.update(now, Msg::Saved(Box::new(saved)));
    assert!(!desk.setup().unsaved);
    desk.press("Esc");
    assert!(desk.app.layer.is_none());
}

#[test]
fn the_mouse_chooses_changes_and_turns_the_wheel() {
    let mut desk = Desk::new();
    desk.press("Alt-o");
    let now = desk.app.now;
    let mouse = |desk: &mut Desk, event, hit| drop(desk.app.update(now, Msg::Mouse(event, hit)));
    mouse(&mut desk, MouseEvent::Left, Hit::Row(0, 4));
    assert_eq!(desk.chosen(), ("mouse".into(), "yes".into()));
    mouse(&mut desk, MouseEvent::Left, Hit::Row(0, 4));
    assert_eq!((desk.chosen().1.as_str(), desk.app.mouse), ("no", false));
    mouse(&mut desk, MouseEvent::WheelDown, Hit::Row(0, 4));
    assert_eq!(desk.chosen().0, "key_bar");
    mouse(&mut desk, MouseEvent::WheelUp, Hit::Layer);
    assert_eq!(desk.chosen().0, "mouse");
    mouse(&mut desk, MouseEvent::Left, Hit::Press(Chord::char('1')));
    assert_eq!(desk.setup().page, SetupPage::Meters);
}

#[test]
fn what_was_set_up_is_what_is_saved() {
    let mut desk = Desk::new();
    assert_eq!(desk.app.settings_now().saved("").as_deref(), Ok(""), "nothing was changed");
    desk.press("C Space Ctrl-S");
    assert_eq!(desk.chosen().0, "user", "the dialog is still open");
    let first = desk.saved().screens[0].columns[0].text.clone();
    assert_eq!(first, "user");
    desk.press("3 Down Esc Enter K M I t Tab t Ctrl-S");
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

#[test]
fn changes_are_taken_back_one_by_one_or_all_at_once() {
    let mut desk = Desk::new();
    desk.press("F3 m a k Esc F2");
    let before = desk.app.settings_now();
    desk.press("Down Down Down Space Right Down Down Space F9");
    assert_eq!(desk.meters(), "cores:bar swap:bar | tasks:text load:text uptime:text");
    desk.press("Ctrl-U");
    assert_eq!(desk.meters(), "cores:bar memory:text swap:bar | tasks:text load:text uptime:text");
    desk.press("2 Down F9 Right Right Right Space 3 Down Right Down Space 4 Space Ctrl-U 5 Enter");
    assert_eq!((desk.app.delay, desk.app.theme_name(), desk.titles().len()), (5.0, "ash", 4));
    desk.press("Ctrl-U Ctrl-U");
    assert_eq!((desk.app.delay, desk.app.theme_name()), (1.0, "ash"));
    assert!(desk.effects.contains(&Effect::Interval(1.0)));
    assert_eq!(desk.app.settings.options.keymap, MapName::Htop);
    desk.press("Ctrl-U Ctrl-U Ctrl-U");
    assert_eq!(desk.titles(), ["Processes", "I/O", "Memory", "Scheduling", "Lab"]);
    desk.press("Ctrl-U Ctrl-U");
    assert_eq!(desk.app.settings_now(), before);
    assert!(!desk.setup().can_undo() && !desk.setup().unsaved);
    desk.press("Ctrl-U");
    assert!(desk.said().starts_with("nothing was changed"), "{}", desk.said());
    // All at once, on the way out.
    desk.press("1 Home Down Space 3 Down 2 t r e e Right Down Down Down Space Esc d");
    assert!(desk.app.layer.is_none());
    assert_eq!(desk.app.settings_now(), before);
    assert!(!desk.effects.iter().any(|effect| matches!(effect, Effect::Save(_))));
}

#[test]
fn columns_of_the_header_have_any_width_and_place() {
    let mut desk = Desk::new();
    desk.press("F2");
    desk.go("two_50_50");
    desk.press("Space Right Home");
    assert_eq!(desk.chosen(), ("column 1".into(), "50 %".into()));
    desk.press("+ + + +");
    assert_eq!(desk.chosen().1, "58 %");
    assert_eq!(desk.app.header.columns.iter().map(|one| one.width).collect::<Vec<_>>(), [70, 50]);
    desk.press("F8");
    assert_eq!(desk.meters(), "tasks:text load:text uptime:text | cores:bar memory:bar swap:bar");
    assert_eq!(desk.chosen(), ("column 2".into(), "58 %".into()));
    desk.go("new column");
    desk.press("Space");
    assert_eq!((desk.chosen().0.as_str(), desk.app.header.columns.len()), ("column 3", 3));
    let saved = desk.app.settings_now().saved("").expect("it is TOML");
    let (back, complaints) = Settings::parse(&saved);
    assert_eq!((complaints, back.header.to_toml()), (vec![], desk.app.header.wanted().to_toml()));
    desk.go("column 2");
    desk.press("Down");
    assert_eq!(desk.chosen(), ("cores".into(), "bar".into()));
    desk.press("+ + + + -");
    assert_eq!(desk.chosen().1, "bar, 3 wide");
    desk.press("- - -");
    assert_eq!(desk.chosen().1, "bar", "as many as have room");
    desk.press("Down +");
    assert_eq!(desk.said(), "only cores stand side by side");
    desk.go("column 2");
    desk.press("F9 Home F9 F9");
    assert_eq!(desk.said(), "one column stays; a layout can be automatic");
    assert_eq!(desk.app.header.columns[0].meters.len(), 6, "{}", desk.meters());
    for _ in 0..20 {
        desk.go("new column");
        desk.press("Space");
        if desk.app.header.columns.len() == 8 {
            break;
        }
    }
    assert!(!desk.setup().panes[1].rows.iter().any(|row| row.label == "new column"));
}

#[test]
fn keys_and_fold_rules_are_in_force_at_once() {
    let mut desk = Desk::new();
    desk.app.own_keys = crate::config::parse_keymap("[processes]\n\"~\" = \"tree\"\n").0;
    desk.press("F2 3 Right v Space Esc Enter");
    let at = desk.app.table.cursor();
    desk.press("j");
    assert_ne!(desk.app.table.cursor(), at, "j goes down");
    desk.press("F2 4 j j k");
    assert_eq!(desk.chosen().0, "theme", "in lists, too");
    desk.press("h Esc F6 j");
    assert!(matches!(&desk.app.layer, Some(Layer::Menu(menu)) if menu.at > 0));
    desk.press("Esc ~");
    assert!(desk.app.table.tree, "and what one has of one's own stays");
    desk.press("F2 4");
    desk.go("fold_rules");
    desk.press("Enter Ctrl-U");
    desk.type_text("[\"cpu>\"]");
    desk.press("Enter");
    assert!(desk.setup().typing.as_ref().is_some_and(|typing| typing.wrong.is_some()));
    desk.press("Ctrl-U");
    desk.type_text("[\"pid>1\"]");
    let rows = desk.app.table.lines().len();
    desk.press("Enter");
    assert!(desk.app.table.lines().len() < rows, "they are folded");
}

#[test]
fn where_the_file_was_changed_too_somebody_is_asked() {
    let mut desk = Desk::new();
    desk.press("F2 3 Down Ctrl-S");
    let now = desk.app.now;
    let clash = || Msg::Clash(vec!["theme".to_owned(), "the meters".to_owned()]);
    desk.app.update(now, clash());
    let Some(Layer::Menu(menu)) = &desk.app.layer else { panic!("nobody is asked") };
    assert_eq!(menu.items[0].detail, "as the file has it: theme, the meters");
    desk.effects.clear();
    desk.press("Enter");
    let Some(Effect::Save(saving)) = desk.effects.pop() else { panic!("it is not saved") };
    assert_eq!((saving.ours, saving.now.options.theme.as_str()), (Some(false), "ash"));
    assert_eq!(saving.base.options.theme, "ember");
    desk.app.update(now, clash());
    desk.press("Down Enter");
    assert!(matches!(desk.effects.pop(), Some(Effect::Save(saving)) if saving.ours == Some(true)));
    desk.app.update(now, clash());
    desk.press("Esc");
    assert!(desk.effects.is_empty(), "nothing is written unless somebody says so");
    // Nothing comes between somebody and a dialog.
    desk.press("F9");
    desk.app.update(now, clash());
    assert!(matches!(desk.app.layer, Some(Layer::Signal(_))));
    assert_eq!(desk.said(), "nothing is saved: the file was changed, too: theme, the meters");
    // What was saved is what the next change is compared with.
    desk.app.update(now, Msg::Saved(Box::new(desk.app.settings_now())));
    desk.press("Esc Ctrl-S");
    assert!(matches!(desk.effects.pop(), Some(Effect::Save(saving)) if saving.base == saving.now));
}
