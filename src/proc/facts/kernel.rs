//! What the kernel says of itself: open files, SELinux.

use std::path::Path;

use super::text;
use crate::model::{Handles, SeLinux};

/// `/proc/sys/fs/file-nr`: `allocated free maximum`; the second is 0 since Linux 2.6.
pub(super) fn handles(text: &str) -> Option<Handles> {
    let mut words = text.split_ascii_whitespace().map(|word| word.parse::<u64>().ok());
    let (allocated, free, most) = (words.next()??, words.next()??, words.next()??);
    Some(Handles { open: allocated.saturating_sub(free), most })
}

/// What SELinux does; `None` where there is no sysfs to tell.
pub(super) fn selinux(own: &Path, parent: &Path) -> Option<SeLinux> {
    match text(&own.join("enforce")).as_deref().map(str::trim) {
        Some("0") => Some(SeLinux::Permissive),
        Some("1") => Some(SeLinux::Enforcing),
        Some(_) => None,
        None if own.join("enforce").exists() => None,
        None => parent.is_dir().then_some(SeLinux::Off),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::root;
    use super::*;

    #[test]
    fn open_files() {
        assert_eq!(
            handles("1824\t0\t9223372036854775807\n"),
            Some(Handles { open: 1824, most: u64::MAX / 2 })
        );
        assert_eq!(handles("2048 1000 4096\n"), Some(Handles { open: 1048, most: 4096 }));
        assert_eq!((handles("2048 1000\n"), handles("x 0 1\n")), (None, None));
    }

    #[test]
    fn selinux_enforces_warns_or_is_off() {
        let dir = root(&[("fs/selinux/enforce", "1")]);
        let fs = dir.path().join("fs");
        let read = || selinux(&fs.join("selinux"), &fs);
        assert_eq!(read(), Some(SeLinux::Enforcing));
        std::fs::write(fs.join("selinux/enforce"), "0\n").unwrap();
        assert_eq!(read(), Some(SeLinux::Permissive));
        std::fs::remove_file(fs.join("selinux/enforce")).unwrap();
        assert_eq!(read(), Some(SeLinux::Off));
        assert_eq!(selinux(&dir.path().join("none/selinux"), &dir.path().join("none")), None);
    }
}
