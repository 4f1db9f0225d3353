//! The filter: text → does this process match.
//!
//! Its word: a *filter* is what somebody typed, understood once and asked of every process. It never fails: any text
//! is a filter. This room must never know who asks (the filter line, the search, the command line), nor what is done
//! with what matches. Today a filter is htop's: alternatives between `|`, each a piece of the command line or of the
//! name, upper and lower case alike; a richer language can take its place behind the same door.

mod fold;

use std::ops::Range;

use crate::model::{Kind, Needs, Proc};

/// What somebody wants to see, as text that was understood. The empty one matches everything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    text: String,
    alternatives: Vec<fold::Needle>,
}

impl Filter {
    /// Understands `text`. Empty alternatives say nothing, so `|` alone matches everything.
    pub fn parse(text: &str) -> Filter {
        let alternatives = text.split('|').filter(|piece| !piece.is_empty()).map(fold::Needle::new).collect();
        Filter { text: text.to_owned(), alternatives }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it matches everything.
    pub fn is_empty(&self) -> bool {
        self.alternatives.is_empty()
    }

    /// What must be read before it can be asked.
    pub fn needs(&self) -> Needs {
        if self.is_empty() { Needs::NOTHING } else { Needs::COMMAND }
    }

    /// Whether the process or thread matches, by its command line or its short name. Allocates nothing.
    pub fn matches(&self, proc: &Proc) -> bool {
        if self.is_empty() {
            return true;
        }
        let task = &proc.task;
        let command = match task.kind {
            Kind::Process | Kind::Thread(_) => task.command.known().map(|command| command.line.bytes()),
            // The sentence of a row of short-lived processes is ours; their names are its short name.
            Kind::Kernel | Kind::ShortLived => None,
        };
        self.find(task.comm.bytes()).is_some() || command.is_some_and(|line| self.find(line).is_some())
    }

    /// Where in `text` the first match is, in bytes; for marking it. Of several alternatives the leftmost counts, and
    /// of those at one place the longest. `None` for the empty filter. Allocates nothing.
    pub fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        let found = self.alternatives.iter().filter_map(|needle| needle.find(text));
        found.min_by_key(|range| (range.start, usize::MAX - range.end))
    }
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
