//! The command line: one definition feeds the parser, the help, the completions and the man page.
//!
//! Flags are htop's where htop has them. Only what is wired is here.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use super::capabilities::DropCapabilities;
use super::output;
use super::print::Registry;
use super::ps::PsArgs;
use super::shot::ShotArgs;
use super::words::{column_id, delay, group_by, pid};
use crate::catalog::Column;
use crate::config::{LAB, Settings, TreeOrder};
use crate::model::{GroupBy, Pid, Untrusted};
use crate::query::fields;

/// Most of a line of a complaint, in cells.
const MOST_CELLS: usize = 1000;

const AFTER_HELP: &str = "\
Exit status: 0 done, 1 failed, 2 wrong usage or nothing to read.
NO_COLOR, if set and not empty, does what --no-color does.";

/// See, signal and compare the processes of this machine.
#[derive(Clone, Debug, Parser)]
#[command(name = "glowtop", version, about, after_help = AFTER_HELP)]
#[command(disable_help_subcommand = true)]
#[command(override_usage = "glowtop [OPTIONS]\n       glowtop [--config <FILE>] <COMMAND>")]
pub(super) struct CommandLine {
    /// What the live screen starts with.
    #[command(flatten)]
    pub options: Options,
    /// On a machine that hardly answers, as root: with real-time priority, locked in memory and spared when memory runs
    /// out, sorted by memory where that is short, else by CPU
    #[arg(long)]
    pub rescue: bool,
    /// Talk in lines instead of drawing a screen, as a screen reader can follow; commands are those of the shell
    #[arg(long, conflicts_with_all = ["rescue", "log"])]
    pub accessible: bool,
    /// Also write what is done to processes, and what comes of it, to this file: a line of JSON for each step. It is
    /// created for you alone, or added to
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Where the machine is read: the root of the live system, or of a fixture.
    #[arg(long, value_name = "DIR", default_value = "/", hide = true, global = true)]
    pub root: PathBuf,
    /// Read this configuration in place of your own
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// What to do instead of opening the screen.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the live screen starts with.
#[derive(Clone, PartialEq, Debug, Args)]
pub(super) struct Options {
    /// Seconds between two looks, 0.1 to 3600; fractions are allowed; 1 where the configuration says nothing. htop counts
    /// in tenths: its -d 10 is -d 1 here
    #[arg(short, long, value_name = "SECONDS", value_parser = delay)]
    pub delay: Option<f64>,
    /// Leave after so many looks, once the last one is on the screen
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_iterations: Option<u64>,
    /// Start on this screen; `glowtop print screens` lists them
    #[arg(long, value_name = "ID", value_parser = ScreenId)]
    pub screen: Option<String>,
    /// Use no colours
    #[arg(short = 'C', long, alias = "no-colour")]
    pub no_color: bool,
    /// Draw with ASCII only
    #[arg(short = 'U', long)]
    pub no_unicode: bool,
    /// Leave the mouse to the terminal
    #[arg(short = 'M', long)]
    pub no_mouse: bool,
    /// Leave out the meters
    #[arg(long)]
    pub no_meters: bool,
    /// Leave out the key bar
    #[arg(long)]
    pub no_function_bar: bool,
    /// Mark rows that are new or have just ended for so many seconds, 5 unless said; without this, for 2
    #[arg(short = 'H', long, value_name = "SECONDS", num_args = 0..=1)]
    #[arg(default_missing_value = "5", value_parser = linger)]
    pub highlight_changes: Option<f64>,
    /// Start with the tree of processes. Siblings in it change places at once (classic), when it is clear (soft, also
    /// without a word) or not at all, newcomers last (hard)
    #[arg(short, long, value_name = "ORDER", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "soft", value_parser = tree_order)]
    pub tree: Option<TreeOrder>,
    /// Start with one row for each program, user, container or systemd unit
    #[arg(long, value_name = "BY", value_parser = group_by)]
    pub group: Option<GroupBy>,
    /// Sort by this column; `help` lists them
    #[arg(short, long, value_name = "COLUMN", value_parser = sort_key)]
    pub sort_key: Option<SortKey>,
    /// Columns of the table, with commas between them; `glowtop print columns` lists them
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = column_id)]
    pub columns: Vec<&'static Column>,
    /// Show only the processes of this user, or your own
    #[arg(short, long, value_name = "NAME", num_args = 0..=1)]
    #[allow(clippy::option_option, reason = "absent, without a name, with a name: clap's own way to say it")]
    pub user: Option<Option<String>>,
    /// Show only these processes: numbers with commas between them
    #[arg(short, long, value_name = "LIST", value_delimiter = ',', value_parser = pid)]
    pub pid: Vec<Pid>,
    /// Show only what matches: pieces of command lines with | between alternatives, pid:N for one process, or a query
    /// such as 'cpu>50 and age<2m'; `glowtop print fields` lists what can be asked for
    #[arg(short = 'F', long, value_name = "QUERY")]
    pub filter: Option<String>,
    /// Colours to use; `glowtop print themes` lists them
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// Keys to use: htop, or vim for those of vi over them
    #[arg(long, value_name = "NAME")]
    pub keymap: Option<String>,
    /// Only look: nothing that signals, tames or starts processes is there
    #[arg(long)]
    pub readonly: bool,
    /// Give up capabilities (capabilities(7)) that are not needed; `strict` gives up all: other users' processes can then
    /// not be signalled, tamed or looked into
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, value_enum)]
    #[arg(default_value = "off", default_missing_value = "basic", hide_default_value = true)]
    pub drop_capabilities: DropCapabilities,
}

