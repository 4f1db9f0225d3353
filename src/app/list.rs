//! Walking through a list by keys.

use crate::config::Key;

/// Where `key` leads from item `at` of a list of `count`; stays there if it is no key to walk with.
pub(super) fn walk(at: usize, count: usize, key: Key) -> usize {
    let last = count.saturating_sub(1);
    match key {
        Key::Up => at.saturating_sub(1),
        Key::Down => (at + 1).min(last),
        Key::PageUp => at.saturating_sub(10),
        Key::PageDown => (at + 10).min(last),
        Key::Home => 0,
        Key::End => last,
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walking_stays_within_the_list() {
        let go = |at, key| walk(at, 12, key);
        assert_eq!([go(3, Key::Up), go(3, Key::Down), go(0, Key::Up), go(11, Key::Down)], [2, 4, 0, 11]);
        assert_eq!([go(1, Key::PageDown), go(5, Key::PageDown), go(11, Key::PageUp)], [11, 11, 1]);
        assert_eq!([go(3, Key::Home), go(3, Key::End), go(3, Key::Enter)], [0, 11, 3]);
        assert_eq!([walk(0, 0, Key::Down), walk(0, 0, Key::End)], [0, 0]);
    }
}
