//! Where the reports of an experiment go: the table, JSON, Markdown or SVG to standard output, the others to files.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{FAILED, Failure, USAGE};
use crate::export::lab::{json, markdown, svg, sweep, table};
use crate::model::lab::{Experiment, Mode};
use crate::shell::output;

/// Stands for standard output where a file is asked for.
const STDOUT: &str = "-";

/// Where the reports go. One of them can go to standard output, in place of the table.
#[derive(clap::Args, Clone, Debug, Default)]
pub(super) struct Reports {
    /// Write JSON, to standard output or to this file
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = STDOUT)]
    json: Option<PathBuf>,
    /// Write Markdown, to standard output or to this file
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = STDOUT)]
    md: Option<PathBuf>,
    /// Write a picture as SVG, to standard output or to this file: lanes, speed-ups, where the time went
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = STDOUT)]
    svg: Option<PathBuf>,
}

/// The form of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    Table,
    Json,
    Markdown,
    Svg,
}

impl Form {
    /// The forms that are saved, with their file names.
    pub(super) const FILES: [(Form, &str); 3] =
        [(Form::Json, "report.json"), (Form::Markdown, "report.md"), (Form::Svg, "report.svg")];

    /// The report in this form.
    pub(super) fn write(self, experiment: &Experiment) -> Result<String, Failure> {
        match self {
            Form::Table if is_sweep(experiment) => Ok(sweep(experiment)),
            Form::Table => Ok(table(experiment)),
            Form::Json => json(experiment)
                .map_err(|error| Failure::new(FAILED, format!("The report could not be written: {error}."))),
            Form::Markdown => Ok(markdown(experiment)),
            Form::Svg => Ok(svg(experiment)),
        }
    }
}

/// Whether there is a curve to be shown: two levels of workers or more.
fn is_sweep(experiment: &Experiment) -> bool {
    let mut levels: Vec<(Mode, u32)> = experiment
        .runs
        .iter()
        .filter(|run| run.mode != Mode::Serial)
        .map(|run| (run.mode, run.workers))
        .collect();
    levels.sort_unstable_by_key(|(mode, workers)| (mode.word(), *workers));
    levels.dedup();
    levels.len() > 1
}

/// The open files of a run that is yet to come: what cannot be written is found out before it has run.
pub(super) struct Places {
    stdout: Form,
    files: Vec<(Form, PathBuf, File)>,
}

impl Reports {
    /// Opens the files; creates them, but empties none yet.
    pub(super) fn open(&self) -> Result<Places, Failure> {
        let asked = [(Form::Json, &self.json), (Form::Markdown, &self.md), (Form::Svg, &self.svg)];
        let (mut stdout, mut files) = (Vec::new(), Vec::new());
        for (form, path) in asked.into_iter().filter_map(|(form, path)| Some((form, path.as_ref()?))) {
            if path.as_os_str() == STDOUT {
                stdout.push(form);
                continue;
            }
            let file = File::options().create(true).truncate(false).write(true).open(path);
            files.push((
                form,
                path.clone(),
                file.map_err(|error| Failure::new(USAGE, cannot(path, &error)))?,
            ));
        }
        match stdout.as_slice() {
            [] => Ok(Places { stdout: Form::Table, files }),
            [form] => Ok(Places { stdout: *form, files }),
            _ => Err(Failure::new(USAGE, "Only one of --json, --md and --svg can go to standard output.")),
        }
    }
}

impl Places {
    /// Writes everything; a reader that went away is no failure.
    pub(super) fn write(self, experiment: &Experiment) -> Result<(), Failure> {
        self.write_as(|form| form.write(experiment))
    }

    /// The same of something else that has these forms.
    pub(super) fn write_as(self, text_in: impl Fn(Form) -> Result<String, Failure>) -> Result<(), Failure> {
        for (form, path, mut file) in self.files {
            let text = text_in(form)?;
            let done = file.set_len(0).and_then(|()| file.write_all(text.as_bytes()));
            match done {
                // A pipe or a terminal has no length.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                    file.write_all(text.as_bytes())
                        .map_err(|error| Failure::new(FAILED, cannot(&path, &error)))?;
                }
                Err(error) => return Err(Failure::new(FAILED, cannot(&path, &error))),
                Ok(()) => {}
            }
        }
        print(&text_in(self.stdout)?)
    }
}

/// Writes to standard output.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(FAILED, format!("The result could not be written: {error}.")))
        }
        _ => Ok(()),
    }
}

/// Says a sentence to the user, on standard error; what it repeats may have come from anywhere.
pub(super) fn remark(sentence: &str) {
    let mut shown = String::new();
    crate::model::showable(sentence.as_bytes(), 1000, &mut shown);
    output::complain(&format!("glowtop: {shown}"));
}

fn cannot(path: &Path, error: &io::Error) -> String {
    let mut shown = String::new();
    crate::model::showable(path.as_os_str().as_encoded_bytes(), 200, &mut shown);
    format!("{shown} cannot be written: {error}.")
}
