//! Siblings in the tree, groups, and the first rows of a list, that keep their places: what is remembered of their order
//! from look to look.
//!
//! A *place* is a number that orders siblings; who has none yet is a *newcomer*. *Unrest* counts how long somebody has
//! been out of order among those who stay. Pure: the same looks give the same rows.

use crate::catalog::Value;
use crate::model::{Forest, GroupBy, Link, ProcId};

use super::Rules;

pub use crate::config::TreeOrder;

/// Unrest at which a row is given the place that its value asks for.
const RIPE: u8 = 20;
/// What a look adds to the unrest of a row that is clearly out of order, and of one that hardly is.
const CLEAR: u8 = 7;
const SLIGHT: u8 = 1;
/// Two values differ clearly if they do by more than this share of the greater, among siblings and in a list.
const SHARE: f64 = 0.25;
const SHARE_IN_LIST: f64 = 0.15;
/// In a list who is clearly out of order moves at once, and who hardly is, after ten looks.
const SLIGHT_IN_LIST: u8 = 2;
/// So many rows of a list keep their places: more than most screens show.
const LIST: usize = 100;
/// And, of those whose column has a [grain](crate::catalog::Column::grain), by more than so many grains: nobody who uses
/// half a percent of a core is busier than who uses none.
const GRAINS: f64 = 10.0;
const GRAINS_IN_LIST: f64 = 5.0;

/// What is remembered of one process or group.
#[derive(Clone, Debug)]
pub(super) struct Seat<K> {
    /// By what it is known again in the next look.
    pub(super) who: K,
    /// Where it stands among its siblings; `None` for a newcomer.
    place: Option<u32>,
    unrest: u8,
}

impl<K> Seat<K> {
    /// That of somebody who was not there before.
    pub(super) fn newcomer(who: K) -> Seat<K> {
        Seat { who, place: None, unrest: 0 }
    }
}

/// Gives the first of the processes at `list`, which stand as their values put them, the places that they had, unless
/// they differ clearly from those they would have to pass. Two equally busy ones would change places with each look; who
/// becomes busier than the rest stands above them in the same look.
pub(super) fn settle_list<'a>(
    calm: &mut Calm<ProcId>,
    look: u64,
    rules: &Rules<'_>,
    list: &mut [u32],
    id: impl Fn(u32) -> Option<ProcId>,
    value: impl Fn(u32) -> Value<'a>,
) {
    // What does not flutter stands where it belongs; and a first look has no rates by which to stand anywhere.
    let unknown = list.first().is_none_or(|first| matches!(value(*first), Value::Unknown));
    if rules.sort.grain <= 0.0 || unknown {
        return calm.forget();
    }
    calm.memory.in_list = true;
    let order = if rules.order == TreeOrder::Hard { TreeOrder::Soft } else { rules.order };
    let rules = Rules { order, ..rules.clone() };
    let top: Vec<u32> = list.iter().copied().take(LIST).collect();
    let at = |place: u32| top.get(place as usize).copied().unwrap_or(u32::MAX);
    let mut places: Vec<u32> = (0..top.len() as u32).collect();
    calm.settle(
        look,
        &rules,
        |change| change(&mut places),
        |seats, old| {
            old.sort_unstable_by_key(|seat| seat.who);
            let known = |who: ProcId| {
                old.binary_search_by_key(&who, |seat| seat.who).ok().and_then(|found| old.get(found)).cloned()
            };
            let ids = top.iter().filter_map(|at| id(*at));
            seats.extend(ids.map(|who| known(who).unwrap_or(Seat::newcomer(who))));
        },
        |place| value(at(place)),
    );
    for (row, place) in list.iter_mut().zip(places) {
        *row = at(place);
    }
}

/// A process, and below whom it has its place: the forest's word, not the kernel's.
pub(super) type Child = (ProcId, Option<ProcId>);

