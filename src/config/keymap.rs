//! Key bindings as text: `[section]`, then `"chord" = "action"`. What stands before the first section is for everywhere.

use toml_edit::{Document, Item, TableLike};

use super::{Chord, Complaint};
use crate::model::Untrusted;

/// The section that holds on every screen.
pub const EVERYWHERE: &str = "everywhere";

/// One line of a key map.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    /// The section it stands in: a screen's name, or `everywhere`.
    pub section: String,
    /// The key.
    pub chord: Chord,
    /// The action's id, not yet looked up.
    pub action: String,
    /// Its line in the text.
    pub line: Option<usize>,
}

/// Most lines that are read: nobody has so many keys in the fingers, and each is compared with those before.
const MOST: usize = 400;
/// Most complaints of a key map that are told.
const MOST_COMPLAINTS: usize = 100;

/// Reads a key map. What makes no sense is complained about and left out.
pub fn parse_keymap(text: &str) -> (Vec<Binding>, Vec<Complaint>) {
    match Document::parse(text) {
        Ok(document) => {
            let mut complaints = Vec::new();
            let bindings = read_sections(text, document.as_table(), &mut complaints);
            (bindings, complaints)
        }
        Err(error) => {
            let said = error.message().trim().replace('\n', ", ");
            (Vec::new(), vec![Complaint::at(text, error.span(), format!("no TOML: {said}"))])
        }
    }
}

/// Reads the sections of a key map, which stand in `text`.
pub(super) fn read_sections(
    text: &str,
    sections: &dyn TableLike,
    complaints: &mut Vec<Complaint>,
) -> Vec<Binding> {
    let mut bindings: Vec<Binding> = Vec::new();
    let before = complaints.len();
    let is_full = |bindings: &[Binding], complaints: &[Complaint]| {
        bindings.len() >= MOST || complaints.len() - before >= MOST_COMPLAINTS
    };
    for (name, item) in sections.iter() {
        if is_full(&bindings, complaints) {
            break;
        }
        match item.as_table_like() {
            Some(table) => {
                for (key, value) in table.iter() {
                    if is_full(&bindings, complaints) {
                        break;
                    }
                    read(text, name, key, value, table.key(key), &mut bindings, complaints);
                }
            }
            None if item.is_str() => {
                read(text, EVERYWHERE, name, item, sections.key(name), &mut bindings, complaints);
            }
            None => {
                let name = Untrusted::from(name).show(40);
                complaints.push(Complaint::at(text, item.span(), format!("'{name}' is no section of keys")));
            }
        }
    }
    if is_full(&bindings, complaints) {
        let said =
            format!("not all keys are read: there are more than {MOST}, or too much is wrong with them");
        complaints.push(Complaint::whole(said));
    }
    bindings
}

/// Reads one line of a section.
fn read(
    text: &str,
    section: &str,
    key: &str,
    value: &Item,
    written: Option<&toml_edit::Key>,
    bindings: &mut Vec<Binding>,
    complaints: &mut Vec<Complaint>,
) {
    let span = value.span().or_else(|| written.and_then(toml_edit::Key::span));
    let mut complain = |what: String| complaints.push(Complaint::at(text, span.clone(), what));
    let Some(action) = value.as_str() else {
        let key = Untrusted::from(key).show(40);
        return complain(format!("the action of '{key}' must be text, not {}", value.type_name()));
    };
    let chord = match key.parse::<Chord>() {
        Ok(chord) => chord,
        Err(error) => return complain(Untrusted::from(error.to_string().as_str()).show(200)),
    };
    if let Some(other) = bindings.iter().find(|b| b.chord == chord && b.section == section) {
        let known = other.line.map_or(String::new(), |line| format!(" in line {line}"));
        return complain(format!("{chord} is bound to '{}'{known} already", other.action));
    }
    let line = Complaint::at(text, span.clone(), "").line;
    // Both are shown where nobody knows them.
    let [section, action] = [section, action].map(|foreign| Untrusted::from(foreign).show(40));
    bindings.push(Binding { section, chord, action, line });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bindings_are_read_with_their_lines() {
        let (bindings, complaints) = parse_keymap("[everywhere]\n\"F1\" = \"help\"\nq = \"quit\"\n");
        assert_eq!(complaints, []);
        let shown: Vec<_> =
            bindings.iter().map(|b| (b.chord.to_string(), b.action.as_str(), b.line)).collect();
        assert_eq!(shown, [("F1".to_owned(), "help", Some(2)), ("q".to_owned(), "quit", Some(3))]);
    }

    #[test]
    fn a_line_without_a_section_is_for_everywhere() {
        let (bindings, complaints) = parse_keymap("x = \"quit\"\n[lab]\nx = \"help\"\n");
        assert_eq!(complaints, []);
        let shown: Vec<_> = bindings.iter().map(|b| (b.section.as_str(), b.action.as_str())).collect();
        assert_eq!(shown, [("everywhere", "quit"), ("lab", "help")]);
    }

    #[test]
    fn mistakes_are_complaints_with_lines() {
        let text = "[everywhere]\n\"Hyper-x\" = \"help\"\nq = 3\nF2 = \"a\"\n\"F02\" = \"b\"\n";
        let (bindings, complaints) = parse_keymap(text);
        assert_eq!(bindings.len(), 1);
        assert_eq!(complaints.iter().map(|c| c.line).collect::<Vec<_>>(), [Some(2), Some(3), Some(5)]);
        assert_eq!(parse_keymap("[").1.len(), 1);
    }
}
