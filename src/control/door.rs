//! The way in: orders are posted here, from any thread, and the control thread is started.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};

use crate::model::{ControlNews, ControlOrder};

use super::desk::Desk;
use super::follow::Times;
use super::pin;

/// How long a process has to end before the verdict is "still alive".
pub const PATIENCE: Duration = Duration::from_secs(5);

/// How long the thread has to finish what it was ordered as it always does.
const UNHURRIED: Duration = Duration::from_millis(500);
/// How long it has after that, and then it waits for nobody.
const LAST: Duration = Duration::from_secs(3);

/// The way to the control thread. Dropping it carries out the orders that were given and ends the thread, verdicts that
/// are still to come included: nobody who was stopped for the sake of a signal stays so.
pub struct Control {
    /// `None` only while it is dropped.
    orders: Option<Sender<ControlOrder>>,
    wake: Arc<OwnedFd>,
    /// Tells the thread to wait for nobody any more.
    closing: Arc<AtomicBool>,
    /// Closed when the thread has ended.
    end: Receiver<()>,
}

impl Control {
    /// Gives an order. Never blocks; what comes of it is told as news.
    pub fn send(&self, order: ControlOrder) {
        if let Some(orders) = &self.orders {
            // It fails only when the thread has ended because its news had nobody to go to.
            let _ = orders.send(order);
        }
        self.wake();
    }

    fn wake(&self) {
        // It can fail only when 2^64 - 2 orders wait, and then the thread is awake already.
        let _ = rustix::io::write(&*self.wake, &1_u64.to_ne_bytes());
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // First the channel, then the bell: the thread must find it closed when it wakes.
        self.orders = None;
        self.wake();
        // The program may end after this, and the thread with it, in the middle of a sweep.
        if self.end.recv_timeout(UNHURRIED) == Err(RecvTimeoutError::Timeout) {
            self.closing.store(true, Ordering::Relaxed);
            let _ = self.end.recv_timeout(LAST);
        }
    }
}

/// Starts the control thread with a patience of [`PATIENCE`]. `news` is called on that thread with every piece of
/// news, and must not block.
///
/// # Errors
///
/// No thread or no file descriptor could be had.
pub fn start(news: impl Fn(ControlNews) + Send + 'static) -> io::Result<Control> {
    start_with(PATIENCE, news)
}

/// Starts the control thread; a process has `patience` to do what a signal asks before it is called still alive.
///
/// # Errors
///
/// As [`start`].
pub fn start_with(patience: Duration, news: impl Fn(ControlNews) + Send + 'static) -> io::Result<Control> {
    start_by(pin::open, patience, news)
}

/// The same with another way to open pidfds, so that tests can have a kernel that has none.
pub(super) fn start_by(
    open: pin::Open,
    patience: Duration,
    news: impl Fn(ControlNews) + Send + 'static,
) -> io::Result<Control> {
    let (orders, mail) = channel();
    let wake = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
    let closing = Arc::new(AtomicBool::new(false));
    let times = Times::with_patience(patience);
    let mut desk = Desk::new(Arc::clone(&wake), times, open, Arc::clone(&closing), news)?;
    let (alive, end) = channel();
    std::thread::Builder::new().name("control".to_owned()).spawn(move || {
        desk.run(&mail);
        drop(alive);
    })?;
    Ok(Control { orders: Some(orders), wake, closing, end })
}
