//! Experiments that were kept: a folder each below the user's state folder (XDG Base Directory Specification), named by
//! time and subject, with the report as JSON, Markdown and SVG. Nobody else can read them.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::output::{Form, Reports, print, remark};
use super::{FAILED, Failure, USAGE};
use crate::app::Past;
use crate::export::lab as export;
use crate::lab;
use crate::model::lab::{Experiment, Mode, SCHEMA};
use crate::model::{Civil, showable};

/// Longest report that is read, bytes.
const LONGEST: u64 = 64 << 20;

/// Most experiments whose results the lab's screen shows, and the longest report among them, bytes.
const NEWEST: usize = 64;
const ORDINARY: u64 = 4 << 20;

/// The word for the newest, and one more that people try.
pub(super) const LATEST: &str = "latest";
const LAST: &str = "last";

/// Which experiment, and how it is written.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct ShowArgs {
    /// Its name as `glowtop lab ls` lists it, the beginning or end of it, `latest`, or the path of a report.json
    #[arg(default_value = LATEST)]
    name: String,
    #[command(flatten)]
    reports: Reports,
}

/// Which two experiments.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct DiffArgs {
    /// The earlier: a name as `glowtop lab ls` lists it, the beginning or end of it, `latest`, or the path of a report.json
    before: String,
    /// The later one
    #[arg(default_value = LATEST)]
    after: String,
}

/// Keeps an experiment; returns its name.
pub(super) fn save(experiment: &Experiment) -> Result<String, Failure> {
    let failed = |what: &Path, error: &io::Error| {
        Failure::new(FAILED, format!("{} cannot be written: {error}.", shown(&what.to_string_lossy())))
    };
    let home = folder()?;
    let mut builder = DirBuilder::new();
    builder.mode(0o700).recursive(true).create(&home).map_err(|error| failed(&home, &error))?;
    builder.recursive(false);
    let plain = name_of(experiment);
    // Two of the same second have numbers.
    let numbered = (2..1000).map(|number| format!("{plain}-{number}"));
    for name in std::iter::once(plain.clone()).chain(numbered) {
        let path = home.join(&name);
        match builder.create(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(failed(&path, &error)),
        }
        for (form, file) in Form::FILES {
            let path = path.join(file);
            let text = form.write(experiment)?;
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(0o600);
            options
                .open(&path)
                .and_then(|mut file| file.write_all(text.as_bytes()))
                .map_err(|error| failed(&path, &error))?;
        }
        return Ok(name);
    }
    Err(Failure::new(FAILED, format!("There are too many experiments of the name {plain}.")))
}

/// `glowtop lab ls`
pub(super) fn list() -> Result<ExitCode, Failure> {
    let mut text = String::new();
    let mut code = ExitCode::SUCCESS;
    let home = folder()?;
    for name in names(&home)? {
        match read(&home.join(&name).join("report.json")) {
            Ok(experiment) => {
                let _ = writeln!(text, "{:<44} {}", shown(&name), summary(&experiment));
            }
            Err(failure) => {
                remark(&failure.sentence);
                code = ExitCode::from(FAILED);
            }
        }
    }
    print(&text)?;
    Ok(code)
}

/// `glowtop lab show`
pub(super) fn show(args: &ShowArgs) -> Result<ExitCode, Failure> {
    let experiment = find(&args.name)?;
    args.reports.open()?.write(&experiment)?;
    Ok(ExitCode::SUCCESS)
}

/// `glowtop lab diff`
pub(super) fn diff(args: &DiffArgs) -> Result<ExitCode, Failure> {
    let (before, after) = (find(&args.before)?, find(&args.after)?);
    print(&export::diff(&before, &after))?;
    Ok(ExitCode::SUCCESS)
}

/// What the newest experiments of this machine found out: what was measured elsewhere is no point of the same curve.
pub(super) fn past() -> Result<Past, Failure> {
    let (home, here) = (folder()?, lab::machine());
    let mut past = Past::default();
    let names = names(&home)?;
    for name in names.iter().skip(names.len().saturating_sub(NEWEST)) {
        let path = home.join(name).join("report.json");
        // Nobody waits here for a pipe that somebody put in its place, nor for what nobody could have measured.
        if !fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() <= ORDINARY) {
            continue;
        }
        let Ok(experiment) = read(&path) else { continue };
        let there = &experiment.machine;
        if (&there.model, there.cpus) == (&here.model, here.cpus) {
            past.remember(&experiment.name, &experiment.comparisons());
        }
    }
    Ok(past)
}

/// What came out, in a line.
fn summary(experiment: &Experiment) -> String {
    let comparisons = experiment.comparisons();
    let runs = experiment.runs.len();
    let mut text = format!("{runs} run{}", if runs == 1 { "" } else { "s" });
    let of = |comparison: &crate::model::lab::Comparison| comparison.speedup.map(|ratio| ratio.value);
    let best = comparisons.iter().filter_map(|comparison| Some((comparison, of(comparison)?)));
    if let Some((comparison, speedup)) = best.max_by(|(_, a), (_, b)| a.total_cmp(b)) {
        let _ = write!(text, "  {speedup:.2} x on {}", comparison.run.workers);
    }
    if let Some(worst) = comparisons.iter().map(|comparison| comparison.verdict.kind).max() {
        let _ = write!(text, "  {}", worst.word());
    }
    text
}

