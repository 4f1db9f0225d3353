//! The sampling thread: when to look.
#![allow(clippy::disallowed_methods)]
