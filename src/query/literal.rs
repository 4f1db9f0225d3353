//! Numbers with units: how they are read, and how they are written so that they read the same again.

use std::fmt;

/// Units of memory, in bytes. Letters alone are binary, as everywhere on the screen; `MB` is what SI says.
const SIZES: [(&str, u64); 20] = [
    ("", 1),
    ("b", 1),
    ("k", 1 << 10),
    ("kib", 1 << 10),
    ("kb", 1_000),
    ("m", 1 << 20),
    ("mib", 1 << 20),
    ("mb", 1_000_000),
    ("g", 1 << 30),
    ("gib", 1 << 30),
    ("gb", 1_000_000_000),
    ("t", 1 << 40),
    ("tib", 1 << 40),
    ("tb", 1_000_000_000_000),
    ("p", 1 << 50),
    ("pib", 1 << 50),
    ("pb", 1_000_000_000_000_000),
    ("e", 1 << 60),
    ("eib", 1 << 60),
    ("eb", 1_000_000_000_000_000_000),
];

/// Units of time, in nanoseconds.
const SPANS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3_600 * SECOND),
    ("d", 86_400 * SECOND),
    ("w", 604_800 * SECOND),
];

const SECOND: u64 = 1_000_000_000;

/// A whole number with or without a sign.
pub(super) fn whole(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// A port; 0 is none, so that `port>0` is whoever has one.
pub(super) fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A percentage, with or without its sign: `50%`, `0.5`. It is not negative, and finite.
pub(super) fn percent(text: &str) -> Option<f64> {
    let number = text.strip_suffix('%').unwrap_or(text);
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && number.bytes().next().is_some_and(|b| b.is_ascii_digit());
    number.parse().ok().filter(|value: &f64| plain && value.is_finite())
}

/// An amount of memory in bytes: `4096`, `1.5GiB`, `500M`, `10MB`.
pub(super) fn size(text: &str) -> Option<u64> {
    let (number, unit) = split(text);
    let (_, bytes) = SIZES.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    times(number, *bytes)
}

/// A span of time in nanoseconds: `10m`, `1h30m`, `1.5d`, `250ms`; a number alone is seconds.
pub(super) fn span(text: &str) -> Option<u64> {
    let (number, unit) = split(text);
    if unit.is_empty() {
        return times(number, SECOND);
    }
    let (mut rest, mut sum) = (text, 0u64);
    while !rest.is_empty() {
        let (number, after) = split(rest);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, others) = after.split_at_checked(letters)?;
        let (_, nanos) = SPANS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
        sum = sum.checked_add(times(number, *nanos)?)?;
        rest = others;
    }
    Some(sum)
}

/// The number at the beginning, and what follows it.
fn split(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// A decimal number times `unit`, rounded down; `None` for what is no number or does not fit.
fn times(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    // What lies behind the eighteenth digit is less than one of anything that fits.
    let fraction = fraction.get(..18).unwrap_or(fraction);
    let part = fraction.parse::<u128>().ok()? * u128::from(unit) / 10u128.pow(fraction.len() as u32);
    whole.parse::<u64>().ok()?.checked_mul(unit)?.checked_add(u64::try_from(part).ok()?)
}

/// Writes bytes in the largest binary unit of which they are a whole number.
pub(super) fn write_size(bytes: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let units = [(60, "EiB"), (50, "PiB"), (40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    let fits = |(bits, _): &(u32, &str)| bytes != 0 && bytes.trailing_zeros() >= *bits;
    match units.into_iter().find(fits) {
        Some((bits, unit)) => write!(f, "{}{unit}", bytes >> bits),
        None => write!(f, "{bytes}B"),
    }
}

/// Writes nanoseconds as days, hours, minutes and seconds.
pub(super) fn write_span(nanos: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut rest = nanos;
    for (unit, name) in [(86_400 * SECOND, "d"), (3_600 * SECOND, "h"), (60 * SECOND, "m")] {
        if rest >= unit {
            write!(f, "{}{name}", rest / unit)?;
            rest %= unit;
        }
    }
    let (seconds, fraction) = (rest / SECOND, rest % SECOND);
    match fraction {
        0 if seconds == 0 && nanos > 0 => Ok(()),
        0 => write!(f, "{seconds}s"),
        _ => write!(f, "{seconds}.{}s", format!("{fraction:09}").trim_end_matches('0')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Size(u64);
    struct Span(u64);

    impl fmt::Display for Size {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write_size(self.0, f)
        }
    }

    impl fmt::Display for Span {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write_span(self.0, f)
        }
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("1GiB", 1 << 30),
            ("1g", 1 << 30),
            ("500M", 500 << 20),
            ("1.5K", 1536),
            ("10MB", 10_000_000),
            ("10kB", 10_000),
            ("0.5B", 0),
            ("15EiB", 15 << 60),
        ] {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in
            ["", "M", "1X", "1.", ".5", "1..5", "-1", "16EiB", "1 G", "1e3", "99999999999999999999", "é"]
        {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn spans_have_units_that_add_up() {
        for (text, seconds) in [
            ("10", 10.0),
            ("10m", 600.0),
            ("1h30m", 5400.0),
            ("1.5h", 5400.0),
            ("2d", 172_800.0),
            ("250ms", 0.25),
        ] {
            assert_eq!(span(text), Some((seconds * 1e9) as u64), "{text}");
        }
        for text in ["", "m", "1h30", "1y", "1h m", "1.h", "-1s", "99999999999d", "1hé"] {
            assert_eq!(span(text), None, "{text}");
        }
    }

    #[test]
    fn percentages_need_no_sign() {
        assert_eq!((percent("50%"), percent("0.5"), percent("0")), (Some(50.0), Some(0.5), Some(0.0)));
        for text in ["", "%", "-1", "1%%", "inf", "nan", "1e5", "+3", ".5", "1.2.3", "5M"] {
            assert_eq!(percent(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(n in any::<u64>(), shift in 0u32..64, value in 0.0f64..1e9) {
            for n in [n, n >> shift, n << shift] {
                prop_assert_eq!(size(&Size(n).to_string()), Some(n));
                prop_assert_eq!(span(&Span(n).to_string()), Some(n));
            }
            prop_assert_eq!(percent(&format!("{value}%")), Some(value));
        }

        #[test]
        fn any_text_will_do(text in "[0-9.]{0,25}[kKmMgGsShHdDBiw%é]{0,4}[0-9.]{0,25}[sm]?") {
            let _ = (size(&text), span(&text), percent(&text), whole(&text));
        }
    }
}
