//! What was done to processes, and what came of it, as JSON: for `glowtop kill --json`, and line by line for a log.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::json::string;
use crate::model::{Civil, Deed, Outcome, Respawn, Signal, Verdict, WhyAlive};

/// A moment on the clock on the wall: nanoseconds since the epoch, in UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment(pub u64);

/// Writes an array of objects, one line each, of what was done and what came of it.
///
/// Each has `pid`, `start_time` (clock ticks since boot, which with the pid is its identity), `name`, `user` (`null`
/// where unknown), `act`, `outcome` (a word, `null` where none is known), `verdict` (`null` where none is known, or an
/// object whose `is` is a word), `signal` (the one that ended it) and `status` (its exit status), `respawn` (`null`, or
/// who came in its place), and `sentence`. Times are seconds. It is as safe for terminals as
/// [`json`](super::json()) is.
///
/// # Errors
///
/// Those of `out`.
pub fn acts(deeds: &[Deed], out: &mut dyn Write) -> io::Result<()> {
    let mut text = String::from("[");
    for (at, deed) in deeds.iter().enumerate() {
        text.push_str(if at == 0 { "\n" } else { ",\n" });
        object(None, deed, &mut text);
        out.write_all(text.as_bytes())?;
        text.clear();
    }
    text.push_str(if deeds.is_empty() { "]\n" } else { "\n]\n" });
    out.write_all(text.as_bytes())
}

/// Appends one such object with its `time` (RFC 3339, UTC, to the millisecond), without a line feed.
pub fn act(time: Moment, deed: &Deed, out: &mut String) {
    object(Some(time), deed, out);
}

/// Writes the members of an object. Writing to a String does not fail.
struct Members<'a> {
    out: &'a mut String,
    first: bool,
}

impl<'a> Members<'a> {
    fn open(out: &'a mut String) -> Members<'a> {
        out.push('{');
        Members { out, first: true }
    }

    fn close(self) {
        self.out.push('}');
    }

    /// Begins a member; its value is to follow.
    fn key(&mut self, key: &str) -> &mut String {
        if !std::mem::take(&mut self.first) {
            self.out.push(',');
        }
        string(key.as_bytes(), self.out);
        self.out.push(':');
        self.out
    }

    fn text(&mut self, key: &str, value: Option<&[u8]>) {
        let out = self.key(key);
        match value {
            Some(bytes) => string(bytes, out),
            None => out.push_str("null"),
        }
    }

    fn number(&mut self, key: &str, value: Option<impl std::fmt::Display>) {
        let out = self.key(key);
        let _ = match value {
            Some(number) => write!(out, "{number}"),
            None => write!(out, "null"),
        };
    }

    /// Seconds, to the microsecond.
    fn seconds(&mut self, key: &str, value: f64) {
        let rounded = (value * 1e6).round() / 1e6;
        self.number(key, Some(rounded).filter(|seconds| seconds.is_finite()));
    }
}

fn object(time: Option<Moment>, deed: &Deed, out: &mut String) {
    let id = deed.target.id;
    let mut members = Members::open(out);
    if let Some(time) = time {
        members.text("time", Some(rfc3339(time).as_bytes()));
    }
    members.number("pid", Some(id.pid));
    members.number("start_time", Some(id.start_time));
    members.text("name", Some(deed.target.name.bytes()));
    members.text("user", deed.target.owner.as_ref().map(|owner| owner.name.bytes()));
    members.text("act", Some(deed.act_words().as_bytes()));
    members.text("outcome", deed.outcome.as_ref().map(|outcome| outcome_word(outcome).as_bytes()));
    if let Some(Outcome::Changed(change)) = &deed.outcome {
        members.text("from", Some(change.from.to_string().as_bytes()));
        members.text("to", Some(change.to.to_string().as_bytes()));
    }
    let out = members.key("verdict");
    match &deed.verdict {
        Some(verdict) => verdict_object(verdict, out),
        None => out.push_str("null"),
    }
    let (signal, status) = match &deed.verdict {
        Some(Verdict::Killed { by, .. }) => (Some(*by), None),
        Some(Verdict::Exited { status, .. }) => (None, Some(*status)),
        _ => (None, None),
    };
    members.text("signal", signal.map(Signal::name).as_deref().map(str::as_bytes));
    members.number("status", status);
    let out = members.key("respawn");
    match &deed.respawn {
        Some(respawn) => respawn_object(respawn, out),
        None => out.push_str("null"),
    }
    members.text("sentence", Some(deed.result().as_bytes()));
    members.close();
}

/// One word for what the attempt came to.
fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Changed(_) => "changed",
        Outcome::AlreadyGone => "already_gone",
        Outcome::Replaced => "replaced",
        Outcome::Denied { .. } => "denied",
        Outcome::Refused(_) => "refused",
        Outcome::Uncertain => "uncertain",
        Outcome::Escaped => "escaped",
        Outcome::Failed { .. } => "failed",
    }
}

