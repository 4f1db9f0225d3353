//! One target of one session, and where it stands between being pinned and its end.

use std::time::Instant;

use super::follow::Pursuit;
use super::orders::Part;
use super::pin::Hold;
use crate::model::{Act, Target};

/// Names a case for epoll and the alarms, or an order; never used twice.
pub(super) type Token = u64;

/// One target of one session.
pub(super) struct Case {
    pub(super) session: u64,
    pub(super) target: Target,
    /// What was last done to it.
    pub(super) act: Option<Act>,
    /// Kept from the pinning to the act, and from a delivered signal to its verdict. A case without a hold is pinned
    /// anew when an act comes: the identity is checked in any case.
    pub(super) hold: Option<Hold>,
    pub(super) stage: Stage,
    /// Its end was told; there is nothing left to pin, even while its parent has not reaped it.
    pub(super) ended: bool,
    /// Its session was released: it is forgotten when there is nothing more to follow.
    pub(super) released: bool,
    /// What it owes to the order that it was last bound to.
    pub(super) part: Option<Part>,
    /// When to look at it next; the same instant stands in `Desk::alarms`.
    pub(super) alarm: Option<Instant>,
}

/// Where a case with a hold stands.
#[derive(Clone, Copy)]
pub(super) enum Stage {
    /// Nothing was sent since it was pinned; `zombie` if it was one already then.
    Pinned { zombie: bool },
    /// A signal was delivered and the verdict is to come.
    Pursued(Pursuit),
    /// It ended, and how may still become known.
    Ended { sent: Instant, at: Instant },
    /// It was told to be alive; its end would still be news.
    Lingering { sent: Instant, until: Instant },
}
