//! What is slow to read, on a thread of its own: temperatures, disks and network interfaces, by sysinfo.
//!
//! A disk that does not answer keeps this thread waiting for as long as it likes; nothing but these figures waits
//! with it. The crate is named nowhere else.

use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use sysinfo::{Components, Disks, Networks};

use crate::model::{Disk, Facts, Network, Sensors, SlowNeeds, Temperature, Untrusted};

/// Time between two readings.
const EVERY: Duration = Duration::from_secs(3);

/// The handle to the thread of the slow sensors. Dropping it ends the thread once it has nothing more to read.
pub struct SlowSensors {
    orders: Sender<SlowNeeds>,
    told: Cell<SlowNeeds>,
}

impl SlowSensors {
    /// What is to be read from now on. Where that is more than before, a reading follows at once.
    pub fn wants(&self, needs: SlowNeeds) {
        if self.told.replace(needs) == needs {
            return;
        }
        // The thread ends before this handle only if `publish` panicked; then there is nobody to tell.
        let _ = self.orders.send(needs);
    }
}

/// Starts a thread that reads what is needed of the sensors at once and then every few seconds; while nothing is needed
/// it sleeps. `facts` reads what sysinfo does not.
pub fn start_sensors(
    needs: SlowNeeds,
    facts: impl FnMut(SlowNeeds) -> Facts + Send + 'static,
    publish: impl FnMut(Arc<Sensors>) + Send + 'static,
) -> io::Result<SlowSensors> {
    let (orders, inbox) = channel();
    std::thread::Builder::new()
        .name("glowtop-slow".into())
        .spawn(move || run(needs, &inbox, facts, publish))?;
    Ok(SlowSensors { orders, told: Cell::new(needs) })
}

fn run(
    mut needs: SlowNeeds,
    inbox: &Receiver<SlowNeeds>,
    mut facts: impl FnMut(SlowNeeds) -> Facts,
    mut publish: impl FnMut(Arc<Sensors>),
) {
    let mut devices = Devices::default();
    loop {
        let mut sensors = devices.read(needs, Instant::now());
        sensors.facts = facts(needs);
        sensors.read = needs;
        publish(Arc::new(sensors));
        if !wait(&mut needs, inbox) {
            return;
        }
    }
}

