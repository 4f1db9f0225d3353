//! What holds for any bytes, whoever wrote them: each fuzzer and the test of the same name try it.
#![allow(dead_code)]

use std::sync::Arc;

use glowtop::app::Saved;
use glowtop::config::{self, Complaint, Settings};
use glowtop::model::{Command, Details, Pid, Ports, Proc, ProcId, Reading, Snapshot, Task};
use glowtop::query::{Filter, Query, Views, complete};

/// A process of which some things are known and others are not.
fn proc() -> Proc {
    let mut task = Task::bare(ProcId { pid: Pid::INIT, start_time: 7 });
    task.comm = Arc::new("init".into());
    task.command = Command::parse(b"/sbin/init\0splash\0")
        .map_or(Reading::NotRead, |line| Reading::Known(Arc::new(line)));
    let ports = Ports::new([(22, true), (50_000, false)], false);
    task.details = Some(Arc::new(Details { ports: Reading::Known(Arc::new(ports)), ..Details::default() }));
    Proc { cpu: Some(12.5), ..Proc::new(task) }
}

/// Any text is a filter; what is understood is written so that it reads the same; what is wrong has a place.
pub(crate) fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // What stands before the first line break is a saved view.
    let (saved, text) = text.split_once('\n').unwrap_or(("cpu>5", &text));
    let views = Views::new([("v".to_owned(), saved.to_owned())]);
    let snapshot = Snapshot { number: 1, procs: vec![proc()], ..Snapshot::default() };
    let mut filter = Filter::parse_with(text, &views);
    filter.look(&snapshot);
    assert_eq!(filter.text(), text);
    for proc in &snapshot.procs {
        assert!(!(filter.matches(proc) && filter.is_unsure(proc)));
    }
    let _ = filter.find(b"/sbin/init splash");
    match Query::parse_with(text, &views) {
        Ok(query) => {
            let written = query.to_string();
            assert_eq!(Query::parse_with(&written, &views).as_ref(), Ok(&query), "{written:?}");
        }
        Err(error) => {
            assert!(text.get(error.at..error.at + error.len).is_some(), "{error:?}");
            let [line, carets] = error.pointed(text);
            assert!(!line.contains(char::is_control) && carets.ends_with('^'));
        }
    }
    let cursor = bytes.first().map_or(0, |byte| usize::from(*byte));
    for offer in complete(text, cursor, &snapshot, &views) {
        assert!(offer.replace.end == cursor && !offer.text.contains(char::is_control));
    }
}

/// Whatever stands in a file, something is used, and what is said of it can be shown.
pub(crate) fn settings(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.split('\n').count();
    let may_be_said = |complaint: &Complaint| {
        assert!(complaint.line.is_none_or(|line| (1..=lines).contains(&line)), "{complaint}");
        assert!(!complaint.text.is_empty() && !complaint.text.contains(char::is_control), "{complaint}");
    };
    let (settings, complaints) = Settings::parse(&text);
    complaints.iter().for_each(may_be_said);
    assert!(!settings.screens.is_empty());
    Saved::of(&settings.filters, &settings.rules).1.iter().for_each(may_be_said);
    config::Theme::parse(&text).1.iter().for_each(may_be_said);
    config::parse_keymap(&text).1.iter().for_each(may_be_said);
}

/// No kernel text, and nothing that looks like it, is too much for a parser.
pub(crate) fn proc_files(bytes: &[u8]) {
    glowtop::proc::parse_anything(bytes);
}

/// However a terminal's bytes are cut into reads, they mean the same.
pub(crate) fn keys(bytes: &[u8]) {
    let (cut, bytes) = bytes.split_first().map_or((0, bytes), |(cut, rest)| (usize::from(*cut), rest));
    let cut = cut % (bytes.len() + 1);
    let (one, other) = bytes.split_at(cut);
    let whole = glowtop::shell::keys_of(&[bytes]);
    assert_eq!(whole, glowtop::shell::keys_of(&[one, other]));
    assert!(whole.len() <= bytes.len() + 2);
}
