//! What could stand where the cursor is.

use std::collections::BTreeMap;
use std::ops::Range;

use super::field::{How, KINDS, Op, STATES, Scratch};
use super::fields::{self, fields};
use super::views::Views;
use super::word::{self, Comparison, What, Written};
use crate::model::{Kind, Snapshot, showable};

/// Most completions that are offered.
const MOST: usize = 200;
/// Cells of the longest value that is offered.
const WIDEST: usize = 64;

/// Something that could stand where the cursor is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completion {
    /// What it takes the place of, in bytes; it ends at the cursor.
    pub replace: Range<usize>,
    /// What is put there; a field brings its usual operator. It can be shown.
    pub text: String,
    /// What it means, in a few words.
    pub help: String,
}

/// What could stand at `cursor` (in bytes) in `text`: fields, words between conditions, the views that are `saved`, and the
/// values that there are in `snapshot`. Sorted as they are best listed; nothing where `cursor` is not between two characters.
pub fn complete(text: &str, cursor: usize, snapshot: &Snapshot, saved: &Views) -> Vec<Completion> {
    let Some(before) = text.get(..cursor) else { return Vec::new() };
    let words = word::cut(before);
    let last = words.last().filter(|word| word.end == cursor);
    let mut found = match last.map(|word| &word.what) {
        Some(What::Compare(compared)) => values(compared, cursor, snapshot),
        Some(What::Quoted(_) | What::Unclosed) => Vec::new(),
        // A blank behind the operator, and then the cursor.
        None => match words.last().map(|word| &word.what) {
            Some(What::Compare(compared)) if compared.value.how == Written::Missing => {
                values(compared, cursor, snapshot)
            }
            _ => names("", cursor..cursor, words.last().map(|word| &word.what), saved),
        },
        Some(What::Open | What::Close) => names("", cursor..cursor, last.map(|word| &word.what), saved),
        Some(What::Bare | What::View(_) | What::And | What::Or | What::Not) => {
            let start = last.map_or(cursor, |word| word.at);
            let ahead = words.iter().rev().nth(1).map(|word| &word.what);
            names(before.get(start..).unwrap_or(""), start..cursor, ahead, saved)
        }
    };
    found.truncate(MOST);
    found
}

/// Fields, words and views that begin with `typed`, behind the word `ahead`.
fn names(typed: &str, replace: Range<usize>, ahead: Option<&What<'_>>, saved: &Views) -> Vec<Completion> {
    let lower = typed.to_ascii_lowercase();
    let fits = |name: &str| name.starts_with(&lower);
    let mut found: Vec<Completion> = Vec::new();
    for field in fields() {
        if let Some(name) = field.names().find(|name| fits(name)) {
            // Nobody needs the other names listed, but who begins one gets it.
            let name = if fits(field.id) { field.id } else { name };
            let text = format!("{name}{}", field.usual.sign());
            found.push(Completion { replace: replace.clone(), text, help: field.help.to_owned() });
        }
    }
    let begun = typed.strip_prefix('@').or(typed.is_empty().then_some(""));
    for view in saved.iter().filter(|view| view.is_callable()) {
        if begun.is_some_and(|begun| view.name.starts_with(begun)) {
            let (mut text, mut help) = ("@".to_owned(), String::new());
            text.push_str(&view.name);
            showable(view.text.as_bytes(), WIDEST, &mut help);
            found.push(Completion { replace: replace.clone(), text, help });
        }
    }
    let ended =
        matches!(ahead, Some(What::Close | What::Compare(_) | What::Quoted(_) | What::Bare | What::View(_)));
    let joints = [("and ", "both"), ("or ", "either")];
    let joints = joints.into_iter().filter(|_| ended);
    let starts = [("not ", "the contrary")].into_iter();
    for (word, help) in joints.chain(starts).filter(|(word, _)| fits(word)) {
        found.push(Completion { replace: replace.clone(), text: word.to_owned(), help: help.to_owned() });
    }
    found
}

