//! Figures as short text of stable width, total over their whole domain, without allocation beyond `out`.

use std::fmt::Write;

/// Appends a size with three significant digits and a binary unit, 4 to 5 cells: `0`, `812K`, `1.27G`, `96.4M`.
///
/// Sizes below one KiB are `0` or `1K`: memory comes in pages.
pub fn bytes(value: u64, out: &mut String) {
    if value == 0 {
        out.push('0');
        return;
    }
    let mut scaled = value as f64 / 1024.0;
    let mut unit = 'K';
    for (next, _) in UNITS.iter().skip(1) {
        if scaled < 999.5 {
            break;
        }
        scaled /= 1024.0;
        unit = *next;
    }
    // Writing to a String does not fail.
    let _ = if unit == 'K' || scaled >= 99.95 {
        write!(out, "{:.0}{unit}", scaled.max(1.0))
    } else if scaled >= 9.995 {
        write!(out, "{scaled:.1}{unit}")
    } else {
        write!(out, "{scaled:.2}{unit}")
    };
}

/// Appends a size so that no byte is lost, in the greatest binary unit that measures it: `512M`, `1536M`, `4097`.
/// [`parse_bytes`] reads it back.
pub fn exact_bytes(value: u64, out: &mut String) {
    let unit = UNITS.iter().rev().find(|(_, bytes)| value > 0 && value.is_multiple_of(*bytes));
    // Writing to a String does not fail.
    let _ = match unit {
        None => write!(out, "{value}"),
        Some((letter, bytes)) => write!(out, "{}{letter}", value / bytes),
    };
}

/// The binary units with their bytes.
const UNITS: [(char, u64); 6] =
    [('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30), ('T', 1 << 40), ('P', 1 << 50), ('E', 1 << 60)];

/// Reads a size: a number, which may have a fraction, and one of the binary units K M G T P E or none for bytes; `iB`
/// and `B` may follow the unit: `512M`, `1.5g`, `64 KiB`, `1073741824`. `None` where it is no size or too great a one.
pub fn parse_bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | ',')).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let mut letters = unit.trim_start().chars().map(|c| c.to_ascii_uppercase());
    let first = letters.next();
    let scale = match first {
        None | Some('B') => 1,
        Some(letter) => UNITS.iter().find(|(known, _)| *known == letter)?.1,
    };
    let rest: String = letters.collect();
    if !matches!((first, rest.as_str()), (_, "") | (Some('K' | 'M' | 'G' | 'T' | 'P' | 'E'), "B" | "IB")) {
        return None;
    }
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, ""));
    // Eighteen digits measure the greatest unit to the byte.
    if whole.is_empty() || fraction.len() > 18 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let scale = u128::from(scale);
    let parts: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let bytes =
        u128::from(whole.parse::<u64>().ok()?) * scale + parts * scale / 10u128.pow(fraction.len() as u32);
    u64::try_from(bytes).ok()
}

/// Appends a percentage in at most 5 cells: `0.0`, `99.2`, `100`, `6400`; unknown is `–`.
pub fn percent(value: Option<f64>, out: &mut String) {
    let _ = match value.filter(|v| v.is_finite()) {
        None => write!(out, "–"),
        Some(v) if v < 99.95 => write!(out, "{:.1}", v.max(0.0)),
        Some(v) => write!(out, "{:.0}", v.min(99999.0)),
    };
}

/// Appends a CPU time given in nanoseconds as htop's TIME+ does, at most 9 cells: `0:00.08`, `112:03.1`, `27h05:59`,
/// `12d07h`.
pub fn cpu_time(nanos: u64, out: &mut String) {
    let hundredths = nanos / 10_000_000;
    let (seconds, cents) = (hundredths / 100, hundredths % 100);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let _ = if minutes < 60 {
        write!(out, "{minutes}:{:02}.{cents:02}", seconds % 60)
    } else if days < 4 {
        write!(out, "{hours}h{:02}:{:02}", minutes % 60, seconds % 60)
    } else if days < 1000 {
        write!(out, "{days}d{:02}h", hours % 24)
    } else {
        write!(out, "{days}d")
    };
}

/// Appends a span of seconds in at most 7 cells: `41s`, `3m12s`, `5h07m`, `41d03h`.
pub fn span(seconds: f64, out: &mut String) {
    let whole = if seconds.is_finite() { seconds.max(0.0) as u64 } else { 0 };
    let _ = match whole {
        0..60 => write!(out, "{whole}s"),
        60..3600 => write!(out, "{}m{:02}s", whole / 60, whole % 60),
        3600..86_400 => write!(out, "{}h{:02}m", whole / 3600, whole / 60 % 60),
        86_400..86_400_000 => write!(out, "{}d{:02}h", whole / 86_400, whole / 3600 % 24),
        _ => write!(out, "{}d", (whole / 86_400).min(999_999)),
    };
}

