//! How far a comparison is to be believed: VALID, NOISY or INVALID, with its reasons.

use serde::{Deserialize, Serialize};

use super::RunReport;

/// How far a comparison is to be believed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum VerdictKind {
    /// Nothing speaks against it.
    #[default]
    Valid,
    /// Something else than the run shaped its times.
    Noisy,
    /// Its figures must not be used.
    Invalid,
}

impl VerdictKind {
    /// The word in tables and reports.
    pub const fn word(self) -> &'static str {
        match self {
            VerdictKind::Valid => "VALID",
            VerdictKind::Noisy => "NOISY",
            VerdictKind::Invalid => "INVALID",
        }
    }
}

/// A verdict with its reasons.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Verdict {
    /// The worst of its reasons.
    pub kind: VerdictKind,
    /// Short sentences with their numbers; empty where it is VALID.
    pub reasons: Vec<String>,
    /// What to bear in mind, though it is no reason to doubt: workers that share cores, for instance.
    pub notes: Vec<String>,
}

impl Verdict {
    /// The verdict on a run and on the serial run that it is compared with.
    pub fn new(serial: Option<&RunReport>, run: &RunReport) -> Verdict {
        let wrong = serial.is_some_and(|serial| !serial.answer_ok) || !run.answer_ok;
        let mut verdict = Verdict::default();
        if wrong {
            verdict.kind = VerdictKind::Invalid;
            verdict.reasons.push("An answer is wrong or missing.".to_owned());
        }
        verdict
    }
}
