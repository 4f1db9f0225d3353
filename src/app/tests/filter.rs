//! The filter line as a place for queries: what is shown while one is typed, what Tab offers, what a fault does.

use super::*;

/// The line that is open.
fn line(desk: &Desk) -> &LineInput {
    let Some(Layer::Line(line)) = &desk.app.layer else { panic!("no line is open") };
    line
}

/// What is wrong in the line, if anything.
fn wrong(desk: &Desk) -> String {
    line(desk).error.as_ref().map_or_else(String::new, ToString::to_string)
}

fn offered(desk: &Desk) -> Vec<&str> {
    let list = line(desk).offers.iter().flat_map(|offers| &offers.list);
    list.map(|offer| offer.text.as_str()).collect()
}

impl Desk {
    /// Types `text` as it is.
    fn write(&mut self, text: &str) {
        for c in text.chars() {
            let chord = Chord::plain(crate::config::Key::Char(c));
            self.tell(Msg::Input(Input::Key(chord)));
        }
    }

    /// Of how many processes how many match.
    fn count(&self) -> (usize, usize) {
        (self.app.table.arranged().matching, self.app.table.arranged().asked)
    }
}

#[test]
fn a_query_narrows_while_it_is_typed_and_with_each_look() {
    let mut desk = Desk::new();
    assert_eq!(desk.count(), (7, 7), "the kernel's thread is hidden, not asked");
    desk.press("F4");
    desk.write("cpu>25");
    assert_eq!((desk.rows(), desk.count()), (vec![">31".into(), "32".into()], (2, 7)));
    desk.press("Enter");
    let mut calm = MACHINE.to_vec();
    (calm[5].4, calm[7].4) = (0, 990);
    desk.look(&calm);
    desk.look(&calm);
    assert_eq!(desk.rows(), [">40", "32"]);
    desk.press("Esc");
    assert_eq!(desk.count(), (7, 7));
}

#[test]
fn a_fault_is_told_and_the_last_good_rows_stay() {
    let mut desk = Desk::new();
    desk.press("F4");
    desk.write("mem>5%");
    let rows = desk.rows();
    assert_eq!((rows.len(), wrong(&desk)), (3, String::new()));
    desk.write(" and usr=ann");
    assert_eq!(wrong(&desk), "there is no field 'usr'; did you mean user? As plain text it needs quotes");
    assert!(line(&desk).failed);
    // While "and usr=" was typed it was a condition and a piece of text, and nothing has both.
    assert_eq!(desk.app.table.filter_text, "mem>5% and usr=");
    desk.press("Enter F4");
    assert_eq!(line(&desk).edit.text(), "mem>5% and usr=ann", "what is not understood is not taken");
    // A click beside the line leaves what was good, and says that this is what narrows.
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Line(0)));
    assert!(desk.app.layer.is_none());
    desk.press("F4");
    assert_eq!(line(&desk).edit.text(), "mem>5% and usr=");
    desk.press("Esc");
    assert_eq!((desk.count(), desk.app.table.filter_text.as_str()), ((7, 7), ""));
}

#[test]
fn what_is_only_not_finished_keeps_the_rows_too() {
    let mut desk = Desk::new();
    desk.press("F4");
    desk.write("cpu>25 and mem>");
    assert!(wrong(&desk).starts_with("a value is missing"), "{}", wrong(&desk));
    assert_eq!(line(&desk).error.as_ref().map(|error| error.at), Some(15));
    desk.write("5G");
    assert_eq!((desk.count(), wrong(&desk)), ((0, 7), String::new()));
    assert!(line(&desk).failed, "nobody matches");
    desk.press("Backspace Backspace");
    desk.write("500M");
    assert_eq!(desk.rows(), [">31"]);
}

