//! What the program starts with: the configuration, and over it what the command line says.

use std::process::ExitCode;

use super::args::{Options, SortKey};
use super::settings::{self, KEYS, Loaded, Place, THEMES};
use super::themes::Themes;
use super::{output, print, words};
use crate::app::{App, Keymap, Lab, Screen, Start, Tab, Table};
use crate::config::{self, Binding, MapName, nearest, parse_keymap};
use crate::lab;
use crate::model::Untrusted;
use crate::query::Views;

/// The mind as the command line wants it, and what that does not say as the configuration does; and the themes among
/// which it chooses. Where that cannot be, the sentence is written and the exit status returned.
pub(super) fn mind(options: &Options, place: &Place) -> Result<(App, Themes), ExitCode> {
    let Loaded { mut settings, mut screens, saved, header, fold_rules, mut complaints } = place.load();
    let (themes, wrong) = themes(place);
    complaints.extend(wrong);
    let theme = match &options.theme {
        Some(name) => themes.place(name).ok_or_else(|| {
            let near = nearest(name, themes.described().map(|(name, _)| name));
            let hint = near.map_or(String::new(), |near| format!(" Is '{near}' meant?"));
            output::complain(&format!(
                "glowtop: there is no such theme; `glowtop print themes` lists them.{hint}"
            ));
            ExitCode::from(2)
        })?,
        None => themes.place(&settings.options.theme).unwrap_or(0),
    };
    let tab =
        options.screen.as_deref().map_or(Some(Tab::Table(0)), |id| screens.find(id)).ok_or_else(|| {
            output::complain("glowtop: there is no such screen; `glowtop print screens` lists them");
            ExitCode::from(2)
        })?;
    let kept = settings.clone();
    if let Some(name) = &options.keymap {
        settings.options.keymap = map_name(name)?;
    }
    let Keys { keymap, own: own_keys, complaints: wrong } = keys(&settings, place);
    complaints.extend(wrong);
    let chosen = &mut settings.options;
    chosen.colours &= !options.no_color;
    chosen.unicode &= !options.no_unicode;
    chosen.header &= !options.no_meters;
    chosen.key_bar &= !options.no_function_bar;
    chosen.mouse &= !options.no_mouse;
    let mut first = screens.start_with(if let Tab::Table(at) = tab { at } else { 0 });
    first.kernel = chosen.kernel_threads;
    first.threads = chosen.threads;
    first.changes = chosen.changes || options.highlight_changes.is_some();
    first.short_lived = chosen.short_lived;
    first.marks = chosen.marks;
    first.set_fold_rules(fold_rules);
    let app = App::new(Start {
        keymap,
        own_keys,
        header,
        themes: themes.names(),
        theme,
        table: table(first, options, chosen, &saved.views)?,
        screens,
        screen: if tab == Tab::Lab { Screen::Lab } else { Screen::Processes },
        delay: options.delay.unwrap_or(chosen.delay),
        linger: Some(options.highlight_changes.unwrap_or(chosen.changes_seconds)),
        looks: options.max_iterations,
        saved,
        settings,
        kept,
        config_file: place.shown(),
        complaints,
        remark: options.delay.and_then(of_tenths),
        lab: Lab::new(lab::workloads().to_vec(), lab::machine(), lab::most_workers()),
        readonly: options.readonly,
    });
    Ok((app, themes))
}

