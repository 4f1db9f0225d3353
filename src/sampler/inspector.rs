//! The inspector's thread: looks at one page of one process at a time, and at nothing while nobody wants it.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Instant;

use super::beat::Beat;
use crate::model::ProcId;
use crate::model::inspect::{Examine, InspectOrder, Inspection, Page};

/// CPU time that looks may take, seconds a second. Where a look costs more, the next one waits for longer.
const BUDGET: f64 = 0.004;

/// How much the last look counts for what looks are taken to cost.
const LAST: f64 = 0.4;

enum Order {
    Inspect(InspectOrder),
    Interval(f64),
}

/// The handle to an inspector's thread. None of its calls blocks. Dropping it tells the thread to end and does not wait
/// for it.
pub struct Inspecting {
    orders: Sender<Order>,
}

impl Inspecting {
    /// What to look at from now on.
    pub fn order(&self, order: InspectOrder) {
        self.send(Order::Inspect(order));
    }

    /// Seconds between two looks from now on, 0.05 to 86 400.
    pub fn interval(&self, seconds: f64) {
        self.send(Order::Interval(seconds));
    }

    fn send(&self, order: Order) {
        // The thread ends before this handle only if `publish` panicked; then there is nobody to tell.
        let _ = self.orders.send(order);
    }
}

/// Starts a thread that waits for orders. Once a process is opened it looks at once, again after 0.25 s and then every
/// `interval` seconds, or less often where that would take more than 4 ms of CPU time a second, and hands each look to
/// `publish`. A process that has ended is told once.
pub fn start_inspector(
    examine: Box<dyn Examine>,
    interval: f64,
    publish: impl FnMut(Arc<Inspection>) + Send + 'static,
) -> io::Result<Inspecting> {
    let (orders, inbox) = channel();
    std::thread::Builder::new().name("glowtop-inspect".into()).spawn(move || {
        Thread { examine, interval, page: Page::default(), view: None }.run(&inbox, publish);
    })?;
    Ok(Inspecting { orders })
}

struct Thread {
    examine: Box<dyn Examine>,
    interval: f64,
    page: Page,
    view: Option<View>,
}

/// What is looked at.
struct View {
    id: ProcId,
    beat: Beat,
    before: Option<Arc<Inspection>>,
    /// What a look at this page costs, seconds of CPU time; `None` before the second, since the first opens everything.
    cost: Option<f64>,
    looks: u32,
    fresh: bool,
    /// Whether it has ended, and there is nothing more to be looked at.
    over: bool,
}