/// What to do instead of opening the screen.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum Command {
    /// Write a list of processes and leave
    Ps(PsArgs),
    /// Signal the processes that match, and say what came of it
    Kill(super::kill::KillArgs),
    /// Look into one process, and write what is found: text, or JSON
    Inspect(super::inspect::InspectArgs),
    /// Write one picture of the screen and leave: SVG, or text
    Shot(ShotArgs),
    /// Run workloads in serial and in parallel, measure them and check their answers
    Lab(super::lab::LabArgs),
    /// Write what there is to choose from, one line each, its id first
    Print {
        /// What to list
        what: Registry,
        /// The key map whose keys are listed: htop, or vim
        #[arg(long, value_name = "NAME")]
        keymap: Option<String>,
        /// With config: write what is wrong with your configuration instead; then the exit status is 1
        #[arg(long)]
        check: bool,
    },
    /// Write the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual page
    Man,
}

/// A column to sort by, or the wish to know which there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SortKey {
    /// List the columns and leave.
    Help,
    /// This column.
    By(&'static Column),
}

/// A screen's id: any text, as there may be screens of the user's own; those that everybody has are offered.
#[derive(Clone, Copy, Debug)]
struct ScreenId;

impl TypedValueParser for ScreenId {
    type Value = String;

    fn parse_ref(
        &self,
        _: &clap::Command,
        _: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        Ok(value.to_string_lossy().into_owned())
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let screens = Settings::default().screens.into_iter();
        let known = screens.map(|screen| PossibleValue::new(screen.id).help(screen.title));
        Some(Box::new(known.chain([PossibleValue::new(LAB).help("Lab")])))
    }
}

/// Reads the command line. Where it is wrong, or asks for help or the version, that is written, and the exit status is
/// returned.
pub(super) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<CommandLine, ExitCode> {
    CommandLine::read(words).map_err(|error| {
        let text = error.render().to_string();
        if error.use_stderr() {
            output::complain(&plain(text.trim_end()));
            ExitCode::from(2)
        } else {
            output::write(|out| out.write_all(text.as_bytes()))
        }
    })
}

impl CommandLine {
    /// Reads the words of a command line. What is for the screen does not go with a command, but for those that are for
    /// all, which stand before it or behind it.
    fn read(words: impl IntoIterator<Item = OsString>) -> Result<CommandLine, clap::Error> {
        let mut command = CommandLine::command();
        let found = command.try_get_matches_from_mut(words)?;
        if let Some(name) = found.subcommand_name() {
            let said = |id: &str| found.value_source(id) == Some(ValueSource::CommandLine);
            let own = |arg: &&clap::Arg| !arg.is_global_set() && said(arg.get_id().as_str());
            let arg = command.get_arguments().find(own).map(ToString::to_string);
            if let Some(arg) = arg {
                let what = format!(
                    "'{arg}' is for the screen and not for '{name}'; `glowtop {name} --help` says what is"
                );
                return Err(command.error(ErrorKind::ArgumentConflict, what));
            }
        }
        CommandLine::from_arg_matches(&found).map_err(|error| error.format(&mut command))
    }
}

