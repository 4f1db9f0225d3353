//! `[options]`: one row each, from which the file is read and written.

use toml_edit::{Item, Value};

use super::read::{Word, shown};
use crate::config::complaint;
use crate::config::reader::Reader;

/// The shortest and the longest time that an option takes, seconds.
const SECONDS: std::ops::RangeInclusive<f64> = 0.1..=3600.0;

/// What values an option takes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum OptionKind {
    /// On or off.
    Switch,
    /// Seconds from 0.1 to 3600.
    Seconds,
    /// A name that is looked up elsewhere.
    Name,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A list of texts.
    Words,
}

/// An option as the file names it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct OptionRow {
    /// Its name in the file.
    pub id: &'static str,
    /// What it does, one line.
    pub help: &'static str,
    /// What values it takes.
    pub kind: OptionKind,
}

/// A type of value that an option can have.
trait Setting: Sized {
    const KIND: OptionKind;
    /// What it is before the default is read.
    fn blank() -> Self;
    fn read(name: &str, item: &Item, reader: &mut Reader<'_>) -> Option<Self>;
    fn write(&self) -> Value;
}

/// Declares the options: the struct and its table from the same rows.
macro_rules! options {
    ($($name:ident: $type:ty = $help:literal;)*) => {
        /// The options of a configuration. There are no defaults here: they stand in `assets/config.toml`.
        #[derive(Clone, PartialEq, Debug)]
        pub struct Options {
            $(#[doc = $help] pub $name: $type,)*
        }

        /// Every option, in the order of the file.
        pub const OPTIONS: &[OptionRow] =
            &[$(OptionRow { id: stringify!($name), help: $help, kind: <$type as Setting>::KIND },)*];

        impl Options {
            pub(super) fn blank() -> Options {
                Options { $($name: Setting::blank(),)* }
            }

            /// Takes the option `name`; whether there is one.
            fn take(&mut self, name: &str, item: &Item, reader: &mut Reader<'_>) -> bool {
                match name {
                    $(stringify!($name) => {
                        if let Some(value) = Setting::read(name, item, reader) {
                            self.$name = value;
                        }
                    })*
                    _ => return false,
                }
                true
            }

            /// Makes the option `id` what it is in `other`.
            pub(super) fn take_from(&mut self, id: &str, other: &Options) {
                match id {
                    $(stringify!($name) => self.$name.clone_from(&other.$name),)*
                    _ => {}
                }
            }

            /// The value of the option `id`, as the file has it; `None` where there is no such option.
            pub fn value(&self, id: &str) -> Option<Value> {
                match id {
                    $(stringify!($name) => Some(Setting::write(&self.$name)),)*
                    _ => None,
                }
            }
        }
    };
}

options! {
    delay: f64 = "Seconds between two looks, 0.1 to 3600.";
    theme: String = "The theme; `glowtop print themes` lists them.";
    colours: bool = "Use colours, where the terminal has some and NO_COLOR is not set.";
    unicode: bool = "Draw with more than ASCII, where the terminal can.";
    mouse: bool = "Take the mouse.";
    keymap: MapName = "The key map that keys are laid over: htop, or vim.";
    header: bool = "Show the meters.";
    key_bar: bool = "Show the bar of keys at the foot.";
    detailed_cpu: bool = "Tell interrupts, steal, guests and waiting for I/O apart in the meters of cores.";
    core_history: bool = "One history graph for each core.";
    kernel_threads: bool = "Show the kernel's threads.";
    threads: bool = "Show threads as rows of their own.";
    command: CommandForm = "What the column Command shows: command, full, name or merged.";
    changes: bool = "Mark rows that are new or have just ended.";
    changes_seconds: f64 = "Seconds for which they are marked, 0.1 to 3600.";
    short_lived: bool = "Show children that died between two looks.";
    marks: bool = "Mark programs whose file is gone, and capabilities of others than root.";
    tree_order: TreeOrder = "How rows of a list, siblings in the tree, and groups, keep their places: classic, soft or hard.";
    fold_rules: Vec<Word> = "Queries; subtrees whose root matches one start folded.";
    tabs: Vec<Word> = "Ids of screens that come first, in this order.";
}

impl Options {
    pub(super) fn read(&mut self, item: &Item, reader: &mut Reader<'_>) {
        let Some(table) = item.as_table_like() else {
            reader.complain(item.span(), "options stand in a table: [options]");
            return;
        };
        for (name, item) in table.iter() {
            if !self.take(name, item, reader) {
                reader.unknown_key(table, "there is no option", name, OPTIONS.iter().map(|row| row.id));
            }
        }
    }
}

impl Options {
    /// Makes the option `id` what `text` says, written as in the file; texts may stand without quotation marks.
    ///
    /// # Errors
    ///
    /// What is wrong with `text`, or that there is no such option.
    pub fn set(&mut self, id: &str, text: &str) -> Result<(), String> {
        let row = OPTIONS.iter().find(|row| row.id == id).ok_or("there is no such option")?;
        let plain = matches!(row.kind, OptionKind::Name | OptionKind::OneOf(_));
        let value = if plain { Ok(Value::from(text)) } else { text.trim().parse::<Value>() };
        let value = value.map_err(|_| format!("'{id}' takes {}", row.kind.takes()))?;
        let mut reader = Reader::new("");
        self.take(id, &Item::Value(value), &mut reader);
        reader.finish().pop().map_or(Ok(()), |complaint| Err(complaint.text))
    }

    /// The value of the option `id` as [`Options::set`] takes it; empty where there is no such option.
    pub fn text(&self, id: &str) -> String {
        let value = self.value(id).unwrap_or_else(|| Value::from(""));
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }
}

impl OptionKind {
    /// What it takes, in words.
    pub fn takes(self) -> String {
        match self {
            OptionKind::Switch => "true or false".to_owned(),
            OptionKind::Seconds => format!("seconds from {} to {}", SECONDS.start(), SECONDS.end()),
            OptionKind::Name => "a name".to_owned(),
            OptionKind::OneOf(words) => format!("one of {}", words.join(", ")),
            OptionKind::Words => "a list of texts: [\"one\", \"two\"]".to_owned(),
        }
    }
}

impl Setting for bool {
    const KIND: OptionKind = OptionKind::Switch;

    fn blank() -> bool {
        false
    }

    fn read(name: &str, item: &Item, reader: &mut Reader<'_>) -> Option<bool> {
        reader.switch(name, item)
    }

    fn write(&self) -> Value {
        Value::from(*self)
    }
}

impl Setting for f64 {
    const KIND: OptionKind = OptionKind::Seconds;

    fn blank() -> f64 {
        1.0
    }

    fn read(name: &str, item: &Item, reader: &mut Reader<'_>) -> Option<f64> {
        let number = item.as_float().or_else(|| item.as_integer().map(|whole| whole as f64));
        let seconds = number.filter(|number| SECONDS.contains(number));
        if seconds.is_none() {
            let (least, most) = (SECONDS.start(), SECONDS.end());
            reader.complain(item.span(), format!("'{name}' is a number of seconds from {least} to {most}"));
        }
        seconds
    }

    fn write(&self) -> Value {
        Value::from(*self)
    }
}

impl Setting for String {
    const KIND: OptionKind = OptionKind::Name;

    fn blank() -> String {
        String::new()
    }

    fn read(name: &str, item: &Item, reader: &mut Reader<'_>) -> Option<String> {
        reader.word(name, item).map(|word| word.text)
    }

    fn write(&self) -> Value {
        Value::from(self.as_str())
    }
}

impl Setting for Vec<Word> {
    const KIND: OptionKind = OptionKind::Words;

    fn blank() -> Vec<Word> {
        Vec::new()
    }

    fn read(name: &str, item: &Item, reader: &mut Reader<'_>) -> Option<Vec<Word>> {
        reader.words(name, item)
    }

    fn write(&self) -> Value {
        self.iter().map(|word| word.text.as_str()).collect()
    }
}

/// Declares options that are one of some words.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub enum $name { $($(#[$about])* $variant,)* }

        impl $name {
            /// All of them, with their words.
            pub const ALL: &'static [(&'static str, $name)] = &[$(($word, $name::$variant),)*];

