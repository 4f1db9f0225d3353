//! What is chosen to be run: the experiment, its mode, workers, size and knobs, and a bet on what comes out.

use std::fmt::Write as _;

use crate::model::lab::{KnobKind, LabPlan, Mode, RunPlan, Settings, Subject, Workers, WorkloadInfo};

/// How long the serial run is to take, seconds: the steps of the size key.
const SIZES: [f64; 6] = [1.0, 2.0, 4.0, 8.0, 15.0, 25.0];
/// Longest that can be typed.
const LONGEST: f64 = 30.0;
/// A bet is at most this.
const HIGHEST_BET: f64 = 1000.0;

/// A part of the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FormField {
    /// The list of experiments.
    #[default]
    Experiment,
    /// How the work is spread.
    Mode,
    /// On how many workers.
    Workers,
    /// How long the serial run is to take.
    Size,
    /// The knob at this place of the workload's list.
    Knob(usize),
}

/// What is chosen for one workload; each keeps its own.
#[derive(Clone, PartialEq, Debug)]
pub struct FormChoice {
    /// How the work is spread.
    pub mode: Mode,
    /// Workers, where the mode does not say how many there are.
    pub workers: u32,
    /// How long the serial run is to take, seconds; `None` does each task once.
    pub seconds: Option<f64>,
    /// The knobs that are not at their defaults.
    pub settings: Settings,
    /// The speed-up that was bet on.
    pub bet: Option<f64>,
}

/// The chooser and its form.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// What can be run.
    pub workloads: Vec<WorkloadInfo>,
    /// The place of the workload that is chosen.
    pub at: usize,
    /// The part of the form that the keys change.
    pub field: FormField,
    choices: Vec<FormChoice>,
    most: u32,
}

impl Form {
    /// A form for `workloads` on `cpus` usable CPUs, with at most `most` workers.
    pub fn new(workloads: Vec<WorkloadInfo>, cpus: u32, most: u32) -> Form {
        let most = most.max(1);
        let choice = |info: &WorkloadInfo| FormChoice {
            mode: info.modes.first().copied().unwrap_or(Mode::Serial),
            workers: match info.workers {
                // One worker alone is no parallel run.
                Workers::Cpus => cpus.max(2),
                other => other.on(cpus),
            }
            .min(most),
            seconds: info.compares().then_some(4.0),
            settings: Settings::default(),
            bet: None,
        };
        let choices = workloads.iter().map(choice).collect();
        Form { workloads, choices, most, ..Form::default() }
    }

    /// The chosen workload.
    pub fn workload(&self) -> Option<&WorkloadInfo> {
        self.workloads.get(self.at)
    }

    /// What is chosen for it.
    pub fn choice(&self) -> Option<&FormChoice> {
        self.choices.get(self.at)
    }

    fn both(&mut self) -> Option<(&WorkloadInfo, &mut FormChoice)> {
        Some((self.workloads.get(self.at)?, self.choices.get_mut(self.at)?))
    }

    /// The mode that is chosen.
    pub fn mode(&self) -> Mode {
        self.choice().map_or(Mode::Serial, |choice| choice.mode)
    }

    /// The value of a knob as it is chosen.
    pub fn value(&self, id: &str) -> &str {
        let set = self.choice().and_then(|choice| choice.settings.0.get(id));
        let default = || self.workload().and_then(|info| info.knob(id)).map(|knob| knob.default);
        set.map(String::as_str).or_else(default).unwrap_or("")
    }

    /// Workers of the run: one for each task where each task is a process, and as many as a scene needs.
    pub fn run_workers(&self) -> u32 {
        let Some((info, choice)) = self.workload().zip(self.choice()) else { return 1 };
        match (choice.mode, info.workers) {
            (Mode::Serial, _) => 1,
            (Mode::Fork, _) => self.value("tasks").parse().unwrap_or(choice.workers),
            (_, Workers::Fixed(count)) => count,
            _ => choice.workers,
        }
    }

    /// Whether the number of workers can be chosen.
    pub fn has_workers(&self) -> bool {
        let fixed = self.workload().is_none_or(|info| matches!(info.workers, Workers::Fixed(_)));
        !fixed && !matches!(self.mode(), Mode::Serial | Mode::Fork)
    }

    /// The parts of the form, in the order of Tab.
    pub fn fields(&self) -> Vec<FormField> {
        let mut fields = vec![FormField::Experiment];
        let Some(info) = self.workload() else { return fields };
        if modes(info).count() > 1 {
            fields.push(FormField::Mode);
        }
        if self.has_workers() {
            fields.push(FormField::Workers);
        }
        if info.compares() {
            fields.push(FormField::Size);
        }
        fields.extend((0..info.knobs.len()).map(FormField::Knob));
        fields
    }

