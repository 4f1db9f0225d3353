//! A form with three fields: the OOM score adjustment of the processes, `cpu.max` and `memory.high` of their cgroup.

use super::now::{known, now};
use super::{Now, Step};
use crate::app::aims::{Aim, Aims};
use crate::app::line_edit::LineEdit;
use crate::config::{Chord, Key};
use crate::model::{CpuMax, Pid, Setting, Settings, Survey, Untrusted, units};

/// What a field is about, in the order of the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// How gladly the kernel kills it.
    OomScoreAdj,
    /// How much CPU its cgroup may use, in percent of one CPU.
    CpuMax,
    /// From how many bytes on its cgroup is slowed down.
    MemoryHigh,
}

impl What {
    /// All of them.
    pub const ALL: [What; 3] = [What::OomScoreAdj, What::CpuMax, What::MemoryHigh];
}

/// A field of the form.
#[derive(Clone, Debug)]
pub struct Field {
    /// What it is about.
    pub what: What,
    /// What stands in it.
    pub edit: LineEdit,
    /// Whether what stands in it makes no sense.
    pub bad: bool,
    /// How it is now.
    pub now: Now<Setting>,
    /// Why it cannot be set, where that is so.
    pub off: Option<&'static str>,
    /// What stood in it before anybody typed.
    was: String,
}

/// Who is in the cgroup of the first target.
#[derive(Clone, Debug)]
pub struct Holds {
    /// The systemd unit it stands for.
    pub unit: Option<Untrusted>,
    /// How many processes are in it or below it.
    pub count: usize,
    /// Whether this program is one of them.
    pub us: bool,
}

/// The form.
#[derive(Clone, Debug)]
pub struct LimitForm {
    /// The fields, in the order of [`What::ALL`].
    pub fields: [Field; 3],
    /// The place of the field that is typed into.
    pub at: usize,
    /// The cgroup they are in.
    pub cgroup: Now<Untrusted>,
    /// Who is in it, once that is known.
    pub holds: Option<Holds>,
    own_pid: Option<Pid>,
}

/// The range of `oom_score_adj`: proc_pid_oom_score_adj(5).
const OOM: std::ops::RangeInclusive<i32> = -1000..=1000;
/// The least quota that the kernel takes, microseconds: `min_cfs_quota_period` of kernel/sched/core.c.
const LEAST_QUOTA: f64 = 1_000.0;
/// The most that can be asked for, percent of one CPU: more CPUs than that nobody has.
const MOST_PERCENT: f64 = 102_400.0;

impl LimitForm {
    /// The form before anything is known.
    pub(super) fn new(own_pid: Option<Pid>) -> LimitForm {
        let field = |what| Field {
            what,
            edit: LineEdit::default(),
            bad: false,
            now: Now::Checking,
            off: Some(CHECKING),
            was: String::new(),
        };
        LimitForm { fields: What::ALL.map(field), at: 0, cgroup: Now::Checking, holds: None, own_pid }
    }

    /// Takes in what is now; what somebody typed stays.
    pub(super) fn adopt(&mut self, aims: &Aims) {
        self.cgroup = now(aims, |settings| settings.cgroup.as_ref()).map(Untrusted::clone);
        for field in &mut self.fields {
            let pick = |settings: &Settings| match field.what {
                What::OomScoreAdj => settings.oom_score_adj.map(Setting::OomScoreAdj),
                What::CpuMax => settings.cpu_max.map(Setting::CpuMax),
                What::MemoryHigh => settings.memory_high.map(Setting::MemoryHigh),
            };
            field.now = now(aims, pick);
            field.off = if known(aims).any(|settings| pick(settings).is_some()) {
                None
            } else {
                Some(why_off(aims, field.what))
            };
            if field.edit.text() == field.was {
                field.was = field.now.same().map_or_else(String::new, text);
                field.edit = LineEdit::new(&field.was);
            }
        }
        if self.fields.get(self.at).is_some_and(|field| field.off.is_some()) {
            self.at = self.fields.iter().position(|field| field.off.is_none()).unwrap_or(self.at);
        }
    }

    /// Takes in who is in the cgroup of the first target.
    pub(super) fn surveyed(&mut self, survey: &Survey) {
        self.holds = survey.cgroup.as_ref().map(|cgroup| Holds {
            unit: cgroup.unit.clone(),
            count: cgroup.members.len(),
            us: self.own_pid.is_some_and(|own| cgroup.members.contains(&own)),
        });
    }

    /// Takes a key.
    pub(super) fn key(&mut self, chord: Chord) -> Step {
        match (chord.key, chord.shift) {
            (Key::Enter, _) => return self.settle(),
            (Key::Up, _) | (Key::Tab, true) => self.step(-1),
            (Key::Down, _) | (Key::Tab, false) => self.step(1),
            _ => {
                if let Some(field) = self.open_field()
                    && field.edit.key(chord)
                {
                    field.check();
                }
            }
        }
        Step::Open
    }

    /// Goes to the field at this place.
    pub(super) fn enter(&mut self, at: usize) -> Step {
        if self.fields.get(at).is_some_and(|field| field.off.is_none()) {
            self.at = at;
        }
        Step::Open
    }

