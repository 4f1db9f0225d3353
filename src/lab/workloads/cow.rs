//! *cow*: a parent with much memory forks, and the children write to a part of it: copy-on-write.
//!
//! fork(2) copies no page. Parent and children share all of them until somebody writes to one; only then does the
//! writer get a copy of it. So a child may have the size of its parent and cost next to nothing. What is shared, and by
//! how many, is in `smaps_rollup` (proc_pid_smaps(5)): PSS counts each page divided by those who have it.

use std::cell::RefCell;
use std::fs;
use std::hint::black_box;
use std::io;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Release},
};

use super::super::pulse::Pulse;
use super::super::scene::Scene;
use super::super::sync::{Barrier, Cells, Stopping};
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Knob, KnobKind, Mode, Workers, WorkloadInfo};

/// Children of the parent.
const CHILDREN: u32 = 3;

/// Least distance of two pages, bytes; where pages are larger, each is written several times.
const PAGE: usize = 4096;

/// How often the parent looks whether its children live, nanoseconds.
const SHOW_PART: u64 = 100_000_000;

const MIB: usize = 1 << 20;

/// What the parent writes, and what a child does.
const OLD: u8 = 1;
const NEW: u8 = 2;

/// What is looked up, as `smaps_rollup` names it; kB there.
const KEYS: [&str; 3] = ["Rss:", "Pss:", "Private_Dirty:"];

/// The moments at which everybody looks.
const MOMENTS: [&str; 2] = ["after the fork", "after the writing"];

/// The line in the list.
pub(super) fn workload() -> Workload {
    let number = |min, max, step| KnobKind::Number { min, max, step };
    Workload {
        info: WorkloadInfo {
            id: "cow",
            group: Group::Memory,
            title: "a large parent forks, and its children write: copy-on-write",
            lesson: "A fork copies nothing: parent and children share every page until one of them writes to it. The \
                     resident size counts shared pages for each of them, so the sum over a family is more than the \
                     memory it takes; PSS shares them out, and its sum is right.",
            watch: "RES and PSS of the four in the table. After the fork RES is four times the memory that there is.",
            modes: &[Mode::Fork],
            workers: Workers::Fixed(1 + CHILDREN),
            knobs: vec![
                Knob {
                    id: "mib",
                    help: "memory of the parent, MiB",
                    kind: number(1.0, 96.0, 1.0),
                    default: "64",
                },
                Knob {
                    id: "write",
                    help: "part of it that each child writes to, percent",
                    kind: number(0.0, 100.0, 5.0),
                    default: "25",
                },
                Knob {
                    id: "show",
                    help: "how long each state is shown, seconds",
                    kind: number(0.0, 20.0, 1.0),
                    default: "2",
                },
            ],
            bounds: Bounds { processes: 6, memory_mib: 400, seconds: 60 },
        },
        kind: Kind::Scene(play),
        probe: None,
    }
}

/// What parent and children share besides the pages.
struct Family<'a> {
    size: usize,
    write: usize,
    show_ns: u64,
    meeting: Barrier<'a>,
    /// What each found at each moment, KiB plus 1 (so that 0 is unknown): moment, then member, then key.
    found: &'a [AtomicU64],
    /// Bytes that a child had as it should, after writing.
    own: &'a AtomicU64,
    /// Bytes that the parent still had as it wrote them.
    kept: &'a AtomicU64,
}

impl Family<'_> {
    fn place(moment: usize, member: usize, key: usize) -> usize {
        (moment * (1 + CHILDREN as usize) + member) * KEYS.len() + key
    }

    fn look(&self, moment: usize, member: usize) {
        let Ok(text) = fs::read_to_string("/proc/self/smaps_rollup") else { return };
        for (key, kib) in rollup(&text).into_iter().enumerate() {
            if let (Some(place), Some(kib)) = (self.found.get(Self::place(moment, member, key)), kib) {
                place.store(kib + 1, Release);
            }
        }
    }

    /// What all found at a moment; `None` where one could not.
    fn sum(&self, moment: usize, members: std::ops::Range<usize>, key: usize) -> Option<f64> {
        let of = |member| {
            let kib = self.found.get(Self::place(moment, member, key))?.load(Acquire).checked_sub(1)?;
            Some(kib as f64 / 1024.0)
        };
        members.map(of).sum()
    }

    /// The moments that everybody goes through together; only the writing is different, and that the parent has to
    /// look whether all its children live.
    fn live(
        &self,
        member: usize,
        pulse: &mut Pulse,
        look: &dyn Fn(),
        write: impl FnOnce(&mut Pulse),
    ) -> Result<(), Stopping> {
        self.meeting.wait_and(pulse, look)?;
        self.show(0, member, pulse, look)?;
        self.meeting.wait_and(pulse, look)?;
        write(pulse);
        self.meeting.wait_and(pulse, look)?;
        self.show(1, member, pulse, look)?;
        // Whoever ends gives his share of the pages back to the others.
        self.meeting.wait_and(pulse, look)?;
        Ok(())
    }

    fn show(&self, moment: usize, member: usize, pulse: &mut Pulse, look: &dyn Fn()) -> Result<(), Stopping> {
        self.look(moment, member);
        let mut left = self.show_ns;
        while left > 0 {
            look();
            super::spend::rest(left.min(SHOW_PART), pulse)?;
            left = left.saturating_sub(SHOW_PART);
        }
        Ok(())
    }

    fn child(&self, member: usize, memory: &mut [u8], pulse: &mut Pulse) -> io::Result<()> {
        pulse.begin(2);
        self.live(member, pulse, &|| {}, |pulse| {
            let (mine, shared) = memory.split_at_mut(self.write.min(memory.len()));
            fill(mine, NEW, pulse);
            let right = count(mine, NEW, pulse) + count(shared, OLD, pulse);
            self.own.fetch_add(right, AcqRel);
        })?;
        pulse.end(0);
        Ok(())
    }
}

