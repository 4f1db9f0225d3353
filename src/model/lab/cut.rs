//! Why a run was ended before its time.

use serde::{Deserialize, Serialize};

/// A bound at which a run was ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// It took more real time than this, seconds.
    Time(u32),
    /// Its processes together took more memory than this, MiB.
    Memory(u32),
    /// Less than a tenth of the machine's memory was left.
    MachineMemory,
    /// It wanted more processes and threads at a time than this.
    Processes(u32),
}

impl Cut {
    /// The sentence for the user.
    pub fn sentence(self) -> String {
        format!("The run {}.", self.ending())
    }

    /// What goes on after "this run" in a sentence.
    pub(super) fn ending(self) -> String {
        match self {
            Cut::Time(1) => "was ended at its limit of 1 second".to_owned(),
            Cut::Time(seconds) => format!("was ended at its limit of {seconds} seconds"),
            Cut::Memory(mib) => format!("was ended at its limit of {mib} MiB of memory"),
            Cut::MachineMemory => {
                "was ended because less than a tenth of the machine's memory was left".to_owned()
            }
            Cut::Processes(count) => format!("was ended at its limit of {count} processes and threads"),
        }
    }
}
