//! *pipeline*: three processes with pipes between them, as the shell makes them of `a | b | c`.
//!
//! Bytes go through all of them, so all have the rate of the slowest; a pipe that is full or empty stops whoever is
//! quicker. The kernel does the waiting: write(2) until there is room, read(2) until there is something.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use super::super::board::Word;
use super::super::pulse::{Pulse, now_ns};
use super::super::random::Random;
use super::super::scene::Scene;
use super::super::sync::Cells;
use super::{Kind, Workload, spend};
use crate::model::lab::{BlockedOn, Bounds, Group, Knob, KnobKind, Mode, Workers, WorkloadInfo};

/// What the second stage does to each byte.
const KEY: u8 = 0x5a;

/// The line in the list.
pub(super) fn workload() -> Workload {
    let number = |min, max, step| KnobKind::Number { min, max, step };
    Workload {
        info: WorkloadInfo {
            id: "pipeline",
            group: Group::Talking,
            title: "source, filter and sink: three processes and two pipes",
            lesson: "All stages have the rate of the slowest, however quick the others are: a full pipe stops the one \
                     before it, an empty one the one behind it. Only making the slowest quicker, or splitting it, \
                     makes the whole quicker.",
            watch: "Which lane never waits: that is the slowest. F before it, E behind it.",
            modes: &[Mode::Pool],
            workers: Workers::Fixed(3),
            knobs: vec![
                Knob {
                    id: "cost",
                    help: "computing per block of source, filter and sink, microseconds",
                    kind: KnobKind::List { min: 0, max: 100_000 },
                    default: "500,2000,1000",
                },
                Knob {
                    id: "blocks",
                    help: "number of blocks",
                    kind: number(1.0, 20_000.0, 1.0),
                    default: "800",
                },
                Knob {
                    id: "block",
                    help: "bytes in a block; a pipe holds 65536",
                    kind: number(1.0, 65_536.0, 1.0),
                    default: "16384",
                },
            ],
            bounds: Bounds { seconds: 120, ..Bounds::ORDINARY },
        },
        kind: Kind::Scene(play),
        probe: None,
    }
}

/// Sum of bytes that also depends on their order: FNV-1a (Fowler, Noll and Vo), of 64 bits.
struct Checksum(u64);