            /// Its word.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }

        impl Setting for $name {
            const KIND: OptionKind = OptionKind::OneOf(&[$($word,)*]);

            fn blank() -> $name {
                $name::default()
            }

            fn read(name: &str, item: &Item, reader: &mut Reader<'_>) -> Option<$name> {
                let word = reader.word(name, item)?;
                let found = $name::ALL.iter().find(|(known, _)| *known == word.text);
                if found.is_none() {
                    let known = [$($word,)*];
                    let near = complaint::nearest(&word.text, known);
                    let hint = near.map_or(String::new(), |near| format!("; did you mean '{near}'?"));
                    let (list, text) = (known.join(", "), shown(&word.text, 40));
                    reader.complain(item.span(), format!("'{name}' is one of {list}, not '{text}'{hint}"));
                }
                found.map(|(_, value)| *value)
            }

            fn write(&self) -> Value {
                Value::from(self.word())
            }
        }
    )*};
}

choices! {
    /// Which of the key maps that glowtop comes with.
    MapName {
        /// htop's hands.
        #[default]
        Htop = "htop",
        /// vim's hands.
        Vim = "vim",
    }

    /// What the column of commands shows.
    CommandForm {
        /// The command line, its program without directories.
        #[default]
        Command = "command",
        /// The command line as it is.
        Full = "full",
        /// The kernel's short name.
        Name = "name",
        /// Name, program and arguments in one.
        Merged = "merged",
    }

    /// How siblings in the tree, groups and their members keep their places.
    TreeOrder {
        /// They change them at once, as in the list.
        Classic = "classic",
        /// When it is clear: by a quarter for three looks, or by less for twenty. Nobody's row jumps for noise, and who
        /// becomes busy is on top in a moment.
        #[default]
        Soft = "soft",
        /// Never: they stand as they were first shown, newcomers last, until somebody asks for another order.
        Hard = "hard",
    }
}