/// Appends the name of the terminal with this device number, without `/dev/`; one that has none here is named by its
/// numbers. Nothing for 0. Numbers: Documentation/admin-guide/devices.txt of the kernel, packed as proc(5) says.
pub fn tty_name(device: i32, out: &mut impl Write) {
    let bits = device as u32;
    let (major, minor) = (bits >> 8 & 0xfff, bits & 0xff | bits >> 12 & 0xfff00);
    // Where it does not fit, what fits is there.
    let _ = match (major, minor) {
        (0, 0) => Ok(()),
        (4, 0..64) => write!(out, "tty{minor}"),
        (4, 64..) => write!(out, "ttyS{}", minor - 64),
        (5, 0) => write!(out, "tty"),
        (5, 1) => write!(out, "console"),
        (136..=143, _) => write!(out, "pts/{}", minor + (major - 136) * 256),
        (188, _) => write!(out, "ttyUSB{minor}"),
        (204, 64..80) => write!(out, "ttyAMA{}", minor - 64),
        (229, _) => write!(out, "hvc{minor}"),
        _ => write!(out, "{major}:{minor}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(f: impl Fn(&mut String)) -> String {
        let mut out = String::new();
        f(&mut out);
        out
    }

    #[test]
    fn sizes_have_three_digits() {
        let cases = [
            (0, "0"),
            (1, "1K"),
            (4096, "4K"),
            (1023 * 1024, "1.00M"),
            (999 * 1024, "999K"),
            (861 << 20, "861M"),
            (1_363_148_800, "1.27G"),
            (u64::MAX, "16.0E"),
        ];
        for (value, shown) in cases {
            assert_eq!(text(|out| bytes(value, out)), shown);
        }
    }

    #[test]
    fn sizes_are_read() {
        let cases = [
            ("0", 0),
            ("4096", 4096),
            ("12b", 12),
            ("1k", 1024),
            ("64 KiB", 65536),
            (" 1.5G ", 3 << 29),
            ("1,25 mb", 5 << 18),
            ("15E", 15 << 60),
            ("18446744073709551615", u64::MAX),
        ];
        for (written, value) in cases {
            assert_eq!(parse_bytes(written), Some(value), "{written}");
        }
        for bad in [
            "",
            "G",
            ".5G",
            "-1",
            "1.2.3K",
            "5 potatoes",
            "5 bib",
            "5KK",
            "16E",
            "1e3",
            "18446744073709551616",
        ] {
            assert_eq!(parse_bytes(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_read_like_times() {
        let cases = [
            (80_000_000, "0:00.08"),
            (6_723_110_000_000, "1h52:03"),
            (90_000_000_000_000, "25h00:00"),
            (400_000_000_000_000, "4d15h"),
        ];
        for (nanos, shown) in cases {
            assert_eq!(text(|out| cpu_time(nanos, out)), shown);
        }
        assert_eq!(text(|out| span(192.9, out)), "3m12s");
        assert_eq!(text(|out| span(-1.0, out)), "0s");
        assert_eq!(text(|out| percent(Some(99.96), out)), "100");
        assert_eq!(text(|out| percent(None, out)), "–");
    }

    #[test]
    fn terminals_have_names() {
        let name = |major: u32, minor: u32| {
            let mut out = String::new();
            tty_name((minor & 0xff | major << 8 | (minor & !0xff) << 12) as i32, &mut out);
            out
        };
        assert_eq!(name(136, 3), "pts/3");
        assert_eq!(name(136, 300), "pts/300");
        assert_eq!(name(137, 1), "pts/257");
        assert_eq!(name(4, 1), "tty1");
        assert_eq!(name(4, 65), "ttyS1");
        assert_eq!(name(5, 1), "console");
        assert_eq!(name(204, 64), "ttyAMA0");
        assert_eq!(name(99, 7), "99:7");
        assert_eq!(name(0, 0), "");
    }

    proptest! {
        #[test]
        fn an_exact_size_reads_back(n in any::<u64>(), shift in 0u32..64) {
            for value in [n, n >> shift << shift] {
                prop_assert_eq!(parse_bytes(&text(|out| exact_bytes(value, out))), Some(value));
            }
        }

        #[test]
        fn nothing_is_too_wide(n in any::<u64>(), x in any::<f64>()) {
            prop_assert!(text(|out| bytes(n, out)).chars().count() <= 5);
            prop_assert!(text(|out| cpu_time(n, out)).chars().count() <= 9);
            prop_assert!(text(|out| percent(Some(x), out)).chars().count() <= 5);
            prop_assert!(text(|out| span(x, out)).chars().count() <= 7);
        }
    }
}