impl Checksum {
    fn new() -> Checksum {
        Checksum(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: impl Iterator<Item = u8>) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// The bytes that go in, block by block.
struct Source {
    random: Random,
    block: Vec<u8>,
}

impl Source {
    fn new(size: u32) -> Source {
        Source { random: Random::new(1), block: vec![0; size as usize] }
    }

    fn next(&mut self) -> &[u8] {
        for eight in self.block.chunks_mut(8) {
            let bytes = self.random.next().to_le_bytes();
            for (to, from) in eight.iter_mut().zip(bytes) {
                *to = from;
            }
        }
        &self.block
    }
}

fn filter(block: &mut [u8]) {
    for byte in block {
        *byte ^= KEY;
    }
}

/// Reads a block; it may be shorter at the end, and is empty behind it.
fn read(from: &mut PipeReader, block: &mut [u8], pulse: &mut Pulse) -> io::Result<usize> {
    let mut length = 0;
    while let Some(rest) = block.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match pulse.wait(BlockedOn::Empty, || from.read(rest)) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

fn write(to: &mut PipeWriter, block: &[u8], pulse: &mut Pulse) -> io::Result<()> {
    pulse.wait(BlockedOn::Full, || to.write_all(block))
}

/// What the stages share besides the bytes.
struct Line<'a> {
    blocks: u32,
    size: u32,
    /// Of each stage.
    cost_ns: [u64; 3],
    /// What came out of each stage, bytes.
    bytes: [&'a AtomicU64; 3],
    /// Checksum of what must arrive, and of what did.
    sent: &'a AtomicU64,
    arrived: &'a AtomicU64,
}

impl Line<'_> {
    fn source(&self, mut to: PipeWriter, pulse: &mut Pulse) -> io::Result<()> {
        let (mut source, mut sum) = (Source::new(self.size), Checksum::new());
        pulse.begin(1);
        for _ in 0..self.blocks {
            spend::compute(self.cost_ns[0], pulse)?;
            let block = source.next();
            sum.add(block.iter().map(|byte| byte ^ KEY));
            write(&mut to, block, pulse)?;
            self.bytes[0].fetch_add(block.len() as u64, Relaxed);
        }
        self.sent.store(sum.0, Release);
        pulse.end(sum.0);
        Ok(())
    }

    fn filter(&self, mut from: PipeReader, mut to: PipeWriter, pulse: &mut Pulse) -> io::Result<()> {
        let mut block = vec![0; self.size as usize];
        pulse.begin(2);
        loop {
            let length = read(&mut from, &mut block, pulse)?;
            let got = block.get_mut(..length).unwrap_or_default();
            if got.is_empty() {
                break;
            }
            spend::compute(self.cost_ns[1], pulse)?;
            filter(got);
            write(&mut to, got, pulse)?;
            self.bytes[1].fetch_add(length as u64, Relaxed);
        }
        pulse.end(0);
        Ok(())
    }

    fn sink(&self, mut from: PipeReader, pulse: &mut Pulse) -> io::Result<()> {
        let (mut block, mut sum) = (vec![0; self.size as usize], Checksum::new());
        pulse.begin(3);
        loop {
            let length = read(&mut from, &mut block, pulse)?;
            let got = block.get(..length).unwrap_or_default();
            if got.is_empty() {
                break;
            }
            spend::compute(self.cost_ns[2], pulse)?;
            sum.add(got.iter().copied());
            self.bytes[2].fetch_add(length as u64, Relaxed);
        }
        self.arrived.store(sum.0, Release);
        pulse.end(sum.0);
        Ok(())
    }
}

fn play(scene: &Scene) -> io::Result<()> {
    let mut cells = Cells::new(scene.board);
    let costs = scene.settings.list("cost");
    let cost = |stage: usize| costs.get(stage).map_or(0, |&us| u64::from(us.unsigned_abs()) * 1000);
    let line = Line {
        blocks: scene.settings.whole("blocks"),
        size: scene.settings.whole("block"),
        cost_ns: [cost(0), cost(1), cost(2)],
        bytes: [cells.one(), cells.one(), cells.one()],
        sent: cells.one(),
        arrived: cells.one(),
    };
    let began = now_ns();
    // Whoever holds the other end of a pipe without using it keeps its reader waiting for ever. So an end goes to the
    // child that is forked with it, which also takes it from this process; and what is for others the child drops.
    let (first, to_first) = io::pipe()?;
    let mut first = Some(first);
    let source = scene.fork("source", |pulse| {
        drop(first.take());
        line.source(to_first, pulse)
    });
    // Whether the closure ran here or there: here the reader is still ours.
    let source = source?;
    let first = first.ok_or(io::ErrorKind::BrokenPipe)?;
    let (second, to_second) = io::pipe()?;
    let mut second = Some(second);
    let filter = scene.fork("filter", |pulse| {
        drop(second.take());
        line.filter(first, to_second, pulse)
    });
    let second = second.ok_or(io::ErrorKind::BrokenPipe)?;
    let sink = scene.fork("sink", |pulse| line.sink(second, pulse));
    let mut children = vec![source];
    let mut problem = Ok(());
    for child in [filter, sink] {
        match child {
            Ok(child) => children.push(child),
            Err(error) => problem = Err(error),
        }
    }
    if problem.is_err() {
        scene.board.ask_to_stop();
    }
    scene.attend(children, || {})?;
    problem?;

    let seconds = now_ns().saturating_sub(began) as f64 / 1e9;
    let all = u64::from(line.blocks) * u64::from(line.size);
    for (stage, bytes) in ["source", "filter", "sink"].iter().zip(line.bytes) {
        scene.check(&format!("bytes through the {stage}"), all, bytes.load(Acquire));
    }
    let sum = |cell: &AtomicU64| format!("{:016x}", cell.load(Acquire));
    scene.check("checksum", sum(line.sent), sum(line.arrived));
    let arrived = line.bytes[2].load(Acquire);
    scene.figure("rate", arrived as f64 / f64::from(1 << 20) / seconds, "MiB/s");
    scene.figure("time per block", seconds * f64::from(line.size) / (arrived as f64).max(1.0) * 1e3, "ms");
    if let Some((stage, cpu_s)) = slowest(scene) {
        scene.means(format!(
            "The {stage} is the slowest stage, with {cpu_s:.2} s of CPU time; the others wait for it, so the whole line \
             has its rate. Quicker others would gain nothing."
        ));
    }
    Ok(())
}

/// The stage that took most CPU time, and how much, seconds; `None` where none took any.
fn slowest(scene: &Scene) -> Option<(String, f64)> {
    let board = scene.board;
    let took = |slot| {
        let word = |word| board.slot(slot, word).load(Acquire);
        word(Word::RunLast).saturating_sub(word(Word::RunFirst))
    };
    let slot = (0..board.slots()).max_by_key(|slot| took(*slot)).filter(|slot| took(*slot) > 0)?;
    Some((board.name(slot), took(slot) as f64 / 1e9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_its_authors_and_sees_order() {
        let sum = |text: &str| {
            let mut sum = Checksum::new();
            sum.add(text.bytes());
            sum.0
        };
        // From the authors' list of test vectors.
        let known = [0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c, 0x8594_4171_f739_67e8];
        assert_eq!(["", "a", "foobar"].map(sum), known);
        assert_ne!(sum("ab"), sum("ba"));
    }

    #[test]
    fn the_filter_changes_every_byte_and_back() {
        let mut source = Source::new(100);
        let block = source.next().to_vec();
        let mut changed = block.clone();
        filter(&mut changed);
        assert!(block.iter().zip(&changed).all(|(before, after)| before != after));
        filter(&mut changed);
        assert_eq!(changed, block);
        assert_ne!(source.next(), block, "the next one is another");
    }
}
