//! The tables in which things are added: one row per column, one row per meter.