/// Where experiments are kept.
fn folder() -> Result<PathBuf, Failure> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
        .map(|state| state.join("glowtop/lab"))
        .ok_or_else(|| {
            Failure::new(FAILED, "There is no place for experiments: neither XDG_STATE_HOME nor HOME is set.")
        })
}

/// Names of all that were kept, the oldest first.
fn names(home: &Path) -> Result<Vec<String>, Failure> {
    let entries = match fs::read_dir(home) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let home = shown(&home.to_string_lossy());
            return Err(Failure::new(FAILED, format!("{home} cannot be read: {error}.")));
        }
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort_unstable();
    Ok(names)
}

/// The experiment that a user means.
pub(super) fn find(name: &str) -> Result<Experiment, Failure> {
    let name = if name == LAST { LATEST } else { name };
    let path = Path::new(name);
    if name.contains('/') || path.extension().is_some_and(|end| end == "json") {
        return read(&if path.is_dir() { path.join("report.json") } else { path.to_owned() });
    }
    let home = folder()?;
    let all = names(&home)?;
    let matching: Vec<&String> = match name {
        LATEST => all.last().into_iter().collect(),
        _ if all.iter().any(|one| one == name) => all.iter().filter(|one| *one == name).collect(),
        _ => all.iter().filter(|one| one.starts_with(name) || one.ends_with(name)).collect(),
    };
    match matching.as_slice() {
        [one] => read(&home.join(one).join("report.json")),
        [] if name == LATEST => Err(Failure::new(USAGE, "No experiment was kept; --save keeps one.")),
        [] => Err(Failure::new(USAGE, format!("No experiment of the name {} was kept.", shown(name)))),
        several => {
            Err(Failure::new(USAGE, format!("{} may mean {} experiments.", shown(name), several.len())))
        }
    }
}

/// Reads a report.
fn read(path: &Path) -> Result<Experiment, Failure> {
    let broken = |why: &str| {
        Failure::new(FAILED, format!("{} cannot be read: {why}.", shown(&path.to_string_lossy())))
    };
    let mut text = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut text))
        .map_err(|error| broken(&error.to_string()))?;
    if text.len() as u64 > LONGEST {
        return Err(broken("it is too long"));
    }
    parse(&text).map_err(|why| broken(&why))
}

/// An experiment from its JSON.
fn parse(text: &[u8]) -> Result<Experiment, String> {
    #[derive(serde::Deserialize)]
    struct Schema {
        schema: u32,
    }
    let Schema { schema } =
        serde_json::from_slice(text).map_err(|_| "it is no report of the lab".to_owned())?;
    if schema > SCHEMA {
        return Err(format!("its form {schema} is newer than {SCHEMA}, which this glowtop knows"));
    }
    serde_json::from_slice(text).map_err(|error| format!("it is no report of the lab: {error}"))
}

/// `20261121T203412Z-primes-pool4`
fn name_of(experiment: &Experiment) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
    let subject: String = experiment.name.chars().filter(is_plain).take(40).collect();
    let last = experiment.runs.iter().rev().find(|run| run.mode != Mode::Serial).or(experiment.runs.last());
    let how = last.map_or_else(String::new, |run| match run.mode {
        Mode::Serial => "serial".to_owned(),
        mode => format!("{}{}", mode.word(), run.workers),
    });
    format!("{}-{subject}-{how}", utc(experiment.started_unix_s))
}

/// Seconds since the epoch as `20261121T203412Z`.
fn utc(unix_s: u64) -> String {
    let Civil { year, month, day, hour, minute, second } = Civil::of(unix_s.cast_signed());
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// A name fit for a terminal.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    showable(text.as_bytes(), 200, &mut shown);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lab::{Machine, RunPlan, RunReport, Settings, Subject};

    fn experiment(name: &str) -> Experiment {
        let run = |mode, workers| RunReport {
            real_s: 2.0 / f64::from(workers),
            answer_ok: true,
            ..RunReport::blank(&RunPlan { mode, workers, settings: Settings::default() })
        };
        Experiment {
            schema: SCHEMA,
            version: "0".to_owned(),
            name: name.to_owned(),
            subject: Subject::Workload(name.to_owned()),
            machine: Machine::default(),
            started_unix_s: 1_795_293_252,
            repeat: 1,
            runs: vec![run(Mode::Serial, 1), run(Mode::Pool, 4)],
        }
    }

    #[test]
    fn names_say_when_and_what_and_are_plain() {
        assert_eq!(
            [0, 951_782_400, 4_107_542_399].map(utc),
            ["19700101T000000Z", "20000229T000000Z", "21000228T235959Z"]
        );
        assert_eq!(name_of(&experiment("primes")), "20261121T203412Z-primes-pool4");
        assert_eq!(name_of(&experiment("../\x1b[é/x")), "20261121T203412Z-..x-pool4");
    }

    #[test]
    fn what_was_written_is_read_again_and_nothing_else() {
        let kept = experiment("primes");
        let text = Form::Json.write(&kept).ok().expect("JSON");
        assert_eq!(parse(text.as_bytes()), Ok(kept));
        assert!(parse(b"{}").is_err() && parse(b"").is_err() && parse(b"{\"schema\":1}").is_err());
        let newer = text.replace("\"schema\":1", "\"schema\":2");
        assert!(parse(newer.as_bytes()).is_err_and(|why| why.contains("newer")));
    }

    #[test]
    fn a_line_says_what_came_out() {
        assert!(summary(&experiment("primes")).starts_with("2 runs  4.00 x on 4  "));
    }
}
