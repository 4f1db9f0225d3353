//! Kernel text → `Sample`, below an injectable root.
#![allow(clippy::disallowed_methods)]
