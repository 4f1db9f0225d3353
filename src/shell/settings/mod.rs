//! The configuration on disk: where it lies, reading it without being led astray, and saving it.
//!
//! Its words: the *place* is the file and the folder beside which key maps and themes lie; what is wrong is a
//! *complaint*, with the name of the file and the line, and never stops the program. It must never know what an option
//! or a screen means. Read next: `file.rs`.

mod file;
mod save;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{output, start};
use crate::app::{self, Saved, Saving, Screens};
use crate::config::{BUILTIN_THEMES, Complaint, DEFAULT_CONFIG, Settings, Word, nearest};
use crate::model::Untrusted;
use crate::query::{Filter, Views};

pub(super) use file::read;
pub(super) use save::save;

/// The file's name in its folder.
const NAME: &str = "config.toml";
/// The file of the user's keys, beside it.
pub(super) const KEYS: &str = "keys.toml";
/// The folder of the user's themes, beside it.
pub(super) const THEMES: &str = "themes";
/// Most files that are read from one folder.
const MOST_FILES: usize = 100;
/// Most complaints that a command writes which has something else to say.
const MOST_TOLD: usize = 5;
/// Most of a path in a sentence, cells.
const SHOWN: usize = 200;

/// Where the configuration lies, whether there is one or not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Place {
    file: Option<PathBuf>,
    /// Whether somebody named it, so that it must be there.
    named: bool,
}

/// What was read.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    /// The settings, laid over the default.
    pub(super) settings: Settings,
    /// The screens that they make.
    pub(super) screens: Screens,
    /// The queries that they keep.
    pub(super) saved: Saved,
    /// What is wrong, in sentences that are safe to show.
    pub(super) complaints: Vec<String>,
    /// The meters of the header.
    pub(super) header: app::Header,
    /// Queries whose matches start folded in the tree.
    pub(super) fold_rules: Vec<Filter>,
}

impl Place {
    /// `named` on the command line, else `glowtop/config.toml` in `$XDG_CONFIG_HOME`, else in `~/.config`. A relative
    /// `$XDG_CONFIG_HOME` counts for nothing, as the XDG Base Directory Specification has it.
    pub(super) fn find(named: Option<&Path>) -> Place {
        Place::among(named, std::env::var_os("XDG_CONFIG_HOME"), std::env::var_os("HOME"))
    }

    fn among(named: Option<&Path>, xdg: Option<OsString>, home: Option<OsString>) -> Place {
        if let Some(file) = named {
            return Place { file: Some(file.to_owned()), named: true };
        }
        let absolute = |path: OsString| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
        let config =
            xdg.and_then(absolute).or_else(|| home.and_then(absolute).map(|home| home.join(".config")));
        Place { file: config.map(|folder| folder.join("glowtop").join(NAME)), named: false }
    }

    /// The file, whether it is there or not; `None` where nobody says where the user's files lie.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The file's path as it may be shown.
    pub(super) fn shown(&self) -> String {
        self.file.as_deref().map_or_else(String::new, shown)
    }

    /// The file's name, as it may be shown.
    pub(super) fn name(&self) -> String {
        self.file.as_deref().and_then(Path::file_name).map_or_else(String::new, |name| shown(Path::new(name)))
    }

