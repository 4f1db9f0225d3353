//! The filter: text → does this process match.
//!
//! Its word: a *filter* is what somebody typed, understood once and asked of every process. It never fails: any text
//! is a filter. This room must never know who asks (the filter line, the search, the command line), nor what is done
//! with what matches. Today a filter is htop's: alternatives between `|`, each a piece of the command line or of the
//! name, upper and lower case alike, and beyond that `pid:N`, which is the process of that number and nobody else; a
//! richer language can take its place behind the same door.

mod fold;

use std::ops::Range;

use crate::model::{Kind, Needs, Pid, Proc};

/// What somebody wants to see, as text that was understood. The empty one matches everything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    text: String,
    alternatives: Vec<fold::Needle>,
    /// Those that are named by number.
    pids: Vec<Pid>,
}

impl Filter {
    /// Understands `text`. Empty alternatives say nothing, so `|` alone matches everything. `pid:` with something else
    /// than the number of a process behind it is a piece of text like any other.
    pub fn parse(text: &str) -> Filter {
        let mut filter = Filter { text: text.to_owned(), ..Filter::default() };
        for piece in text.split('|').filter(|piece| !piece.is_empty()) {
            match named(piece) {
                Some(pid) => filter.pids.push(pid),
                None => filter.alternatives.push(fold::Needle::new(piece)),
            }
        }
        filter
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it matches everything.
    pub fn is_empty(&self) -> bool {
        self.alternatives.is_empty() && self.pids.is_empty()
    }

    /// What must be read before it can be asked; nothing for numbers.
    pub fn needs(&self) -> Needs {
        if self.alternatives.is_empty() { Needs::NOTHING } else { Needs::COMMAND }
    }

    /// Whether it names the process or thread `pid` by its number.
    pub fn names(&self, pid: Pid) -> bool {
        self.pids.contains(&pid)
    }

    /// Whether the process or thread matches, by its number, its command line or its short name. Allocates nothing.
    pub fn matches(&self, proc: &Proc) -> bool {
        if self.is_empty() {
            return true;
        }
        let task = &proc.task;
        // A row of short-lived processes has the number of their parent.
        if task.kind != Kind::ShortLived && self.names(task.id.pid) {
            return true;
        }
        let command = match task.kind {
            Kind::Process | Kind::Thread(_) => task.command.known().map(|command| command.line.bytes()),
            // The sentence of a row of short-lived processes is ours; their names are its short name.
            Kind::Kernel | Kind::ShortLived => None,
        };
        self.find(task.comm.bytes()).is_some() || command.is_some_and(|line| self.find(line).is_some())
    }

    /// Where in `text` the first match is, in bytes; for marking it. Of several alternatives the leftmost counts, and
    /// of those at one place the longest; numbers are not looked for. `None` for the empty filter. Allocates nothing.
    pub fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        let found = self.alternatives.iter().filter_map(|needle| needle.find(text));
        found.min_by_key(|range| (range.start, usize::MAX - range.end))
    }
}

/// The process that `piece` names by its number: `pid:4711`.
fn named(piece: &str) -> Option<Pid> {
    let (key, number) = piece.trim().split_once(':')?;
    // Not what `parse` takes beside digits: a sign.
    let plain = number.bytes().all(|byte| byte.is_ascii_digit());
    let pid = number.parse().ok().and_then(Pid::new);
    pid.filter(|_| plain && key.eq_ignore_ascii_case("pid"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Command, ProcId, Reading, Task};

    fn proc(comm: &str, command: &[u8]) -> Proc {
        let mut task = Task::bare(ProcId::new(7, 1).unwrap());
        task.comm = Arc::new(comm.into());
        task.command = Command::parse(command).map_or(Reading::NotRead, |c| Reading::Known(Arc::new(c)));
        Proc::new(task)
    }

    fn matches(filter: &str, proc: &Proc) -> bool {
        Filter::parse(filter).matches(proc)
    }

    #[test]
    fn pieces_match_whatever_their_case() {
        let vim = proc("vim.basic", b"/usr/bin/vim\0Notes.TXT\0");
        for filter in ["vim", "VIM", "notes.txt", "bin/vim n", "basic", "emacs|vim", "|vim", "x||notes"] {
            assert!(matches(filter, &vim), "{filter}");
        }
        for filter in ["emacs", "vim  ", "q|z", "vim&notes", "v.m"] {
            assert!(!matches(filter, &vim), "{filter}");
        }
    }

    #[test]
    fn nothing_typed_matches_everything_and_needs_nothing() {
        for filter in ["", "|", "||"] {
            assert!(matches(filter, &proc("", b"")), "{filter}");
            assert_eq!(Filter::parse(filter).needs(), Needs::NOTHING);
        }
        assert_eq!(Filter::parse("a").needs(), Needs::COMMAND);
        assert_eq!(Filter::parse(" A|b").text(), " A|b");
    }

    #[test]
    fn a_number_names_one_and_is_no_text() {
        let mut seven = proc("sh", b"sh\0-c\0watch pid:8\0");
        for filter in ["pid:7", "PID:7", "vim|pid:7", " pid:7 ", "pid:1|pid:7|", "pid:07"] {
            assert!(matches(filter, &seven), "{filter}");
        }
        // Text that looks like another process's number is in its command line.
        for filter in ["pid:8", "pid:77", "vim|pid:70"] {
            assert!(!matches(filter, &seven), "{filter}");
        }
        assert!(matches("pid:8|watch", &seven));
        for (text, other) in
            [("watch pid:", "pid:"), ("pid:x", "PID:X"), ("pid:0", "pid:0"), ("pid:+7", "pid:+7")]
        {
            assert!(matches(text, &proc("x", format!("watch {other}").as_bytes())), "{text}");
            assert_eq!(Filter::parse(text).needs(), Needs::COMMAND);
        }
        let filter = Filter::parse("pid:7");
        assert!(!filter.is_empty() && filter.needs() == Needs::NOTHING && filter.find(b"pid:7").is_none());
        assert!(filter.names(Pid::new(7).unwrap()) && !filter.names(Pid::INIT));
        seven.task_mut().kind = Kind::ShortLived;
        assert!(!matches("pid:7", &seven), "those that died below it are others");
    }

    #[test]
    fn a_kernel_thread_and_an_unread_command_line_match_by_name() {
        let mut worker = proc("kworker/0:1", b"");
        assert!(matches("kworker", &worker));
        worker.task_mut().kind = Kind::Kernel;
        assert!(matches("KWORKER", &worker) && !matches("bash", &worker));
    }

    #[test]
    fn other_scripts_fold_too_and_broken_bytes_do_not_hide_the_rest() {
        let odd = proc("x", "\u{c4}PFEL \u{3a3}\0".as_bytes());
        assert!(matches("äpfel σ", &odd));
        let mut raw = b"\xff\xfe caf".to_vec();
        raw.extend_from_slice("É\u{ff}".as_bytes());
        assert!(matches("café", &proc("x", &raw)));
        assert!(matches("caf", &proc("x", &raw)));
    }

    #[test]
    fn the_leftmost_longest_match_is_marked() {
        let find = |filter: &str, text: &str| Filter::parse(filter).find(text.as_bytes());
        assert_eq!(find("b", "abc"), Some(1..2));
        assert_eq!(find("bc|b|c", "abc"), Some(1..3));
        assert_eq!(find("É", "xé!"), Some(1..3));
        assert_eq!(find("", "abc"), None);
        assert_eq!(find("abcd", "abc"), None);
    }
}
