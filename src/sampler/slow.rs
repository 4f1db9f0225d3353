//! What is slow to read, on a thread of its own: temperatures, disks and network interfaces, by sysinfo.
//!
//! A disk that does not answer keeps this thread waiting for as long as it likes; nothing but these figures waits
//! with it. The crate is named nowhere else.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sysinfo::{Components, Disks, Networks};

use crate::model::{Disk, Network, Sensors, Temperature, Untrusted};

/// Time between two readings.
const EVERY: Duration = Duration::from_secs(3);

/// Starts a thread that reads the sensors at once and then every few seconds, for as long as the program runs.
pub fn start_sensors(publish: impl FnMut(Arc<Sensors>) + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name("glowtop-slow".into()).spawn(move || run(publish))?;
    Ok(())
}

fn run(mut publish: impl FnMut(Arc<Sensors>)) {
    let mut devices = Devices::default();
    let mut last: Option<Instant> = None;
    loop {
        let now = Instant::now();
        devices.refresh();
        publish(Arc::new(devices.sensors(last.map(|last| now.duration_since(last).as_secs_f64()))));
        last = Some(now);
        std::thread::sleep(EVERY);
    }
}

/// What there is; each kind is missing where sysinfo cannot have it.
#[derive(Default)]
struct Devices {
    components: Option<Components>,
    disks: Option<Disks>,
    networks: Option<Networks>,
}

impl Devices {
    /// Reads everything. A kind that could not be had is tried again each time.
    fn refresh(&mut self) {
        match &mut self.components {
            Some(components) => components.refresh(true),
            none => *none = Components::new_with_refreshed_list().ok(),
        }
        match &mut self.disks {
            Some(disks) => disks.refresh(true),
            none => *none = Disks::new_with_refreshed_list().ok(),
        }
        match &mut self.networks {
            Some(networks) => networks.refresh(true),
            none => *none = Networks::new_with_refreshed_list().ok(),
        }
    }

    /// The readings; rates over the last `seconds`, which is `None` at the first reading.
    fn sensors(&self, seconds: Option<f64>) -> Sensors {
        let per_second = |bytes: u64| seconds.filter(|s| *s > 0.0).map(|s| bytes as f64 / s);
        let temperatures = self.components.iter().flat_map(|all| all.iter()).filter_map(|part| {
            let celsius = part.temperature().filter(|t| t.is_finite())?;
            Some(Temperature { label: Untrusted::from(part.label()), celsius, critical: part.critical() })
        });
        let disks = self.disks.iter().flat_map(|all| all.iter()).map(|disk| {
            let usage = disk.usage();
            Disk {
                mount: Untrusted::new(disk.mount_point().as_os_str().as_encoded_bytes()),
                device: Untrusted::new(disk.name().as_encoded_bytes()),
                total: disk.total_space(),
                available: disk.available_space(),
                read_rate: per_second(usage.read_bytes),
                write_rate: per_second(usage.written_bytes),
            }
        });
        let networks = self.networks.iter().flat_map(|all| all.iter()).map(|(name, data)| Network {
            name: Untrusted::new(name.as_encoded_bytes()),
            // The kernel has one loopback interface a network namespace, always of this name.
            loopback: name == "lo",
            receive_rate: per_second(data.received()),
            transmit_rate: per_second(data.transmitted()),
        });
        let mut sensors = Sensors {
            temperatures: temperatures.collect(),
            disks: disks.collect(),
            networks: networks.collect(),
        };
        // sysinfo keeps some of these in maps; what is shown must not jump about.
        sensors.temperatures.sort_by(|a, b| a.label.cmp(&b.label));
        sensors.disks.sort_by(|a, b| a.mount.cmp(&b.mount));
        sensors.networks.sort_by(|a, b| a.name.cmp(&b.name));
        sensors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reading_has_no_rates_and_the_second_has() {
        let mut devices = Devices::default();
        devices.refresh();
        let first = devices.sensors(None);
        assert!(first.networks.iter().all(|n| n.receive_rate.is_none() && n.transmit_rate.is_none()));
        assert!(first.disks.iter().all(|d| d.read_rate.is_none()));
        devices.refresh();
        let second = devices.sensors(Some(2.0));
        assert!(second.networks.iter().all(|n| n.receive_rate.is_some_and(|r| r >= 0.0)));
        assert!(second.disks.iter().all(|d| d.write_rate.is_some_and(|r| r >= 0.0)));
        assert!(second.networks.is_sorted_by(|a, b| a.name <= b.name));
        assert!(devices.sensors(Some(0.0)).networks.iter().all(|n| n.receive_rate.is_none()));
    }

    #[test]
    fn readings_arrive() {
        let (send, receive) = std::sync::mpsc::channel();
        start_sensors(move |sensors| drop(send.send(sensors))).unwrap();
        assert!(receive.recv_timeout(Duration::from_secs(30)).is_ok());
    }
}
