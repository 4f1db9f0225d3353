//! The command line and the environment of a process, as they are in its memory.

use super::refused::Datum;
use crate::model::{Nanos, Untrusted};

/// The command line.
#[derive(Clone, PartialEq, Debug)]
pub struct CommandLine {
    /// The arguments, the program's own name first. A process that wrote a title over them has one.
    pub arguments: Datum<Vec<Untrusted>>,
    /// Bytes of it that are not shown, because it is very long.
    pub left_out: u64,
    /// `comm`.
    pub name: Untrusted,
    /// The program: the link `exe`.
    pub exe: Datum<Untrusted>,
    /// Whether the program's file has been deleted or replaced since.
    pub exe_deleted: bool,
    /// Working directory, to which relative paths in the arguments refer when it started.
    pub cwd: Datum<Untrusted>,
    /// When the arguments were read.
    pub read_at: Option<Nanos>,
}

/// The environment that the process was given when it started its program; what it changed since is not to be seen,
/// unless it wrote over it in place.
#[derive(Clone, PartialEq, Debug)]
pub struct Environment {
    /// The variables, in their order.
    pub variables: Datum<Vec<Variable>>,
    /// Bytes of it that are not shown, because it is very long.
    pub left_out: u64,
    /// When it was read.
    pub read_at: Option<Nanos>,
}

/// One variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Its name; all of the text where there is no `=` in it.
    pub name: Untrusted,
    /// Its value; `None` where there is no `=`.
    pub value: Option<Untrusted>,
}
