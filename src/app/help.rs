//! Help: every action with its keys, and every column, meter and field of a query with what it means; by pages, or what
//! has certain words out of all of them.

use crate::catalog::{columns, meters};
use crate::config::{Chord, Key};
use crate::query::fields;

use super::lab::WORDS as LAB_WORDS;
use super::line_edit::LineEdit;
use super::{Action, App, Screen};

/// A page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum HelpPage {
    /// Actions and their keys.
    #[default]
    Keys,
    /// Columns of the table.
    Columns,
    /// Meters of the header.
    Meters,
    /// What a query can ask for.
    Fields,
    /// Words and letters of the lab.
    Lab,
}

impl HelpPage {
    /// All of them, in order.
    pub const ALL: [HelpPage; 5] =
        [HelpPage::Keys, HelpPage::Columns, HelpPage::Meters, HelpPage::Fields, HelpPage::Lab];

    /// The word on its tab.
    pub const fn title(self) -> &'static str {
        match self {
            HelpPage::Keys => "Keys",
            HelpPage::Columns => "Columns",
            HelpPage::Meters => "Meters",
            HelpPage::Fields => "Query",
            HelpPage::Lab => "Lab",
        }
    }

    /// The key that turns to it.
    pub const fn chord(self) -> Chord {
        Chord::char(match self {
            HelpPage::Keys => '1',
            HelpPage::Columns => '2',
            HelpPage::Meters => '3',
            HelpPage::Fields => '4',
            HelpPage::Lab => '5',
        })
    }
}

/// The help while it is open.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Help {
    /// The page.
    pub page: HelpPage,
    /// Rows that are scrolled out at the top; more than there are is the end.
    pub scroll: usize,
    /// What is looked for on all pages, where it is not empty.
    pub search: LineEdit,
    /// Whether keys go into the search.
    pub typing: bool,
}

/// A line of the help.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HelpLine {
    /// Over a group.
    Heading(&'static str),
    /// Something that is explained.
    Entry {
        /// Its keys, or its name.
        name: String,
        /// What it does or means.
        text: String,
        /// The word by which files and the command line call it.
        id: &'static str,
    },
}

impl Help {
    /// What is said of `word`, wherever.
    pub(super) fn about(word: &str) -> Help {
        Help { search: LineEdit::new(word), ..Help::default() }
    }

    /// Types `text` as it was pasted.
    pub(super) fn paste(&mut self, text: &str) {
        if self.typing {
            self.search.insert(text);
            self.scroll = 0;
        }
    }

    /// Turns to the next page, or to the one before.
    fn turn(&mut self, by: isize) {
        let at = HelpPage::ALL.iter().position(|page| *page == self.page).unwrap_or(0);
        let count = HelpPage::ALL.len().cast_signed();
        let next = (at.cast_signed() + by).rem_euclid(count).cast_unsigned();
        self.go_to(HelpPage::ALL.get(next).copied().unwrap_or_default());
    }

    fn go_to(&mut self, page: HelpPage) {
        *self = Help { page, ..Help::default() };
    }

    /// Takes a key, which was translated to one that walks where the key map says so; whether the help stays open.
    pub(super) fn key(&mut self, chord: Chord, walks: Key) -> bool {
        let leaves = chord.key == Key::Esc || chord == Chord::ctrl('c');
        if self.typing {
            match chord.key {
                _ if leaves => *self = Help { page: self.page, ..Help::default() },
                Key::Enter => self.typing = false,
                Key::Up | Key::Down | Key::PageUp | Key::PageDown => self.scroll_by(chord.key),
                _ => {
                    if self.search.key(chord) {
                        self.scroll = 0;
                    }
                }
            }
            return true;
        }
        if let Some(page) = HelpPage::ALL.into_iter().find(|page| page.chord() == chord) {
            self.go_to(page);
            return true;
        }
        match (chord.key, walks) {
            (Key::Char('/') | Key::F(3 | 4), _) => self.typing = true,
            (Key::Tab, _) => self.turn(if chord.shift { -1 } else { 1 }),
            (_, Key::Left) => self.turn(-1),
            (_, Key::Right) => self.turn(1),
            (_, Key::Up | Key::Down | Key::PageUp | Key::PageDown | Key::Home | Key::End) => {
                self.scroll_by(walks);
            }
            (Key::Char(' '), _) => self.scroll_by(Key::PageDown),
            // First the search goes, then the help.
            _ if leaves && !self.search.text().is_empty() => self.go_to(self.page),
            _ => return false,
        }
        true
    }

