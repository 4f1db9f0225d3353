//! Screens as tabs: what each keeps, and what goes along.

use super::*;
use crate::config::Settings;
use crate::model::Needs;

impl Desk {
    /// The word on the tab that is shown.
    fn tab(&self) -> String {
        let shown = self.app.tab();
        self.app.screens.tabs().find(|(tab, _)| *tab == shown).map_or_else(String::new, |(_, t)| t.to_owned())
    }

    fn sort(&self) -> (&'static str, bool) {
        (self.app.table.sort.id, self.app.table.descending)
    }

    /// A desk with the screens that these settings make.
    fn with(text: &str) -> Desk {
        let (settings, complaints) = Settings::parse(text);
        assert_eq!(complaints, []);
        let (mut screens, complaints) = Screens::new(&settings);
        assert_eq!(complaints, []);
        let keymap = Keymap::parse(DEFAULT_KEYMAP).0;
        let table = screens.start_with(0);
        let start = Start { keymap, screens, table, delay: 1.0, ..Start::default() };
        let mut desk = Desk { app: App::new(start), effects: Vec::new(), at: 0 };
        desk.app.set_table_rows(10);
        desk.look(MACHINE);
        desk.look(MACHINE);
        desk
    }
}

#[test]
fn tab_walks_all_screens_and_round() {
    let mut desk = Desk::new();
    let mut walk = |keys: &str| {
        desk.press(keys);
        desk.tab()
    };
    assert_eq!(walk(""), "Processes");
    assert_eq!(["Tab", "Tab", "Tab"].map(&mut walk), ["I/O", "Memory", "Scheduling"]);
    assert_eq!(["Shift-Tab", "Shift-Tab", "Shift-Tab"].map(&mut walk), ["Memory", "I/O", "Processes"]);
    assert_eq!(walk("Shift-Tab"), "Lab");
    // There Tab walks through the form; L and Esc lead back to the table that was left.
    assert_eq!(["Tab", "L", "Tab Tab L", "Esc"].map(&mut walk), ["Lab", "Processes", "Lab", "Memory"]);
    assert_eq!(walk("Tab Tab Esc"), "Scheduling");
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Tab(Tab::Table(1))));
    assert_eq!(desk.tab(), "I/O");
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Tab(Tab::Table(99))));
    assert_eq!(desk.tab(), "I/O");
}

#[test]
fn order_and_tree_are_the_screens_own() {
    let mut desk = Desk::new();
    assert_eq!(desk.sort(), ("cpu", true));
    desk.press("M I t Tab");
    assert_eq!((desk.sort(), desk.app.table.tree), (("io_rate", true), false));
    desk.press("Tab T W Right");
    assert_eq!((desk.sort(), desk.app.table.shift), (("time", true), 8));
    desk.press("Shift-Tab Shift-Tab");
    assert_eq!((desk.sort(), desk.app.table.tree), (("mem", false), true));
    assert_eq!((desk.app.table.by_total, desk.app.table.shift), (false, 0));
    desk.press("Tab Tab");
    assert_eq!((desk.sort(), desk.app.table.by_total, desk.app.table.shift), (("time", true), true, 8));
}

#[test]
fn list_and_tree_keep_an_order_each() {
    let mut desk = Desk::new();
    // The tree begins with the order of the list, and each goes on with its own.
    desk.press("T t");
    assert_eq!((desk.sort(), desk.app.table.tree), (("time", true), true));
    desk.press("N I");
    assert_eq!(desk.sort(), ("pid", true));
    desk.press("t");
    assert_eq!((desk.sort(), desk.app.table.tree), (("time", true), false));
    desk.press("P t");
    assert_eq!(desk.sort(), ("pid", true));
    // So it is saved, and so it begins.
    let now = desk.app.settings_now();
    let screen = now.screen("processes").unwrap();
    let word = |word: &Option<crate::config::Word>| word.as_ref().map(|word| word.text.clone());
    assert_eq!((word(&screen.tree_sort), screen.tree_descending), (Some("pid".into()), Some(true)));
    assert_eq!((word(&screen.sort), screen.tree), (Some("cpu".into()), true));
    let mut again = Desk::with(
        "[[screen]]\nid = \"processes\"\ntree = true\ntree_sort = \"pid\"\ntree_descending = true\n",
    );
    assert_eq!(again.sort(), ("pid", true));
    again.press("t");
    assert_eq!(again.sort(), ("cpu", true));
    again.press("Tab t Shift-Tab t");
    assert_eq!((again.sort(), again.app.table.tree), (("pid", true), true), "each screen has its own");
    // Where both are by the same again there is nothing to say.
    again.press("P");
    let now = again.app.settings_now();
    let screen = now.screen("processes").unwrap();
    assert_eq!((&screen.tree_sort, screen.tree_descending), (&None, None));
}

#[test]
fn filter_tags_cursor_and_follow_go_along() {
    let mut desk = Desk::new();
    desk.press("F4 c c Enter Space 3 2 F");
    assert_eq!(desk.rows(), ["+31", ">32"]);
    desk.press("Tab");
    assert_eq!((desk.rows(), desk.app.table.follow), (vec!["+31".to_owned(), ">32".to_owned()], true));
    assert_eq!(desk.app.table.filter_text, "cc");
    desk.press("Esc Esc Esc");
    assert_eq!(desk.rows().len(), 7);
    desk.press("Shift-Tab");
    assert_eq!((desk.rows().len(), desk.selected()), (7, 32));
}

