//! The rules, over the words of one file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::source::{Path, Word, paths, words};

/// Rooms that may look at the world: files, clocks, threads, processes, the environment.
///
/// `main` is the binary's one line.
const WORLD: [&str; 7] = ["proc", "sampler", "control", "lab", "sys", "shell", "main"];

/// Crates, and the only rooms that may name them. Code under `#[cfg(test)]` may ask any of those in
/// [`FOR_TESTS`] as a second witness.
const CRATES: [(&str, &[&str]); 13] = [
    ("ratatui", &["view", "shell"]),
    ("crossterm", &["shell"]),
    ("sysinfo", &["sampler"]),
    ("procfs", &["proc"]),
    ("nix", &["proc", "control", "lab", "sys", "shell"]),
    ("rustix", &["proc", "control", "lab", "sys", "shell"]),
    ("libc", &["proc", "control", "lab", "sys", "shell"]),
    ("signal_hook", &["shell"]),
    ("clap", &["shell"]),
    ("clap_complete", &["shell"]),
    ("clap_mangen", &["shell"]),
    ("toml_edit", &["config"]),
    ("regex", &["query"]),
];

/// What code for tests may name in any room.
const FOR_TESTS: [&str; 5] = ["sysinfo", "procfs", "nix", "rustix", "libc"];

/// The crates of the design card: each must be at work, not only listed.
pub(super) const CARD: [&str; 5] = ["ratatui", "crossterm", "sysinfo", "procfs", "nix"];

/// Lines a source file may have; the aim is a few hundred.
pub(super) const LONGEST: usize = 700;

/// One breach of a rule.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Fault {
    /// The file, from the root of the repository.
    pub(super) file: String,
    /// The line, from 1.
    pub(super) line: usize,
    /// What is wrong, and the rule.
    pub(super) what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// Which room may use which: the block "One-way streets" of `src/lib.rs`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Streets(BTreeMap<String, BTreeSet<String>>);

impl Streets {
    /// Reads the block out of the text of `src/lib.rs`; `rooms` are the folders under `src`.
    pub(super) fn read(lib: &str, rooms: &BTreeSet<String>) -> Result<Streets, String> {
        let plan = lib.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
        let block: Vec<&str> = plan
            .skip_while(|line| *line != "# One-way streets")
            .skip_while(|line| !line.starts_with("```"))
            .skip(1)
            .take_while(|line| !line.starts_with("```"))
            .collect();
        let mut streets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        // Two streets on one line stand apart by two blanks or more.
        for street in block.iter().flat_map(|line| line.split("  ")).map(str::trim).filter(|s| !s.is_empty())
        {
            let stops: Vec<&str> = street.split('→').map(str::trim).collect();
            if stops.len() < 2 {
                return Err(format!("'{street}' is no street: it has no arrow"));
            }
            for pair in stops.windows(2) {
                let from = pair[0];
                let to: BTreeSet<String> = match pair[1] {
                    "nothing" => BTreeSet::new(),
                    "everything" => rooms.iter().filter(|room| *room != from).cloned().collect(),
                    list => list.split(',').map(|room| room.trim().to_owned()).collect(),
                };
                if let Some(room) = to.iter().find(|room| !rooms.contains(*room)) {
                    return Err(format!("'{street}' leads to '{room}', which is no room"));
                }
                if streets.insert(from.to_owned(), to).is_some() {
                    return Err(format!("'{from}' has two entries"));
                }
            }
        }
        let named: BTreeSet<String> = streets.keys().filter(|room| *room != "main").cloned().collect();
        if let Some(room) = named.symmetric_difference(rooms).next() {
            return Err(format!("the table and the folders do not agree on '{room}'"));
        }
        Ok(Streets(streets))
    }

    /// Whether `from` may use `to`.
    pub(super) fn allow(&self, from: &str, to: &str) -> bool {
        from == to || self.0.get(from).is_some_and(|streets| streets.contains(to))
    }

    /// All streets.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(from, to)| to.iter().map(move |to| (from.as_str(), to.as_str())))
    }

    /// Rooms from which a way leads back to themselves.
    pub(super) fn circle(&self) -> Option<String> {
        let returns = |room: &String| {
            let mut seen = BTreeSet::new();
            let mut next = vec![room];
            while let Some(here) = next.pop() {
                for to in self.0.get(here).into_iter().flatten().filter(|to| seen.insert(*to)) {
                    next.push(to);
                }
            }
            seen.contains(room)
        };
        let round: Vec<&str> = self.0.keys().filter(|room| returns(room)).map(String::as_str).collect();
        (!round.is_empty()).then(|| round.join(", "))
    }
}

/// A file of `src`, read.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// From the root of the repository: `src/model/id.rs`.
    pub(super) name: String,
    /// Its text.
    pub(super) text: String,
    /// Its words.
    pub(super) words: Vec<Word>,
    /// Its paths.
    pub(super) paths: Vec<Path>,
}

impl File {
    /// Reads `text` as the file `name`; `test` says that only tests compile it.
    pub(super) fn new(name: &str, text: &str, test: bool) -> File {
        let words = words(text, test);
        File { name: name.to_owned(), text: text.to_owned(), paths: paths(&words), words }
    }

