//! The question whether it is meant, on the terminal.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::os::unix::fs::OpenOptionsExt;

/// Longest answer that is read, bytes.
const LONGEST: u64 = 100;

/// What was said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    /// It is meant.
    Yes,
    /// It is not, or nobody said so.
    No,
    /// There is nobody to ask.
    NoTerminal,
}

/// Asks `question`, to be answered by `y` or `yes`; where it is `grave`, by the whole word `yes` only. Asked is the
/// terminal that controls us, whatever standard input is: what is piped in was not meant as an answer.
pub(super) fn ask(question: &str, grave: bool) -> Answer {
    let end = if grave { "? This is dangerous: type yes to go on: " } else { "? [y/N] " };
    match terminal() {
        Some(terminal) => put(&terminal, &terminal, &format!("{question}{end}"), grave),
        None if io::stdin().is_terminal() => {
            put(io::stdin(), io::stderr(), &format!("{question}{end}"), grave)
        }
        None => Answer::NoTerminal,
    }
}

fn terminal() -> Option<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(libc::O_NOCTTY | libc::O_CLOEXEC);
    options.open("/dev/tty").ok()
}

fn put(from: impl Read, mut to: impl Write, question: &str, grave: bool) -> Answer {
    if to.write_all(question.as_bytes()).and_then(|()| to.flush()).is_err() {
        return Answer::No;
    }
    let mut line = String::new();
    if BufReader::new(from.take(LONGEST)).read_line(&mut line).is_err() {
        return Answer::No;
    }
    if line.is_empty() {
        // The end of input stands where the answer would: the next line begins anew.
        let _ = to.write_all(b"\n");
    }
    match line.trim().to_ascii_lowercase().as_str() {
        "yes" => Answer::Yes,
        "y" if !grave => Answer::Yes,
        _ => Answer::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        let said = |text: &str, grave| put(text.as_bytes(), Vec::new(), "Send it?", grave);
        for yes in ["y\n", "Y\n", "yes\n", " YES \n", "yes"] {
            assert_eq!(said(yes, false), Answer::Yes, "{yes:?}");
        }
        for no in ["n\n", "", "\n", "yess\n", "yy\n", "no, yes\n", "\u{1b}y\n"] {
            assert_eq!((said(no, false), said(no, true)), (Answer::No, Answer::No), "{no:?}");
        }
        assert_eq!((said("y\n", true), said("yes\n", true)), (Answer::No, Answer::Yes));
        assert_eq!(said(&format!("{}\nyes\n", "x".repeat(200)), false), Answer::No);
    }
}
