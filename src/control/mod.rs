//! Acting on a process: pin, check, act, verdict.
#![allow(clippy::disallowed_methods)]
