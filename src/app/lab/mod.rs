//! The lab's screen: what is chosen, what runs, what came out.
//!
//! `form` is the chooser; `show` is a plan as it is seen; `picture` is how its lanes are to be drawn; `past` is what
//! this session found out; `words` explains what stands on the screen. It must never know how any of it is drawn.

mod form;
mod past;
mod picture;
mod show;
mod words;

use super::Effect;
use crate::model::lab::{
    Cure, LabNews, LabOrder, LabPlan, Leftover, Machine, Mode, RunPlan, Subject, WorkloadInfo,
};
use crate::model::{Nanos, Pid, Snapshot};

pub use form::{Form, FormChoice, FormField};
pub use past::{LabFound, Past, Point};
pub use picture::{Picture, Rows, ZOOMS};
pub use show::{CoreLook, RunView, Show};
pub(super) use words::WORDS;

/// Seconds between two frames while a run goes on.
const FRAME: f64 = 0.125;

/// The state of the lab's screen.
#[derive(Clone, Debug, Default)]
pub struct Lab {
    /// What is chosen.
    pub form: Form,
    /// Whether the form is shown, and not a run.
    pub choosing: bool,
    /// Whether a plan runs now.
    pub running: bool,
    /// The plan that runs, or ran last.
    pub show: Show,
    /// How its lanes are drawn.
    pub picture: Picture,
    /// What this session found out, and what earlier ones kept.
    pub past: Past,
    /// What crashed sessions left behind, as of when the screen was last opened.
    pub leftovers: Vec<Leftover>,
    /// Why the plan did not run to its end.
    pub problem: Option<String>,
    /// The same as `show` when the picture was frozen, and when that was.
    frozen: Option<Box<(Show, Nanos)>>,
    machine: Machine,
    /// Whether its screen is shown.
    open: bool,
    /// Whether what ran is kept.
    kept: bool,
    /// When the last frame of a run was due.
    frame: Nanos,
    /// Who was in the chosen lane when the user last did something, or first stood there since.
    seen: Option<Pid>,
}

impl Lab {
    /// A lab that offers `workloads` on this machine, with at most `most` workers.
    pub fn new(workloads: Vec<WorkloadInfo>, machine: Machine, most: u32) -> Lab {
        Lab { form: Form::new(workloads, machine.cpus, most), choosing: true, machine, ..Lab::default() }
    }

    /// What is shown of the plan, and at what time.
    pub fn shown(&self, now: Nanos) -> (&Show, Nanos) {
        self.frozen.as_ref().map_or((&self.show, now), |frozen| (&frozen.0, frozen.1))
    }

    /// Who is in the chosen lane; `None` where there is no lane, or none whose process is known.
    pub fn chosen_pid(&self) -> Option<Pid> {
        let run = self.show.current().filter(|_| !self.choosing)?;
        run.lanes.lanes.get(self.picture.chosen)?.pid
    }

    /// Whether somebody else came into the chosen lane by himself: those of an X-ray go to newcomers.
    pub(super) fn is_another(&self) -> bool {
        self.chosen_pid() != self.seen
    }

    /// The user did something (`by_hand`), or something else happened.
    pub(super) fn look_at_lane(&mut self, by_hand: bool) {
        if by_hand || self.seen.is_none() {
            self.seen = self.chosen_pid();
        }
    }

    /// Whether the picture is frozen.
    pub fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// Freezes the picture, or lets it go on; the run does in any case.
    pub fn hold(&mut self, now: Nanos) {
        self.frozen = match self.frozen.take() {
            None if !self.choosing => Some(Box::new((self.show.clone(), now))),
            _ => None,
        };
    }

    /// Starts the chosen experiment, unless one runs.
    pub fn run(&mut self) -> Option<LabOrder> {
        let bet = self.form.choice().and_then(|choice| choice.bet);
        self.start(self.form.plan()?, bet, None)
    }

    /// Starts a scaling sweep of the chosen experiment, unless something runs.
    pub fn sweep(&mut self) -> Option<LabOrder> {
        self.start(self.form.sweep()?, None, None)
    }

    /// What the last result says would help, if the experiment that ran can be run so.
    pub fn offered_cure(&self) -> Option<&Cure> {
        let cure = self.show.result()?.why.as_ref()?.cure.as_ref()?;
        self.ran().is_some_and(|info| cure.fits(info)).then_some(cure)
    }

    /// The experiment that runs or ran last; another one may be chosen by now.
    fn ran(&self) -> Option<&WorkloadInfo> {
        let Subject::Workload(id) = &self.show.plan.as_ref()?.subject else { return None };
        self.form.workloads.iter().find(|info| info.id == id)
    }