    /// Reads the configuration and what it refers to.
    pub(super) fn load(&self) -> Loaded {
        let mut complaints = Vec::new();
        let mut settings = Settings::default();
        if let Some(file) = &self.file {
            let name = self.name();
            match read(file) {
                Ok(Some(text)) => {
                    let (read, wrong) = Settings::parse(&text);
                    settings = read;
                    complaints.extend(wrong.iter().map(|complaint| said(&name, complaint)));
                }
                Ok(None) if self.named => {
                    complaints.push(format!("{name}: there is no such file; the default is used"));
                }
                Ok(None) => {}
                Err(why) => complaints.push(format!("{name}: {why}; the default is used")),
            }
            let (screens, wrong) = Screens::new(&settings);
            complaints.extend(wrong.iter().map(|complaint| said(&name, complaint)));
            complaints.extend(self.no_theme(&settings.options.theme).map(|why| format!("{name}: {why}")));
            let (saved, wrong) = Saved::of(&settings.filters, &settings.rules);
            complaints.extend(wrong.iter().map(|complaint| said(&name, complaint)));
            let (header, wrong) = app::Header::resolve(&settings.header);
            complaints.extend(wrong.iter().map(|complaint| said(&name, complaint)));
            let (fold_rules, wrong) = fold_rules(&settings.options.fold_rules, &saved.views);
            complaints.extend(wrong.iter().map(|complaint| said(&name, complaint)));
            return Loaded { settings, screens, saved, complaints, header, fold_rules };
        }
        // A test holds that our own queries have no complaints.
        let saved = Saved::of(&settings.filters, &settings.rules).0;
        let (header, fold_rules) = (app::Header::default(), Vec::new());
        Loaded { settings, screens: Screens::default(), saved, complaints, header, fold_rules }
    }

    /// The same for a command without a screen: what is wrong is written to standard error.
    pub(super) fn told(&self) -> Loaded {
        let mut loaded = self.load();
        let complaints = std::mem::take(&mut loaded.complaints);
        for complaint in complaints.iter().take(MOST_TOLD) {
            output::complain(&format!("glowtop: {complaint}"));
        }
        if let Some(more @ 1..) = complaints.len().checked_sub(MOST_TOLD) {
            output::complain(&format!("glowtop: and {more} more: `glowtop print config --check`"));
        }
        loaded
    }

    /// The sentence that says that there is no theme of this name.
    fn no_theme(&self, theme: &str) -> Option<String> {
        let known = BUILTIN_THEMES.iter().any(|(name, _)| *name == theme);
        let own = || start::themes(self).0.place(theme).is_some();
        (!known && !own()).then(|| {
            let near = nearest(theme, BUILTIN_THEMES.iter().map(|(name, _)| *name));
            let hint = near.map_or(String::new(), |near| format!("; did you mean '{near}'?"));
            format!("there is no theme '{}'{hint}", Untrusted::from(theme).show(40))
        })
    }

    /// The text of the file `name` beside the configuration; `None` where there is none.
    ///
    /// # Errors
    ///
    /// A sentence that says why it cannot be used.
    pub(super) fn beside(&self, name: &str) -> Result<Option<String>, String> {
        let folder = self.file.as_deref().and_then(Path::parent);
        folder.map_or(Ok(None), |folder| read(&folder.join(name))).map_err(|why| format!("{name}: {why}"))
    }

    /// The files of the folder `name` beside the configuration that end in `.toml`: their names without that, and their
    /// texts, in order; and sentences about those that cannot be used.
    pub(super) fn files(&self, name: &str) -> (Vec<(String, String)>, Vec<String>) {
        let (mut texts, mut complaints) = (Vec::new(), Vec::new());
        let folder = self.file.as_deref().and_then(Path::parent).map(|folder| folder.join(name));
        let Some(entries) = folder.and_then(|folder| std::fs::read_dir(folder).ok()) else {
            return (texts, complaints);
        };
        let toml = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "toml");
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(toml).collect();
        paths.sort();
        if paths.len() > MOST_FILES {
            complaints.push(format!("{name}: only the first {MOST_FILES} files are read"));
        }
        for path in paths.iter().take(MOST_FILES) {
            let stem = path.file_stem().map_or_else(String::new, |stem| shown(Path::new(stem)));
            match read(path) {
                Ok(Some(text)) => texts.push((stem, text)),
                Ok(None) => {}
                Err(why) => complaints.push(format!("{name}/{stem}.toml: {why}")),
            }
        }
        (texts, complaints)
    }

    /// Everything that is wrong with the configuration and the files beside it.
    fn complaints(&self) -> Vec<String> {
        let Loaded { settings, mut complaints, .. } = self.load();
        complaints.extend(start::keys(&settings, self).complaints);
        complaints.extend(start::themes(self).1);
        complaints
    }
}