/// Waits for the next reading; `false` once nobody holds the handle any more.
fn wait(needs: &mut SlowNeeds, inbox: &Receiver<SlowNeeds>) -> bool {
    let mut due = Instant::now() + EVERY;
    loop {
        let left = due.saturating_duration_since(Instant::now());
        let order = if needs.is_empty() {
            inbox.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            inbox.recv_timeout(left)
        };
        match order {
            Ok(new) => {
                if !needs.has(new) {
                    due = Instant::now();
                }
                *needs = new;
            }
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

/// What there is; each kind is missing where nobody asked for it or sysinfo cannot have it.
#[derive(Default)]
struct Devices {
    components: Option<Components>,
    disks: Option<(Disks, Instant)>,
    networks: Option<(Networks, Instant)>,
}

impl Devices {
    /// Reads what is needed at `now`. Rates are over the time since the same kind was read before; what is no longer
    /// needed is forgotten, and a kind that could not be had is tried again each time.
    fn read(&mut self, needs: SlowNeeds, now: Instant) -> Sensors {
        let mut sensors = Sensors::default();
        if needs.has(SlowNeeds::TEMPERATURES) {
            match &mut self.components {
                Some(components) => components.refresh(true),
                none => *none = Components::new_with_refreshed_list().ok(),
            }
            let parts = self.components.iter().flat_map(|all| all.iter());
            sensors.temperatures.extend(parts.filter_map(temperature));
        } else {
            self.components = None;
        }
        if needs.has(SlowNeeds::DISKS) {
            let seconds = match &mut self.disks {
                Some((disks, then)) => {
                    disks.refresh(true);
                    since(now, then)
                }
                none => {
                    *none = Disks::new_with_refreshed_list().ok().map(|disks| (disks, now));
                    None
                }
            };
            let all = self.disks.iter().flat_map(|(all, _)| all.iter());
            sensors.disks.extend(all.map(|disk| self::disk(disk, seconds)));
        } else {
            self.disks = None;
        }
        if needs.has(SlowNeeds::NETWORKS) {
            let seconds = match &mut self.networks {
                Some((networks, then)) => {
                    networks.refresh(true);
                    since(now, then)
                }
                none => {
                    *none = Networks::new_with_refreshed_list().ok().map(|networks| (networks, now));
                    None
                }
            };
            let all = self.networks.iter().flat_map(|(all, _)| all.iter());
            sensors.networks.extend(all.map(|(name, data)| Network {
                name: Untrusted::new(name.as_encoded_bytes()),
                // The kernel has one loopback interface a network namespace, always of this name.
                loopback: name == "lo",
                receive_rate: per_second(data.received(), seconds),
                transmit_rate: per_second(data.transmitted(), seconds),
            }));
        } else {
            self.networks = None;
        }
        // sysinfo keeps some of these in maps; what is shown must not jump about.
        sensors.temperatures.sort_by(|a, b| a.label.cmp(&b.label));
        sensors.disks.sort_by(|a, b| a.mount.cmp(&b.mount));
        sensors.networks.sort_by(|a, b| a.name.cmp(&b.name));
        sensors
    }
}

/// Seconds since `then`, which becomes `now`; `None` where no time went by.
fn since(now: Instant, then: &mut Instant) -> Option<f64> {
    let seconds = now.duration_since(std::mem::replace(then, now)).as_secs_f64();
    (seconds > 0.0).then_some(seconds)
}

fn per_second(bytes: u64, seconds: Option<f64>) -> Option<f64> {
    seconds.map(|seconds| bytes as f64 / seconds)
}

fn temperature(part: &sysinfo::Component) -> Option<Temperature> {
    let celsius = part.temperature().filter(|t| t.is_finite())?;
    Some(Temperature { label: Untrusted::from(part.label()), celsius, critical: part.critical() })
}

fn disk(disk: &sysinfo::Disk, seconds: Option<f64>) -> Disk {
    let usage = disk.usage();
    Disk {
        mount: Untrusted::new(disk.mount_point().as_os_str().as_encoded_bytes()),
        device: Untrusted::new(disk.name().as_encoded_bytes()),
        total: disk.total_space(),
        available: disk.available_space(),
        read_rate: per_second(usage.read_bytes, seconds),
        write_rate: per_second(usage.written_bytes, seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: SlowNeeds = SlowNeeds::TEMPERATURES.union(SlowNeeds::DISKS).union(SlowNeeds::NETWORKS);

    #[test]
    fn the_first_reading_has_no_rates_and_the_second_has() {
        let (mut devices, begin) = (Devices::default(), Instant::now());
        let first = devices.read(ALL, begin);
        assert!(first.networks.iter().all(|n| n.receive_rate.is_none() && n.transmit_rate.is_none()));
        assert!(first.disks.iter().all(|d| d.read_rate.is_none()));
        let second = devices.read(ALL, begin + Duration::from_secs(2));
        assert!(second.networks.iter().all(|n| n.receive_rate.is_some_and(|r| r >= 0.0)));
        assert!(second.disks.iter().all(|d| d.write_rate.is_some_and(|r| r >= 0.0)));
        assert!(second.networks.is_sorted_by(|a, b| a.name <= b.name));
        let again = devices.read(ALL, begin + Duration::from_secs(2));
        assert!(again.networks.iter().all(|n| n.receive_rate.is_none()));
    }

    #[test]
    fn what_nobody_needs_is_not_read_and_begins_anew() {
        let (mut devices, begin) = (Devices::default(), Instant::now());
        assert_eq!(devices.read(SlowNeeds::BATTERY, begin), Sensors::default());
        devices.read(ALL, begin);
        let none = devices.read(SlowNeeds::NOTHING, begin + Duration::from_secs(1));
        assert!(none.networks.is_empty() && none.disks.is_empty());
        let anew = devices.read(ALL, begin + Duration::from_secs(2));
        assert!(anew.networks.iter().all(|n| n.receive_rate.is_none()));
    }

    #[test]
    fn readings_arrive_at_once_where_more_is_wanted() {
        let (send, receive) = channel();
        let facts = |needs: SlowNeeds| Facts {
            disk_busy: needs.has(SlowNeeds::DISK_BUSY).then_some(0.5),
            ..Facts::default()
        };
        let publish = move |sensors| drop(send.send(sensors));
        let slow = start_sensors(SlowNeeds::NOTHING, facts, publish).unwrap();
        let next = || receive.recv_timeout(Duration::from_secs(30)).unwrap();
        assert_eq!(*next(), Sensors::default());
        slow.wants(SlowNeeds::DISK_BUSY);
        let read = next();
        assert_eq!((read.read, read.facts.disk_busy), (SlowNeeds::DISK_BUSY, Some(0.5)));
        // Nobody listens any more: the thread ends, and with it what it publishes to.
        drop(slow);
        while receive.recv_timeout(Duration::from_secs(30)).is_ok() {}
    }
}