    /// The word and the value of a part of the form, and what it changes.
    pub fn shown(&self, field: FormField) -> (&str, String, &str) {
        match field {
            FormField::Experiment => {
                ("experiment", self.workload().map_or("", |info| info.id).to_owned(), "what is run")
            }
            FormField::Mode => ("mode", self.mode().word().to_owned(), "how the work is spread"),
            FormField::Workers => ("workers", self.run_workers().to_string(), "how many work at a time"),
            FormField::Size => {
                ("size", self.size(), "how long the serial run shall take; seed does each task once")
            }
            FormField::Knob(at) => match self.workload().and_then(|info| info.knobs.get(at)) {
                Some(knob) => (knob.id, self.value(knob.id).to_owned(), knob.help),
                None => ("", String::new(), ""),
            },
        }
    }

    fn size(&self) -> String {
        match self.choice().and_then(|choice| choice.seconds) {
            Some(seconds) => format!("{seconds} s"),
            None => "seed".to_owned(),
        }
    }

    /// The modes that can be chosen.
    pub fn modes(&self) -> impl Iterator<Item = Mode> + '_ {
        self.workload().into_iter().flat_map(modes)
    }

    /// Goes to the next field or the one before, round and round.
    pub fn step_field(&mut self, by: isize) {
        let fields = self.fields();
        let count = fields.len() as isize;
        let at = fields.iter().position(|field| *field == self.field).unwrap_or(0) as isize;
        let next = (at + by).rem_euclid(count.max(1)) as usize;
        self.field = fields.get(next).copied().unwrap_or_default();
    }

    /// Goes to the next field or the one before; at the end of the form it goes back to the list, and says so: the way
    /// leads on to another screen.
    pub fn walk(&mut self, by: isize) -> bool {
        let fields = self.fields();
        let at = fields.iter().position(|field| *field == self.field).unwrap_or(0);
        let next = at.checked_add_signed(by).and_then(|next| fields.get(next));
        self.field = next.copied().unwrap_or_default();
        next.is_some()
    }

    /// Goes to another workload.
    pub fn go_to(&mut self, at: usize) {
        self.at = at.min(self.workloads.len().saturating_sub(1));
        self.field = FormField::Experiment;
    }

    /// Goes to the first workload of the next group or the one before.
    pub fn step_group(&mut self, by: isize) {
        let Some(group) = self.workload().map(|info| info.group) else { return };
        let first = |group| self.workloads.iter().position(|info| info.group == group);
        let mut groups: Vec<usize> = self.workloads.iter().filter_map(|info| first(info.group)).collect();
        groups.dedup();
        let now = groups.iter().position(|at| Some(*at) == first(group)).unwrap_or(0);
        let next = now.saturating_add_signed(by).min(groups.len().saturating_sub(1));
        if let Some(at) = groups.get(next).copied() {
            self.go_to(at);
        }
    }

    /// Changes a part of the form by so many steps.
    pub fn turn(&mut self, field: FormField, by: i32) {
        let (workers, most) = (self.run_workers(), self.most);
        let value = match field {
            FormField::Knob(at) => {
                self.workload().and_then(|info| info.knobs.get(at)).map(|knob| self.value(knob.id).to_owned())
            }
            _ => None,
        };
        let Some((info, choice)) = self.both() else { return };
        match field {
            FormField::Experiment => {}
            FormField::Mode => {
                let all: Vec<Mode> = modes(info).collect();
                let at = all.iter().position(|mode| *mode == choice.mode).unwrap_or(0) as i32;
                let next = (at + by).rem_euclid(all.len().max(1) as i32) as usize;
                choice.mode = all.get(next).copied().unwrap_or(choice.mode);
            }
            FormField::Workers => choice.workers = workers.saturating_add_signed(by).clamp(1, most),
            FormField::Size => {
                // Below the least lies one round of each task.
                let now = choice.seconds.map_or(0, |now| 1 + SIZES.iter().take_while(|s| **s < now).count());
                let next = now.saturating_add_signed(by as isize).min(SIZES.len());
                choice.seconds = next.checked_sub(1).and_then(|at| SIZES.get(at)).copied();
            }
            FormField::Knob(at) => {
                let knob = info.knobs.get(at).zip(value);
                if let Some((id, turned)) = knob.map(|(knob, value)| (knob.id, knob.turned(&value, by))) {
                    set(info, choice, id, turned);
                }
            }
        }
    }

    /// Changes the size, never to one round of each task: the keys for it mean time.
    pub fn turn_size(&mut self, by: i32) {
        if self.workload().is_some_and(WorkloadInfo::compares) {
            self.turn(FormField::Size, by);
            if let Some((_, choice)) = self.both() {
                choice.seconds = choice.seconds.or(SIZES.first().copied());
            }
        }
    }

    /// Whether a value for this part of the form can be typed.
    pub fn takes_text(&self, field: FormField) -> bool {
        match field {
            FormField::Experiment | FormField::Mode => false,
            FormField::Workers | FormField::Size => true,
            FormField::Knob(at) => {
                let knob = self.workload().and_then(|info| info.knobs.get(at));
                knob.is_some_and(|knob| !matches!(knob.kind, KnobKind::Choice(_)))
            }
        }
    }

    /// Sets a part of the form to what was typed, or says what can be.
    pub fn type_in(&mut self, field: FormField, text: &str) -> Result<(), String> {
        let (text, most) = (text.trim(), self.most);
        let Some((info, choice)) = self.both() else { return Ok(()) };
        match field {
            FormField::Experiment | FormField::Mode => {}
            FormField::Workers => match text.parse() {
                Ok(count) if (1..=most).contains(&count) => choice.workers = count,
                _ => return Err(format!("workers takes a whole number from 1 to {most}.")),
            },
            FormField::Size => match text.trim_end_matches('s').trim_end().parse::<f64>() {
                Ok(seconds) if seconds > 0.0 && seconds <= LONGEST => choice.seconds = Some(seconds),
                _ if text == "seed" => choice.seconds = None,
                _ => return Err(format!("size takes seconds up to {LONGEST}, or seed.")),
            },
            FormField::Knob(at) => {
                if let Some(knob) = info.knobs.get(at) {
                    knob.check(text)?;
                    set(info, choice, knob.id, text.to_owned());
                }
            }
        }
        Ok(())
    }

    /// Bets on a speed-up; nothing typed takes the bet back.
    pub fn bet(&mut self, text: &str) -> Result<(), String> {
        let text = text.trim().trim_end_matches(['x', '×']).trim_end().replace(',', ".");
        let Some((_, choice)) = self.both() else { return Ok(()) };
        choice.bet = match text.parse::<f64>() {
            _ if text.is_empty() => None,
            Ok(bet) if bet > 0.0 && bet <= HIGHEST_BET => Some(bet),
            _ => return Err(format!("A bet is how many times faster: a number up to {HIGHEST_BET}.")),
        };
        Ok(())
    }

    /// The run that is chosen.
    pub fn run(&self) -> Option<RunPlan> {
        let choice = self.choice()?;
        let settings = choice.settings.clone();
        Some(RunPlan { mode: choice.mode, workers: self.run_workers(), settings })
    }

    /// The plan: the chosen run, after a serial one where there can be one.
    pub fn plan(&self) -> Option<LabPlan> {
        let run = self.run()?;
        let serial = self.serial(&run).filter(|_| run.mode != Mode::Serial);
        self.plan_of(serial.into_iter().chain([run]).collect())
    }

    /// A plan for a scaling curve: serial, then 1, 2, 4 … workers up to the chosen number; `None` for what cannot be
    /// compared or takes no other number of workers.
    pub fn sweep(&self) -> Option<LabPlan> {
        let run = self.run()?;
        if !self.has_workers() {
            return None;
        }
        let mut runs = vec![self.serial(&run)?];
        let most = run.workers.max(2).min(self.most);
        let steps = (0..7).map(|power| 1u32 << power).filter(|workers| *workers < most).chain([most]);
        runs.extend(steps.map(|workers| RunPlan { workers, ..run.clone() }));
        self.plan_of(runs)
    }

    /// The serial run to compare `run` with.
    pub fn serial(&self, run: &RunPlan) -> Option<RunPlan> {
        let compares = self.workload().is_some_and(WorkloadInfo::compares);
        compares.then(|| RunPlan { mode: Mode::Serial, workers: 1, settings: run.settings.clone() })
    }

    /// A plan of these runs, of the size that is chosen.
    pub fn plan_of(&self, runs: Vec<RunPlan>) -> Option<LabPlan> {
        let subject = Subject::Workload(self.workload()?.id.to_owned());
        let serial_seconds = self.choice()?.seconds;
        Some(LabPlan { subject, runs, serial_seconds, repeat: 1, limit_s: None })
    }

    /// The chosen experiment as a command line.
    pub fn command_line(&self) -> String {
        let Some((info, choice)) = self.workload().zip(self.choice()) else { return String::new() };
        let mut line = format!("glowtop lab run {}", info.id);
        if modes(info).count() > 1 || choice.mode == Mode::Serial {
            _ = write!(line, " --mode {}", choice.mode.word());
        }
        if self.has_workers() {
            _ = write!(line, " --workers {}", self.run_workers());
        }
        if info.compares() {
            if choice.mode != Mode::Serial {
                line.push_str(" --compare serial");
            }
            match choice.seconds {
                Some(seconds) => _ = write!(line, " --seconds {seconds}"),
                None => line += " --size seed",
            }
        }
        for (id, value) in &choice.settings.0 {
            _ = write!(line, " --{id} {value}");
        }
        line
    }
}

/// The modes that can be chosen: where a serial run is made in any case, it is none of them.
fn modes(info: &WorkloadInfo) -> impl Iterator<Item = Mode> + '_ {
    let only = info.modes.len() == 1;
    info.modes.iter().copied().filter(move |mode| only || *mode != Mode::Serial)
}

/// Sets a knob; one at its default needs no word.
fn set(info: &WorkloadInfo, choice: &mut FormChoice, id: &str, value: String) {
    if info.knob(id).is_some_and(|knob| knob.default == value) {
        choice.settings.0.remove(id);
    } else {
        choice.settings.set(id, value);
    }
}
