//! Two experiments side by side: what each run took before and after, and whether that is more than chance.

use std::fmt::Write as _;

use super::words::{heading, number, percent, safe, seconds, title};
use crate::model::lab::{Comparison, Experiment, RunReport, Spread};

/// Two experiments side by side.
pub fn diff(before: &Experiment, after: &Experiment) -> String {
    let mut text = format!("{:<30}{:>14}{:>14}{:>12}\n", "", "before", "after", "change");
    for (what, a, b) in [
        ("workload", heading(before), heading(after)),
        ("version", before.version.clone(), after.version.clone()),
        ("CPU", before.machine.model.clone(), after.machine.model.clone()),
        ("usable CPUs", before.machine.cpus.to_string(), after.machine.cpus.to_string()),
        ("kernel", before.machine.kernel.clone(), after.machine.kernel.clone()),
    ] {
        if a != b {
            let _ = writeln!(text, "{what}: {} before, {} after", safe(&a, 60), safe(&b, 60));
        }
    }
    let (old, new) = (before.comparisons(), after.comparisons());
    let serial = |all: &[Comparison]| all.iter().find_map(|c| Some((c.serial.clone()?, c.serial_real)));
    if let Some((a, b)) = serial(&old).zip(serial(&new)) {
        text += &times("serial", (&a.0, a.1), (&b.0, b.1));
    }
    let (pairs, only_old, only_new) = paired(&old, &new);
    for (a, b) in pairs {
        text += &compared(a, b, before, after);
    }
    for (all, experiment, when) in [(only_old, before, "before"), (only_new, after, "after")] {
        for one in all {
            let _ = writeln!(
                text,
                "\n{}: only {when}, real {}",
                title(&one.run, experiment),
                seconds(one.run.real_s)
            );
        }
    }
    text
}

type Pairs<'a> = (Vec<(&'a Comparison, &'a Comparison)>, Vec<&'a Comparison>, Vec<&'a Comparison>);

/// The runs of both that are most alike, and who is left over: first those alike in all, then those of the same mode
/// and number of workers, then whoever is left where that is one each.
fn paired<'a>(old: &'a [Comparison], new: &'a [Comparison]) -> Pairs<'a> {
    let (mut left, mut right): (Vec<_>, Vec<_>) = (old.iter().collect(), new.iter().collect());
    let mut pairs: Vec<(&Comparison, &Comparison)> = Vec::new();
    let same = |a: &RunReport, b: &RunReport| (a.mode, a.workers) == (b.mode, b.workers);
    for alike in [
        |a: &RunReport, b: &RunReport, same: bool| same && a.settings == b.settings,
        |_: &RunReport, _: &RunReport, same: bool| same,
    ] {
        left.retain(|a| {
            let at = right.iter().position(|b| alike(&a.run, &b.run, same(&a.run, &b.run)));
            if let Some(at) = at {
                pairs.push((a, right.remove(at)));
            }
            at.is_none()
        });
    }
    if let ([a], [b]) = (left.as_slice(), right.as_slice()) {
        pairs.push((a, b));
        (left, right) = (Vec::new(), Vec::new());
    }
    (pairs, left, right)
}

/// What the second run of a pair is called, where it is not called the same; and the knobs that differ.
fn called(a: &RunReport, b: &RunReport, before: &Experiment, after: &Experiment) -> String {
    let (old, new) = (title(a, before), title(b, after));
    let mut name = if old == new { old } else { format!("{old} -> {new}") };
    for (knob, value) in &a.settings.0 {
        let other = b.settings.word(knob);
        if other != value && !name.contains(&format!("{knob}=")) {
            name.extend(["   ", &safe(knob, 20), " ", &safe(value, 20), " -> ", &safe(other, 20)]);
        }
    }
    name
}

fn compared(a: &Comparison, b: &Comparison, before: &Experiment, after: &Experiment) -> String {
    let name = called(&a.run, &b.run, before, after);
    let mut text = times(&name, (&a.run, a.real), (&b.run, b.real));
    let mut row = |what: &str, a: String, b: String, change: String| {
        let _ = writeln!(text, "{}", format!("  {what:<28}{a:>14}{b:>14}{change:>12}").trim_end());
    };
    let value = |c: &Comparison| c.speedup.map(|speedup| speedup.value);
    row("speed-up", number(value(a), 2), number(value(b), 2), change(value(a), value(b)));
    row("efficiency", percent(a.efficiency), percent(b.efficiency), points(a.efficiency, b.efficiency));
    row("CPU inflation", number(a.inflation, 2), number(b.inflation, 2), change(a.inflation, b.inflation));
    if let Some((a, b)) = a.account.zip(b.account) {
        for ((what, a_s), (_, b_s)) in a.parts().into_iter().zip(b.parts()) {
            let (a, b) = (Some(a.share(a_s)), Some(b.share(b_s)));
            row(what, percent(a), percent(b), points(a, b));
        }
    }
    row("verdict", a.verdict.kind.word().to_owned(), b.verdict.kind.word().to_owned(), String::new());
    text
}

/// The real times of one run, and whether they differ by more than their repeats do.
fn times(name: &str, a: (&RunReport, Option<Spread>), b: (&RunReport, Option<Spread>)) -> String {
    let (real_a, real_b) = (Some(a.0.real_s), Some(b.0.real_s));
    let mut text = format!("\n{name}\n");
    let row = |what: &str, a: f64, b: f64| {
        format!("  {what:<28}{:>14}{:>14}{:>12}\n", seconds(a), seconds(b), change(Some(a), Some(b)))
    };
    text += &row("real", a.0.real_s, b.0.real_s);
    text += &row("user + sys", a.0.cpu_s(), b.0.cpu_s());
    let repeated = a.1.zip(b.1).filter(|(a, b)| a.count > 1 && b.count > 1);
    text += match repeated {
        Some((a, b)) if a.max < b.min || b.max < a.min => {
            "  The repeats of one were all faster than those of the other.\n"
        }
        Some(_) => "  The repeats overlap: the difference may be chance.\n",
        None if real_a == real_b => "",
        None => "  One run each: the difference may be chance.\n",
    };
    text
}

/// `+3.1 %`.
fn change(a: Option<f64>, b: Option<f64>) -> String {
    let part = a.zip(b).map(|(a, b)| (b / a - 1.0) * 100.0).filter(|part| part.is_finite());
    part.map_or_else(String::new, |part| format!("{part:+.1} %"))
}

/// `+3.1 pp`: percentage points.
fn points(a: Option<f64>, b: Option<f64>) -> String {
    a.zip(b).map_or_else(String::new, |(a, b)| format!("{:+.1} pp", (b - a) * 100.0))
}