/// Values of the field that begin with what is typed.
fn values(compared: &Comparison<'_>, cursor: usize, snapshot: &Snapshot) -> Vec<Completion> {
    let Some(field) = fields::named(compared.name) else { return Vec::new() };
    let value = &compared.value;
    let (typed, replace) = match value.how {
        Written::Bare => (value.text.as_str(), value.at..cursor),
        // Behind `:` there is no blank.
        Written::Missing if compared.op == Op::Like => ("", compared.op_end..cursor),
        Written::Missing => ("", cursor..cursor),
        Written::Quoted | Written::Unclosed => return Vec::new(),
    };
    let begins = |text: &str| text.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed));
    let offer = |text: &str, help: &str| {
        let mut written = String::new();
        // Writing to a String does not fail.
        let _ = word::write_value(text, compared.op, &mut written);
        Completion { replace: replace.clone(), text: written, help: help.to_owned() }
    };
    match field.how {
        How::State => {
            let fits = STATES.iter().filter(|(letter, word, _)| {
                let letter = char::from(*letter).to_string();
                !word.is_empty() && (begins(word) || typed.is_empty() || letter == typed)
            });
            fits.map(|(letter, _, help)| offer(&char::from(*letter).to_string(), help)).collect()
        }
        How::Kind => {
            let fits = KINDS.iter().filter(|(_, word, _)| begins(word));
            fits.map(|(_, word, help)| offer(word, help)).collect()
        }
        How::Text(get) if field.offered => {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            for proc in snapshot.procs.iter().chain(&snapshot.short_lived) {
                if proc.task.kind == Kind::ShortLived && !field.short_lived {
                    continue;
                }
                let mut scratch = Scratch::default();
                let texts = get(proc, &mut scratch);
                let text = texts
                    .known
                    .into_iter()
                    .flatten()
                    .find_map(|text| shown(text).filter(|text| begins(text)));
                if let Some(text) = text {
                    *counts.entry(text).or_default() += 1;
                }
            }
            let many =
                |count| if count == 1 { "one process".to_owned() } else { format!("{count} processes") };
            counts.iter().map(|(text, count)| offer(text, &many(*count))).collect()
        }
        How::Port(get) => {
            let mut owners: BTreeMap<u16, (String, usize)> = BTreeMap::new();
            for proc in &snapshot.procs {
                for port in get(proc).map_or(&[][..], |ports| ports.known) {
                    let owner = owners.entry(*port).or_insert_with(|| (proc.task.comm.show(WIDEST), 0));
                    owner.1 += 1;
                }
            }
            let fits = owners.iter().filter(|(port, _)| begins(&port.to_string()));
            let help = |(name, count): &(String, usize)| match count {
                1 => name.clone(),
                more => format!("{name} and {} more", more - 1),
            };
            fits.map(|(port, owner)| offer(&port.to_string(), &help(owner))).collect()
        }
        How::Under => {
            let processes = snapshot.procs.iter().filter(|proc| proc.task.kind == Kind::Process);
            let mut found = Vec::new();
            for proc in processes {
                let pid = proc.task.id.pid.to_string();
                if begins(&pid) {
                    found.push(offer(&pid, &proc.task.comm.show(WIDEST)));
                }
                if found.len() == MOST {
                    break;
                }
            }
            found
        }
        _ => Vec::new(),
    }
}

/// A stranger's text as it is, if all of it can be shown and typed.
fn shown(bytes: &[u8]) -> Option<String> {
    let mut text = String::new();
    showable(bytes, WIDEST, &mut text);
    (text.as_bytes() == bytes && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Proc, ProcId, Task};

    fn snapshot() -> Snapshot {
        let proc = |(pid, user, comm): (u32, &str, &str)| {
            let mut task = Task::bare(ProcId::new(pid, 1).unwrap());
            (task.user, task.comm) = (Some(Arc::new(user.into())), Arc::new(comm.into()));
            Proc::new(task)
        };
        let procs = [(1, "root", "init"), (20, "ann", "a b"), (21, "ann", "cc1"), (22, "\x1b[2J", "x")];
        Snapshot { procs: procs.into_iter().map(proc).collect(), ..Snapshot::default() }
    }

    /// What is offered at the `^` in `text`, put in its place.
    fn offered(text: &str) -> Vec<String> {
        let cursor = text.find('^').unwrap();
        let text = text.replace('^', "");
        let views = [("mine", "user=ann"), ("mail", "name~smtp"), ("no name", "x")];
        let views = Views::new(views.map(|(name, text)| (name.to_owned(), text.to_owned())));
        let found = complete(&text, cursor, &snapshot(), &views);
        let put = |c: Completion| {
            assert!(!c.help.is_empty());
            let mut text = text.clone();
            text.replace_range(c.replace, &c.text);
            text
        };
        found.into_iter().map(put).collect()
    }

    #[test]
    fn fields_come_with_their_operator() {
        assert_eq!(offered("cp^"), ["cpu>"]);
        assert_eq!(offered("a and (und^ or b"), ["a and (under: or b"]);
        assert_eq!(offered("ela^"), ["elapsed<"]);
        assert_eq!(offered("firefox^"), [""; 0]);
        assert_eq!(offered("^").len(), fields().len() + 3, "all of them, and not, and two views");
        assert_eq!(offered("cpu>5 and @m^"), ["cpu>5 and @mine", "cpu>5 and @mail"]);
        assert_eq!((offered("@mi^ or x"), offered("@x^")), (vec!["@mine or x".to_owned()], vec![]));
        assert_eq!(offered("@mine o^"), ["@mine oom_score>", "@mine or "]);
        assert_eq!(offered("cpu>50 an^"), ["cpu>50 and "]);
        assert!(offered("cpu>50 ^").contains(&"cpu>50 or ".to_owned()));
        assert!(!offered("not ^").contains(&"not or ".to_owned()));
    }

    #[test]
    fn values_are_those_that_there_are() {
        assert_eq!(offered("user=^"), ["user=ann", "user=root"]);
        assert_eq!(offered("user = R^ and x"), ["user = root and x"]);
        assert_eq!(offered("user!= ^"), ["user!= ann", "user!= root"]);
        assert_eq!(offered("user: ^ and x"), ["user:ann and x", "user:root and x"]);
        assert_eq!(offered("name:a^"), ["name:\"a b\""]);
        assert_eq!(offered("under:2^"), ["under:20", "under:21", "under:22"]);
        assert_eq!(offered("state=zo^"), ["state=Z"]);
        assert_eq!(offered("kind=k^"), ["kind=kernel"]);
        assert_eq!(offered("tty=^"), ["tty=-"]);
        assert_eq!(offered("cpu>^"), [""; 0]);
        assert_eq!(offered("cpuu>5^"), [""; 0]);
        assert_eq!(offered("user=\"a^"), [""; 0]);
    }

    #[test]
    fn a_cursor_within_a_character_or_beyond_the_end_is_offered_nothing() {
        for cursor in [1, 3, usize::MAX] {
            assert_eq!(complete("é", cursor, &snapshot(), &Views::default()), []);
        }
    }
}
