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

/// A field of the form, as it stands.
#[derive(Clone, Debug)]
pub struct Field {
    /// What it is about.
    pub what: What,
    /// What stands in it.
    pub edit: LineEdit,
    /// How it is now.
    pub now: Now<Setting>,
    /// Why it cannot be set, where that is so.
    pub off: Option<&'static str>,
    /// What stands in it where nobody typed.
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

/// The form. What nobody typed into follows from what is known of the targets.
#[derive(Clone, Debug)]
pub struct LimitForm {
    /// Who is in the cgroup of the first target, once that is known.
    pub holds: Option<Holds>,
    /// What was typed, in the order of [`What::ALL`].
    typed: [Option<LineEdit>; 3],
    /// The place of the field that is typed into.
    at: usize,
    own_pid: Option<Pid>,
}

/// The range of `oom_score_adj`: proc_pid_oom_score_adj(5).
const OOM: std::ops::RangeInclusive<i32> = -1000..=1000;
/// The least quota that the kernel takes, microseconds: `min_cfs_quota_period` of kernel/sched/core.c.
const LEAST_QUOTA: f64 = 1_000.0;
/// The most that can be asked for, percent of one CPU: more CPUs than that nobody has.
const MOST_PERCENT: f64 = 102_400.0;

impl LimitForm {
    /// The form before anything is typed.
    pub(super) fn new(own_pid: Option<Pid>) -> LimitForm {
        LimitForm { holds: None, typed: Default::default(), at: 0, own_pid }
    }

    /// The fields, in the order of [`What::ALL`].
    pub fn fields(&self, aims: &Aims) -> [Field; 3] {
        let mut typed = self.typed.iter();
        What::ALL.map(|what| Field::new(what, typed.next().and_then(Option::as_ref), aims))
    }

    /// The place of the field that is typed into: the first that can be set, until another is gone to.
    pub fn at(&self, fields: &[Field]) -> usize {
        match fields.get(self.at) {
            Some(field) if field.off.is_none() => self.at,
            _ => fields.iter().position(|field| field.off.is_none()).unwrap_or(self.at),
        }
    }

    /// The cgroup they are in.
    pub fn cgroup<'a>(&self, aims: &'a Aims) -> Now<&'a Untrusted> {
        now(aims, |settings| settings.cgroup.as_ref())
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
    pub(super) fn key(&mut self, chord: Chord, aims: &Aims) -> Step {
        let fields = self.fields(aims);
        match (chord.key, chord.shift) {
            (Key::Enter, _) => return self.settle(&fields),
            (Key::Up, _) | (Key::Tab, true) => self.step(&fields, -1),
            (Key::Down, _) | (Key::Tab, false) => self.step(&fields, 1),
            _ => self.change(fields, |edit| edit.key(chord)),
        }
        Step::Open
    }

    /// Goes to the field at this place.
    pub(super) fn enter(&mut self, at: usize, aims: &Aims) -> Step {
        if self.fields(aims).get(at).is_some_and(|field| field.off.is_none()) {
            self.at = at;
        }
        Step::Open
    }

    /// Types text into the field.
    pub(super) fn paste(&mut self, text: &str, aims: &Aims) {
        self.change(self.fields(aims), |edit| {
            edit.insert(text.trim());
            true
        });
    }

    /// Changes the field that is typed into, where it can be set.
    fn change(&mut self, fields: [Field; 3], change: impl FnOnce(&mut LineEdit) -> bool) {
        let at = self.at(&fields);
        let field = fields.into_iter().nth(at).filter(|field| field.off.is_none());
        if let (Some(mut field), Some(typed)) = (field, self.typed.get_mut(at))
            && change(&mut field.edit)
        {
            *typed = Some(field.edit);
        }
    }

    /// To the next field that can be set, up or down; round the ends.
    fn step(&mut self, fields: &[Field], by: isize) {
        let count = fields.len();
        let next = |at: usize| at.checked_add_signed(by).map_or(count - 1, |at| at % count);
        let from = self.at(fields);
        let mut at = next(from);
        while at != from && fields.get(at).is_some_and(|field| field.off.is_some()) {
            at = next(at);
        }
        self.at = at;
    }

    /// The values that were changed; the first that makes no sense is complained about.
    fn settle(&mut self, fields: &[Field]) -> Step {
        let mut settings = Vec::new();
        for (at, field) in fields.iter().enumerate() {
            if field.off.is_some() || !field.is_changed() {
                continue;
            }
            match field.value() {
                Some(value) if field.now == Now::Same(value) => {}
                Some(value) => settings.push(value),
                None => {
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
    fn new(what: What, typed: Option<&LineEdit>, aims: &Aims) -> Field {
        let pick = |settings: &Settings| match what {
            What::OomScoreAdj => settings.oom_score_adj.map(Setting::OomScoreAdj),
            What::CpuMax => settings.cpu_max.map(Setting::CpuMax),
            What::MemoryHigh => settings.memory_high.map(Setting::MemoryHigh),
        };
        let now = now(aims, pick);
        let settable = known(aims).any(|settings| pick(settings).is_some());
        let was = now.same().map_or_else(String::new, text);
        Field {
            what,
            edit: typed.cloned().unwrap_or_else(|| LineEdit::new(&was)),
            now,
            off: if settable { None } else { Some(why_off(aims, what)) },
            was,
        }
    }

    /// Whether somebody typed something else than what stood there.
    pub fn is_changed(&self) -> bool {
        self.edit.text() != self.was
    }

    /// Whether the kernel may ask for `CAP_SYS_RESOURCE` before it takes what was typed: a process that was spared less
    /// is to be spared more. It does not where it was spared as much before: proc_pid_oom_score_adj(5).
    pub fn may_need_rights(&self) -> bool {
        matches!(
            (self.value(), self.now),
            (Some(Setting::OomScoreAdj(value)), Now::Same(Setting::OomScoreAdj(now))) if value < now
        )
    }

    /// Whether what was typed makes no sense.
    pub fn is_bad(&self) -> bool {
        self.is_changed() && self.value().is_none()
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
        // Two digits are enough to know it by; who does not touch it does not change it.
        Setting::CpuMax(max) => max.in_percent().map_or_else(String::new, |percent| percent.to_string()),
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