    /// Types text into the field.
    pub(super) fn paste(&mut self, text: &str) {
        if let Some(field) = self.open_field() {
            field.edit.insert(text.trim());
            field.check();
        }
    }

    /// The field that is typed into, where it can be set.
    fn open_field(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.at).filter(|field| field.off.is_none())
    }

    /// To the next field that can be set, up or down; round the ends.
    fn step(&mut self, by: isize) {
        let count = self.fields.len();
        let next = |at: usize| at.checked_add_signed(by).map_or(count - 1, |at| at % count);
        let mut at = next(self.at);
        while at != self.at && self.fields.get(at).is_some_and(|field| field.off.is_some()) {
            at = next(at);
        }
        self.at = at;
    }

    /// The values that were changed; the first that makes no sense is complained about.
    fn settle(&mut self) -> Step {
        let mut settings = Vec::new();
        for (at, field) in self.fields.iter_mut().enumerate() {
            if field.off.is_some() || field.edit.text() == field.was {
                continue;
            }
            match field.value() {
                Some(value) if field.now == Now::Same(value) => {}
                Some(value) => settings.push(value),
                None => {
                    field.bad = true;
                    self.at = at;
                    return Step::Bad(field.wanted());
                }
            }
        }
        Step::Set(settings)
    }
}

/// What stands in a form before the pins are answered.
const CHECKING: &str = "checking …";

impl Field {
    /// Whether somebody typed something else than what stood there.
    pub fn is_changed(&self) -> bool {
        self.edit.text() != self.was
    }

    fn check(&mut self) {
        self.bad = self.is_changed() && self.value().is_none();
    }

    /// What stands in it.
    fn value(&self) -> Option<Setting> {
        let text = self.edit.text().trim();
        let no_limit =
            text.is_empty() || text.eq_ignore_ascii_case("max") || text.eq_ignore_ascii_case("none");
        match self.what {
            What::OomScoreAdj => {
                // A pasted minus may be a real one.
                let value = text.replace('−', "-").parse().ok().filter(|value| OOM.contains(value))?;
                Some(Setting::OomScoreAdj(value))
            }
            What::CpuMax => {
                let period = match self.now {
                    Now::Same(Setting::CpuMax(max)) => max.period,
                    _ => CpuMax::NONE.period,
                };
                if no_limit {
                    return Some(Setting::CpuMax(CpuMax { quota: None, period }));
                }
                let number = text.strip_suffix('%').unwrap_or(text).trim_end().replace(',', ".");
                let percent: f64 = number.parse().ok().filter(|percent| *percent <= MOST_PERCENT)?;
                let quota = (percent * period as f64 / 100.0).round();
                let max = CpuMax { quota: Some(quota as u64), period };
                (quota >= LEAST_QUOTA).then_some(Setting::CpuMax(max))
            }
            What::MemoryHigh if no_limit => Some(Setting::MemoryHigh(None)),
            What::MemoryHigh => {
                let bytes = units::parse_bytes(text).filter(|bytes| *bytes > 0)?;
                Some(Setting::MemoryHigh(Some(bytes)))
            }
        }
    }

    /// What has to stand there, as a sentence.
    fn wanted(&self) -> &'static str {
        match self.what {
            What::OomScoreAdj => "the OOM score adjustment is a whole number from -1000 to 1000",
            What::CpuMax => "cpu.max is a percentage of one CPU, 1 or more (150 is one and a half), or empty",
            What::MemoryHigh => "memory.high is a size above 0 with K, M, G or T, as 512M or 1.5G, or empty",
        }
    }
}

/// A value as it is typed.
fn text(setting: Setting) -> String {
    match setting {
        Setting::OomScoreAdj(value) => value.to_string(),
        Setting::CpuMax(CpuMax { quota: Some(quota), period }) => {
            // Two digits are enough to know it by; who does not touch it does not change it.
            let hundredths = (quota as f64 * 10_000.0 / period.max(1) as f64).round();
            format!("{}", hundredths / 100.0)
        }
        Setting::MemoryHigh(Some(bytes)) => {
            let mut text = String::new();
            units::exact_bytes(bytes, &mut text);
            text
        }
        _ => String::new(),
    }
}

/// Why nobody's value is known.
fn why_off(aims: &Aims, what: What) -> &'static str {
    let mut settings = known(aims).peekable();
    if settings.peek().is_none() {
        let checking = aims.targets.iter().any(|aimed| aimed.aim == Aim::Checking);
        return if checking { CHECKING } else { "nobody is left" };
    }
    if what == What::OomScoreAdj {
        return "it cannot be read";
    }
    let mut cgroups = settings.filter_map(|settings| settings.cgroup.as_ref()).peekable();
    if cgroups.peek().is_none() {
        return "there is no cgroup v2";
    }
    if cgroups.all(|path| path.bytes() == b"/") {
        return "the root cgroup has no limits";
    }
    match what {
        What::CpuMax => "the cpu controller is off here",
        _ => "the memory controller is off here",
    }
}
