//! The tables in which things are added: one row per column, one row per meter.
//!
//! Its words: a *column* turns a process into a *value* (which sorts and exports) and a *cell* (text whose parts have
//! roles); a *meter* turns a snapshot into a *gauge* (parts of a whole, and a text). A row says what it needs read.
//! This room must never know how big the terminal is, which theme it has, or where the cursor stands.
//!
//! `inspect` turns the pages of the inspector into rows. To add a column, write one row into the group below `columns/`
//! that it belongs to; to add a meter, one row below `meters/`. The tests of both tables say what is missing. Read next: [`Column`], then `columns/cpu.rs`.

mod cell;
mod columns;
pub mod inspect;
mod meters;
mod value;

pub use cell::Cell;
pub use columns::state_role;
pub use columns::{Align, Column, Grouped, Row, column, column_of_htop, columns, default_columns, tty_name};
pub use meters::{Cores, Data, Gauge, Meter, MeterInput, Style, Unit, core_parts, meter, meters, rate};
pub use value::{Value, port_list};
