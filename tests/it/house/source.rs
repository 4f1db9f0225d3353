//! One source file as a list of words: no comments, no strings, and what only tests compile marked as such.

/// A word of code: an identifier, `::`, or one other character.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Word {
    /// The text.
    pub(super) text: String,
    /// Where it stands, from 1.
    pub(super) line: usize,
    /// Inside an item under `#[cfg(test)]`.
    pub(super) test: bool,
    /// The inline modules around it: `a`, `b` in `mod a { mod b { … } }`.
    pub(super) inside: Vec<String>,
}

/// A path that the code names, written out: `use a::{b, c::d}` names `a::b` and `a::c::d`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Path {
    /// Its parts; a leading `::` is dropped, a glob is `*`.
    pub(super) parts: Vec<String>,
    /// It stands in a `use` or an `extern crate`.
    pub(super) import: bool,
    /// Where it stands.
    pub(super) at: Word,
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The text with comments, strings and characters in quotes made blank; lines stay where they are.
pub(super) fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while let Some(&c) = chars.get(i) {
        let (end, kept) = match dead(&chars, i) {
            Some(end) => (end.min(chars.len()), false),
            // A whole word at once, so that the last letter of `for` opens no raw string.
            None if is_word(c) => {
                (chars[i..].iter().position(|&c| !is_word(c)).map_or(chars.len(), |n| i + n), true)
            }
            None => (i + 1, true),
        };
        out.extend(chars[i..end].iter().map(|&c| if kept || c == '\n' { c } else { ' ' }));
        i = end;
    }
    out
}

/// The end of the comment, string or character that begins at `i`, if one does.
fn dead(chars: &[char], i: usize) -> Option<usize> {
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let prefix = match (at(i), at(i + 1)) {
        ('b' | 'c', 'r') | ('r', '"' | '#') => return raw(chars, i + usize::from(at(i) != 'r') + 1),
        ('b' | 'c', '"') | ('b', '\'') => 1,
        _ => 0,
    };
    match (at(i + prefix), at(i + prefix + 1)) {
        ('/', '/') => Some(chars[i..].iter().position(|&c| c == '\n').map_or(chars.len(), |n| i + n)),
        ('/', '*') => {
            let (mut depth, mut j) = (0, i);
            loop {
                match (at(j), at(j + 1)) {
                    ('/', '*') => (depth, j) = (depth + 1, j + 2),
                    ('*', '/') => (depth, j) = (depth - 1, j + 2),
                    _ => j += 1,
                }
                if depth == 0 || j >= chars.len() {
                    return Some(j);
                }
            }
        }
        ('"', _) => {
            let mut j = i + prefix + 1;
            while j < chars.len() && at(j) != '"' {
                j += if at(j) == '\\' { 2 } else { 1 };
            }
            Some(j + 1)
        }
        ('\'', '\\') => {
            let from = i + prefix + 3;
            chars.get(from..)?.iter().position(|&c| c == '\'').map(|n| from + n + 1)
        }
        // 'x' is a character, 'x without its end is a lifetime or a label.
        ('\'', _) if at(i + prefix + 2) == '\'' => Some(i + prefix + 3),
        _ => None,
    }
}

/// The end of the raw string whose hashes begin at `i`; `None` if none does (`r#type`, `break`).
fn raw(chars: &[char], i: usize) -> Option<usize> {
    let hashes = chars.get(i..)?.iter().take_while(|&&c| c == '#').count();
    if chars.get(i + hashes) != Some(&'"') {
        return None;
    }
    let ends = |j: usize| chars[j] == '"' && (1..=hashes).all(|n| chars.get(j + n) == Some(&'#'));
    Some((i + hashes + 1..chars.len()).find(|&j| ends(j)).map_or(chars.len(), |j| j + hashes + 1))
}

/// The keywords that mean something here.
const KEYWORDS: [&str; 4] = ["use", "mod", "extern", "unsafe"];

/// The words of a file; `test` says that all of it is compiled for tests only.
pub(super) fn words(text: &str, test: bool) -> Vec<Word> {
    let mut words = Vec::new();
    for (n, line) in code(text).lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(c) = rest.chars().next() {
            let raw = rest.strip_prefix("r#").is_some_and(|rest| rest.starts_with(is_word));
            let len = if raw {
                rest[2..].find(|c| !is_word(c)).map_or(rest.len(), |n| n + 2)
            } else if is_word(c) {
                rest.find(|c| !is_word(c)).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                c.len_utf8()
            };
            // `r#use` is a name and no keyword, `r#proc` is only another way to write `proc`.
            let name = rest[..len].trim_start_matches("r#");
            let text = if KEYWORDS.contains(&name) { &rest[..len] } else { name };
            words.push(Word { text: text.to_owned(), line: n + 1, test, inside: Vec::new() });
            rest = rest[len..].trim_start();
        }
    }
    mark_tests(&mut words);
    mark_modules(&mut words);
    words
}