/// By what they are ordered.
type By = (&'static str, bool, bool, TreeOrder, Option<GroupBy>);

/// The places of siblings, from look to look; `K` is by what they are known again.
#[derive(Clone, Debug)]
pub(super) struct Calm<K> {
    /// Another column or direction, or other groups, begin anew.
    by: Option<By>,
    /// The look that was counted last: what happens between two looks makes nobody restless.
    look: u64,
    /// One for each position.
    seats: Vec<Seat<K>>,
    /// What `seats` was before, for its memory.
    spare: Vec<Seat<K>>,
    memory: Memory,
    /// The next place in a hard order, where places are never given out again.
    next: u32,
}

impl<K> Default for Calm<K> {
    fn default() -> Calm<K> {
        Calm { by: None, look: 0, seats: Vec::new(), spare: Vec::new(), memory: Memory::default(), next: 0 }
    }
}

impl<K> Calm<K> {
    /// Forgets every place: the next rows stand where their values put them.
    pub(super) fn forget(&mut self) {
        self.seats.clear();
        self.by = None;
    }

    /// Gives siblings, which stand as their values put them, the places that `rules` leave them. `each` shows all siblings
    /// of one parent after the other; `take_in` makes a seat for each position out of those that were; `value` is what
    /// the one at a position is ordered by.
    pub(super) fn settle<'a>(
        &mut self,
        look: u64,
        rules: &Rules<'_>,
        mut each: impl FnMut(&mut dyn FnMut(&mut [u32])),
        take_in: impl FnOnce(&mut Vec<Seat<K>>, &mut Vec<Seat<K>>),
        value: impl Fn(u32) -> Value<'a>,
    ) {
        if rules.order == TreeOrder::Classic {
            return self.forget();
        }
        let by = (rules.sort.id, rules.descending, rules.by_total, rules.order, rules.group);
        if self.by != Some(by) {
            self.forget();
            self.by = Some(by);
        }
        let counts = look != self.look;
        self.look = look;
        std::mem::swap(&mut self.seats, &mut self.spare);
        self.seats.clear();
        take_in(&mut self.seats, &mut self.spare);
        let (seats, next, memory) = (&mut self.seats, &mut self.next, &mut self.memory);
        let (share, grains) = if memory.in_list { (SHARE_IN_LIST, GRAINS_IN_LIST) } else { (SHARE, GRAINS) };
        let least = if rules.sort.grain > 0.0 { grains } else { 0.0 };
        if rules.order == TreeOrder::Hard {
            each(&mut |siblings| hard(seats, siblings, next));
            return;
        }
        each(&mut |siblings| {
            if !siblings.is_empty() {
                memory.soft(seats, siblings, counts, |a, b| differ(&value(a), &value(b), share, least));
            }
        });
        // Who has no row now is a newcomer when it has one again.
        let shown = &mut memory.shown;
        shown.clear();
        shown.resize(seats.len(), false);
        let mut place = 0;
        each(&mut |siblings| {
            for at in siblings.iter().map(|at| *at as usize) {
                if let (Some(seat), Some(shown)) = (seats.get_mut(at), shown.get_mut(at)) {
                    (seat.place, *shown) = (Some(place), true);
                    place += 1;
                }
            }
        });
        for (seat, _) in seats.iter_mut().zip(shown).filter(|(_, shown)| !**shown) {
            (seat.place, seat.unrest) = (None, 0);
        }
    }
}

/// Makes one seat for each process, with what is remembered of it.
pub(super) fn take_in(links: &[Link], forest: &Forest, seats: &mut Vec<Seat<Child>>, old: &[Seat<Child>]) {
    seats.reserve(links.len());
    let mut old = old.iter().peekable();
    for (at, link) in links.iter().enumerate() {
        let id = link.id();
        let parent = forest.parent(at).and_then(|up| links.get(up)).map(Link::id);
        while old.next_if(|seat| seat.who.0.pid < id.pid).is_some() {}
        let known = old.next_if(|seat| seat.who.0.pid == id.pid);
        // Whoever came below another parent is new among its siblings.
        let known = known.filter(|seat| seat.who == (id, parent)).cloned();
        seats.push(known.unwrap_or(Seat::newcomer((id, parent))));
    }
}

/// Siblings as they were first shown, newcomers behind them.
fn hard<K>(seats: &mut [Seat<K>], siblings: &mut [u32], next: &mut u32) {
    for at in siblings.iter() {
        if let Some(seat) = seats.get_mut(*at as usize).filter(|seat| seat.place.is_none()) {
            seat.place = Some(*next);
            *next = next.saturating_add(1);
        }
    }
    siblings.sort_by_key(|at| seats.get(*at as usize).and_then(|seat| seat.place));
}

/// How two values differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Differ {
    Not,
    Slightly,
    Clearly,
}

fn differ(a: &Value<'_>, b: &Value<'_>, share: f64, least: f64) -> Differ {
    let number = |value: &Value<'_>| match value {
        Value::Int(n) => Some(*n as f64),
        Value::Uint(n) => Some(*n as f64),
        Value::Float(n) => Some(*n),
        Value::Terminal(_) | Value::Text(_) | Value::Ports(_) | Value::Unknown => None,
    };
    if a.rank(b).is_eq() {
        return Differ::Not;
    }
    match (number(a), number(b)) {
        (Some(a), Some(b)) => {
            let gap = (a - b).abs();
            if gap > a.abs().max(b.abs()) * share && gap > least { Differ::Clearly } else { Differ::Slightly }
        }
        // A name, or what was not known and is now.
        _ => Differ::Clearly,
    }
}

/// A sibling while the order is found.
#[derive(Clone, Copy, Debug, Default)]
struct Sibling {
    at: u32,
    /// Its turn by value; equal values have the same.
    rank: u32,
    /// Where it stood.
    place: u32,
    stays: bool,
}

/// Memory that is used for one group of siblings after another, look after look.
#[derive(Clone, Debug, Default)]
struct Memory {
    /// Whether the siblings are the rows of a list.
    in_list: bool,
    old: Vec<Sibling>,
    waiting: Vec<Sibling>,
    tails: Vec<u32>,
    before: Vec<u32>,
    shown: Vec<bool>,
}

