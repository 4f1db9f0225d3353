//! The tables in which things are added: one row per column, one row per meter.
//!
//! Its words: a *column* turns a process into a *value* (which sorts and exports) and a *cell* (text whose parts have
//! roles); a *meter* turns a snapshot into a *gauge* (parts of a whole, and a text). A row says what it needs read.
//! This room must never know how big the terminal is, which theme it has, or where the cursor stands.
//!
//! To add a column, write one row into the group below `columns/` that it belongs to; to add a meter, one row below
//! `meters/`. The tests of both tables say what is missing. Read next: [`Column`], then `columns/cpu.rs`.

mod cell;
mod columns;
mod meters;
mod value;

pub use cell::Cell;
pub use columns::{Align, Column, Row, column, columns, default_columns, tty_name};
pub use meters::{Gauge, Meter, MeterInput, core_parts, meter, meters};
pub use value::{Value, port_list};
