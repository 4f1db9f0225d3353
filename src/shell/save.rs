//! What is on the screen as a file, which is always a new one: nothing is overwritten, and no link is followed.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;

use super::output::reason;
use crate::model::{Untrusted, units};

/// What a file holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A picture of the screen.
    Svg,
    /// The screen as text, or a page of the inspector, all of it.
    Text,
    /// The rows of the table, or a page of the inspector.
    Json,
    /// The rows of the table.
    Csv,
}

impl Kind {
    /// What a file of this name holds: its ending says it, and any other than these says a picture.
    pub(super) fn of(name: &str) -> Kind {
        let ending = Path::new(name).extension().and_then(OsStr::to_str).unwrap_or("");
        let known = [("txt", Kind::Text), ("json", Kind::Json), ("csv", Kind::Csv)];
        let found = known.into_iter().find(|(word, _)| ending.eq_ignore_ascii_case(word));
        found.map_or(Kind::Svg, |(_, kind)| kind)
    }
}

/// Writes `picture` to the file of that name in the current folder, or wherever the name leads; a `~/` at its beginning is
/// the user's own folder. What is said of it is returned.
///
/// # Errors
///
/// A sentence that says why not.
pub(super) fn save(name: &str, picture: &str) -> Result<String, String> {
    let path = place(name);
    let shown = Untrusted::new(path.as_os_str().as_bytes()).show(200);
    let fail = |why: String| format!("{shown} was not written: {why}");
    let flags =
        OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY;
    let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::ROTH;
    let file = open(&path, flags, mode).map_err(|errno| match errno {
        Errno::EXIST => fail("there is such a file already".to_owned()),
        errno => fail(reason(errno)),
    })?;
    let mut file = File::from(file);
    if let Err(error) = file.write_all(picture.as_bytes()).and_then(|()| file.sync_all()) {
        // It is ours, and a part of a picture is none.
        let _ = std::fs::remove_file(&path);
        return Err(fail(reason(error)));
    }
    let mut size = String::new();
    units::bytes(picture.len() as u64, &mut size);
    Ok(format!("saved as {shown}, {size}"))
}

fn place(name: &str) -> PathBuf {
    let home = name.strip_prefix("~/").zip(std::env::var_os("HOME"));
    let path = home.map_or_else(|| PathBuf::from(name), |(rest, home)| Path::new(&home).join(rest));
    if path.is_absolute() {
        return path;
    }
    // The notice is to say where it is; where nobody knows that, the name has to do.
    std::env::current_dir().map_or_else(|_| path.clone(), |folder| folder.join(&path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_new_file_is_written_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let said = save(&path("a.svg"), "<svg/>").unwrap();
        assert!(said.starts_with("saved as /") && said.ends_with("a.svg, 1K"), "{said}");
        assert_eq!(std::fs::read_to_string(path("a.svg")).unwrap(), "<svg/>");
        let mode = std::fs::metadata(path("a.svg")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7133, 0, "{mode:o}");
        assert!(save(&path("a.svg"), "x").unwrap_err().contains("there is such a file already"));
        assert_eq!(std::fs::read_to_string(path("a.svg")).unwrap(), "<svg/>");
        // Neither through a link that leads to a file, nor through one that leads to none.
        std::fs::write(path("b"), "b").unwrap();
        symlink(path("b"), path("link.svg")).unwrap();
        symlink(path("none"), path("loose.svg")).unwrap();
        assert!(save(&path("link.svg"), "x").is_err() && save(&path("loose.svg"), "x").is_err());
        assert_eq!(std::fs::read_to_string(path("b")).unwrap(), "b");
        assert!(!std::fs::exists(path("none")).unwrap());
        assert!(save(&path("no/such/folder.svg"), "x").unwrap_err().contains("was not written"));
    }

    #[test]
    fn the_ending_says_what_it_is() {
        let kinds = ["a.txt", "b.TXT", "c.json", "d.csv"].map(Kind::of);
        assert_eq!(kinds, [Kind::Text, Kind::Text, Kind::Json, Kind::Csv]);
        assert_eq!(["e.svg", "txt", "a", "a.json.svg"].map(Kind::of), [Kind::Svg; 4]);
    }
}
