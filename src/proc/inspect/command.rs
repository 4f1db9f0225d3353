//! The command line and the environment, brought by readers: they lie in the process's memory.

use std::os::fd::OwnedFd;

use super::super::commands::Outcome;
use super::Look;
use super::overview::{link, undeleted};
use super::slow::{Brought, Slow, bring};
use super::text::Buffer;
use crate::model::inspect::{CommandLine, Environment, Refused, Variable};
use crate::model::{ProcId, Untrusted};

/// So many bytes of either are shown; the kernel permits more, and nobody reads them.
const MOST: usize = 2 << 20;

/// Both are read again after so many seconds: few processes write over them, and execve(2) is rarer still.
const SELDOM: f64 = 3.0;

/// Strings that end with a NUL, and how many bytes were left out.
struct Strings {
    strings: Vec<Untrusted>,
    left_out: u64,
}

/// What the pages remember.
pub(super) struct Memo {
    line: Slow<Strings>,
    environment: Slow<Strings>,
}

impl Default for Memo {
    fn default() -> Memo {
        Memo { line: Slow::new(read_line), environment: Slow::new(read_environment) }
    }
}

impl Memo {
    pub(super) fn take_cpu(&mut self) -> f64 {
        self.line.take_cpu() + self.environment.take_cpu()
    }
}

fn read_line(dir: &OwnedFd, id: ProcId, _: &mut [u8]) -> Outcome<Brought<Strings>> {
    bring(dir, id, "/cmdline", MOST, |text, left_out| Ok(strings(text, left_out)))
}

fn read_environment(dir: &OwnedFd, id: ProcId, _: &mut [u8]) -> Outcome<Brought<Strings>> {
    bring(dir, id, "/environ", MOST, |text, left_out| Ok(strings(text, left_out)))
}

fn strings(text: &[u8], left_out: u64) -> Strings {
    let Some(last) = text.iter().rposition(|byte| *byte != 0) else {
        return Strings { strings: Vec::new(), left_out };
    };
    // A title that was written over the arguments is one text with NULs behind it; else a last one may well be empty.
    let is_title = !text.get(..last).unwrap_or_default().contains(&0);
    let body = if is_title { text.get(..=last).unwrap_or(text) } else { text };
    let body = body.strip_suffix(b"\0").unwrap_or(body);
    let strings = body.split(|byte| *byte == 0).map(Untrusted::new).collect();
    Strings { strings, left_out }
}

pub(super) fn line(look: &Look<'_>, comm: &[u8], memo: &mut Memo, buffer: &mut Buffer) -> CommandLine {
    let read = if look.bare { Err(Refused::HasNone) } else { memo.line.read(look, SELDOM) };
    let exe = link(look, buffer, "exe");
    CommandLine {
        left_out: read.as_ref().map_or(0, |strings| strings.left_out),
        arguments: read.map(|strings| strings.strings.clone()),
        name: Untrusted::new(comm),
        exe_deleted: exe.as_ref().is_ok_and(|exe| exe.bytes().ends_with(b" (deleted)")),
        exe: exe.map(|exe| undeleted(&exe)),
        cwd: link(look, buffer, "cwd"),
        read_at: memo.line.read_at(),
    }
}

pub(super) fn environment(look: &Look<'_>, memo: &mut Memo) -> Environment {
    let read = if look.bare { Err(Refused::HasNone) } else { memo.environment.read(look, SELDOM) };
    Environment {
        left_out: read.as_ref().map_or(0, |strings| strings.left_out),
        variables: read.map(|strings| strings.strings.iter().map(variable).collect()),
        read_at: memo.environment.read_at(),
    }
}

/// A variable; one whose name begins with `=` is no such thing to anybody.
fn variable(text: &Untrusted) -> Variable {
    let bytes = text.bytes();
    match bytes.iter().position(|byte| *byte == b'=') {
        Some(at) => Variable {
            name: Untrusted::new(bytes.get(..at).unwrap_or_default()),
            value: Some(Untrusted::new(bytes.get(at + 1..).unwrap_or_default())),
        },
        None => Variable { name: text.clone(), value: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &[u8]) -> Vec<String> {
        strings(text, 0).strings.iter().map(|one| one.show(40)).collect()
    }

    #[test]
    fn arguments_are_each_their_own() {
        assert_eq!(split(b"grep\0-e\0a b\0"), ["grep", "-e", "a b"]);
        assert_eq!(split(b"postgres: checkpointer \0\0\0\0\0\0"), ["postgres: checkpointer "]);
        assert_eq!(split(b"sh\0-c\0\0x\0"), ["sh", "-c", "", "x"]);
        assert_eq!(split(b"sh\0-c\0\0"), ["sh", "-c", ""]);
        assert_eq!(split(b"title without end"), ["title without end"]);
        assert!(split(b"").is_empty() && split(b"\0\0").is_empty());
    }

    #[test]
    fn a_variable_ends_its_name_at_the_first_equals_sign() {
        let of = |text: &str| {
            let variable = variable(&text.into());
            (variable.name.show(20), variable.value.map(|value| value.show(20)))
        };
        assert_eq!(of("PATH=/bin:/a=b"), ("PATH".to_owned(), Some("/bin:/a=b".to_owned())));
        assert_eq!(of("EMPTY="), ("EMPTY".to_owned(), Some(String::new())));
        assert_eq!(of("junk"), ("junk".to_owned(), None));
    }
}