    fn scroll_by(&mut self, key: Key) {
        self.scroll = match key {
            Key::Up => self.scroll.saturating_sub(1),
            Key::Down => self.scroll + 1,
            Key::PageUp => self.scroll.saturating_sub(10),
            Key::PageDown => self.scroll + 10,
            Key::Home => 0,
            _ => usize::MAX / 2,
        };
    }
}

impl App {
    /// The lines of the help that is open.
    pub fn help_lines(&self, help: &Help) -> Vec<HelpLine> {
        let words: Vec<String> = help.search.text().split_whitespace().map(str::to_lowercase).collect();
        if words.is_empty() {
            return self.help_page(help.page);
        }
        let fits = |name: &str, text: &str, id: &str| {
            let all = format!("{name}\n{text}\n{id}").to_lowercase();
            words.iter().all(|word| all.contains(word.as_str()))
        };
        let mut lines: Vec<HelpLine> = Vec::new();
        for line in HelpPage::ALL.into_iter().flat_map(|page| self.help_page(page)) {
            match &line {
                // A heading over nothing makes room for the next.
                HelpLine::Heading(_) if matches!(lines.last(), Some(HelpLine::Heading(_))) => {
                    lines.pop();
                    lines.push(line);
                }
                HelpLine::Entry { name, text, id } if !fits(name, text, id) => {}
                _ => lines.push(line),
            }
        }
        if matches!(lines.last(), Some(HelpLine::Heading(_))) {
            lines.pop();
        }
        lines
    }

    fn help_page(&self, page: HelpPage) -> Vec<HelpLine> {
        let entry = |name: String, text: String, id: &'static str| HelpLine::Entry { name, text, id };
        let mut lines = Vec::new();
        match page {
            HelpPage::Keys => {
                for (group, actions) in Action::GROUPS {
                    let mut offered =
                        actions.iter().copied().filter(|action| self.offers(*action)).peekable();
                    if offered.peek().is_some() {
                        lines.push(HelpLine::Heading(group));
                        lines
                            .extend(offered.map(|a| entry(self.all_keys_of(a), a.help().to_owned(), a.id())));
                    }
                }
            }
            HelpPage::Columns => {
                lines.push(HelpLine::Heading("Columns of the table"));
                lines.extend(columns().iter().map(|c| entry(c.title.to_owned(), c.help.to_owned(), c.id)));
            }
            HelpPage::Meters => {
                lines.push(HelpLine::Heading("Meters of the header"));
                // By the names that the set-up has too; the labels are what stands on screen.
                lines.extend(
                    meters().iter().map(|m| entry(m.id.to_owned(), format!("{}: {}", m.title, m.help), m.id)),
                );
            }
            HelpPage::Fields => {
                lines.push(HelpLine::Heading("What a filter, a search and a query can ask for"));
                lines.extend(fields().iter().map(|field| {
                    let text = format!("{} Compares with {}.", field.help, field.compares_with());
                    entry(field.id.to_owned(), text, field.id)
                }));
            }
            HelpPage::Lab => {
                for (heading, words) in LAB_WORDS {
                    lines.push(HelpLine::Heading(heading));
                    lines.extend(
                        words.iter().map(|(word, text)| entry((*word).to_owned(), (*text).to_owned(), word)),
                    );
                }
            }
        }
        lines
    }

    /// The keys of `action` here, or else on another screen, which is named.
    fn all_keys_of(&self, action: Action) -> String {
        let on = |screen: Screen| {
            let keys: Vec<String> = self.keymap.keys(screen, action).map(|key| key.to_string()).collect();
            keys.join(" ")
        };
        let place = self.place();
        let here = on(place);
        if !here.is_empty() {
            return here;
        }
        let others = Screen::WITH_KEYS.into_iter().filter(|screen| *screen != place);
        let there = others.map(|screen| (screen, on(screen))).find(|(_, keys)| !keys.is_empty());
        there.map_or_else(String::new, |(screen, keys)| format!("{keys} ({})", screen.id()))
    }
}
