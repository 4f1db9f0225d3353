//! Where a process stands in the cgroup tree, and which container and which unit of systemd that means.
//!
//! Nobody is asked: engines and systemd give their groups names that say what they are. A name is no proof, since who
//! may make groups may name them.

use super::Untrusted;

/// A place in the cgroup tree.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct CgroupPlace {
    /// The path below the root of the tree.
    pub path: Untrusted,
    /// The path in short: slices in brackets, units without their endings, scopes behind `!`, long ids cut.
    pub short: Untrusted,
    /// The container: `docker:0123456789ab`, `lxc:web`. `None` where the path names none.
    pub container: Option<Untrusted>,
    /// The innermost unit of systemd: `cron.service`, `session-4.scope`. `None` where the path names none.
    pub unit: Option<Untrusted>,
}

impl CgroupPlace {
    /// What `path` says.
    pub fn of(path: &[u8]) -> CgroupPlace {
        let parts = || path.split(|b| *b == b'/').filter(|part| !part.is_empty());
        let unit = parts().rfind(|part| part.ends_with(b".service") || part.ends_with(b".scope"));
        let mut short = Vec::new();
        for part in parts() {
            short.push(b'/');
            shorten(part, &mut short);
        }
        if short.is_empty() {
            short.push(b'/');
        }
        CgroupPlace {
            path: Untrusted::new(path),
            short: Untrusted::new(short),
            container: container(path).map(Untrusted::new),
            unit: unit.map(Untrusted::new),
        }
    }
}

/// How many letters of a container's id are shown, as its engine does.
const ID: usize = 12;

/// Appends one part of a path in short.
fn shorten(part: &[u8], out: &mut Vec<u8>) {
    let end = |ending: &[u8]| part.strip_suffix(ending);
    let (open, name, close): (&[u8], _, &[u8]) = match (end(b".slice"), end(b".scope"), end(b".service")) {
        (Some(slice), ..) => (b"[", slice, b"]"),
        (_, Some(scope), _) => (b"!", scope, b""),
        (_, _, Some(service)) => (b"", service, b""),
        _ => (b"", part, b""),
    };
    out.extend_from_slice(open);
    // An id stands at the end, behind the engine's name or alone.
    match name.split_at_checked(name.len().saturating_sub(64)) {
        Some((engine, id)) if is_id(id) => {
            out.extend_from_slice(engine);
            out.extend(id.iter().take(ID));
        }
        _ => out.extend_from_slice(name),
    }
    out.extend_from_slice(close);
}

/// Whether it is the id of a container: 64 hexadecimal digits.
fn is_id(text: &[u8]) -> bool {
    text.len() == 64 && text.iter().all(u8::is_ascii_hexdigit)
}

/// How engines name the group of a container whose id follows, and how the engine is called.
const BY_ID: [(&[u8], &str); 6] = [
    (b"docker-", "docker"),
    (b"libpod-", "podman"),
    (b"cri-containerd-", "k8s"),
    (b"crio-", "k8s"),
    (b"nerdctl-", "containerd"),
    (b"containerd-", "containerd"),
];

/// The same where a name follows.
const BY_NAME: [(&[u8], &[u8], &str); 3] = [
    (b"lxc.payload.", b"", "lxc"),
    (b"systemd-nspawn@", b".service", "nspawn"),
    (b"machine-", b".scope", "machine"),
];

/// The innermost container that the path names.
fn container(path: &[u8]) -> Option<Vec<u8>> {
    let mut found = None;
    let mut above: &[u8] = b"";
    let mut pods = false;
    for part in path.split(|b| *b == b'/') {
        let name = part.strip_suffix(b".scope").unwrap_or(part);
        pods |= name.starts_with(b"kubepods");
        let by_id = BY_ID.iter().find_map(|(begin, engine)| {
            name.strip_prefix(*begin).filter(|id| is_id(id)).map(|id| (*engine, id))
        });
        let by_name = BY_NAME.iter().find_map(|(begin, end, engine)| {
            let name = part.strip_prefix(*begin)?.strip_suffix(*end)?;
            (!name.is_empty()).then_some((*engine, name))
        });
        let bare = match above {
            b"lxc" if !part.is_empty() => Some(("lxc", part)),
            b"docker" if is_id(name) => Some(("docker", name)),
            b"libpod_parent" if is_id(name) => Some(("podman", name)),
            _ if is_id(name) && pods => Some(("k8s", name)),
            _ if is_id(name) => Some(("containerd", name)),
            _ => None,
        };
        if let Some((engine, name)) = by_id.or(by_name).or(bare) {
            let name = if is_id(name) { name.get(..ID).unwrap_or(name) } else { name };
            found = Some([engine.as_bytes(), b":", name].concat());
        }
        above = part;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn of(path: &str) -> (String, String, String) {
        let place = CgroupPlace::of(path.replace("ID", HEX).as_bytes());
        let text = |text: Option<Untrusted>| text.map_or("-".to_owned(), |text| text.show(80));
        (text(place.container), text(place.unit), place.short.show(200))
    }

    #[test]
    fn containers_and_units_are_told_by_their_names() {
        let units = [
            ("/", "-", "-", "/"),
            ("/system.slice/cron.service", "-", "cron.service", "/[system]/cron"),
            (
                "/user.slice/user-1000.slice/session-4.scope",
                "-",
                "session-4.scope",
                "/[user]/[user-1000]/!session-4",
            ),
            (
                "/user.slice/user-1000.slice/user@1000.service/app.slice/shell.service",
                "-",
                "shell.service",
                "/[user]/[user-1000]/user@1000/[app]/shell",
            ),
        ];
        for (path, container, unit, short) in units {
            assert_eq!(of(path), (container.to_owned(), unit.to_owned(), short.to_owned()), "{path}");
        }
        for (path, container) in [
            ("/docker/ID", "docker:0123456789ab"),
            ("/system.slice/docker-ID.scope", "docker:0123456789ab"),
            ("/system.slice/docker.service", "-"),
            ("/machine.slice/libpod-ID.scope/container", "podman:0123456789ab"),
            ("/libpod_parent/ID", "podman:0123456789ab"),
            ("/machine.slice/libpod-conmon-ID.scope", "-"),
            ("/kubepods/burstable/pod1234/ID", "k8s:0123456789ab"),
            ("/kubepods.slice/kubepods-pod1.slice/cri-containerd-ID.scope", "k8s:0123456789ab"),
            ("/default/ID", "containerd:0123456789ab"),
            ("/lxc.payload.web", "lxc:web"),
            ("/lxc/web/system.slice/cron.service", "lxc:web"),
            ("/lxc.monitor.web", "-"),
            ("/machine.slice/systemd-nspawn@deb.service/payload", "nspawn:deb"),
            ("/machine.slice/machine-vm.scope", "machine:vm"),
            ("/docker/short", "-"),
        ] {
            assert_eq!(of(path).0, container, "{path}");
        }
        assert_eq!(of("/kubepods/pod1/ID").2, "/kubepods/pod1/0123456789ab");
        assert_eq!(of("/x.slice/docker-ID.scope").2, "/[x]/!docker-0123456789ab");
    }

    proptest! {
        #[test]
        fn no_path_panics(path in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(!CgroupPlace::of(&path).short.is_empty());
        }
    }
}
