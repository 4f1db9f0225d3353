//! Tables that are no kernel counters: `/etc/passwd`, and how `/proc` is mounted.

use super::{lines, unsigned, words};

/// The users of a passwd(5) file: name and uid, in order. Comments and lines that make no sense are passed over.
pub(in crate::proc) fn passwd(text: &[u8]) -> impl Iterator<Item = (&[u8], u32)> {
    lines(text).filter_map(|line| {
        let mut fields = line.split(|&b| b == b':');
        let name = fields.next().filter(|name| !name.is_empty() && !name.starts_with(b"#"))?;
        let uid = unsigned(fields.nth(1)?)?;
        Some((name, u32::try_from(uid).ok()?))
    })
}

/// Whether `/proc` is mounted so that other users' processes are hidden (proc(5), `hidepid`), by the text of
/// `/proc/self/mountinfo`. The mount that came last covers those before it.
pub(in crate::proc) fn proc_is_restricted(mountinfo: &[u8]) -> bool {
    let of_proc = |line: &&[u8]| {
        let mut fields = words(line);
        fields.nth(4) == Some(b"/proc")
            && words(line).skip_while(|word| *word != b"-").nth(1) == Some(b"proc")
    };
    let Some(line) = lines(mountinfo).filter(of_proc).last() else { return false };
    words(line)
        .flat_map(|word| word.split(|&b| b == b','))
        .any(|option| option.strip_prefix(b"hidepid=").is_some_and(|value| value != b"0" && value != b"off"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_listed_and_nonsense_passed_over() {
        let text = b"root:x:0:0:root:/root:/bin/bash\n#x:x:5:\n\nbad line\n:x:7:7\nal\xffice:x:1000:1000\nbig:x:4294967296:1\nn:x:-1:1\n";
        let users: Vec<_> = passwd(text).collect();
        assert_eq!(users, [(&b"root"[..], 0), (&b"al\xffice"[..], 1000)]);
    }

    #[test]
    fn hidepid_is_an_option_of_the_last_mount_on_proc() {
        let open = b"22 27 0:21 / /proc rw,relatime - proc proc rw\n".as_slice();
        let hidden =
            b"22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw,hidepid=invisible,gid=7\n".as_slice();
        let elsewhere = b"22 27 0:21 / /mnt/proc rw - proc proc rw,hidepid=2\n".as_slice();
        let off = b"22 27 0:21 / /proc rw - proc proc rw,hidepid=0\n".as_slice();
        assert_eq!([open, hidden, elsewhere, off].map(proc_is_restricted), [false, true, false, false]);
        assert!(!proc_is_restricted(&[hidden, open].concat()));
        assert!(proc_is_restricted(&[open, hidden].concat()));
    }
}
