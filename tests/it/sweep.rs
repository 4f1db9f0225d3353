//! Acts that reach beyond those that were chosen.