/// `glowtop print config`: the commented default; or what is wrong with the user's files, which is status 1.
pub(super) fn print(named: Option<&Path>, check: bool) -> ExitCode {
    if !check {
        return output::write(|out| out.write_all(DEFAULT_CONFIG.as_bytes()));
    }
    let place = Place::find(named);
    let complaints = place.complaints();
    let path = place.shown();
    if complaints.is_empty() {
        let there = place.file().is_some_and(Path::exists);
        let verdict =
            if there { "nothing is wrong with it" } else { "there is none, so the default is used" };
        return output::write(|out| writeln!(out, "{path}: {verdict}"));
    }
    let folder = place.file().and_then(Path::parent).map_or_else(String::new, shown);
    let folder = folder.trim_end_matches('/');
    let written =
        output::write(|out| complaints.iter().try_for_each(|line| writeln!(out, "{folder}/{line}")));
    if written == ExitCode::SUCCESS { ExitCode::FAILURE } else { written }
}

/// What came of saving.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Kept {
    /// It is done: the sentence that tells of it.
    Done(String),
    /// Nothing was written: this was changed here and in the file, and nobody has said which of both counts.
    Clash(Vec<String>),
}

/// Writes what was changed. What somebody else has changed in the file since it was read stays there.
///
/// # Errors
///
/// The sentence that says why nothing was written.
pub(super) fn keep(place: &Place, saving: &Saving) -> Result<Kept, String> {
    let Some(file) = place.file() else {
        return Err("nothing is saved: neither XDG_CONFIG_HOME nor HOME says where".to_owned());
    };
    let path = place.shown();
    let (mut clash, mut others) = (Vec::new(), Vec::new());
    let change = |text: &str| {
        let wanted = if text.is_empty() {
            saving.now.saved(text)
        } else {
            let there = Settings::parse(text).0;
            let merged = saving.now.merged(&saving.base, &there, saving.ours.unwrap_or(true));
            if saving.ours.is_none() && !merged.both.is_empty() {
                clash = merged.both;
                return Ok(text.to_owned());
            }
            others = merged.theirs;
            others.extend(merged.both.into_iter().filter(|_| saving.ours == Some(false)));
            merged.settings.saved(text)
        };
        wanted.map_err(|complaint| complaint.to_string())
    };
    let written = save(file, change).map_err(|why| format!("nothing is saved in {path}: {why}"))?;
    if !clash.is_empty() {
        return Ok(Kept::Clash(clash));
    }
    let name = place.name();
    Ok(Kept::Done(match (written, others.join(", ").as_str()) {
        (true, "") => format!("saved: {path}"),
        (false, "") => format!("nothing to save: {path} says all of it"),
        (true, others) => {
            format!("saved; {name} keeps, for the next start, what was changed there: {others}")
        }
        (false, others) => format!("{name} stays as it was changed: {others}"),
    }))
}

/// The queries of `rules`, and what is wrong with those that are left out.
fn fold_rules(rules: &[Word], views: &Views) -> (Vec<Filter>, Vec<Complaint>) {
    let (mut filters, mut complaints) = (Vec::new(), Vec::new());
    for rule in rules {
        let filter = Filter::parse_with(&rule.text, views);
        match filter.error() {
            Some(error) => {
                complaints
                    .push(Complaint::of_line(rule.line, format!("in the query '{}': {error}", rule.shown())));
            }
            None => filters.push(filter),
        }
    }
    (filters, complaints)
}

/// A complaint with the file it is about.
pub(super) fn said(file: &str, complaint: &Complaint) -> String {
    match complaint.line {
        Some(line) => format!("{file} line {line}: {}", complaint.text),
        None => format!("{file}: {}", complaint.text),
    }
}

/// A path as it may be shown.
fn shown(path: &Path) -> String {
    Untrusted::new(path.as_os_str().as_bytes()).show(SHOWN)
}