/// A complaint that repeats what was typed, which may have come from anywhere by way of a script, without whatever a
/// terminal would obey.
fn plain(complaint: &str) -> String {
    let lines = complaint.lines().map(|line| Untrusted::from(line).show(MOST_CELLS));
    lines.collect::<Vec<_>>().join("\n")
}

/// Writes the completions for a shell.
pub(super) fn completions(shell: clap_complete::Shell) -> ExitCode {
    // Into memory first: the generator panics where it cannot write.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), "glowtop", &mut text);
    output::write(|out| out.write_all(&text))
}

/// Writes the manual page: one page for all, with a section for each command.
pub(super) fn man() -> ExitCode {
    output::write(manual)
}

fn manual(out: &mut dyn Write) -> io::Result<()> {
    let mut command = CommandLine::command();
    command.build();
    let page = clap_mangen::Man::new(command.clone());
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    filters(out)?;
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        writeln!(out, ".SH \"GLOWTOP {}\"", sub.get_name().to_uppercase())?;
        if let Some(about) = sub.get_about() {
            writeln!(out, "{about}.")?;
        }
        let mut part = Vec::new();
        let page = clap_mangen::Man::new(sub.clone());
        page.render_synopsis_section(&mut part)?;
        page.render_options_section(&mut part)?;
        if sub.get_after_help().is_some() {
            page.render_extra_section(&mut part)?;
        }
        // Its own commands: those of the lab. The workloads below them explain themselves.
        for own in sub.get_subcommands().filter(|own| !own.is_hide_set()) {
            let about = own.get_about().map(ToString::to_string).unwrap_or_default();
            writeln!(part, ".SH \"{} {}\"\n{}.", sub.get_name(), own.get_name(), roff(&about))?;
            let mut options = Vec::new();
            let page = clap_mangen::Man::new(own.clone());
            page.render_synopsis_section(&mut options)?;
            page.render_options_section(&mut options)?;
            // Without headings of its own.
            let text = String::from_utf8_lossy(&options).into_owned();
            let lines = text.lines().filter(|line| !line.starts_with(".SH SYNOPSIS"));
            for line in lines {
                let is_heading = line.starts_with(".SH ");
                writeln!(part, "{}", if is_heading { ".PP" } else { line })?;
            }
        }
        // Within a page, a command's headings stand below its name.
        out.write_all(String::from_utf8_lossy(&part).replace(".SH ", ".SS ").as_bytes())?;
    }
    page.render_extra_section(out)?;
    page.render_version_section(out)
}

/// The section on what can be written in a filter.
fn filters(out: &mut dyn Write) -> io::Result<()> {
    const ABOUT: [&str; 4] = [
        "A filter is plain text or a query. Plain text is pieces of command lines or names, upper and lower case alike, \
         with | between alternatives; among them pid:N is the process of that number. A text is a query if it compares a \
         field, as these do:",
        "Fields are compared by = != < <= > >=, by ~ with a regular expression, and by : with a text in which * and ? \
         stand for others; conditions are joined by and, or, not and parentheses, and a text in quotes is one piece. \
         Amounts have units: 1.5GiB, 500M, 50%, 1h30m; a number alone is bytes, percent or seconds.",
        "What is not known of a process makes a comparison neither true nor false, and it is not found by the contrary \
         either. A query that is wrong is written with its place marked, and the exit status is 2.",
        "The fields:",
    ];
    writeln!(out, ".SH FILTERS\n{}", roff(ABOUT[0]))?;
    for example in
        ["name~cc1 and cpu>50 and age<2m", "under:4711 and not (user=root or state=S)", "nginx and mem>5%"]
    {
        writeln!(out, ".PP\n.RS\n{}\n.RE", roff(example))?;
    }
    for part in ABOUT.iter().skip(1) {
        writeln!(out, ".PP\n{}", roff(part))?;
    }
    for field in fields() {
        let signs: Vec<&str> = field.operators().collect();
        writeln!(out, ".TP\n\\fB{}\\fR {}\n{}", roff(field.id), roff(&signs.join(" ")), roff(field.help))?;
    }
    Ok(())
}

