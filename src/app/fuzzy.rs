//! How well a few typed letters fit a name: they stand in it in their order, best at the beginnings of its words and side
//! by side.

/// Points for a letter that begins the name, that begins a word, that follows the letter before it, and that is there at all.
const FIRST: i32 = 6;
const BEGINS: i32 = 8;
const FOLLOWS: i32 = 9;
const THERE: i32 = 2;
/// What each letter of the name costs that was not typed: of two names that fit alike, the shorter.
const MORE: i32 = 16;
/// Letters of either that are looked at: a name of ours is shorter, and the work is the product of both.
const LONGEST: usize = 64;

/// How well `typed` fits `name`, greater is better, with the places of its letters among the characters of `name`; `None`
/// where it does not. Upper and lower case are alike; nothing typed fits everything.
pub(super) fn fuzzy(typed: &str, name: &str) -> Option<(i32, Vec<usize>)> {
    let fold = |text: &str| -> Vec<char> {
        text.chars().take(LONGEST).map(|c| c.to_lowercase().next().unwrap_or(c)).collect()
    };
    let (typed, name) = (fold(typed), fold(name));
    let begins = |at: usize| {
        at.checked_sub(1).and_then(|before| name.get(before)).is_none_or(|c| !c.is_alphanumeric())
    };
    // best[i][j]: the most points of typed[..=i] where typed[i] stands at name[j], and where typed[i - 1] stands then.
    let mut best: Vec<Vec<Option<(i32, usize)>>> = Vec::with_capacity(typed.len());
    for (i, wanted) in typed.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|before| best.get(before));
        let row = name.iter().enumerate().map(|(j, have)| {
            if have != wanted {
                return None;
            }
            let own = THERE + if begins(j) { BEGINS } else { 0 } + if j == 0 { FIRST } else { 0 };
            let Some(before) = before else { return Some((own, j)) };
            let ways = before.iter().enumerate().take(j).filter_map(|(k, way)| {
                let (points, _) = (*way)?;
                Some((points + own + if k + 1 == j { FOLLOWS } else { 0 }, k))
            });
            ways.max_by_key(|(points, k)| (*points, *k))
        });
        best.push(row.collect());
    }
    let shorter = MORE - name.len().min(LONGEST) as i32 / 4;
    let Some(last) = best.last() else { return Some((shorter, Vec::new())) };
    let (mut at, points) = last
        .iter()
        .enumerate()
        .filter_map(|(j, way)| Some((j, (*way)?.0)))
        .max_by_key(|(j, points)| (*points, std::cmp::Reverse(*j)))?;
    let mut places = vec![0; typed.len()];
    for (place, row) in places.iter_mut().zip(&best).rev() {
        *place = at;
        at = row.get(at).copied().flatten().map_or(0, |(_, before)| before);
    }
    Some((points + shorter, places))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn better(typed: &str, one: &str, other: &str) {
        let points = |name: &str| fuzzy(typed, name).map(|(points, _)| points);
        assert!(points(one) > points(other), "{typed}: {one} {:?}, {other} {:?}", points(one), points(other));
    }

    #[test]
    fn beginnings_and_neighbours_are_worth_more() {
        better("fr", "freeze", "affinity ranks");
        better("ft", "freeze tree", "left");
        better("sc", "sort cpu", "suspend core");
        better("theme", "theme ember", "the memory");
        better("sort", "sort", "sort cpu");
        better("KILL", "kill", "k i l l");
    }

    #[test]
    fn places_are_those_of_the_letters() {
        assert_eq!(fuzzy("ft", "freeze tree").map(|found| found.1), Some(vec![0, 7]));
        assert_eq!(fuzzy("", "x").map(|found| found.1), Some(vec![]));
        assert_eq!(fuzzy("xy", "yx"), None);
        assert_eq!(fuzzy("a", ""), None);
    }

    proptest! {
        #[test]
        fn whatever_is_found_stands_there_in_order(typed in "[a-c ]{0,6}", name in "[a-d ]{0,20}") {
            let found = fuzzy(&typed, &name);
            let mut rest = name.chars();
            let is_there = typed.chars().all(|wanted| rest.any(|have| have == wanted));
            prop_assert_eq!(found.is_some(), is_there);
            if let Some((_, places)) = found {
                prop_assert!(places.is_sorted_by(|a, b| a < b));
                let letters: String = places.iter().filter_map(|at| name.chars().nth(*at)).collect();
                prop_assert_eq!(letters, typed);
            }
        }
    }
}
