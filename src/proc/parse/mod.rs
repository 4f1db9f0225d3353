//! Kernel text → raw values: pure functions over `&[u8]`, without allocation, files or clocks.
//!
//! Every byte here may be foreign: names are chosen by whoever runs a process, files come from older and newer
//! kernels, from sandboxes that imitate them, or from a fixture. So nothing panics on any input, nothing indexes, and
//! what is missing is `None`, never a guess. Numbers have the units of the kernel's text: ticks, pages, bytes.

mod details;
mod events;
mod machine;
mod net;
mod netlink;
mod process;
mod tables;
mod taskstats;

pub(super) use details::{
    autogroup, blocked, cgroup, drm, io, lone_signed, namespace, pairs, rollup, schedstat, sizes,
    stat_details, status,
};
pub(super) use events::{Event, Request, events, request};
pub(super) use machine::{Totals, cpu_lines, load, memory, pressure, uptime};
pub(super) use net::{socket, socket_inode};
pub(super) use process::{StatLine, start_time, stat, statm};
pub(super) use tables::{passwd, proc_is_restricted};
pub(super) use taskstats::{About, Answer, delays, delays_request, family, family_request};

use crate::model::Pid;

/// The name of a directory as the pid it stands for; the kernel writes no leading zeros.
pub(super) fn pid(name: &[u8]) -> Option<Pid> {
    if name.first() == Some(&b'0') {
        return None;
    }
    unsigned(name).and_then(|n| u32::try_from(n).ok()).and_then(Pid::new)
}

/// The decimal number at the start of `text` and what follows it; `None` where there is none or it does not fit.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (head, rest) = text.split_at_checked(digits)?;
    if head.is_empty() {
        return None;
    }
    let value = head
        .iter()
        .try_fold(0u64, |sum, &b| sum.checked_mul(10)?.checked_add(u64::from(b.wrapping_sub(b'0'))))?;
    Some((value, rest))
}

/// The number with which a file begins.
pub(super) fn first_number(text: &[u8]) -> Option<u64> {
    number(text).map(|(value, _)| value)
}

/// A whole word as a number.
pub(super) fn unsigned(word: &[u8]) -> Option<u64> {
    number(word).filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value)
}

/// A whole word as a number that may be negative.
pub(super) fn signed(word: &[u8]) -> Option<i64> {
    match word.strip_prefix(b"-") {
        Some(digits) => 0i64.checked_sub_unsigned(unsigned(digits)?),
        None => i64::try_from(unsigned(word)?).ok(),
    }
}

/// A whole word as a plain decimal fraction; no exponent, no `inf`, no `nan`.
fn fraction(word: &[u8]) -> Option<f64> {
    if word.is_empty() || word.len() > 40 || !word.iter().all(|b| b.is_ascii_digit() || *b == b'.') {
        return None;
    }
    std::str::from_utf8(word).ok()?.parse().ok().filter(|value: &f64| value.is_finite())
}

/// The words of a line, between blanks.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|b| matches!(b, b' ' | b'\t' | b'\n')).filter(|word| !word.is_empty())
}

/// The lines of a text.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&b| b == b'\n').filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_whole_words_that_fit() {
        assert_eq!(unsigned(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(unsigned(b"18446744073709551616"), None);
        assert_eq!((unsigned(b""), unsigned(b"1x"), unsigned(b"-1")), (None, None, None));
        assert_eq!((signed(b"-20"), signed(b"-9223372036854775808")), (Some(-20), Some(i64::MIN)));
        assert_eq!((signed(b"--1"), signed(b"-"), signed(b"9223372036854775808")), (None, None, None));
        assert_eq!(
            (fraction(b"0.52"), fraction(b"inf"), fraction(b"1e9"), fraction(b".")),
            (Some(0.52), None, None, None)
        );
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = (stat(&bytes), statm(&bytes), memory(&bytes), load(&bytes), uptime(&bytes), pressure(&bytes));
            let _ = (cpu_lines(&bytes, &mut Vec::new()), proc_is_restricted(&bytes), passwd(&bytes).count());
        }

        #[test]
        fn no_kernel_like_text_panics(text in "((cpu[0-9]{0,3}|intr|btime|procs_blocked|MemTotal:|some|full|avg10=|[-0-9.]{1,22}|\\)|\\(|kB|:|,|/)[ \n]?){0,60}") {
            let bytes = text.as_bytes();
            let _ = (stat(bytes), statm(bytes), memory(bytes), load(bytes), uptime(bytes), pressure(bytes));
            let _ = (cpu_lines(bytes, &mut Vec::new()), proc_is_restricted(bytes), passwd(bytes).count());
        }

        #[test]
        fn every_number_is_read_back(value: u64, other: i64) {
            prop_assert_eq!(unsigned(value.to_string().as_bytes()), Some(value));
            prop_assert_eq!(signed(other.to_string().as_bytes()), Some(other));
        }
    }
}
