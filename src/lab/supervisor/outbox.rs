//! What is to be told to the monitor. It never waits while a run goes on: a monitor that is stopped, or slow, must not
//! disturb what is measured, nor keep the supervisor from seeing its lifeline.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::super::protocol::say;
use crate::model::lab::LabNews;

/// Bytes that may wait before pictures are left out: a monitor that looks away for some minutes misses nothing.
const ROOM: usize = 4 * 1024 * 1024;

/// News on their way.
pub(super) struct Outbox {
    pipe: File,
    waiting: VecDeque<Vec<u8>>,
    /// Bytes of the first of them that are out.
    sent: usize,
    bytes: usize,
    /// Events of lanes that were left out since the last that were not.
    left_out: usize,
}

impl Outbox {
    /// On its way through this pipe, which nobody else writes to.
    pub(super) fn new(pipe: File) -> io::Result<Outbox> {
        fcntl_setfl(&pipe, fcntl_getfl(&pipe)? | OFlags::NONBLOCK)?;
        Ok(Outbox { pipe, waiting: VecDeque::new(), sent: 0, bytes: 0, left_out: 0 })
    }

    /// Tells, now or as soon as there is room. What only draws pictures is left out where too much waits already.
    ///
    /// # Errors
    /// Where nobody listens any more.
    pub(super) fn put(&mut self, what: &LabNews) -> io::Result<()> {
        if self.bytes > ROOM {
            match what {
                LabNews::Lanes(events) => {
                    self.left_out += events.len();
                    return self.flush();
                }
                LabNews::Looks(_) => return self.flush(),
                _ => {}
            }
        } else if self.left_out > 0 {
            let count = std::mem::take(&mut self.left_out);
            let sentence = format!(
                "Nobody looked for a while: {count} events are missing in the lanes, none in the result."
            );
            self.push(&LabNews::Note(sentence))?;
        }
        self.push(what)?;
        self.flush()
    }

    fn push(&mut self, what: &LabNews) -> io::Result<()> {
        let mut line = Vec::new();
        say(&mut line, what)?;
        self.bytes += line.len();
        self.waiting.push_back(line);
        Ok(())
    }

    /// Whether something waits for room.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Gives out as much as there is room for.
    ///
    /// # Errors
    /// As [`Outbox::put`].
    pub(super) fn flush(&mut self) -> io::Result<()> {
        while let Some(line) = self.waiting.front() {
            match self.pipe.write(line.get(self.sent..).unwrap_or_default()) {
                Ok(length) => self.sent += length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if self.sent >= line.len() {
                self.bytes -= line.len();
                self.sent = 0;
                self.waiting.pop_front();
            }
        }
        Ok(())
    }

    /// Waits until all is out, however long a stopped monitor stays stopped.
    ///
    /// # Errors
    /// As [`Outbox::put`].
    pub(super) fn flush_all(&mut self) -> io::Result<()> {
        loop {
            self.flush()?;
            if !self.is_waiting() {
                return Ok(());
            }
            let _ = poll(&mut [PollFd::new(self.pipe.as_fd(), PollFlags::POLLOUT)], PollTimeout::NONE);
        }
    }
}

impl AsFd for Outbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::protocol::Lines;
    use crate::model::lab::{Did, LaneEvent};
    use std::io::Read;
    use std::os::fd::OwnedFd;

    fn lanes(count: usize) -> LabNews {
        let event = LaneEvent { worker: 1, at: u64::MAX, what: Did::Gap { from: u64::MAX, cpu: 1 } };
        LabNews::Lanes(vec![event; count])
    }

    #[test]
    fn nobody_waits_for_a_monitor_that_does_not_read_and_what_matters_arrives() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let mut outbox = Outbox::new(OwnedFd::from(writer).into()).expect("a pipe");
        let mut put = 0;
        // Would never come back if it waited: nobody reads.
        while outbox.left_out == 0 {
            outbox.put(&lanes(500)).expect("there is a reader");
            put += 500;
        }
        outbox.put(&LabNews::Looks(Vec::new())).expect("there is a reader");
        outbox.put(&LabNews::Note("matters".to_owned())).expect("there is a reader");
        assert!(outbox.is_waiting() && outbox.bytes < ROOM + 500 * 200);
        let reading = std::thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).expect("a pipe");
            all
        });
        outbox.flush_all().expect("there is a reader");
        assert_eq!(outbox.bytes, 0);
        outbox.put(&LabNews::Ended { problem: None }).expect("there is a reader");
        outbox.flush_all().expect("there is a reader");
        drop(outbox);
        let lines: Vec<LabNews> = Lines::default()
            .feed(&reading.join().expect("a thread"))
            .expect("whole lines")
            .iter()
            .map(|line| serde_json::from_slice(line).expect("whole news"))
            .collect();
        let events: usize =
            lines.iter().map(|news| if let LabNews::Lanes(all) = news { all.len() } else { 0 }).sum();
        let [.., LabNews::Note(first), LabNews::Note(said), LabNews::Ended { .. }] = lines.as_slice() else {
            panic!("{:?}", lines.last())
        };
        assert_eq!(first, "matters");
        assert!(said.contains(&format!(" {} events", put - events)) && put > events, "{said}");
    }

    #[test]
    fn the_end_of_the_reader_is_an_error_also_where_something_waits() {
        let (reader, writer) = io::pipe().expect("a pipe");
        let mut outbox = Outbox::new(OwnedFd::from(writer).into()).expect("a pipe");
        while !outbox.is_waiting() {
            outbox.put(&lanes(500)).expect("there is a reader");
        }
        drop(reader);
        assert!(outbox.flush_all().is_err());
        assert!(outbox.put(&LabNews::Ended { problem: None }).is_err());
    }
}
