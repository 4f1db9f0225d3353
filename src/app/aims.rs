//! Whom a dialog would reach: pinned when it opened, and watched while it is open.

use crate::model::{ControlNews, Happened, Outcome, Snapshot, Standing, Target, Untrusted};

/// How sure it is that a target is still who was chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Aim {
    /// The pin is not answered yet.
    Checking,
    /// Pinned: it can only be this process. With how it stands.
    Ready(Box<Standing>),
    /// It ended while the dialog was open.
    Gone,
    /// It cannot be hit, for this reason.
    Refused(Box<Outcome>),
}

/// A target with what helps to recognise it.
#[derive(Clone, Debug)]
pub struct Aimed {
    /// Who.
    pub target: Target,
    /// Its owner.
    pub user: Option<Untrusted>,
    /// CPU use when it was chosen, percent of one core.
    pub cpu: Option<f64>,
    /// Resident memory when it was chosen, bytes.
    pub resident: Option<u64>,
    /// Age when it was chosen, seconds.
    pub age: Option<f64>,
    /// Whether it can be hit.
    pub aim: Aim,
}

/// The targets of one dialog.
#[derive(Clone, Debug)]
pub struct Aims {
    /// Names this dialog to the control thread.
    pub session: u64,
    /// Whom it would reach.
    pub targets: Vec<Aimed>,
}

impl Aims {
    /// Aims at `targets` as they are in `snapshot`; the order to pin them is the caller's.
    pub fn new(session: u64, targets: Vec<Target>, snapshot: &Snapshot) -> Aims {
        let aimed = targets.into_iter().map(|target| {
            let proc = snapshot.find(target.id);
            Aimed {
                user: proc.and_then(|p| p.task.user.as_deref().cloned()),
                cpu: proc.and_then(|p| p.cpu),
                resident: proc.and_then(|p| p.task.memory.known().map(|m| m.resident)),
                age: proc.and_then(|p| snapshot.age(p)),
                aim: Aim::Checking,
                target,
            }
        });
        Aims { session, targets: aimed.collect() }
    }

    /// Takes news of the pins.
    pub fn news(&mut self, news: &ControlNews) {
        let Some(aimed) = self.targets.iter_mut().find(|aimed| aimed.target.id == news.target.id) else {
            return;
        };
        match &news.what {
            Happened::Pinned(standing) => aimed.aim = Aim::Ready(standing.clone()),
            Happened::Vanished | Happened::Outcome(Outcome::AlreadyGone) => aimed.aim = Aim::Gone,
            Happened::Outcome(outcome) => aimed.aim = Aim::Refused(Box::new(outcome.clone())),
            Happened::Verdict(_) | Happened::Surveyed(_) | Happened::Respawned(_) | Happened::Over { .. } => {
            }
        }
    }

    /// How many can be hit.
    pub fn ready(&self) -> usize {
        self.targets.iter().filter(|aimed| matches!(aimed.aim, Aim::Ready(_) | Aim::Checking)).count()
    }
}
