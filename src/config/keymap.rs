//! Key bindings as text: `[section]`, then `"chord" = "action"`. What stands before the first section is for everywhere.

use toml_edit::{Document, Item, TableLike};

use super::reader::Reader;
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

/// Reads a key map. What makes no sense is complained about and left out.
pub fn parse_keymap(text: &str) -> (Vec<Binding>, Vec<Complaint>) {
    let mut reader = Reader::new(text);
    let bindings = match Document::parse(text) {
        Ok(document) => read_sections(document.as_table(), &mut reader),
        Err(error) => {
            let said = error.message().trim().replace('\n', ", ");
            reader.complain(error.span(), format!("this is not TOML ({said})"));
            Vec::new()
        }
    };
    (bindings, reader.finish())
}

/// Reads the sections of a key map, which stand in the text of `reader`.
pub(super) fn read_sections(sections: &dyn TableLike, reader: &mut Reader<'_>) -> Vec<Binding> {
    let mut bindings: Vec<Binding> = Vec::new();
    let is_full = |bindings: &[Binding], reader: &Reader<'_>| bindings.len() >= MOST || reader.is_full();
    for (name, item) in sections.iter() {
        if is_full(&bindings, reader) {
            break;
        }
        match item.as_table_like() {
            Some(table) => {
                for (key, value) in table.iter() {
                    if is_full(&bindings, reader) {
                        break;
                    }
                    read(name, key, value, table.key(key), &mut bindings, reader);
                }
            }
            None if item.is_str() => {
                read(EVERYWHERE, name, item, sections.key(name), &mut bindings, reader);
            }
            None => {
                let name = Untrusted::from(name).show(40);
                reader.complain(item.span(), format!("'{name}' is no section of keys"));
            }
        }
    }
    if is_full(&bindings, reader) {
        let said =
            format!("not all keys are read: there are more than {MOST}, or too much is wrong with them");
        reader.insist(said);
    }
    bindings
}

/// Reads one line of a section.
fn read(
    section: &str,
    key: &str,
    value: &Item,
    written: Option<&toml_edit::Key>,
    bindings: &mut Vec<Binding>,
    reader: &mut Reader<'_>,
) {
    let span = value.span().or_else(|| written.and_then(toml_edit::Key::span));
    let line = reader.line(span);
    let mut complain = |what: String| reader.add(line, what);
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