fn verdict_object(verdict: &Verdict, out: &mut String) {
    let mut members = Members::open(out);
    let (word, after) = match verdict {
        Verdict::Killed { after, .. } => ("killed", Some(*after)),
        Verdict::Exited { after, .. } => ("exited", Some(*after)),
        Verdict::Ended { after } => ("ended", Some(*after)),
        Verdict::Stopped => ("stopped", None),
        Verdict::Continued => ("continued", None),
        Verdict::Alive => ("alive", None),
        Verdict::StillAlive { after, .. } => ("still_alive", Some(*after)),
    };
    members.text("is", Some(word.as_bytes()));
    if let Some(after) = after {
        members.seconds("after", after);
    }
    if let Verdict::StillAlive { why, .. } = verdict {
        members.text("why", Some(why_word(why).as_bytes()));
        match why {
            WhyAlive::Uninterruptible { wchan } => {
                members.text("wchan", wchan.as_deref().map(str::as_bytes));
            }
            WhyAlive::Zombie { parent, parent_name } => {
                members.number("parent", *parent);
                members.text("parent_name", Some(parent_name.bytes()));
            }
            WhyAlive::Traced { tracer, tracer_name, .. } => {
                members.number("tracer", Some(tracer));
                members.text("tracer_name", Some(tracer_name.bytes()));
            }
            WhyAlive::Frozen { cgroup, .. } => members.text("cgroup", Some(cgroup.bytes())),
            WhyAlive::Vfork { child, child_name } => {
                members.number("child", *child);
                members.text("child_name", Some(child_name.bytes()));
            }
            WhyAlive::MainEnded { threads, why } => {
                members.number("threads", Some(threads));
                members.text("threads_why", Some(why_word(why).as_bytes()));
            }
            _ => {}
        }
    }
    members.close();
}

/// One word for why it lives: the reason's own name in the model, as `uninterruptible` or `main_ended`.
fn why_word(why: &WhyAlive) -> String {
    let name = format!("{why:?}");
    let mut word = String::new();
    for c in name.chars().take_while(char::is_ascii_alphanumeric) {
        if c.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(c.to_ascii_lowercase());
    }
    word
}

fn respawn_object(respawn: &Respawn, out: &mut String) {
    let mut members = Members::open(out);
    members.number("pid", Some(respawn.by.pid));
    members.number("start_time", Some(respawn.by.start_time));
    members.seconds("after", respawn.after);
    members.number("parent", respawn.parent);
    members.text("parent_name", Some(respawn.parent_name.bytes()));
    members.text("unit", respawn.unit.as_ref().map(crate::model::Untrusted::bytes));
    members.close();
}

/// `2026-11-21T16:52:07.123Z`.
fn rfc3339(Moment(nanos): Moment) -> String {
    let (seconds, millis) = (nanos / 1_000_000_000, nanos / 1_000_000 % 1000);
    format!("{}.{millis:03}Z", utc(seconds))
}

