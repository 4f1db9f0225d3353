//! How the CPUs belong together, from `/sys/devices/system`: Documentation/ABI/testing/sysfs-devices-system-cpu and
//! Documentation/ABI/stable/sysfs-devices-node of the kernel.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::model::{CoreKind, CpuSet, Topology, TopologyCpu};

/// No file that is read here is longer: a list of 1024 CPUs has less than 5 000 bytes.
const LARGEST: u64 = 16 << 10;

/// The CPUs that are online, read below `root` (`/` for the machine we run on). `None` where sysfs does not tell them.
///
/// It reads a few files for each CPU, which takes a tenth of a millisecond or two: not for a thread that has somebody
/// waiting.
pub fn topology(root: &Path) -> Option<Topology> {
    let devices = root.join("sys/devices");
    let all = devices.join("system/cpu");
    let online = list(&all.join("online")).filter(|cpus| !cpus.is_empty())?;
    let nodes = nodes(&devices.join("system/node"));
    let kinds = [(CoreKind::Performance, "cpu_core/cpus"), (CoreKind::Efficiency, "cpu_atom/cpus")]
        .map(|(kind, file)| (kind, list(&devices.join(file)).unwrap_or_default()));
    // A machine of one kind has only one of the two lists.
    let hybrid = kinds.iter().all(|(_, cpus)| !cpus.is_empty());
    let mut cores: BTreeMap<u32, u32> = BTreeMap::new();
    let mut capacities = Vec::new();
    let mut cpus = Vec::new();
    for number in online.iter() {
        let own = all.join(format!("cpu{number}"));
        if !cores.contains_key(&number) {
            // Newer kernels call it core_cpus_list and keep this name.
            let siblings = list(&own.join("topology/thread_siblings_list")).unwrap_or_default();
            let first = siblings.iter().next();
            cores.extend(siblings.iter().filter_map(|sibling| Some((sibling, first?))));
        }
        // -1 where the firmware does not say.
        let package =
            text(&own.join("topology/physical_package_id")).and_then(|text| text.trim().parse().ok());
        let kind = kinds.iter().find(|(_, cpus)| hybrid && cpus.has(number)).map(|(kind, _)| *kind);
        let capacity: Option<u32> = text(&own.join("cpu_capacity")).and_then(|text| text.trim().parse().ok());
        capacities.push(capacity);
        cpus.push(TopologyCpu {
            number,
            core: cores.get(&number).copied(),
            package,
            node: nodes.iter().find(|(_, cpus)| cpus.has(number)).map(|(node, _)| *node),
            kind,
        });
    }
    if !hybrid {
        by_capacity(&mut cpus, &capacities);
    }
    Some(Topology { cpus })
}

/// Where the kernel says how much work each CPU can do and some can do more than others, the least able ones are the
/// thrifty ones.
fn by_capacity(cpus: &mut [TopologyCpu], capacities: &[Option<u32>]) {
    let known = || capacities.iter().flatten();
    let (Some(least), Some(most)) = (known().min(), known().max()) else { return };
    if least == most {
        return;
    }
    for (cpu, capacity) in cpus.iter_mut().zip(capacities) {
        cpu.kind = capacity
            .map(|capacity| if capacity == *least { CoreKind::Efficiency } else { CoreKind::Performance });
    }
}

/// The NUMA nodes that have CPUs, with them.
pub(super) fn nodes(dir: &Path) -> Vec<(u32, CpuSet)> {
    let Ok(entries) = dir.read_dir() else { return Vec::new() };
    let mut nodes: Vec<(u32, CpuSet)> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.strip_prefix("node")?.parse().ok()?;
            let cpus = list(&entry.path().join("cpulist")).filter(|cpus| !cpus.is_empty())?;
            Some((number, cpus))
        })
        .collect();
    nodes.sort_unstable_by_key(|(number, _)| *number);
    nodes
}

/// A file in the list format of cpuset(7).
fn list(path: &Path) -> Option<CpuSet> {
    text(path).and_then(|text| CpuSet::parse(&text))
}