/// Whether the words from `i` on are these.
fn follows(words: &[Word], i: usize, these: &[&str]) -> bool {
    these.iter().enumerate().all(|(n, this)| words.get(i + n).is_some_and(|word| word.text == *this))
}

/// The index behind the bracket that closes the one at `i`.
fn behind(words: &[Word], i: usize) -> usize {
    let mut depth = 0_usize;
    for (n, word) in words.iter().enumerate().skip(i) {
        match word.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return n + 1;
        }
    }
    words.len()
}

const CFG_TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];

/// Marks each item under `#[cfg(test)]`, up to its `;` or the end of its body.
fn mark_tests(words: &mut [Word]) {
    if follows(words, 0, &["#", "!", "[", "cfg", "(", "test", ")", "]"]) {
        for word in words.iter_mut() {
            word.test = true;
        }
    }
    for i in 0..words.len() {
        if follows(words, i, &CFG_TEST) {
            let mut end = i;
            while let Some(word) = words.get(end) {
                end = match word.text.as_str() {
                    "{" => {
                        end = behind(words, end);
                        break;
                    }
                    ";" => break,
                    "(" | "[" => behind(words, end),
                    _ => end + 1,
                };
            }
            for word in &mut words[i..end] {
                word.test = true;
            }
        }
    }
}

/// Writes down the inline modules around each word.
fn mark_modules(words: &mut [Word]) {
    for i in 0..words.len() {
        if follows(words, i, &["mod"]) && follows(words, i + 2, &["{"]) {
            let (name, end) = (words[i + 1].text.clone(), behind(words, i + 2));
            for word in &mut words[i + 3..end] {
                word.inside.push(name.clone());
            }
        }
    }
}

/// The names of the modules in files of their own that only tests compile: `#[cfg(test)] mod tests;`.
pub(super) fn test_files(words: &[Word]) -> Vec<String> {
    let declared = |i: usize| words[i].test && follows(words, i, &["mod"]) && follows(words, i + 2, &[";"]);
    (0..words.len()).filter(|&i| declared(i)).map(|i| words[i + 1].text.clone()).collect()
}

/// All paths of two parts or more, and all that are imported.
pub(super) fn paths(words: &[Word]) -> Vec<Path> {
    let mut found = Vec::new();
    let mut i = 0;
    while i < words.len() {
        // `impl Trait + use<'a>` is no import.
        if words[i].text == "use" && !follows(words, i + 1, &["<"]) {
            i = tree(words, i + 1, &[], &mut found);
        } else if follows(words, i, &["extern", "crate"]) {
            found.extend(words.get(i + 2).map(|word| Path {
                parts: vec![word.text.clone()],
                import: true,
                at: word.clone(),
            }));
            i += 3;
        } else if is_name(&words[i]) {
            let (parts, next) = chain(words, i);
            if parts.len() > 1 {
                found.push(Path { parts, import: false, at: words[i].clone() });
            }
            i = next;
        } else {
            i += 1;
        }
    }
    found
}

fn is_name(word: &Word) -> bool {
    word.text.starts_with(is_word)
}

/// `a::b::c` from `i` on, and the index behind it.
fn chain(words: &[Word], mut i: usize) -> (Vec<String>, usize) {
    let mut parts = vec![words[i].text.clone()];
    while follows(words, i + 1, &["::"]) && words.get(i + 2).is_some_and(is_name) {
        i += 2;
        parts.push(words[i].text.clone());
    }
    (parts, i + 1)
}

/// One branch of a `use` from `i` on, below `stem`; gives the index behind it.
fn tree(words: &[Word], mut i: usize, stem: &[String], found: &mut Vec<Path>) -> usize {
    let mut parts = stem.to_vec();
    let Some(first) = words.get(i).cloned() else { return i };
    while let Some(word) = words.get(i) {
        match word.text.as_str() {
            "::" | "$" => i += 1,
            "{" => {
                i += 1;
                while words.get(i).is_some_and(|word| word.text != "}") {
                    i = if words[i].text == "," { i + 1 } else { tree(words, i, &parts, found).max(i + 1) };
                }
                return i + 1;
            }
            "as" => i += 2,
            // `use a::{self}` names a itself.
            "self" if !parts.is_empty() => i += 1,
            "*" => {
                parts.push("*".to_owned());
                i += 1;
            }
            _ if is_name(word) => {
                parts.push(word.text.clone());
                i += 1;
            }
            _ => break,
        }
    }
    if !parts.is_empty() {
        found.push(Path { parts, import: true, at: first });
    }
    i
}