/// `2026-11-21T16:52:07`, of seconds since 1970-01-01 00:00 UTC.
pub(super) fn utc(seconds: u64) -> String {
    let Civil { year, month, day, hour, minute, second } = Civil::of(seconds.cast_signed());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::Value;

    use super::*;
    use crate::model::{Act, Change, ControlNews, Happened, Owner, Pid, ProcId, Setting, Target, Untrusted};

    fn deed(outcome: Outcome, act: Act) -> Deed {
        let owner = Some(Owner { uid: 7, name: Arc::new("ann".into()) });
        let target = Target { id: ProcId::new(4711, 99).unwrap(), name: "sh".into(), owner };
        let what = Happened::Outcome(outcome);
        Deed::new(&ControlNews { session: 1, target, act: Some(act), what }).unwrap()
    }

    fn written(deed: &Deed) -> Value {
        let mut out = Vec::new();
        acts(&[deed.clone(), deed.clone()], &mut out).unwrap();
        let all: Vec<Value> = serde_json::from_slice(&out).unwrap();
        assert_eq!(all.len(), 2);
        let mut line = String::new();
        act(Moment(0), deed, &mut line);
        assert!(!line.contains('\n'));
        let timed: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(timed["time"], "1970-01-01T00:00:00.000Z");
        assert!(all[0].as_object().unwrap().iter().all(|(key, value)| timed[key] == *value));
        all[0].clone()
    }

    const TERM: Act = Act::Signal(Signal::TERM);

    #[test]
    fn each_member_is_there_and_the_unknown_is_null() {
        let read = written(&deed(Outcome::Delivered, TERM));
        assert_eq!((&read["pid"], &read["start_time"]), (&4711.into(), &99.into()));
        assert_eq!([&read["name"], &read["user"], &read["act"]], ["sh", "ann", "SIGTERM"]);
        assert_eq!((read["outcome"].as_str(), &read["verdict"]), (Some("delivered"), &Value::Null));
        for key in ["verdict", "signal", "status", "respawn"] {
            assert!(read.as_object().unwrap().contains_key(key) && read[key].is_null(), "{key}");
        }
    }

    #[test]
    fn verdicts_tell_how_and_why() {
        let verdict = |verdict| written(&Deed { verdict: Some(verdict), ..deed(Outcome::Delivered, TERM) });
        let read = verdict(Verdict::Killed { by: Signal::TERM, after: 0.25 });
        assert_eq!(
            (read["verdict"]["is"].as_str(), read["verdict"]["after"].as_f64()),
            (Some("killed"), Some(0.25))
        );
        assert_eq!((&read["signal"], &read["status"]), (&"SIGTERM".into(), &Value::Null));
        let read = verdict(Verdict::Exited { status: 143, after: 1e-9 });
        assert_eq!((&read["signal"], &read["status"]), (&Value::Null, &143.into()));
        assert_eq!(read["verdict"]["after"].as_f64(), Some(0.0));
        let parent = WhyAlive::Zombie { parent: Pid::new(9), parent_name: "make".into() };
        let read = verdict(Verdict::StillAlive { after: f64::NAN, why: parent });
        assert_eq!((&read["verdict"]["why"], &read["verdict"]["parent"]), (&"zombie".into(), &9.into()));
        assert!(read["verdict"]["after"].is_null());
        let waits = WhyAlive::Uninterruptible { wchan: Some("pipe_read".into()) };
        let read = verdict(Verdict::StillAlive { after: 5.0, why: waits });
        assert_eq!([&read["verdict"]["why"], &read["verdict"]["wchan"]], ["uninterruptible", "pipe_read"]);
        let (tracer, tracer_name) = (Pid::new(7).unwrap(), "gdb".into());
        let traced = WhyAlive::Traced { tracer, tracer_name, held: true };
        let frozen = WhyAlive::Frozen { cgroup: "/a".into(), kill_waits: true };
        let vfork = WhyAlive::Vfork { child: Pid::new(8), child_name: "cc".into() };
        let headless = WhyAlive::MainEnded { threads: 2, why: Box::new(WhyAlive::Ignores) };
        for (why, word, key, value) in [
            (traced, "traced", "tracer", Value::from(7)),
            (frozen, "frozen", "cgroup", "/a".into()),
            (vfork, "vfork", "child", 8.into()),
            (headless, "main_ended", "threads_why", "ignores".into()),
        ] {
            let read = verdict(Verdict::StillAlive { after: 5.0, why });
            assert_eq!([&read["verdict"]["why"], &read["verdict"][key]], [&Value::from(word), &value]);
        }
    }

    #[test]
    fn changes_and_returns_are_told() {
        let change = Change { from: Setting::Nice(0), to: Setting::Nice(5), threads: 2 };
        let read = written(&deed(Outcome::Changed(Box::new(change)), Act::Renice(5)));
        assert_eq!(
            [&read["act"], &read["outcome"], &read["from"], &read["to"]],
            ["nice +5", "changed", "0", "5"]
        );
        let back = Respawn {
            by: ProcId::new(5000, 120).unwrap(),
            after: 1.5,
            parent: Pid::new(1),
            parent_name: "init".into(),
            unit: Some("web.service".into()),
        };
        let read = written(&Deed { respawn: Some(back), ..deed(Outcome::Delivered, TERM) });
        assert_eq!(
            (&read["respawn"]["pid"], &read["respawn"]["unit"]),
            (&5000.into(), &"web.service".into())
        );
    }

    #[test]
    fn hostile_names_reach_no_terminal_and_come_back_whole() {
        let mut deed = deed(Outcome::Delivered, TERM);
        deed.target.name = "\u{1b}]0;x\u{7}\u{202e}\"\\\n".into();
        deed.target.owner = Some(Owner { uid: 1, name: Arc::new(Untrusted::new(*b"\xff\x9b")) });
        let mut line = String::new();
        act(Moment(1), &deed, &mut line);
        assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line}");
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["name"], "\u{1b}]0;x\u{7}\u{202e}\"\\\n");
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let at = |seconds: u64| rfc3339(Moment(seconds * 1_000_000_000 + 123_456_789));
        // date -u -d @N +%FT%TZ
        for (seconds, date) in [
            (951_782_399, "2000-02-28T23:59:59.123Z"),
            (951_782_400, "2000-02-29T00:00:00.123Z"),
            (1_078_012_800, "2004-02-29T00:00:00.123Z"),
            (1_795_279_927, "2026-11-21T16:52:07.123Z"),
            (4_107_542_400, "2100-03-01T00:00:00.123Z"),
            (4_107_542_399, "2100-02-28T23:59:59.123Z"),
            (1_798_761_599, "2026-12-31T23:59:59.123Z"),
        ] {
            assert_eq!(at(seconds), date);
        }
    }
}
