//! What htop calls our columns, so that its command lines go on to work: `-s PERCENT_CPU`. Names that are ours too but for
//! upper case are left out.

use super::{Column, column};

/// Its names, those of 3.5 and older ones, with our ids.
const NAMES: &[(&str, &str)] = &[
    ("M_VIRT", "virt"),
    ("M_SIZE", "virt"),
    ("M_RESIDENT", "res"),
    ("M_SHARE", "shr"),
    ("M_PRIV", "private"),
    ("M_TRS", "text"),
    ("M_DRS", "data"),
    ("M_LRS", "lib"),
    ("M_PSS", "pss"),
    ("M_SWAP", "swap"),
    ("M_PSSWP", "swap_pss"),
    ("M_EPSS", "epss"),
    ("ST_UID", "uid"),
    ("PERCENT_CPU", "cpu"),
    ("PERCENT_NORM_CPU", "cpu_share"),
    ("PERCENT_MEM", "mem"),
    ("PERCENT_CPU_DELAY", "run_wait"),
    ("PERCENT_IO_DELAY", "io_wait"),
    ("PERCENT_SWAP_DELAY", "swap_wait"),
    ("NLWP", "threads"),
    ("STARTTIME", "start"),
    ("RBYTES", "read_bytes"),
    ("WBYTES", "write_bytes"),
    ("CNCLWB", "cancelled"),
    ("IO_READ_RATE", "read_rate"),
    ("IO_WRITE_RATE", "write_rate"),
    ("OOM", "oom_score"),
    ("CTXT", "switches"),
    ("SECATTR", "label"),
    ("AUTOGROUP_ID", "autogroup"),
    ("SCHEDULERPOLICY", "policy"),
    ("ISCONTAINER", "contained"),
    ("GPU_PERCENT", "gpu"),
];

/// The column that htop calls so.
pub fn column_of_htop(name: &str) -> Option<&'static Column> {
    let known = NAMES.iter().find(|(theirs, _)| theirs.eq_ignore_ascii_case(name))?;
    column(known.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `htop --sort-key=help` of 3.2.2, and what 3.5 has on top.
    const FIELDS: &str = "PID Command STATE PPID PGRP SESSION TTY TPGID MINFLT CMINFLT MAJFLT CMAJFLT UTIME STIME CUTIME CSTIME \
        PRIORITY NICE STARTTIME PROCESSOR M_VIRT M_RESIDENT M_SHARE M_TRS M_DRS M_LRS ST_UID PERCENT_CPU PERCENT_MEM USER \
        TIME NLWP TGID PERCENT_NORM_CPU ELAPSED RCHAR WCHAR SYSCR SYSCW RBYTES WBYTES CNCLWB IO_READ_RATE IO_WRITE_RATE \
        IO_RATE CGROUP OOM IO_PRIORITY PERCENT_CPU_DELAY PERCENT_IO_DELAY PERCENT_SWAP_DELAY M_PSS M_SWAP M_PSSWP CTXT SECATTR COMM EXE CWD \
        AUTOGROUP_ID AUTOGROUP_NICE CCGROUP CONTAINER M_PRIV M_EPSS ISCONTAINER SCHEDULERPOLICY GPU_TIME GPU_PERCENT";

    #[test]
    fn each_of_its_fields_is_a_column_of_ours() {
        for field in FIELDS.split_whitespace() {
            let ours = column(&field.to_lowercase()).or_else(|| column_of_htop(field));
            assert!(ours.is_some(), "{field}");
        }
        for (theirs, ours) in NAMES {
            assert!(column(ours).is_some(), "{theirs}: there is no {ours}");
            assert!(column(&theirs.to_lowercase()).is_none(), "{theirs} is ours already");
        }
        assert_eq!(column_of_htop("m_resident").map(|column| column.id), Some("res"));
        assert!(column_of_htop("PERCENT_LUCK").is_none());
    }
}
