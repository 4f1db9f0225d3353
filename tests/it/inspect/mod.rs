//! The inspector's readers: processes whose insides the test knows, made-up trees, and what it costs.

mod cost;
mod ends;
mod made_up;
mod real;
mod refused;

use std::path::Path;

use glowtop::model::ProcId;
use glowtop::model::inspect::{Examine, Found, Inspection, Page};
use glowtop::proc::Inspector;

/// What `process` has open, as one of our own.
pub(super) fn inspector() -> Inspector {
    Inspector::new(Path::new("/"))
}

pub(super) fn id(pid: u32) -> ProcId {
    crate::support::target(pid).id
}

/// One look by somebody who has never looked before.
pub(super) fn look(pid: u32, page: Page) -> Inspection {
    inspector().examine(id(pid), page, true)
}

/// The page that was found, by its variant.
macro_rules! page {
    ($inspection:expr, $variant:ident) => {{
        let inspection = $inspection;
        match inspection.found {
            glowtop::model::inspect::Found::$variant(page) => page,
            other => panic!("{} was due, not {other:?}", stringify!($variant)),
        }
    }};
}
pub(super) use page;

/// Whether something was found at all.
pub(super) fn is_page(found: &Found) -> bool {
    !matches!(found, Found::Gone(_) | Found::Refused(_))
}
