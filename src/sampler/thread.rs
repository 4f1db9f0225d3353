//! The sampling thread and the handle to it.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Instant;

use super::beat::Beat;
use crate::model::{NoSample, Snapshot, Source, Wants, derive};

enum Order {
    Wants(Wants),
    Interval(f64),
    LookNow,
}

/// The handle to a sampling thread. None of its calls blocks. Dropping it tells the thread to end and does not wait
/// for it.
pub struct Sampler {
    orders: Sender<Order>,
}

impl Sampler {
    /// What the next looks are to read. Where that is more than before, a look follows at once.
    pub fn wants(&self, wants: Wants) {
        self.send(Order::Wants(wants));
    }

    /// Seconds between two looks from now on, 0.05 to 86 400.
    pub fn interval(&self, seconds: f64) {
        self.send(Order::Interval(seconds));
    }

    /// Looks now, or 0.1 s after the last look.
    pub fn look_now(&self) {
        self.send(Order::LookNow);
    }

    fn send(&self, order: Order) {
        // The thread ends before this handle only if `publish` panicked; then there is nobody to tell.
        let _ = self.orders.send(order);
    }
}

/// Starts a thread that looks at `source` at once, again after 0.25 s and then every `interval` seconds, and hands
/// each snapshot to `publish`. Of very many processes the first look may show only some, and the next follows at once.
/// Where there is no sample it says so and tries again at the next beat.
pub fn start(
    source: Box<dyn Source>,
    wants: Wants,
    interval: f64,
    publish: impl FnMut(Result<Arc<Snapshot>, NoSample>) + Send + 'static,
) -> io::Result<Sampler> {
    let (orders, inbox) = channel();
    std::thread::Builder::new()
        .name("glowtop-sample".into())
        .spawn(move || run(source, wants, interval, &inbox, publish))?;
    Ok(Sampler { orders })
}

fn run(
    mut source: Box<dyn Source>,
    mut wants: Wants,
    interval: f64,
    inbox: &Receiver<Order>,
    mut publish: impl FnMut(Result<Arc<Snapshot>, NoSample>),
) {
    let mut beat = Beat::new(interval, Instant::now());
    let mut before: Option<Arc<Snapshot>> = None;
    let mut hurry = true;
    loop {
        if !wait(&mut beat, &mut wants, inbox) {
            return;
        }
        let began = Instant::now();
        wants.hurry = std::mem::take(&mut hurry);
        let looked = source.sample(&wants);
        if looked.as_ref().is_ok_and(|sample| sample.partial) {
            // Good to look at until the whole is read, which happens now, and to be forgotten then: rates over so short
            // a time would be noise.
            publish(looked.map(|sample| Arc::new(derive(None, sample))));
            continue;
        }
        publish(looked.map(|sample| {
            let snapshot = Arc::new(derive(before.as_deref(), sample));
            before = Some(Arc::clone(&snapshot));
            snapshot
        }));
        beat.looked(began, Instant::now());
    }
}

