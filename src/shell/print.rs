//! `glowtop print`: what there is to choose from, one line each, its id first.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::ValueEnum;

use super::settings::{self, Place};
use super::{output, start};
use crate::app::Action;
use crate::catalog::{Style, columns, meters};
use crate::config::LAB;
use crate::query::fields;

/// What can be listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Registry {
    /// Key bindings
    Keys,
    /// Columns of the table
    Columns,
    /// Meters of the header
    Meters,
    /// Themes
    Themes,
    /// What keys can do
    Actions,
    /// What a query can ask for
    Fields,
    /// Screens
    Screens,
    /// The configuration that glowtop comes with
    Config,
}

/// Writes what `what` names.
pub(super) fn main(what: Registry, keymap: Option<&str>, check: bool, config: Option<&Path>) -> ExitCode {
    if check && what != Registry::Config {
        output::complain("glowtop: --check is for the configuration: glowtop print config --check");
        return ExitCode::from(2);
    }
    let place = Place::find(config);
    match what {
        Registry::Config => settings::print(config, check),
        Registry::Screens => {
            let screens = place.load().screens;
            let lab = (LAB, "Lab        serial and parallel workloads, side by side".to_owned());
            print(screens.all().iter().map(|screen| (screen.id.as_str(), screen.described())).chain([lab]))
        }
        Registry::Columns => print_columns(),
        Registry::Meters => print_meters(),
        Registry::Actions => print(Action::ALL.iter().map(|action| (action.id(), action.help()))),
        Registry::Fields => print(fields().iter().map(|field| {
            let signs: Vec<&str> = field.operators().collect();
            (
                field.id,
                format!("{:<22} {} Compares with {}.", signs.join(" "), field.help, field.compares_with()),
            )
        })),
        Registry::Keys => {
            let mut settings = place.load().settings;
            if let Some(name) = keymap {
                settings.options.keymap = match start::map_name(name) {
                    Ok(map) => map,
                    Err(code) => return code,
                };
            }
            let start::Keys { keymap, complaints, .. } = start::keys(&settings, &place);
            for complaint in complaints {
                output::complain(&format!("glowtop: {complaint}"));
            }
            let rows = keymap.all().map(|(section, chord, action)| {
                (chord.to_string(), format!("{section:<10} {:<16} {}", action.id(), action.help()))
            });
            print(rows)
        }
        Registry::Themes => print(start::themes(&place).0.described()),
    }
}

/// Writes the columns: id, title, what it says.
pub(super) fn print_columns() -> ExitCode {
    print(columns().iter().map(|column| (column.id, format!("{:<8} {}", column.title, column.help))))
}

/// Writes the meters: id, title, the styles in which it can be drawn, what it says.
pub(super) fn print_meters() -> ExitCode {
    print(meters().iter().map(|meter| {
        let styles: Vec<&str> = meter.styles().map(Style::id).collect();
        (meter.id, format!("{:<8} {:<24} {}", meter.title, styles.join(" "), meter.help))
    }))
}

/// Writes the rows of any registry: an id without spaces, and what there is to say about it.
pub(super) fn print(rows: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>) -> ExitCode {
    output::write(|out| rows.into_iter().try_for_each(|(id, rest)| row(id.as_ref(), rest.as_ref(), out)))
}

fn row(id: &str, rest: &str, out: &mut dyn Write) -> io::Result<()> {
    let line = format!("{id:<16} {rest}");
    writeln!(out, "{}", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_each_id_first() {
        let mut out = Vec::new();
        row("pid", "PID  The number.", &mut out).unwrap();
        row("an_id_longer_than_its_field", "x", &mut out).unwrap();
        row("bare", "", &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            ["pid              PID  The number.", "an_id_longer_than_its_field x", "bare"]
        );
    }
}