    /// Starts what the last result says would help, unless something runs.
    pub fn cure(&mut self) -> Option<LabOrder> {
        let cure = self.offered_cure()?.clone();
        let compares = self.ran()?.compares();
        let before = self.show.plan.clone()?;
        let serial = || RunPlan { mode: Mode::Serial, workers: 1, settings: cure.run.settings.clone() };
        let runs = compares.then(serial).into_iter().chain([cure.run.clone()]).collect();
        self.start(LabPlan { runs, ..before }, None, cure.predicted)
    }

    /// Whether it is the X-ray that is on the screen.
    pub fn shows_xray(&self) -> bool {
        !self.choosing && self.show.xray.is_some()
    }

    /// The X-ray of something of this name begins.
    pub fn begin_xray(&mut self, name: String) {
        self.begin(Show::xray(name, self.machine.clone()));
    }

    /// Shows this, of which nothing is known yet.
    fn begin(&mut self, show: Show) {
        (self.running, self.choosing) = (true, false);
        (self.problem, self.frozen) = (None, None);
        self.kept = false;
        self.picture.begin();
        self.show = show;
    }

    fn start(&mut self, plan: LabPlan, bet: Option<f64>, promised: Option<f64>) -> Option<LabOrder> {
        if self.running {
            return None;
        }
        self.begin(Show::new(plan.clone(), self.machine.clone(), bet));
        self.show.promised = promised;
        Some(LabOrder::Run(plan))
    }

    /// Its screen is shown, or another one: when it comes up, it asks what was left behind and what was kept; when it
    /// goes, the form is left.
    pub(super) fn opens(&mut self, shown: bool) -> Option<Effect> {
        if std::mem::replace(&mut self.open, shown) == shown {
            return None;
        }
        self.form.field = FormField::Experiment;
        shown.then_some(Effect::LookBack)
    }

    /// Takes what was found; a sentence where the user waits for one.
    pub fn found(&mut self, found: LabFound) -> Option<String> {
        match found {
            LabFound::Leftovers(leftovers) => self.leftovers = leftovers,
            LabFound::Past(past) => self.past.put_behind(past),
            LabFound::Kept(name) => {
                self.kept = true;
                return Some(format!("kept: glowtop lab show {name}"));
            }
        }
        None
    }

    /// Ends what crashed sessions left behind.
    pub fn clear(&mut self) -> Option<LabOrder> {
        let leftovers = std::mem::take(&mut self.leftovers);
        (!leftovers.is_empty()).then_some(LabOrder::Clear(leftovers))
    }

    /// Whether there is something to keep that is not kept yet.
    pub fn can_keep(&self) -> bool {
        !self.running && !self.kept && self.show.result().is_some()
    }

    /// Keeps what ran, or says why not.
    pub fn keep(&self) -> Result<LabOrder, &'static str> {
        match self.show.experiment() {
            _ if self.running => Err("nothing is kept before the run is over"),
            _ if self.kept => Err("this is kept already"),
            Some(experiment) if !experiment.runs.is_empty() => Ok(LabOrder::Keep(Box::new(experiment))),
            _ => Err("there is nothing to keep: run something first"),
        }
    }

    /// Takes news of the run; whether the screen is to be drawn for it at once.
    pub fn news(&mut self, now: Nanos, news: LabNews) -> bool {
        if let LabNews::Ended { problem } = news {
            (self.running, self.problem) = (false, problem);
            self.show.end(now);
            self.past.remember(&self.show.name, &self.show.results);
            return true;
        }
        // These come so often that they wait for the next frame.
        let often = matches!(news, LabNews::Lanes(_) | LabNews::Looks(_));
        let done = matches!(news, LabNews::RunDone(_));
        self.show.news(now, news);
        if done {
            self.picture.follow();
        }
        (!often || self.frame_is_due(now)) && !self.choosing && !self.is_frozen()
    }

    /// Takes a look at the machine.
    pub fn look(&mut self, snapshot: &Snapshot) {
        if self.running {
            self.show.look(snapshot);
        }
    }

    /// Whether a frame of the run is due; asking takes it as drawn.
    pub fn frame_is_due(&mut self, now: Nanos) -> bool {
        let due = self.moves() && now >= self.frame.plus(FRAME);
        if due {
            self.frame = now;
        }
        due
    }

    /// When the next frame is due; `None` while nothing moves.
    pub fn next_frame(&self, now: Nanos) -> Option<Nanos> {
        self.moves().then(|| self.frame.plus(FRAME).max(now))
    }

    /// Whether what is shown changes by itself.
    fn moves(&self) -> bool {
        self.running && !self.choosing && !self.is_frozen()
    }
}