#[test]
fn tab_completes_fields_and_then_values() {
    let mut desk = Desk::new();
    desk.press("F4");
    desk.write("cp");
    desk.press("Tab");
    assert_eq!((line(&desk).edit.text(), offered(&desk).len()), ("cpu>", 0), "there is only one");
    desk.press("Ctrl-U");
    desk.write("na");
    desk.press("Tab");
    desk.write("make|x");
    assert_eq!(line(&desk).edit.text(), "name~make|x");
    desk.press("Ctrl-U");
    desk.write("name=s");
    desk.press("Tab");
    assert_eq!(line(&desk).edit.text(), "name=sshd");
    desk.press("Ctrl-U");
    desk.write("u");
    desk.press("Tab");
    assert_eq!(offered(&desk), ["user=", "uid=", "under:", "utime>", "unit:", "uss>"]);
    assert_eq!(line(&desk).edit.text(), "u");
    desk.press("Tab Tab Tab");
    assert_eq!(line(&desk).edit.text(), "under:");
    desk.press("Shift-Tab Up Up");
    assert_eq!(line(&desk).edit.text(), "uss>", "before the first comes the last");
    desk.press("Up Up Up");
    desk.write("3");
    desk.press("Tab");
    assert_eq!(offered(&desk), ["30", "31", "32"]);
    desk.press("Tab");
    assert_eq!(line(&desk).edit.text(), "under:30");
    assert_eq!(desk.rows(), [">31", "32", "30"]);
    // Enter takes the choice, and another one the line.
    desk.press("Enter");
    assert!(offered(&desk).is_empty());
    desk.press("Enter");
    assert!(desk.app.layer.is_none() && desk.app.table.filter_text == "under:30");
}

#[test]
fn esc_takes_back_what_was_offered_and_then_the_filter() {
    let mut desk = Desk::new();
    desk.press("F4");
    desk.write("sshd and u");
    desk.press("Tab Down Down");
    assert_eq!(line(&desk).edit.text(), "sshd and uid=");
    desk.press("Esc");
    assert_eq!((line(&desk).edit.text(), offered(&desk).len()), ("sshd and u", 0));
    desk.press("Tab");
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Item(2)));
    assert_eq!(line(&desk).edit.text(), "sshd and under:");
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Item(99)));
    desk.tell(Msg::Input(Input::Paste("10".into())));
    assert_eq!((line(&desk).edit.text(), offered(&desk).len()), ("sshd and under:10", 0));
    desk.press("Esc");
    assert!(desk.app.layer.is_none() && desk.app.table.filter_text.is_empty());
    // A line that takes no query offers nothing.
    desk.press("d Tab");
    assert!(line(&desk).offers.is_none() && !line(&desk).failed);
}

#[test]
fn ancestors_are_shown_and_are_nobody_who_matches() {
    let mut desk = Desk::new();
    desk.press("t F4");
    desk.write("name=cc1plus and cpu>50");
    desk.press("Enter");
    assert_eq!(desk.rows(), [">1", ".10", "..20", "...30", "....31"]);
    let context: Vec<bool> = desk.app.table.lines().iter().map(|line| line.context).collect();
    assert_eq!(context, [true, true, true, true, false]);
    assert_eq!(desk.count(), (1, 7));
    let matches = desk.app.table.matches(&desk.app.snapshot);
    assert_eq!(matches.iter().map(|target| target.id.pid.get()).collect::<Vec<_>>(), [31]);
}

#[test]
fn whoever_is_below_a_process_is_found_look_after_look() {
    let mut desk = Desk::new();
    desk.press("F4");
    desk.write("under:20 and not under:31");
    desk.press("Enter");
    assert_eq!(desk.rows(), [">32", "30", "20"]);
    let mut more = MACHINE.to_vec();
    more.push((50, 32, "as", 1000, 990, 1));
    desk.look(&more);
    desk.look(&more);
    assert_eq!(desk.rows(), [">50", "32", "30", "20"]);
    // Search asks the same way.
    desk.press("Esc /");
    desk.write("under:10 and name=make");
    assert_eq!((desk.selected(), line(&desk).failed), (30, false));
    desk.press("Enter /");
    desk.tell(Msg::Input(Input::Paste("cpuu>1 or cc1".into())));
    assert!(line(&desk).failed && wrong(&desk).contains("did you mean cpu?"));
    assert_eq!(desk.selected(), 30, "a fault moves nobody");
}

#[test]
fn what_a_query_compares_is_read() {
    let mut desk = Desk::new();
    desk.app.table.columns.retain(|column| column.id == "pid");
    let needs = |desk: &Desk| desk.app.wants().needs;
    assert!(!needs(&desk).has(crate::model::Needs::COMMAND));
    desk.press("F4");
    desk.write("name~x");
    assert!(needs(&desk).has(crate::model::Needs::COMMAND));
}
