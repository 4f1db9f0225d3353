//! Workloads, their supervisor and workers, measurement, report.
#![allow(clippy::disallowed_methods)]
