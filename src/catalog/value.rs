//! What a column knows of a process: one total order for sorting, one plain value for export.

use std::cmp::Ordering;
use std::fmt::Write;

/// A value in the units of the export: bytes, seconds, seconds since the epoch, percent of one core.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum Value<'a> {
    /// Not known; never 0.
    #[default]
    Unknown,
    /// A whole number that may be negative.
    Int(i64),
    /// A whole number.
    Uint(u64),
    /// A terminal by its device number (field 7 of `/proc/PID/stat`), which orders better than its name; exports
    /// name it with [`super::tty_name`].
    Terminal(i32),
    /// A number with a fraction.
    Float(f64),
    /// Bytes, perhaps from strangers; shown only through [`crate::model::showable`].
    Text(&'a [u8]),
    /// Ports, compared one after the other; exports write them with blanks between them.
    Ports(&'a [u16]),
}

impl Value<'_> {
    /// Compares by rank: a total order, in which whole numbers come before fractions, these before text and ports, and the
    /// unknown is always the greatest. No column mixes kinds of numbers; the order is total all the same, because
    /// sorting needs that.
    pub fn rank(&self, other: &Value<'_>) -> Ordering {
        match (self.whole(), other.whole()) {
            (Some(a), Some(b)) => return a.cmp(&b),
            (None, None) => {}
            (a, b) => return b.is_some().cmp(&a.is_some()),
        }
        match (self, other) {
            (Value::Float(a), Value::Float(b)) => a.total_cmp(b),
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            (Value::Ports(a), Value::Ports(b)) => a.cmp(b),
            (a, b) => a.kind().cmp(&b.kind()),
        }
    }

    /// Compares for a sorted list, in which the unknown stands last in either direction.
    pub fn order(&self, other: &Value<'_>, descending: bool) -> Ordering {
        let both_known = !self.is_unknown() && !other.is_unknown();
        if descending && both_known { other.rank(self) } else { self.rank(other) }
    }

    /// A number that orders as [`Value::order`] does, for sorting many. Two texts that begin with the same twelve bytes, or
    /// lists with the same six ports, may have the same number: what [`Value::order`] says decides between them.
    pub fn key(&self, descending: bool) -> u128 {
        // Whole numbers come first, from -2^63 on; then fractions, then text, then ports.
        let (kind, number) = match self {
            Value::Unknown => return u128::MAX,
            Value::Float(value) => {
                let bits = value.to_bits();
                // Negative ones the other way round, below all others: as `f64::total_cmp` has them.
                (1, u128::from(if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }))
            }
            Value::Text(bytes) => {
                let first = bytes.iter().chain(std::iter::repeat(&0)).take(12);
                (2, first.fold(0, |sum, byte| sum << 8 | u128::from(*byte)))
            }
            Value::Ports(ports) => {
                let first = ports.iter().chain(std::iter::repeat(&0)).take(6);
                (3, first.fold(0, |sum, port| sum << 16 | u128::from(*port)))
            }
            Value::Int(n) => (0, (i128::from(*n) + (1 << 64)) as u128),
            Value::Terminal(n) => (0, (i128::from(*n) + (1 << 64)) as u128),
            Value::Uint(n) => (0, u128::from(*n) + (1 << 64)),
        };
        let key = kind << 96 | number;
        if descending { !key } else { key }
    }

    /// Whether the value is not known.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown)
    }

    /// The number, where it is a whole one.
    fn whole(&self) -> Option<i128> {
        match self {
            Value::Int(n) => Some(i128::from(*n)),
            Value::Uint(n) => Some(i128::from(*n)),
            Value::Terminal(n) => Some(i128::from(*n)),
            Value::Float(_) | Value::Text(_) | Value::Ports(_) | Value::Unknown => None,
        }
    }

    fn kind(&self) -> u8 {
        match self {
            Value::Int(_) | Value::Uint(_) | Value::Terminal(_) => 0,
            Value::Float(_) => 1,
            Value::Text(_) => 2,
            Value::Ports(_) => 3,
            Value::Unknown => 4,
        }
    }
}

/// Appends ports with blanks between them.
pub fn port_list(ports: &[u16], out: &mut String) {
    for (at, port) in ports.iter().enumerate() {
        // Writing to a String does not fail.
        let _ = write!(out, "{}{port}", if at == 0 { "" } else { " " });
    }
}

impl From<Option<f64>> for Value<'_> {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Value::Unknown, Value::Float)
    }
}

impl From<Option<u64>> for Value<'_> {
    fn from(value: Option<u64>) -> Self {
        value.map_or(Value::Unknown, Value::Uint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = Value<'static>> {
        prop_oneof![
            Just(Value::Unknown),
            any::<i64>().prop_map(Value::Int),
            (-3i64..3).prop_map(Value::Int),
            any::<u64>().prop_map(Value::Uint),
            (0u64..3).prop_map(Value::Uint),
            any::<i32>().prop_map(Value::Terminal),
            any::<u64>().prop_map(|bits| Value::Float(f64::from_bits(bits))),
            prop::sample::select(vec![-0.0, 0.0, 1.0, f64::NAN, f64::INFINITY]).prop_map(Value::Float),
            prop::sample::select(vec!["", "a", "b", "ab", "\u{1b}["])
                .prop_map(|text| Value::Text(text.as_bytes())),
            prop::sample::select(vec![
                &[][..],
                &[22],
                &[22, 80],
                &[80],
                &[1, 2, 3, 4, 5, 6, 7],
                &[1, 2, 3, 4, 5, 6]
            ])
            .prop_map(Value::Ports),
        ]
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in any_value(), b in any_value(), c in any_value()) {
            for descending in [false, true] {
                prop_assert_eq!(a.order(&b, descending), b.order(&a, descending).reverse());
                prop_assert_eq!(a.order(&a, descending), Ordering::Equal);
                let mut three = [a, b, c];
                three.sort_by(|x, y| x.order(y, descending));
                let [x, y, z] = three;
                prop_assert!(x.order(&y, descending).is_le() && y.order(&z, descending).is_le());
                prop_assert!(x.order(&z, descending).is_le());
            }
        }

        #[test]
        fn keys_order_as_values_do(a in any_value(), b in any_value()) {
            for descending in [false, true] {
                let (order, keys) = (a.order(&b, descending), a.key(descending).cmp(&b.key(descending)));
                let texts =
                    matches!((a, b), (Value::Text(_), Value::Text(_)) | (Value::Ports(_), Value::Ports(_)));
                prop_assert!(keys == order || (texts && keys.is_eq()), "{:?} {:?}: {:?}, not {:?}", a, b, keys, order);
            }
        }

        #[test]
        fn the_unknown_is_last_in_both_directions(mut list in prop::collection::vec(any_value(), 0..20), descending: bool) {
            list.sort_by(|a, b| a.order(b, descending));
            let first = list.iter().position(Value::is_unknown).unwrap_or(list.len());
            prop_assert!(list[first..].iter().all(Value::is_unknown));
        }
    }

    #[test]
    fn numbers_come_before_text_and_the_unknown_is_greatest() {
        let sorted = [
            Value::Int(-1),
            Value::Uint(7),
            Value::Uint(u64::MAX),
            Value::Float(0.5),
            Value::Text(b"a"),
            Value::Unknown,
        ];
        for pair in sorted.windows(2) {
            assert_eq!(pair[0].rank(&pair[1]), Ordering::Less, "{pair:?}");
        }
    }
}
