//! Files of the processes on screen, kept open: read anew from their beginning in each look, which costs half of
//! opening, reading and closing them. A kept file belongs to one process for ever; once that has ended it says so.

use std::os::fd::OwnedFd;

use crate::model::ProcId;

/// For so many processes at most: more than most screens have rows, and far from the usual limit of 1024 descriptors.
const MOST: usize = 160;

/// Which file of a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Of {
    /// `stat`.
    Stat,
    /// `statm`.
    Statm,
}

impl Of {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Of::Stat => "stat",
            Of::Statm => "statm",
        }
    }
}

struct Row {
    id: ProcId,
    stat: Option<OwnedFd>,
    statm: Option<OwnedFd>,
}

impl Row {
    fn place(&mut self, of: Of) -> &mut Option<OwnedFd> {
        match of {
            Of::Stat => &mut self.stat,
            Of::Statm => &mut self.statm,
        }
    }
}

/// The files that are kept, ordered by process.
#[derive(Default)]
pub(super) struct Kept {
    rows: Vec<Row>,
}

impl Kept {
    /// Lets go of everybody who is not in `ids`, which is ordered.
    pub(super) fn only(&mut self, ids: &[ProcId]) {
        self.rows.retain(|row| ids.binary_search(&row.id).is_ok());
    }

    /// Lets go of everything; whether there was anything.
    pub(super) fn clear(&mut self) -> bool {
        let any = !self.rows.is_empty();
        self.rows.clear();
        any
    }

    /// Takes a file out, to be read and put back.
    pub(super) fn take(&mut self, id: ProcId, of: Of) -> Option<OwnedFd> {
        let at = self.rows.binary_search_by_key(&id, |row| row.id).ok()?;
        self.rows.get_mut(at)?.place(of).take()
    }

    /// Keeps a file, if there is room.
    pub(super) fn put(&mut self, id: ProcId, of: Of, file: OwnedFd) {
        let at = match self.rows.binary_search_by_key(&id, |row| row.id) {
            Ok(at) => at,
            Err(_) if self.rows.len() >= MOST => return,
            Err(at) => {
                self.rows.insert(at, Row { id, stat: None, statm: None });
                at
            }
        };
        if let Some(row) = self.rows.get_mut(at) {
            *row.place(of) = Some(file);
        }
    }
}