/// The themes there are, with the user's own, and what is wrong with those.
pub(super) fn themes(place: &Place) -> (Themes, Vec<String>) {
    let (files, mut complaints) = place.files(THEMES);
    let (themes, wrong) = Themes::new(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    complaints.extend(wrong);
    (themes, complaints)
}

/// The keys in force, and whence they come.
pub(super) struct Keys {
    /// All of them.
    pub(super) keymap: Keymap,
    /// Those of the file beside the configuration, which are laid over the rest.
    pub(super) own: Vec<Binding>,
    /// What is wrong with the user's own.
    pub(super) complaints: Vec<String>,
}

/// The key map that `settings` name, with the user's keys over it.
pub(super) fn keys(settings: &config::Settings, place: &Place) -> Keys {
    let mut complaints = Vec::new();
    let own = match place.beside(KEYS) {
        Ok(text) => {
            let (own, wrong) = parse_keymap(&text.unwrap_or_default());
            complaints.extend(wrong.iter().map(|one| settings::said(KEYS, one)));
            own
        }
        Err(why) => {
            complaints.push(why);
            Vec::new()
        }
    };
    let (keymap, [in_settings, in_file]) =
        Keymap::laid(settings.options.keymap.word(), [&settings.keys, &own]);
    let name = place.name();
    complaints.extend(in_settings.iter().map(|one| settings::said(&name, one)));
    complaints.extend(in_file.iter().map(|one| settings::said(KEYS, one)));
    Keys { keymap, own, complaints }
}

/// The key map of this name; where there is none, the sentence is written and the exit status returned.
pub(super) fn map_name(name: &str) -> Result<MapName, ExitCode> {
    let found = MapName::ALL.iter().find(|(known, _)| *known == name);
    found.map(|(_, map)| *map).ok_or_else(|| {
        let known: Vec<&str> = MapName::ALL.iter().map(|(name, _)| *name).collect();
        output::complain(&format!("glowtop: there is no such key map; there are {}", known.join(" and ")));
        ExitCode::from(2)
    })
}

/// What is said of a delay with which somebody may have meant htop's tenths of seconds; below half of one, seconds are
/// as likely.
fn of_tenths(delay: f64) -> Option<String> {
    (delay >= 5.0 && delay.fract() == 0.0).then(|| {
        format!("a look every {delay} s; htop counts in tenths: its -d {delay} is -d {} here", delay / 10.0)
    })
}

/// The table of the first screen as the command line wants it.
fn table(
    mut table: Table,
    options: &Options,
    settings: &config::Options,
    views: &Views,
) -> Result<Table, ExitCode> {
    table.order = options.tree.unwrap_or(settings.tree_order);
    table.set_tree(table.tree || options.tree.is_some());
    if options.group.is_some() {
        table.group = options.group;
    }
    if !options.columns.is_empty() {
        table.columns.clone_from(&options.columns);
    }
    table.pids.clone_from(&options.pid);
    match options.sort_key {
        Some(SortKey::Help) => return Err(print::print_columns()),
        Some(SortKey::By(column)) => {
            table.sort = column;
            table.descending = column.descending;
        }
        None => {}
    }
    if let Some(text) = &options.filter {
        table.set_filter(words::understand(text, views)?);
    }
    if let Some(name) = &options.user {
        let Some(user) = user(name.as_deref()) else {
            let name = name
                .as_deref()
                .map_or_else(String::new, |name| format!(": {}", Untrusted::from(name).show(64)));
            output::complain(&format!("glowtop: there is no such user{name}"));
            return Err(ExitCode::from(2));
        };
        table.user = Some(user);
    }
    Ok(table)
}

/// The uid and name of the user called `name` (or numbered so), or of whoever runs us.
fn user(name: Option<&str>) -> Option<(u32, String)> {
    use nix::unistd::{Uid, User, geteuid};
    let known = match name {
        None => User::from_uid(geteuid()),
        Some(name) => match name.parse() {
            Ok(uid) => User::from_uid(Uid::from_raw(uid)),
            Err(_) => User::from_name(name),
        },
    };
    match (known.ok().flatten(), name) {
        (Some(user), _) => Some((user.uid.as_raw(), user.name)),
        // A number without a name is a user too.
        (None, Some(number)) => number.parse().ok().map(|uid| (uid, number.to_owned())),
        (None, None) => Some((geteuid().as_raw(), geteuid().to_string())),
    }
}