fn text(path: &Path) -> Option<String> {
    let file = File::open(path).ok()?;
    // A fixture may hold anything; of sysfs these are files.
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    file.take(LARGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn write(root: &Path, below: &str, text: &str) {
        let path = root.join("sys/devices").join(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn shown(root: &Path) -> Vec<TopologyCpu> {
        topology(root).expect("a topology").cpus
    }

    #[test]
    fn two_packages_with_siblings_and_one_cpu_offline() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        write(root, "system/cpu/online", "0-6\n");
        for cpu in 0..7 {
            // The siblings of CPU 0 are 0 and 4; CPU 7 is offline and so is no sibling of 3.
            let first = cpu % 4;
            let siblings = if first == 3 { "3\n".to_owned() } else { format!("{first},{}\n", first + 4) };
            write(root, &format!("system/cpu/cpu{cpu}/topology/thread_siblings_list"), &siblings);
            write(
                root,
                &format!("system/cpu/cpu{cpu}/topology/physical_package_id"),
                &format!("{}\n", first / 2),
            );
            write(root, &format!("system/cpu/cpu{cpu}/cpu_capacity"), "1024\n");
        }
        write(root, "system/node/node0/cpulist", "0-1,4-5\n");
        write(root, "system/node/node1/cpulist", "2-3,6\n");
        // Memory only.
        write(root, "system/node/node2/cpulist", "\n");
        write(root, "cpu_core/cpus", "0-6\n");
        let cpu = |number, core, part| TopologyCpu {
            number,
            core: Some(core),
            package: Some(part),
            node: Some(part),
            kind: None,
        };
        assert_eq!(
            shown(root),
            [
                cpu(0, 0, 0),
                cpu(1, 1, 0),
                cpu(2, 2, 1),
                cpu(3, 3, 1),
                cpu(4, 0, 0),
                cpu(5, 1, 0),
                cpu(6, 2, 1)
            ]
        );
    }

    #[test]
    fn cores_of_two_kinds() {
        use CoreKind::{Efficiency, Performance};
        let kinds = |root: &Path| shown(root).iter().map(|cpu| cpu.kind).collect::<Vec<_>>();
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "system/cpu/online", "0-3\n");
        write(dir.path(), "cpu_core/cpus", "0-1\n");
        write(dir.path(), "cpu_atom/cpus", "2-3\n");
        assert_eq!(kinds(dir.path()), [Performance, Performance, Efficiency, Efficiency].map(Some));

        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "system/cpu/online", "0-3\n");
        for (cpu, capacity) in ["446", "871", "1024"].iter().enumerate() {
            write(dir.path(), &format!("system/cpu/cpu{cpu}/cpu_capacity"), capacity);
        }
        let expected = [Some(Efficiency), Some(Performance), Some(Performance), None];
        assert_eq!(kinds(dir.path()), expected);
    }

    #[test]
    fn what_is_not_told_is_not_known() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(topology(dir.path()), None);
        write(dir.path(), "system/cpu/online", "0-1\n");
        write(dir.path(), "system/cpu/cpu0/topology/physical_package_id", "-1\n");
        write(dir.path(), "system/cpu/cpu1/topology/thread_siblings_list", "nonsense\n");
        assert_eq!(topology(dir.path()), Some(Topology::of_numbers([1, 0, 1])));
        write(dir.path(), "system/cpu/online", "\n");
        assert_eq!(topology(dir.path()), None);
    }

    #[test]
    fn this_machine_has_the_cpus_it_says_are_online() {
        let Ok(online) = fs::read_to_string("/sys/devices/system/cpu/online") else {
            println!("skipped: there is no sysfs here");
            return;
        };
        let read = topology(Path::new("/")).expect("a topology");
        let numbers: CpuSet = read.cpus.iter().map(|cpu| cpu.number).collect();
        assert_eq!(Some(numbers), CpuSet::parse(&online));
    }
}
