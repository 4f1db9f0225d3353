//! uid → name: `/etc/passwd` below the root, and for uids it does not know the system's name services, on a thread
//! of their own because those may ask a network.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};

use super::parse;
use crate::model::Untrusted;

/// No passwd file that people keep by hand is larger; the rest of a larger one is left to the name services.
const LARGEST: u64 = 16 << 20;

/// How many uids may wait for the name services; one that finds no room is asked for at a later look.
const WAITING: usize = 256;

/// The names of users.
pub(super) struct Users {
    passwd: PathBuf,
    /// What the file was when it was read: modification time and length. `None` before it was.
    stamp: Option<(i64, i64, u64)>,
    names: HashMap<u32, Name>,
    /// Whether the name services of this machine may be asked: not for a fixture.
    ask: bool,
    asked: Option<Asked>,
    /// The last answer: neighbours often have the same owner.
    last: Option<(u32, Arc<Untrusted>)>,
}

/// The way to the thread that asks the name services, and back.
struct Asked {
    uids: SyncSender<u32>,
    answers: Receiver<(u32, Option<Untrusted>)>,
}

struct Name {
    shown: Arc<Untrusted>,
    /// Whether the name services still have to be asked.
    pending: bool,
}

impl Users {
    /// Names from `passwd`; with `ask`, from the name services too.
    pub(super) fn new(passwd: PathBuf, ask: bool) -> Users {
        Users { passwd, stamp: None, names: HashMap::new(), ask, asked: None, last: None }
    }

    /// Takes in what changed since the look before: the file, and answers of the name services.
    /// Whether anybody may have another name than before.
    pub(super) fn refresh(&mut self) -> bool {
        let mut news = false;
        let stamp = std::fs::metadata(&self.passwd)
            .ok()
            .filter(std::fs::Metadata::is_file)
            .map(|meta| (meta.mtime(), meta.mtime_nsec(), meta.len()));
        if stamp != self.stamp {
            self.stamp = stamp;
            news = true;
            self.names.clear();
            self.last = None;
            if stamp.is_some() {
                self.read_file();
            }
        }
        let Some(Asked { answers, .. }) = &self.asked else { return news };
        for (uid, name) in answers.try_iter() {
            if let (Some(name), Some(known)) = (name, self.names.get_mut(&uid)) {
                known.shown = Arc::new(name);
                self.last = None;
                news = true;
            }
        }
        news
    }

    fn read_file(&mut self) {
        let Some(text) = read_bounded(&self.passwd) else { return };
        for (name, uid) in parse::passwd(&text) {
            let shown = || Name { shown: Arc::new(Untrusted::new(name)), pending: false };
            // The first line that names a uid counts, as for getpwuid(3).
            self.names.entry(uid).or_insert_with(shown);
        }
    }

    /// The name of `uid`; until one is known, the number.
    pub(super) fn name(&mut self, uid: u32) -> Arc<Untrusted> {
        if let Some((_, name)) = self.last.as_ref().filter(|(last, _)| *last == uid) {
            return Arc::clone(name);
        }
        let ask = self.ask;
        let known = self.names.entry(uid).or_insert_with(|| Name {
            shown: Arc::new(Untrusted::new(uid.to_string().into_bytes())),
            pending: ask,
        });
        if known.pending {
            if self.asked.is_none() {
                self.asked = start_asking();
            }
            // Without a thread to ask the number stays, and is tried again at the next look.
            known.pending = self.asked.as_ref().is_none_or(|asked| asked.uids.try_send(uid).is_err());
        }
        let name = Arc::clone(&known.shown);
        self.last = Some((uid, Arc::clone(&name)));
        name
    }
}

fn read_bounded(path: &Path) -> Option<Vec<u8>> {
    use std::io::Read;
    let mut text = Vec::new();
    std::fs::File::open(path).ok()?.take(LARGEST).read_to_end(&mut text).ok()?;
    Some(text)
}

/// A thread that asks the name services, one uid after the other. It may hang for ever; nobody waits for it.
fn start_asking() -> Option<Asked> {
    let (uids, to_ask) = sync_channel::<u32>(WAITING);
    let (answer, answers) = channel();
    let ask = move || {
        for uid in to_ask {
            let user = nix::unistd::User::from_uid(nix::unistd::Uid::from_raw(uid)).ok().flatten();
            if answer.send((uid, user.map(|user| Untrusted::new(user.name.into_bytes())))).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("glowtop-users".into()).spawn(ask).ok()?;
    Some(Asked { uids, answers })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_file_and_follow_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("passwd");
        std::fs::write(&path, "root:x:0:0::/:\nann:x:1000:1::/:\nbob:x:1000:1::/:\n").unwrap();
        let mut users = Users::new(path.clone(), false);
        users.refresh();
        assert_eq!([0, 1000, 77].map(|uid| users.name(uid).show(20)), ["root", "ann", "77"]);
        assert!(Arc::ptr_eq(&users.name(1000), &users.name(1000)));
        std::fs::write(&path, "root:x:0:0::/:\nzoe\x1b[1m:x:77:1::/:\n").unwrap();
        users.refresh();
        assert_eq!([1000, 77].map(|uid| users.name(uid).show(20)), ["1000", "zoe\u{fffd}[1m"]);
        std::fs::remove_file(&path).unwrap();
        users.refresh();
        assert_eq!(users.name(0).show(20), "0");
    }
}