    /// Where the file stands in the tree of modules: `model`, `id`; nothing for `src/lib.rs`.
    pub(super) fn module(&self) -> Vec<&str> {
        let inner = self.name.trim_start_matches("src/").trim_end_matches(".rs");
        let mut parts: Vec<&str> = inner.split('/').collect();
        if matches!(parts.last(), Some(&"mod" | &"lib")) {
            parts.pop();
        }
        parts
    }

    /// The room it belongs to; empty for `src/lib.rs`.
    pub(super) fn room(&self) -> &str {
        self.module().first().copied().unwrap_or_default()
    }

    /// Whether the crate `name` does something here outside tests.
    pub(super) fn uses(&self, name: &str) -> bool {
        self.paths.iter().any(|path| !path.at.test && path.parts[0] == name)
    }

    /// The rooms that it uses, each with the place.
    pub(super) fn rooms_used(&self) -> Vec<(String, &Path)> {
        let own = self.module();
        let mut used = Vec::new();
        for path in &self.paths {
            let mut here: Vec<&str> =
                own.iter().copied().chain(path.at.inside.iter().map(String::as_str)).collect();
            let mut parts = path.parts.iter().map(String::as_str).peekable();
            match parts.peek() {
                Some(&"crate") => {
                    here.clear();
                    parts.next();
                }
                // The binary calls the library by its name.
                Some(&"glowtop") if own == ["main"] => {
                    here.clear();
                    parts.next();
                }
                Some(&"super" | &"self") => {}
                _ => continue,
            }
            for part in parts {
                match part {
                    "self" => {}
                    "super" => {
                        here.pop();
                    }
                    _ => here.push(part),
                }
            }
            used.push((here.first().copied().unwrap_or_default().to_owned(), path));
        }
        used
    }

    /// All that breaks a rule in this file.
    pub(super) fn faults(&self, streets: &Streets, rooms: &BTreeSet<String>) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault =
            |line: usize, what: String| faults.push(Fault { file: self.name.clone(), line, what });
        let room = self.room();
        if !room.is_empty() {
            for (to, path) in self.rooms_used() {
                let written = path.parts.join("::");
                if !rooms.contains(&to) && to != room {
                    fault(
                        path.at.line,
                        format!("`{written}` reaches for the whole house; name a room's door"),
                    );
                } else if !streets.allow(room, &to) {
                    fault(
                        path.at.line,
                        format!(
                            "`{written}`: no street leads from {room} to {to} (src/lib.rs, One-way streets)"
                        ),
                    );
                }
            }
        }
        for path in &self.paths {
            let written = path.parts.join("::");
            if !WORLD.contains(&room) && !path.at.test && is_world(path) {
                fault(
                    path.at.line,
                    format!("`{written}`: the world belongs to {}, not to {room}", WORLD.join(", ")),
                );
            }
            let owners = CRATES.iter().find(|(name, _)| path.parts[0] == *name).map(|(_, rooms)| *rooms);
            let witness = path.at.test && FOR_TESTS.contains(&path.parts[0].as_str());
            if owners.is_some_and(|owners| !owners.contains(&room)) && !witness {
                let owners = owners.unwrap_or_default().join(", ");
                fault(path.at.line, format!("`{written}`: only {owners} may name this crate, not {room}"));
            }
        }
        for (i, word) in self.words.iter().enumerate() {
            if matches!(word.text.as_str(), "unsafe" | "unsafe_code") && room != "sys" {
                fault(word.line, format!("`{}`: only sys may write unsafe code", word.text));
            }
            let next = |n: usize| self.words.get(i + n).map(|word| word.text.as_str());
            if word.text == "#" && next(1) == Some("[") && next(2) == Some("path") {
                fault(word.line, "`#[path]`: a module lies where its name says".to_owned());
            }
        }
        let lines = self.text.lines().count();
        if lines > LONGEST {
            fault(lines, format!("{lines} lines; a file has one subject and at most {LONGEST} lines"));
        }
        if self.name.ends_with("/mod.rs") {
            let doc: Vec<&str> = self.text.lines().take_while(|line| line.starts_with("//!")).collect();
            if doc.len() < 3 {
                fault(
                    1,
                    "a door opens with a doc of at least three lines: what is here, and its words".to_owned(),
                );
            } else if self.module().len() == 1
                && !doc.join(" ").replace("//! ", "").contains("must never know")
            {
                fault(1, "the door of a room says what the room must never know, in these words".to_owned());
            }
        }
        faults
    }
}

/// Whether a path leads out of what can be computed: files, clocks, threads, processes, the environment, locks.
fn is_world(path: &Path) -> bool {
    let part = |n: usize| path.parts.get(n).map_or("*", String::as_str);
    // `std::io` itself may be imported, for `io::Write`; so its own name counts too.
    let stream = |name: &str| {
        matches!(name, "stdin" | "stdout" | "stderr" | "Stdin" | "Stdout" | "Stderr" | "IsTerminal" | "pipe")
    };
    match (part(0), part(1)) {
        ("std", "fs" | "net" | "process" | "thread" | "env" | "os" | "path" | "*") => true,
        ("std", "time") => part(2) != "Duration",
        ("std", "sync") => !matches!(part(2), "Arc" | "LazyLock" | "OnceLock"),
        ("std", "io") => stream(part(2)),
        ("io", name) => stream(name),
        _ => false,
    }
}