/// Writes to every page.
fn fill(memory: &mut [u8], value: u8, pulse: &mut Pulse) {
    for page in memory.chunks_mut(PAGE) {
        page.fill(black_box(value));
        pulse.beat();
    }
    black_box(memory);
}

/// How many bytes have this value.
fn count(memory: &[u8], value: u8, pulse: &mut Pulse) -> u64 {
    let one = |page: &[u8]| page.iter().map(|byte| u64::from(*byte == value)).sum::<u64>();
    memory
        .chunks(PAGE)
        .map(|page| {
            pulse.beat();
            one(page)
        })
        .sum()
}

/// The values of [`KEYS`], KiB.
fn rollup(text: &str) -> [Option<u64>; KEYS.len()] {
    KEYS.map(|key| {
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_ascii_whitespace().next()?.parse().ok()
    })
}

fn play(scene: &Scene) -> io::Result<()> {
    let settings = scene.settings;
    let mut cells = Cells::new(scene.board);
    let size = settings.whole("mib") as usize * MIB;
    let family = Family {
        size,
        write: (size / PAGE * settings.whole("write") as usize / 100) * PAGE,
        show_ns: u64::from(settings.whole("show")) * 1_000_000_000,
        meeting: Barrier::new(&mut cells, 1 + CHILDREN),
        found: cells.many(MOMENTS.len() * (1 + CHILDREN as usize) * KEYS.len()),
        own: cells.one(),
        kept: cells.one(),
    };
    let parent = scene.fork("parent", |pulse| parent(scene, &family, pulse))?;
    scene.attend(vec![parent], || {})?;

    let all = family.size as u64;
    scene.check("bytes that the parent wrote and kept", all, family.kept.load(Acquire));
    scene.check("bytes right in the children", all * u64::from(CHILDREN), family.own.load(Acquire));
    let everybody = 0..1 + CHILDREN as usize;
    for (moment, when) in MOMENTS.iter().enumerate() {
        let figure = |what: &str, value: Option<f64>| {
            if let Some(value) = value {
                scene.figure(&format!("{what} {when}"), value, "MiB");
            }
        };
        figure("RSS of all", family.sum(moment, everybody.clone(), 0));
        figure("PSS of all", family.sum(moment, everybody.clone(), 1));
        figure("private and dirty in the parent", family.sum(moment, 0..1, 2));
        figure("private and dirty in the children", family.sum(moment, 1..everybody.end, 2));
    }
    let told =
        |moment| family.sum(moment, everybody.clone(), 0).zip(family.sum(moment, everybody.clone(), 1));
    match told(0).zip(told(1)) {
        Some(((rss, before), (_, after))) => scene.means(format!(
            "A fork copies no memory: four processes of {rss:.0} MiB resident memory took {before:.0} MiB together. \
             Only what the children wrote was copied, page by page: {after:.0} MiB then."
        )),
        None if family.kept.load(Acquire) != all => {}
        None => scene.note("This kernel does not say what is shared: there is no smaps_rollup to read."),
    }
    Ok(())
}

fn parent(scene: &Scene, family: &Family, pulse: &mut Pulse) -> io::Result<()> {
    pulse.begin(1);
    let mut memory = vec![0; family.size];
    fill(&mut memory, OLD, pulse);
    let mut children = Vec::new();
    for member in 1..=CHILDREN {
        let name = format!("child {member}/{CHILDREN}");
        let child = scene.fork(&name, |pulse| family.child(member as usize, &mut memory, pulse));
        match child {
            Ok(child) => children.push(child),
            Err(error) => {
                scene.board.ask_to_stop();
                scene.attend(children, || {})?;
                return Err(error);
            }
        }
    }
    let children = RefCell::new(children);
    // That waiting fails, the end will tell.
    let look = || drop(scene.reap(&mut children.borrow_mut()));
    let lived = family.live(0, pulse, &look, |_| {});
    scene.attend(children.into_inner(), || {})?;
    lived?;
    family.kept.store(count(&memory, OLD, pulse), Release);
    pulse.end(0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_words_are_found() {
        let text = "5600-7ffe ---p 00000000 00:00 0    [rollup]\nRss:               884 kB\nPss:               385 kB\n\
                    Pss_Dirty:          68 kB\nPrivate_Clean:       4 kB\nPrivate_Dirty:      68 kB\n";
        assert_eq!(rollup(text), [Some(884), Some(385), Some(68)]);
        assert_eq!(rollup("Rss: many kB"), [None; 3]);
    }

    #[test]
    fn every_member_has_places_of_his_own() {
        let mut places: Vec<usize> = (0..2)
            .flat_map(|moment| (0..4).flat_map(move |member| (0..3).map(move |key| (moment, member, key))))
            .map(|(moment, member, key)| Family::place(moment, member, key))
            .collect();
        places.sort_unstable();
        assert_eq!(places, (0..24).collect::<Vec<_>>());
    }
}