/// Waits for the next beat, taking orders meanwhile; `false` once nobody holds the handle any more.
fn wait(beat: &mut Beat, wants: &mut Wants, inbox: &Receiver<Order>) -> bool {
    loop {
        let left = beat.due().saturating_duration_since(Instant::now());
        let order = match inbox.recv_timeout(left) {
            Ok(order) => order,
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        };
        let now = Instant::now();
        match order {
            Order::Wants(new) => {
                // Scrolling changes what is visible with every key; only data not read before are worth a look.
                if !wants.needs.has(new.needs) {
                    beat.hasten(now);
                }
                *wants = new;
            }
            Order::Interval(seconds) => beat.set_interval(seconds, now),
            Order::LookNow => beat.hasten(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Nanos, Needs, ProcId, Sample, Seen, Task};
    use std::time::Duration;

    /// A source that says what it was asked for, and fails at first where it is told to.
    struct Told {
        asked: Sender<Needs>,
        failures: u32,
        looks: u64,
    }

    impl Source for Told {
        fn sample(&mut self, wants: &Wants) -> Result<Sample, NoSample> {
            let _ = self.asked.send(wants.needs);
            self.looks += 1;
            if self.failures > 0 {
                self.failures -= 1;
                return Err(NoSample::NoProc("/nowhere/proc".into()));
            }
            Ok(Sample { taken: Nanos(self.looks * 1_000_000_000), ..Sample::default() })
        }
    }

    type Published = Receiver<Result<Arc<Snapshot>, NoSample>>;

    fn begin(failures: u32, interval: f64) -> (Sampler, Receiver<Needs>, Published) {
        let (asked, asked_for) = channel();
        let (out, published) = channel();
        let source = Box::new(Told { asked, failures, looks: 0 });
        let sampler =
            start(source, Wants::default(), interval, move |result| drop(out.send(result))).unwrap();
        (sampler, asked_for, published)
    }

    const SOON: Duration = Duration::from_secs(20);

    #[test]
    fn the_first_two_looks_do_not_wait_for_the_interval() {
        let (_sampler, _, published) = begin(0, 10_000.0);
        let numbers = [(); 2].map(|()| published.recv_timeout(SOON).unwrap().unwrap().number);
        assert_eq!(numbers, [1, 2]);
    }

    /// A source of which a look in a hurry shows only the first process.
    struct Large(u64);

    impl Source for Large {
        fn sample(&mut self, wants: &Wants) -> Result<Sample, NoSample> {
            self.0 += 1;
            let all = if wants.hurry { 1 } else { 3 };
            let tasks = (1..=all)
                .filter_map(|pid| ProcId::new(pid, 1))
                .map(|id| Seen::new(Task::bare(id), Nanos(0)))
                .collect();
            Ok(Sample {
                taken: Nanos(self.0 * 1_000_000_000),
                tasks,
                partial: wants.hurry,
                ..Sample::default()
            })
        }
    }

    #[test]
    fn a_partial_look_is_shown_at_once_and_makes_nobody_new() {
        let (out, published) = channel();
        let publish = move |result| drop(out.send(result));
        let _sampler = start(Box::new(Large(0)), Wants::default(), 10_000.0, publish).unwrap();
        let looks = [(); 3].map(|()| published.recv_timeout(SOON).unwrap().unwrap());
        assert_eq!(
            looks.each_ref().map(|look| (look.number, look.partial)),
            [(1, true), (1, false), (2, false)]
        );
        assert_eq!(looks.each_ref().map(|look| look.procs.len()), [1, 3, 3]);
        assert!(looks.iter().flat_map(|look| &look.procs).all(|proc| proc.born.is_none()));
    }

    #[test]
    fn new_needs_and_requests_wake_it() {
        let (sampler, asked, _published) = begin(0, 10_000.0);
        assert_eq!([(); 2].map(|()| asked.recv_timeout(SOON).unwrap()), [Needs::NOTHING; 2]);
        sampler.wants(Wants { needs: Needs::MEMORY, ..Wants::default() });
        assert_eq!(asked.recv_timeout(SOON), Ok(Needs::MEMORY));
        sampler.look_now();
        assert_eq!(asked.recv_timeout(SOON), Ok(Needs::MEMORY));
        sampler.interval(0.05);
        assert_eq!([(); 3].map(|()| asked.recv_timeout(SOON).unwrap()), [Needs::MEMORY; 3]);
    }

    #[test]
    fn where_there_is_no_sample_it_says_so_and_goes_on() {
        let (_sampler, _, published) = begin(1, 10_000.0);
        assert!(published.recv_timeout(SOON).unwrap().is_err());
        assert_eq!(published.recv_timeout(SOON).unwrap().unwrap().number, 1);
    }

    #[test]
    fn it_ends_with_its_handle() {
        let (sampler, _, published) = begin(0, 10_000.0);
        drop(sampler);
        while let Ok(_late) = published.recv_timeout(SOON) {}
        assert_eq!(published.recv_timeout(SOON).err(), Some(RecvTimeoutError::Disconnected));
    }
}
