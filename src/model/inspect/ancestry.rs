//! Where a process comes from, and why it runs.

use std::fmt::Write;

use super::refused::Datum;
use crate::model::{CgroupPlace, Kind, Pid, ProcId, Untrusted, units};

/// Where a process comes from.
#[derive(Clone, PartialEq, Debug)]
pub struct Ancestry {
    /// The process itself first, then its parent, and so on up to PID 1 or as far as can be seen.
    pub chain: Vec<Ancestor>,
    /// Whether its parent is the one that started it.
    pub parentage: Parentage,
    /// Process group.
    pub pgrp: u32,
    /// Session.
    pub session: u32,
    /// The session's leader.
    pub leader: Leader,
    /// Whether it has ended, and is kept until its parent asks how: a zombie.
    pub ended: bool,
    /// Controlling terminal as `pts/3`; `None` where it has none.
    pub terminal: Option<Untrusted>,
    /// The cgroup, with the container and the unit that it names.
    pub place: Option<CgroupPlace>,
    /// Who logged in to have it run, kept over su(1) and sudo: `loginuid`. `Ok(None)` where nobody did: a service.
    pub login: Datum<Option<(u32, Untrusted)>>,
    /// The number of that login: `sessionid`; `None` where there is none.
    pub login_session: Option<u32>,
}

/// The leader of a session: credentials(7).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Leader {
    /// Its name.
    Named(Untrusted),
    /// It has ended; others of the session remain.
    Ended,
    /// The kernel tells the session as 0: nobody in this pid namespace began it.
    OutOfSight,
    /// The kernel's own processes have no session.
    None,
}

/// One of the chain.
#[derive(Clone, PartialEq, Debug)]
pub struct Ancestor {
    /// Who.
    pub id: ProcId,
    /// What.
    pub kind: Kind,
    /// Its name (`comm`).
    pub name: Untrusted,
    /// Its owner (effective) and the name.
    pub user: Option<(u32, Untrusted)>,
    /// When it started, seconds since the epoch; `None` where the time of boot is unknown.
    pub started: Option<f64>,
    /// Seconds since it started.
    pub age: f64,
    /// Its session.
    pub session: u32,
    /// Its terminal.
    pub terminal: Option<Untrusted>,
    /// Its cgroup, with the container and the unit that it names.
    pub place: Option<CgroupPlace>,
}

/// Whether a parent is the one that started a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parentage {
    /// Nothing speaks against it.
    Own,
    /// No: the one that did has ended, and this one took its place. Told by a session that neither the parent nor the
    /// process itself began, or by a parent that is younger.
    Adopted,
    /// It has no parent that can be seen.
    None,
}

/// The widest that a name gets in the sentence, cells.
const NAME: usize = 32;

impl Ancestry {
    /// Why the process runs, in one sentence.
    pub fn why(&self) -> String {
        let Some(me) = self.chain.first() else { return "Nothing is known of it.".to_owned() };
        let name = me.name.show(NAME);
        let mut age = String::new();
        units::span(me.age, &mut age);
        if me.kind == Kind::Kernel {
            return format!("{name} is a part of the kernel, started {age} ago.");
        }
        if me.id.pid == Pid::INIT {
            return format!("{name} is the first process; the kernel started it {age} ago.");
        }
        let user = |one: &Ancestor| {
            one.user.as_ref().map_or_else(String::new, |(_, name)| format!(" as {}", name.show(NAME)))
        };
        let mut text = match self.chain.get(1).filter(|_| self.ended) {
            Some(parent) => format!(
                "{name} has ended, and is kept until {} ({}) asks how; it ran{}",
                parent.name.show(NAME),
                parent.id.pid,
                user(me)
            ),
            None => format!("{name} runs{}", user(me)),
        };
        if let Some(unit) = self.place.as_ref().and_then(|place| place.unit.as_ref()) {
            text.push_str(if unit.bytes().ends_with(b".service") {
                ", part of the service "
            } else {
                ", part of "
            });
            text.push_str(&unit.show(48));
        }
        if let Some(container) = self.place.as_ref().and_then(|place| place.container.as_ref()) {
            text.push_str(", in the container ");
            text.push_str(&container.show(48));
        }
        if let Some(terminal) = &self.terminal {
            text.push_str(", on the terminal ");
            text.push_str(&terminal.show(NAME));
        }
        let _ = match (self.chain.get(1), self.parentage) {
            (Some(parent), Parentage::Own) => {
                write!(text, "; {} ({}) started it {age} ago", parent.name.show(NAME), parent.id.pid)
            }
            (Some(parent), Parentage::Adopted) => write!(
                text,
                "; whoever started it {age} ago has ended, and {} ({}) adopted it",
                parent.name.show(NAME),
                parent.id.pid
            ),
            (_, Parentage::None) | (None, _) => {
                write!(text, "; it started {age} ago, out of sight of here")
            }
        };
        if let Ok(Some((_, login))) = &self.login {
            text.push_str(", in a login of ");
            text.push_str(&login.show(NAME));
        }
        text.push('.');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(pid: u32, name: &str, user: &str, age: f64) -> Ancestor {
        Ancestor {
            id: ProcId::new(pid, 100).unwrap(),
            kind: Kind::Process,
            name: name.into(),
            user: Some((1000, user.into())),
            started: None,
            age,
            session: pid,
            terminal: None,
            place: None,
        }
    }

    fn of(chain: Vec<Ancestor>, parentage: Parentage) -> Ancestry {
        Ancestry {
            chain,
            parentage,
            pgrp: 7,
            session: 7,
            leader: Leader::Ended,
            ended: false,
            terminal: None,
            place: None,
            login: Ok(None),
            login_session: None,
        }
    }

    #[test]
    fn why_it_runs_is_one_sentence() {
        let mut mine =
            of(vec![one(77, "make", "ann", 190.0), one(70, "bash", "ann", 9000.0)], Parentage::Own);
        mine.terminal = Some("pts/3".into());
        mine.login = Ok(Some((1000, "ann".into())));
        assert_eq!(
            mine.why(),
            "make runs as ann, on the terminal pts/3; bash (70) started it 3m10s ago, in a login of ann."
        );
        let mut service =
            of(vec![one(50, "nginx", "www-data", 90.0), one(1, "systemd", "root", 99.0)], Parentage::Adopted);
        service.place = Some(CgroupPlace::of(b"/system.slice/nginx.service"));
        assert_eq!(
            service.why(),
            "nginx runs as www-data, part of the service nginx.service; whoever started it 1m30s ago has ended, \
             and systemd (1) adopted it."
        );
        let first = of(vec![one(1, "systemd", "root", 60.0)], Parentage::None);
        assert_eq!(first.why(), "systemd is the first process; the kernel started it 1m00s ago.");
        let mut zombie = of(vec![one(77, "cc1", "ann", 19.0), one(70, "make", "ann", 90.0)], Parentage::Own);
        zombie.ended = true;
        assert_eq!(
            zombie.why(),
            "cc1 has ended, and is kept until make (70) asks how; it ran as ann; make (70) started it 19s ago."
        );
        let hostile = of(vec![one(9, "a\x1b[2Jb", "ann", 1.0)], Parentage::None);
        assert!(!hostile.why().contains('\x1b'));
        assert_eq!(of(Vec::new(), Parentage::None).why(), "Nothing is known of it.");
    }
}
