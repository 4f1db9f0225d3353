//! What is said over the pipes: one line of JSON each. Where many write to the same pipe, lines are shorter than
//! `PIPE_BUF`, so that one write(2) is one line: pipe(7).

use std::io::{self, Write};

use serde::Serialize;

/// The sentence for a line that nobody of ours can have written.
pub(super) const GARBLED: &str = "The lab's processes said something that makes no sense; the run was ended.";

/// Says `what` as one line in one write.
pub(super) fn say(mut to: impl Write, what: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Cuts what comes out of a pipe into lines.
#[derive(Default)]
pub(super) struct Lines {
    pending: Vec<u8>,
}

/// Longer than any line that is ever said: a report of 1024 tasks.
const MAX_LINE: usize = 1024 * 1024;

impl Lines {
    /// Adds `bytes`; returns the lines that are complete now, or an error where a line does not end.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|&b| b == b'\n') {
            self.pending.extend_from_slice(piece);
            if self.pending.last() == Some(&b'\n') {
                self.pending.pop();
                lines.push(std::mem::take(&mut self.pending));
            } else if self.pending.len() > MAX_LINE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, GARBLED));
            }
        }
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::{SceneSaid, Took};
    use super::*;
    use crate::model::lab::Fate;

    #[test]
    fn a_line_is_a_line_however_it_arrives() {
        let mut bytes = Vec::new();
        let said = [
            SceneSaid::Ended { pid: 9, at_ns: u64::MAX, fate: Fate::Killed(9), took: Took::default() },
            SceneSaid::Note("a\nb".to_owned()),
            SceneSaid::Done { at_ns: 17 },
        ];
        for what in &said {
            say(&mut bytes, what).expect("a vector takes all");
            assert!(bytes.len() < 4096);
        }
        for step in 1..bytes.len() {
            let mut lines = Lines::default();
            let heard: Vec<SceneSaid> = bytes
                .chunks(step)
                .flat_map(|chunk| lines.feed(chunk).expect("short lines"))
                .map(|line| serde_json::from_slice(&line).expect("what was said"))
                .collect();
            assert_eq!(heard, said);
        }
    }

    #[test]
    fn a_line_without_end_is_an_error_not_a_memory_leak() {
        let mut lines = Lines::default();
        let chunk = [b'x'; 4096];
        assert!((0..400).any(|_| lines.feed(&chunk).is_err()));
    }
}
