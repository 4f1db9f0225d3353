//! How many pidfds may be open: RLIMIT_NOFILE of getrlimit(2).

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The soft limit of open files, raised only while it has to be: whoever is started meanwhile inherits it, and old
/// programs that use select(2) count on 1 024.
#[derive(Default)]
pub(super) struct Limit {
    /// What it was, and what we made of it.
    raised: Option<(u64, u64)>,
}

impl Limit {
    /// Whether one more pidfd may be opened beside `held`. Three quarters of the limit are ours, so that the rest of
    /// the program can always open its files; a soft limit that is too low is raised to the hard one.
    pub(super) fn has_room(&mut self, held: usize) -> bool {
        let limit = getrlimit(Resource::Nofile);
        if held < share(limit.current) {
            return true;
        }
        let (Some(own), hard) = (limit.current, limit.maximum) else { return true };
        let most = hard.unwrap_or(1 << 20);
        if most <= own || held >= share(Some(most)) {
            return false;
        }
        let more = Rlimit { current: Some(most), maximum: hard };
        let done = setrlimit(Resource::Nofile, more).is_ok();
        if done {
            let first = self.raised.map_or(own, |(first, _)| first);
            self.raised = Some((first, most));
        }
        done
    }

    /// Gives back what was raised when `held` pidfds need no more than there was. Nothing is given back that somebody
    /// else has changed since.
    pub(super) fn relax(&mut self, held: usize) {
        let Some((own, ours)) = self.raised.filter(|(own, _)| held < share(Some(*own)) / 2) else { return };
        self.raised = None;
        let limit = getrlimit(Resource::Nofile);
        if limit.current == Some(ours) {
            let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(own), maximum: limit.maximum });
        }
    }
}

/// Three quarters of a limit; no limit at all is as many as can be counted.
fn share(limit: Option<u64>) -> usize {
    usize::try_from(limit.unwrap_or(u64::MAX) / 4 * 3).unwrap_or(usize::MAX)
}
