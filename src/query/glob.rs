//! `*` and `?` in text, without allocating.

/// A text with `*` for any characters and `?` for one, that has to agree with the whole of another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Glob {
    text: String,
    parts: Vec<Part>,
    fold: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Any,
    One,
    Just(char),
}

/// Whether a text is to be found in upper and lower case alike: where it has no capital itself.
pub(super) fn folds(text: &str) -> bool {
    !text.chars().any(char::is_uppercase)
}

fn folded(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) }
}

/// The character at `at` and its length; a byte that is part of none has a length only.
fn decode(text: &[u8], at: usize) -> Option<(Option<char>, usize)> {
    let rest = text.get(at..)?;
    let first = *rest.first()?;
    if first.is_ascii() {
        return Some((Some(char::from(first)), 1));
    }
    let few = rest.get(..4).unwrap_or(rest);
    let c = few.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    Some((c, c.map_or(1, char::len_utf8)))
}

impl Glob {
    pub(super) fn new(text: &str) -> Glob {
        let fold = folds(text);
        let part = |c| match c {
            '*' => Part::Any,
            '?' => Part::One,
            c => Part::Just(if fold { folded(c) } else { c }),
        };
        Glob { text: text.to_owned(), parts: text.chars().map(part).collect(), fold }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it agrees with a path: with the whole, with a part between slashes, or, where it has slashes within, with
    /// the path from such a part on.
    pub(super) fn matches_path(&self, path: &[u8]) -> bool {
        let mut parts = path.split(|byte| *byte == b'/');
        let mut starts = (0..path.len()).filter(|at| path.get(*at) == Some(&b'/'));
        self.matches(path)
            || match self.text.find('/') {
                Some(0) => false,
                Some(_) => starts.any(|at| path.get(at + 1..).is_some_and(|rest| self.matches(rest))),
                None => parts.any(|part| !part.is_empty() && self.matches(part)),
            }
    }

    pub(super) fn matches(&self, text: &[u8]) -> bool {
        let (mut at, mut part) = (0, 0);
        // Where to go on when what was tried fails: behind the last `*`, which then takes one character more.
        let mut star: Option<(usize, usize)> = None;
        loop {
            let here = decode(text, at);
            let fits = match (self.parts.get(part), here) {
                (None, None) => return true,
                (Some(Part::Any), _) => {
                    part += 1;
                    star = Some((part, at));
                    continue;
                }
                (Some(Part::One), Some((_, length))) => Some(length),
                (Some(Part::Just(wanted)), Some((Some(c), length))) => {
                    (*wanted == if self.fold { folded(c) } else { c }).then_some(length)
                }
                _ => None,
            };
            if let Some(length) = fits {
                at += length;
                part += 1;
                continue;
            }
            let Some((after, from)) = star else { return false };
            let Some((_, length)) = decode(text, from) else { return false };
            at = from + length;
            part = after;
            star = Some((after, at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same by recursion, for texts of small letters.
    fn plainly(glob: &[u8], text: &[u8]) -> bool {
        match (glob.split_first(), text.split_first()) {
            (None, rest) => rest.is_none(),
            (Some((b'*', after)), rest) => {
                plainly(after, text) || rest.is_some_and(|(_, rest)| plainly(glob, rest))
            }
            (Some((wanted, after)), Some((c, rest))) => {
                (*wanted == b'?' || wanted == c) && plainly(after, rest)
            }
            (Some(_), None) => false,
        }
    }

    #[test]
    fn the_whole_text_has_to_agree() {
        for (glob, text) in
            [("cc1*", "cc1plus"), ("*", ""), ("c?1", "cc1"), ("C", "C"), ("c", "C"), ("é?", "Éü")]
        {
            assert!(Glob::new(glob).matches(text.as_bytes()), "{glob} {text}");
        }
        for (glob, text) in [("cc1", "cc1plus"), ("?", ""), ("c?1", "c1"), ("C", "c"), ("", "x")] {
            assert!(!Glob::new(glob).matches(text.as_bytes()), "{glob} {text}");
        }
        assert!(Glob::new("a?b*").matches(b"a\xffb\xfe\xc3"));
        assert!(!Glob::new("a\u{fffd}b").matches(b"a\xffb"));
    }

    #[test]
    fn a_part_of_a_path_may_agree() {
        let path = b"/system.slice/docker-0123.scope/init";
        for glob in [
            "docker*",
            "*.scope",
            "init",
            "/system.slice/*",
            "system.slice/*",
            "docker-*/init",
            "*docker*",
            "SYSTEM",
        ] {
            let agrees = Glob::new(glob).matches_path(path);
            assert_eq!(agrees, glob != "SYSTEM", "{glob}");
        }
        for glob in ["docker", "/docker*", "slice/*", "system.slice/docker*x", "", "?"] {
            assert!(!Glob::new(glob).matches_path(path), "{glob}");
        }
        assert!(Glob::new("/").matches_path(b"/") && !Glob::new("x").matches_path(b"/"));
    }

    #[test]
    fn many_stars_are_not_slow() {
        let glob = Glob::new(&format!("{}b", "*a".repeat(50)));
        assert!(!glob.matches(&[b'a'; 4096]));
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_plain_way(glob in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            prop_assert_eq!(Glob::new(&glob).matches(text.as_bytes()), plainly(glob.as_bytes(), text.as_bytes()));
        }

        #[test]
        fn any_bytes_will_do(glob in "[*?aé漢\\PC]{0,6}", text in any::<Vec<u8>>()) {
            let _ = Glob::new(&glob).matches(&text);
            prop_assert!(Glob::new("*").matches(&text));
        }
    }
}