/// A line of text as roff takes it for nothing but text.
fn roff(text: &str) -> String {
    let mut written = String::from(r"\&");
    for c in text.chars() {
        match c {
            '\\' => written.push_str(r"\e"),
            '-' => written.push_str(r"\-"),
            '~' => written.push_str(r"\(ti"),
            '^' => written.push_str(r"\(ha"),
            '\'' => written.push_str(r"\(aq"),
            c => written.push(c),
        }
    }
    written
}

/// Reads for how long changes are marked.
fn linger(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.1..=3600.0).contains(seconds));
    seconds.ok_or_else(|| "it is a number of seconds from 0.1 to 3600".to_owned())
}

fn tree_order(text: &str) -> Result<TreeOrder, String> {
    let known = TreeOrder::ALL.iter().find(|(word, _)| *word == text);
    known.map(|(_, order)| *order).ok_or_else(|| "it is classic, soft or hard".to_owned())
}

fn sort_key(text: &str) -> Result<SortKey, String> {
    if text == "help" { Ok(SortKey::Help) } else { column_id(text).map(SortKey::By) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{column, default_columns};

    fn read(line: &str) -> Result<CommandLine, clap::Error> {
        CommandLine::read(std::iter::once("glowtop").chain(line.split_whitespace()).map(OsString::from))
    }

    fn ps(line: &str) -> PsArgs {
        match read(line).unwrap().command {
            Some(Command::Ps(args)) => args,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_definition_holds() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn every_flag_is_explained() {
        fn check(command: &clap::Command) {
            for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
                assert!(arg.get_help().is_some(), "{} {}", command.get_name(), arg.get_id());
            }
            command.get_subcommands().for_each(check);
        }
        check(&CommandLine::command());
    }

    #[test]
    fn the_manual_has_each_command_once() {
        let mut page = Vec::new();
        manual(&mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        for heading in [".SH SYNOPSIS", ".SH \"GLOWTOP PS\"", ".SH \"GLOWTOP KILL\"", ".SH \"GLOWTOP PRINT\""]
        {
            assert_eq!(page.matches(heading).count(), 1, "{heading}");
        }
        let statuses = page.matches("Exit status").count();
        assert_eq!(statuses, 3, "that of kill, that of the lab, and that of all others");
        assert!(page.contains("\n.SS \"lab run\"\n") && page.contains("at\\-a\\-time"), "{page}");
        assert!(!page.contains("glowtop\\-ps(1)"), "there is no such page");
    }

    #[test]
    fn without_words_the_screen_starts_as_always() {
        let line = read("").unwrap();
        assert_eq!((line.options.delay, line.root.to_str()), (None, Some("/")));
        assert!(line.config.is_none() && line.options.screen.is_none());
        assert!(!line.rescue && read("--rescue -t").unwrap().rescue);
        assert!(line.log.is_none() && !line.options.readonly);
        assert!(read("--log x --readonly").is_ok_and(|line| line.log.is_some() && line.options.readonly));
        assert!(line.command.is_none() && line.options.user.is_none() && line.options.pid.is_empty());
    }

    #[test]
    fn htop_users_are_at_home() {
        let options = read("-C -U -M -t -d 0.5 -s mem -u -p 1,22 -F ssh|bash").unwrap().options;
        assert!(options.no_color && options.no_unicode && options.no_mouse);
        assert_eq!(options.tree, Some(TreeOrder::Soft));
        assert_eq!(options.delay, Some(0.5));
        assert_eq!((options.max_iterations, options.highlight_changes), (None, None));
        assert_eq!(options.drop_capabilities, DropCapabilities::Off);
        let tree = |line: &str| read(line).unwrap().options.tree;
        assert_eq!(
            (tree("-t=hard"), tree("--tree=classic")),
            (Some(TreeOrder::Hard), Some(TreeOrder::Classic))
        );
        assert_eq!(
            (tree("-s pid"), tree("-tC"), tree("-t -p 1")),
            (None, Some(TreeOrder::Soft), Some(TreeOrder::Soft))
        );
        assert!(read("--tree=wild").is_err() && read("-n 0").is_err() && read("-H=0").is_err());
        let more =
            read("-H -n 3 --no-meters --no-function-bar --drop-capabilities --no-colour").unwrap().options;
        assert_eq!((more.highlight_changes, more.max_iterations), (Some(5.0), Some(3)));
        assert!(more.no_meters && more.no_function_bar && more.no_color);
        assert_eq!(more.drop_capabilities, DropCapabilities::Basic);
        let more =
            read("--highlight-changes=2.5 --max-iterations=7 --drop-capabilities=strict").unwrap().options;
        assert_eq!((more.highlight_changes, more.max_iterations), (Some(2.5), Some(7)));
        assert_eq!(more.drop_capabilities, DropCapabilities::Strict);
        let line = read("--screen io --config x").unwrap();
        assert_eq!((line.options.screen.as_deref(), line.config.is_some()), (Some("io"), true));
        assert_eq!(options.sort_key, column("mem").map(SortKey::By));
        assert_eq!(read("-s M_RESIDENT").unwrap().options.sort_key, column("res").map(SortKey::By));
        assert_eq!(read("-H 3 -t").unwrap().options.highlight_changes, Some(3.0));
        assert_eq!(options.user, Some(None));
        assert_eq!(options.pid.iter().map(|pid| pid.get()).collect::<Vec<_>>(), [1, 22]);
        assert_eq!(options.filter.as_deref(), Some("ssh|bash"));
        assert_eq!(read("--user=ann").unwrap().options.user, Some(Some("ann".to_owned())));
        assert_eq!(read("--sort-key help").unwrap().options.sort_key, Some(SortKey::Help));
        assert_eq!(read("-s TIME+").unwrap().options.sort_key, column("time").map(SortKey::By));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "-d 0",
            "-d 0.09",
            "-d -1",
            "-d NaN",
            "-d inf",
            "-d 3601",
            "-d x",
            "-s nothing",
            "-p 0",
            "-p x",
            "-p 4294967296",
            "ps --json --csv",
            "ps --columns pid,nothing",
            "ps --sort help",
            "ps -n -1",
            "ps a b",
            "kill",
            "kill a b",
            "kill a --signal 65",
            "kill a --ladder 5 --signal KILL",
            "--readonly kill a",
            "--log x kill a",
            "print",
            "print nothing",
            "completions nosh",
            "--nothing",
            "-d 2 ps",
            "--rescue ps",
            "shot --rescue",
            "nothing",
        ] {
            assert!(read(line).is_err_and(|error| error.use_stderr() && error.exit_code() == 2), "{line}");
        }
    }

    #[test]
    fn a_complaint_repeats_nothing_that_a_terminal_obeys() {
        let words = ["glowtop", "kill", "-s", "\u{1b}[31m\t\u{202e}\u{9b}2J", "x"];
        let said = CommandLine::try_parse_from(words).unwrap_err().render().to_string();
        assert!(said.contains('\u{1b}'), "nothing to take out: {said:?}");
        let plain = plain(&said);
        assert!(plain.contains("[31m") && plain.lines().count() > 1, "{plain}");
        assert!(!plain.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{plain:?}");
    }

    #[test]
    fn a_listing_says_what_it_wants() {
        let args = ps("ps");
        assert_eq!((args.delay, args.sort.id, args.lines), (0.3, "cpu", None));
        let ids = |args: &PsArgs| args.chosen_columns().iter().map(|column| column.id).collect::<Vec<_>>();
        assert_eq!(ids(&args).len(), default_columns().len());
        assert!(
            ids(&ps("ps --json")).len() > default_columns().len() && !ids(&ps("ps --json")).contains(&"pss")
        );
        let args = ps("ps ssh --csv --columns pid,CPU%,Command --sort res --tree -n 5 -d 1.5");
        assert_eq!(ids(&args), ["pid", "cpu", "command"]);
        assert_eq!((args.filter.as_deref(), args.sort.id, args.lines), (Some("ssh"), "res", Some(5)));
        assert!(args.csv && args.tree && args.delay == 1.5);
        for line in ["ps --root /x --config c", "--root /x ps --config c", "--root /x --config c ps"] {
            let line = read(line).unwrap();
            assert!(matches!(line.command, Some(Command::Ps(_))));
            assert_eq!((line.root.to_str(), line.config), (Some("/x"), Some("c".into())));
        }
        let said = read("--config c -t -d 2 ps").unwrap_err().render().to_string();
        assert!(said.contains("'--delay <SECONDS>' is for the screen and not for 'ps'"), "{said}");
    }
}