impl Thread {
    fn run(mut self, inbox: &Receiver<Order>, mut publish: impl FnMut(Arc<Inspection>)) {
        loop {
            let order = match self.view.as_ref().filter(|view| !view.over) {
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(view) => inbox.recv_timeout(view.beat.due().saturating_duration_since(Instant::now())),
            };
            match order {
                Ok(Order::Inspect(order)) => self.obey(order),
                Ok(Order::Interval(seconds)) => self.set_interval(seconds),
                Err(RecvTimeoutError::Timeout) => self.look(&mut publish),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn obey(&mut self, order: InspectOrder) {
        let now = Instant::now();
        match (order, &mut self.view) {
            (InspectOrder::Open(id), view) => {
                if view.as_ref().is_none_or(|view| view.id != id) {
                    *view = Some(View::new(id, self.interval, now));
                }
            }
            (InspectOrder::Page(page), view) => {
                self.page = page;
                if let Some(view) = view.as_mut().filter(|view| !view.over) {
                    // Another page costs something else, and its first look has nothing to be compared with.
                    *view = View::new(view.id, self.interval, now);
                }
            }
            (InspectOrder::Refresh, Some(view)) => {
                view.fresh = true;
                view.beat.hasten(now);
            }
            (InspectOrder::Refresh, None) => {}
            (InspectOrder::Close, _) => {
                self.view = None;
                self.examine.close();
            }
        }
    }

    fn set_interval(&mut self, seconds: f64) {
        self.interval = seconds;
        if let Some(view) = &mut self.view {
            view.beat.set_interval(view.rests(seconds), Instant::now());
        }
    }

    fn look(&mut self, publish: &mut impl FnMut(Arc<Inspection>)) {
        let Some(view) = &mut self.view else { return };
        let began = Instant::now();
        let fresh = std::mem::take(&mut view.fresh);
        let seen = self.examine.examine(view.id, self.page, fresh);
        let cost = seen.cost;
        let seen = Arc::new(seen.follow(view.before.as_deref()));
        view.over = seen.is_over();
        view.before = Some(Arc::clone(&seen));
        view.looks = view.looks.saturating_add(1);
        view.beat.looked(began, Instant::now());
        // A look at everything was asked for, and is no measure of the others.
        if view.looks > 1 && !fresh {
            view.cost = Some(view.cost.map_or(cost, |known| known + (cost - known) * LAST));
            view.beat.set_interval(view.rests(self.interval), Instant::now());
        }
        if view.over {
            self.examine.close();
        }
        publish(seen);
    }
}

impl View {
    fn new(id: ProcId, interval: f64, now: Instant) -> View {
        View {
            id,
            beat: Beat::new(interval, now),
            before: None,
            cost: None,
            looks: 0,
            fresh: false,
            over: false,
        }
    }

    /// Seconds between two looks that keep to the budget.
    fn rests(&self, interval: f64) -> f64 {
        self.cost.map_or(interval, |cost| interval.max(cost / BUDGET))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Nanos;
    use crate::model::inspect::{Ended, Found, Refused};
    use std::time::Duration;

    const SOON: Duration = Duration::from_secs(20);

    /// Says what it was asked for; pid 7 has ended.
    struct Told {
        asked: Sender<Option<(u32, Page, bool)>>,
        looks: u64,
        cost: f64,
    }

    impl Examine for Told {
        fn examine(&mut self, id: ProcId, page: Page, fresh: bool) -> Inspection {
            self.looks += 1;
            let _ = self.asked.send(Some((id.pid.get(), page, fresh)));
            let found = match id.pid.get() {
                7 => Found::Gone(Ended::Vanished),
                _ => Found::Refused(Refused::NotRead),
            };
            let at = Nanos(self.looks * 1_000_000_000);
            Inspection { id, at, number: self.looks, page, found, cost: self.cost }
        }

        fn close(&mut self) {
            let _ = self.asked.send(None);
        }
    }

    type Asked = Receiver<Option<(u32, Page, bool)>>;

    fn begin(interval: f64, cost: f64) -> (Inspecting, Asked, Receiver<Arc<Inspection>>) {
        let (asked, asked_for) = channel();
        let (out, published) = channel();
        let told = Box::new(Told { asked, looks: 0, cost });
        let inspecting = start_inspector(told, interval, move |seen| drop(out.send(seen))).unwrap();
        (inspecting, asked_for, published)
    }

    fn id(pid: u32) -> ProcId {
        ProcId::new(pid, 1).unwrap()
    }

    #[test]
    fn it_looks_at_what_it_is_told_and_at_nothing_else() {
        let (inspecting, asked, _published) = begin(10_000.0, 0.0);
        let next = || asked.recv_timeout(SOON).unwrap();
        inspecting.order(InspectOrder::Page(Page::Files));
        inspecting.order(InspectOrder::Open(id(5)));
        assert_eq!([(); 2].map(|()| next()), [Some((5, Page::Files, false)); 2]);
        inspecting.order(InspectOrder::Refresh);
        assert_eq!(next(), Some((5, Page::Files, true)));
        inspecting.order(InspectOrder::Page(Page::Memory));
        assert_eq!([(); 2].map(|()| next()), [Some((5, Page::Memory, false)); 2]);
        inspecting.order(InspectOrder::Close);
        assert_eq!(next(), None);
        // Closed, nothing is asked for: the next thing it does is what it is told next.
        inspecting.order(InspectOrder::Refresh);
        inspecting.order(InspectOrder::Open(id(6)));
        assert_eq!(next(), Some((6, Page::Memory, false)));
    }

    #[test]
    fn an_end_is_told_once() {
        let (inspecting, asked, published) = begin(0.05, 0.0);
        inspecting.order(InspectOrder::Open(id(7)));
        assert!(published.recv_timeout(SOON).unwrap().is_over());
        let next = || asked.recv_timeout(SOON).unwrap();
        assert_eq!((next(), next()), (Some((7, Page::Overview, false)), None));
        inspecting.order(InspectOrder::Open(id(5)));
        assert_eq!(next(), Some((5, Page::Overview, false)));
    }

    #[test]
    fn what_costs_much_is_looked_at_less_often() {
        let view = |cost| View { cost: Some(cost), ..View::new(id(5), 1.0, Instant::now()) };
        assert!((view(0.001).rests(1.0) - 1.0).abs() < 1e-9);
        assert!((view(0.02).rests(1.0) - 5.0).abs() < 1e-9);
        // However slow the interval is, the budget allows more, and it stays.
        assert!((view(0.02).rests(60.0) - 60.0).abs() < 1e-9);
    }

    #[test]
    fn it_ends_with_its_handle() {
        let (inspecting, _, published) = begin(10_000.0, 0.0);
        drop(inspecting);
        assert_eq!(published.recv_timeout(SOON).err(), Some(RecvTimeoutError::Disconnected));
    }
}
