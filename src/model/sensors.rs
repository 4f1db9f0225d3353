//! What changes slowly and may be slow to read: temperatures, disks, network interfaces.

use super::{Facts, SlowNeeds, Untrusted};

/// One reading of all slow sensors.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sensors {
    /// What was read; whatever else is missing says nothing.
    pub read: SlowNeeds,
    /// What the kernel tells of itself and of the machine.
    pub facts: Facts,
    /// Temperatures.
    pub temperatures: Vec<Temperature>,
    /// Mounted disks.
    pub disks: Vec<Disk>,
    /// Network interfaces.
    pub networks: Vec<Network>,
}

/// A temperature sensor.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Temperature {
    /// Its label.
    pub label: Untrusted,
    /// Degrees Celsius.
    pub celsius: f32,
    /// Degrees Celsius from which on it is critical, where known.
    pub critical: Option<f32>,
}

/// A mounted disk.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Disk {
    /// Where it is mounted.
    pub mount: Untrusted,
    /// Its device.
    pub device: Untrusted,
    /// Bytes in all.
    pub total: u64,
    /// Bytes free for ordinary users.
    pub available: u64,
    /// Bytes read per second since the reading before; `None` for the first.
    pub read_rate: Option<f64>,
    /// Bytes written per second.
    pub write_rate: Option<f64>,
}

/// A network interface.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Network {
    /// Its name.
    pub name: Untrusted,
    /// Whether it is the loopback interface.
    pub loopback: bool,
    /// Bytes received per second since the reading before; `None` for the first.
    pub receive_rate: Option<f64>,
    /// Bytes sent per second.
    pub transmit_rate: Option<f64>,
}