#[test]
fn the_cursors_row_stays_where_it_is_and_the_top_stays_the_top() {
    let mut desk = Desk::new();
    desk.app.set_table_rows(3);
    assert_eq!(desk.selected(), 31);
    // By pid the busiest is not the first: whoever rests at the top goes on resting there.
    desk.press("Tab N");
    assert_eq!((desk.app.table.cursor(), desk.selected()), (0, 1));
    desk.press("Shift-Tab 4 0 Tab");
    assert_eq!(desk.selected(), 40);
    let place = |desk: &Desk| desk.app.table.cursor() - desk.app.table.first;
    assert!(place(&desk) < 3, "it is in view");
}

#[test]
fn what_is_read_follows_the_tab() {
    let mut desk = Desk::new();
    assert!(!desk.app.wants().needs.any(Needs::DETAILS));
    desk.press("Tab");
    let io = desk.app.wants().needs;
    assert!(io.has(Needs::IO.of_all()) && !io.any(Needs::ROLLUP), "sorted by what it reads");
    desk.press("Tab");
    let memory = desk.app.wants().needs;
    assert!(memory.has(Needs::ROLLUP) && !memory.any(Needs::IO) && memory.of_everybody() == Needs::NOTHING);
    desk.press("Tab Shift-Tab Shift-Tab Shift-Tab");
    assert!(!desk.app.wants().needs.any(Needs::DETAILS));
}

#[test]
fn marks_cost_those_who_ask_for_them_and_are_of_rows_on_screen() {
    let mut desk = Desk::new();
    assert!(!desk.app.wants().needs.any(Needs::MARKS));
    desk.app.table.marks = true;
    let needs = desk.app.wants().needs;
    assert!(needs.has(Needs::MARKS) && needs.of_everybody() == Needs::NOTHING);
    assert!(desk.app.settings_now().options.marks);
}

#[test]
fn a_screen_with_a_query_of_its_own_keeps_it_to_itself() {
    let own = "[[screen]]\nid = \"bash\"\nfilter = \"name=bash\"\nsort = \"pid\"\n[[screen]]\nid = \"lab\"\nhide = true\n";
    let mut desk = Desk::with(own);
    desk.press("F4 c c Enter Shift-Tab");
    assert_eq!((desk.tab(), desk.rows()), ("bash".into(), vec![">20".to_owned()]));
    desk.press("F4 Esc F4 s s h Enter Tab");
    assert_eq!((desk.tab().as_str(), desk.app.table.filter_text.as_str()), ("Processes", "cc"));
    desk.press("Shift-Tab");
    assert_eq!(desk.app.table.filter_text, "ssh");
    // A lab without a tab is not lost: L opens it, and a walk leads out of it.
    desk.press("L");
    assert_eq!(desk.app.screen, Screen::Lab);
    assert_eq!(desk.app.screens.beside(Tab::Lab, 1), Tab::Table(0));
    assert_eq!(desk.app.screens.beside(Tab::Lab, -1), Tab::Table(4));
}

#[test]
fn what_makes_no_sense_is_told_with_its_line() {
    let text = "[[screen]]\nid = \"mine\"\ncolumns = [\"command\", \"pid\",\n\"pidd\", \"pid\"]\nsort = \"cpuu\"\n\
                filter = \"cpu>x\"\ndrop = [\"usr\"]\n[[screen]]\nid = \"empty\"\ncolumns = []\n";
    let (settings, complaints) = Settings::parse(text);
    assert_eq!(complaints, []);
    let (mut screens, complaints) = Screens::new(&settings);
    let said: Vec<String> = complaints.iter().map(ToString::to_string).collect();
    assert_eq!(said[0], "line 4: there is no column 'pidd'; did you mean 'pid'?");
    assert_eq!(said[1], "line 4: 'pid' is there already");
    assert_eq!(said[2], "line 3: 'command' takes the room that is left: it stands last");
    assert_eq!(said[3], "line 5: there is no column 'cpuu'; did you mean 'cpu'?");
    assert!(said[4].starts_with("line 6: 'cpu>x': "), "{}", said[4]);
    assert_eq!(said[5], "line 7: there is no column 'usr'; did you mean 'user'?");
    assert_eq!(said.len(), 6);
    let table = screens.start_with(4);
    let ids: Vec<&str> = table.columns.iter().map(|column| column.id).collect();
    assert_eq!((ids, table.sort.id, table.filter_text.as_str()), (vec!["pid", "command"], "cpu", ""));
    assert!(!screens.start_with(5).columns.is_empty());
}

#[test]
fn the_screens_that_come_with_the_program_make_sense() {
    let (screens, complaints) = Screens::new(&Settings::default());
    assert_eq!(complaints, []);
    // The first one has besides what is seen where there is room for it.
    let mut first = Table::default().columns;
    first.retain(|column| column.id != "trail");
    assert_eq!(first, crate::catalog::default_columns());
    for at in 0..screens.all().len() {
        let table = screens.clone().start_with(at);
        assert!(table.columns.contains(&table.sort), "{}", table.sort.id);
        assert!(table.columns.last().is_some_and(|column| column.grows));
        assert!(!table.drop.contains(&table.sort), "what explains the order stays");
    }
}
