//! Key bindings as text: `[section]`, then `"chord" = "action"`.

use toml_edit::{Document, Item, TableLike};

use super::{Chord, Complaint};

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
    for (section, item) in sections.iter() {
        let Some(table) = item.as_table_like() else {
            complaints.push(Complaint::at(text, item.span(), format!("'{section}' is no section of keys")));
            continue;
        };
        for (key, value) in table.iter() {
            let span = value.span().or_else(|| table.key(key).and_then(toml_edit::Key::span));
            let mut complain = |what: String| complaints.push(Complaint::at(text, span.clone(), what));
            let Some(action) = value.as_str() else {
                complain(format!("the action of '{key}' must be text, not {}", kind_of(value)));
                continue;
            };
            let chord = match key.parse::<Chord>() {
                Ok(chord) => chord,
                Err(error) => {
                    complain(error.to_string());
                    continue;
                }
            };
            if let Some(other) = bindings.iter().find(|b| b.chord == chord && b.section == section) {
                let known = other.line.map_or(String::new(), |line| format!(" in line {line}"));
                complain(format!("{chord} is bound to '{}'{known} already", other.action));
                continue;
            }
            let line = Complaint::at(text, span, "").line;
            bindings.push(Binding { section: section.to_owned(), chord, action: action.to_owned(), line });
        }
    }
    bindings
}

fn kind_of(item: &Item) -> &'static str {
    item.type_name()
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
    fn mistakes_are_complaints_with_lines() {
        let text = "[everywhere]\n\"Hyper-x\" = \"help\"\nq = 3\nF2 = \"a\"\n\"F02\" = \"b\"\n";
        let (bindings, complaints) = parse_keymap(text);
        assert_eq!(bindings.len(), 1);
        assert_eq!(complaints.iter().map(|c| c.line).collect::<Vec<_>>(), [Some(2), Some(3), Some(5)]);
        assert_eq!(parse_keymap("[").1.len(), 1);
    }
}