impl Memory {
    /// Siblings in the order that they had, but those whose time has come.
    fn soft<K>(
        &mut self,
        seats: &mut [Seat<K>],
        siblings: &mut [u32],
        counts: bool,
        differ: impl Fn(u32, u32) -> Differ,
    ) {
        let place_of = |seats: &[Seat<K>], at: u32| seats.get(at as usize).and_then(|seat| seat.place);
        let mut last = None;
        let in_order = siblings.iter().filter_map(|at| place_of(seats, *at)).all(|place| {
            let goes_on = last < Some(place);
            last = Some(place);
            goes_on
        });
        if in_order {
            // As their values have them; newcomers stand where theirs do.
            for at in siblings.iter() {
                calm_down(seats, *at, counts);
            }
            return;
        }
        self.old.clear();
        self.waiting.clear();
        let (mut rank, mut above) = (0, None);
        for at in siblings.iter().copied() {
            rank += u32::from(above.is_some_and(|above| differ(above, at) != Differ::Not));
            above = Some(at);
            match place_of(seats, at) {
                Some(place) => self.old.push(Sibling { at, rank, place, stays: false }),
                None => self.waiting.push(Sibling { at, rank, ..Sibling::default() }),
            }
        }
        self.old.sort_unstable_by_key(|sibling| sibling.place);
        self.find_who_stays();
        if counts {
            self.count(seats, differ);
        }
        // Who moves waits for its turn among those who stay, as newcomers do.
        let (old, waiting) = (&mut self.old, &mut self.waiting);
        let is_ripe = |sibling: &Sibling| {
            !sibling.stays && seats.get(sibling.at as usize).is_some_and(|seat| seat.unrest >= RIPE)
        };
        waiting.extend(old.extract_if(.., |sibling| is_ripe(sibling)));
        for moved in waiting.iter() {
            if let Some(seat) = seats.get_mut(moved.at as usize) {
                seat.unrest = 0;
            }
        }
        waiting.sort_by_key(|sibling| sibling.rank);
        let mut places = siblings.iter_mut();
        let mut seat = |sibling: &Sibling| {
            if let Some(place) = places.next() {
                *place = sibling.at;
            }
        };
        let mut waiting = waiting.iter().peekable();
        for sibling in old.iter() {
            while sibling.stays
                && let Some(first) = waiting.next_if(|waiting| waiting.rank < sibling.rank)
            {
                seat(first);
            }
            seat(sibling);
        }
        waiting.for_each(seat);
    }

    /// Marks the most of `old` that are in order already, so that as few as can be are asked to move.
    fn find_who_stays(&mut self) {
        self.tails.clear();
        self.before.clear();
        let rank = |old: &[Sibling], at: u32| old.get(at as usize).map_or(0, |sibling| sibling.rank);
        for (at, sibling) in (0u32..).zip(&self.old) {
            let longest = self.tails.partition_point(|tail| rank(&self.old, *tail) <= sibling.rank);
            let up = longest.checked_sub(1).and_then(|up| self.tails.get(up));
            self.before.push(up.copied().unwrap_or(u32::MAX));
            match self.tails.get_mut(longest) {
                Some(tail) => *tail = at,
                None => self.tails.push(at),
            }
        }
        let mut stays = self.tails.last().copied();
        while let Some(sibling) = stays.and_then(|at| self.old.get_mut(at as usize)) {
            sibling.stays = true;
            stays = stays.and_then(|at| self.before.get(at as usize)).copied();
        }
    }

    /// Counts a look: who stays calms down, who is out of order becomes more restless.
    fn count<K>(&mut self, seats: &mut [Seat<K>], differ: impl Fn(u32, u32) -> Differ) {
        // Of each the nearest below it who stays.
        let mut nearest = u32::MAX;
        for (sibling, below) in self.old.iter().zip(&mut self.before).rev() {
            *below = nearest;
            if sibling.stays {
                nearest = sibling.at;
            }
        }
        let mut above: Option<Sibling> = None;
        for (sibling, below) in self.old.iter().zip(&self.before) {
            if sibling.stays {
                above = Some(*sibling);
                calm_down(seats, sibling.at, true);
                continue;
            }
            // The nearest of those who stay and whom it has to pass.
            let passed = above.filter(|above| above.rank > sibling.rank).map_or(*below, |above| above.at);
            let clear = differ(passed, sibling.at) == Differ::Clearly;
            let more = match (clear, self.in_list) {
                (true, true) => RIPE,
                (true, false) => CLEAR,
                (false, true) => SLIGHT_IN_LIST,
                (false, false) => SLIGHT,
            };
            if let Some(seat) = seats.get_mut(sibling.at as usize) {
                seat.unrest = seat.unrest.saturating_add(more);
            }
        }
    }
}

fn calm_down<K>(seats: &mut [Seat<K>], at: u32, counts: bool) {
    if let Some(seat) = seats.get_mut(at as usize).filter(|_| counts) {
        seat.unrest /= 2;
    }
}
