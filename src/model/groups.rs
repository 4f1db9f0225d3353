//! One row for many: processes that have something in common, each in exactly one group.
//!
//! A group has no name of its own: it is called what its first member is called, so that finding the groups copies no
//! text. Who is not known, or belongs nowhere, has a group like everybody else.

use std::collections::HashMap;
use std::ops::Range;

use super::tree::Sums;
use super::{CgroupPlace, Kind, Needs, Proc, ProcId, Snapshot, Target, Untrusted};

/// What the members of a group have in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum GroupBy {
    /// The short name that the kernel has for them, `comm` of proc_pid_comm(5).
    Program,
    /// The effective user.
    User,
    /// The container, as their cgroup names it.
    Container,
    /// The innermost unit of systemd, as their cgroup names it.
    Unit,
}

/// What a group is called. It borrows from a member.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum GroupName<'a> {
    /// A program, a container or a unit of this name; bytes from strangers.
    Named(&'a [u8]),
    /// The user of this number.
    User(u32),
    /// Those in no container, or in no unit.
    Outside,
    /// Those of whom it is not known: not read, or denied.
    Unknown,
    /// The kernel's own threads, whatever groups are made by.
    Kernel,
}

/// Which group it is, from look to look.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct GroupId {
    /// What its members have in common.
    pub by: GroupBy,
    key: Key,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Key {
    Named(Untrusted),
    User(u32),
    Outside,
    Unknown,
    Kernel,
}

/// One group of a snapshot.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Group {
    /// Where its first member is in [`Snapshot::procs`]: the one with the lowest pid.
    pub first: u32,
    /// Sums over its members.
    pub sums: Sums,
    /// Whether all of them belong to one user, as far as that is known.
    pub one_owner: bool,
    from: u32,
    to: u32,
}

/// The groups of a snapshot, in the order of their first members.
#[derive(Clone, PartialEq, Debug)]
pub struct Groups {
    /// What the members of each have in common.
    pub by: GroupBy,
    list: Vec<Group>,
    /// Positions in [`Snapshot::procs`], those of each group side by side and ascending.
    members: Vec<u32>,
}

impl GroupBy {
    /// All of them, in the order of menus.
    pub const ALL: [GroupBy; 4] = [GroupBy::Program, GroupBy::User, GroupBy::Container, GroupBy::Unit];

    /// The word used on the command line and in settings.
    pub const fn id(self) -> &'static str {
        match self {
            GroupBy::Program => "program",
            GroupBy::User => "user",
            GroupBy::Container => "container",
            GroupBy::Unit => "unit",
        }
    }

    /// The one with this word.
    pub fn from_id(id: &str) -> Option<GroupBy> {
        GroupBy::ALL.into_iter().find(|by| by.id() == id)
    }

    /// What its members have in common, in a few words.
    pub const fn help(self) -> &'static str {
        match self {
            GroupBy::Program => "the same name",
            GroupBy::User => "the same owner",
            GroupBy::Container => "the same container, by the name of their cgroup",
            GroupBy::Unit => "the same service or scope of systemd",
        }
    }

    /// What must be read of every process before it can be put into its group.
    pub const fn needs(self) -> Needs {
        match self {
            GroupBy::Program => Needs::NOTHING,
            GroupBy::User => Needs::USER,
            GroupBy::Container | GroupBy::Unit => Needs::CGROUP.of_all(),
        }
    }

    /// What the group of this process is called.
    pub fn of(self, proc: &Proc) -> GroupName<'_> {
        let task = &proc.task;
        if task.kind == Kind::Kernel {
            return GroupName::Kernel;
        }
        match self {
            GroupBy::Program => GroupName::Named(task.comm.bytes()),
            GroupBy::User => task.uid.known().map_or(GroupName::Unknown, |uid| GroupName::User(*uid)),
            GroupBy::Container => placed(proc, |place| place.container.as_ref()),
            GroupBy::Unit => placed(proc, |place| place.unit.as_ref()),
        }
    }
}

/// The group that the place in the cgroup tree means.
fn placed(proc: &Proc, part: impl FnOnce(&CgroupPlace) -> Option<&Untrusted>) -> GroupName<'_> {
    let place = proc.task.details().and_then(|details| details.cgroup.known());
    match place.map(|place| part(place)) {
        Some(Some(name)) => GroupName::Named(name.bytes()),
        Some(None) => GroupName::Outside,
        None => GroupName::Unknown,
    }
}

impl<'a> GroupName<'a> {
    /// It in words where it is not somebody's own name: `no container`, `not known`, `kernel threads`.
    pub const fn word(self, by: GroupBy) -> Option<&'static str> {
        match (self, by) {
            (GroupName::Named(_) | GroupName::User(_), _) => None,
            (GroupName::Outside, GroupBy::Container) => Some("no container"),
            (GroupName::Outside, GroupBy::Unit) => Some("no unit"),
            (GroupName::Outside | GroupName::Unknown, _) => Some("not known"),
            (GroupName::Kernel, _) => Some("kernel threads"),
        }
    }

    /// What is written of it: the name of the user for a number, where `member` has it. Bytes from strangers; `None`
    /// for a user without a name.
    pub fn text(self, by: GroupBy, member: &'a Proc) -> Option<&'a [u8]> {
        match self {
            GroupName::Named(name) => Some(name),
            GroupName::User(_) => {
                member.task.user.as_ref().map(|name| name.bytes()).filter(|name| !name.is_empty())
            }
            other => other.word(by).map(str::as_bytes),
        }
    }
}

impl GroupId {
    /// The group that `name` means among those made by `by`.
    pub fn new(by: GroupBy, name: GroupName<'_>) -> GroupId {
        let key = match name {
            GroupName::Named(name) => Key::Named(Untrusted::new(name)),
            GroupName::User(uid) => Key::User(uid),
            GroupName::Outside => Key::Outside,
            GroupName::Unknown => Key::Unknown,
            GroupName::Kernel => Key::Kernel,
        };
        GroupId { by, key }
    }

    /// What it is called.
    pub fn name(&self) -> GroupName<'_> {
        match &self.key {
            Key::Named(name) => GroupName::Named(name.bytes()),
            Key::User(uid) => GroupName::User(*uid),
            Key::Outside => GroupName::Outside,
            Key::Unknown => GroupName::Unknown,
            Key::Kernel => GroupName::Kernel,
        }
    }
}

impl Groups {
    /// The groups of those at `wanted`, ascending positions in [`Snapshot::procs`]. Threads belong to their process,
    /// which is what counts; they should not be among them. Whoever finds out while asked who is wanted looks at each
    /// process once: they lie all over the memory.
    pub fn of(by: GroupBy, snapshot: &Snapshot, wanted: impl IntoIterator<Item = u32>) -> Groups {
        let wanted = wanted.into_iter();
        let ticks = snapshot.host().ticks_per_second;
        let mut list: Vec<Group> = Vec::new();
        let mut places: HashMap<GroupName<'_>, u32> = HashMap::new();
        let mut whose = Vec::with_capacity(wanted.size_hint().1.unwrap_or(0));
        // Those of one group often stand side by side.
        let mut last: Option<(GroupName<'_>, u32)> = None;
        for at in wanted {
            let Some(proc) = snapshot.procs.get(at as usize) else { continue };
            let name = by.of(proc);
            let number = match last {
                Some((before, number)) if before == name => number,
                _ => *places.entry(name).or_insert_with(|| {
                    list.push(Group { first: at, sums: Sums::default(), one_owner: true, from: 0, to: 0 });
                    list.len() as u32 - 1
                }),
            };
            last = Some((name, number));
            let Some(group) = list.get_mut(number as usize) else { continue };
            group.sums.add(Sums::of(proc, ticks));
            let first = snapshot.procs.get(group.first as usize);
            group.one_owner &= first.is_some_and(|first| first.task.uid == proc.task.uid);
            group.to += 1;
            whose.push((number, at));
        }
        // From counts to where those of each begin and, as they are put in, end.
        let mut sum = 0;
        for group in &mut list {
            let count = group.to;
            (group.from, group.to) = (sum, sum);
            sum += count;
        }
        let mut members = vec![0; whose.len()];
        for (number, at) in whose {
            let Some(group) = list.get_mut(number as usize) else { continue };
            if let Some(member) = members.get_mut(group.to as usize) {
                *member = at;
            }
            group.to += 1;
        }
        Groups { by, list, members }
    }

    /// The groups, in the order of their first members.
    pub fn list(&self) -> &[Group] {
        &self.list
    }

    /// Where those of the group at `at` are in [`Snapshot::procs`], ascending.
    pub fn members(&self, at: usize) -> &[u32] {
        self.members.get(self.range(at)).unwrap_or(&[])
    }

    /// Which of all members are those of the group at `at`.
    pub fn range(&self, at: usize) -> Range<usize> {
        self.list.get(at).map_or(0..0, |group| group.from as usize..group.to as usize)
    }

    /// The members of all groups, those of each side by side in the order of the list.
    pub fn all_members(&self) -> &[u32] {
        &self.members
    }

    /// The first member of the group at `at`, who says what it is called.
    pub fn first<'a>(&self, snapshot: &'a Snapshot, at: usize) -> Option<&'a Proc> {
        snapshot.procs.get(self.list.get(at)?.first as usize)
    }

    /// What the group at `at` is called.
    pub fn name<'a>(&self, snapshot: &'a Snapshot, at: usize) -> Option<GroupName<'a>> {
        self.first(snapshot, at).map(|first| self.by.of(first))
    }

    /// Which group the one at `at` is.
    pub fn id(&self, snapshot: &Snapshot, at: usize) -> Option<GroupId> {
        self.name(snapshot, at).map(|name| GroupId::new(self.by, name))
    }

    /// Where the group of this name is.
    pub fn find(&self, snapshot: &Snapshot, name: GroupName<'_>) -> Option<usize> {
        (0..self.list.len()).find(|at| self.name(snapshot, *at) == Some(name))
    }

    /// The members of the group at `at`.
    pub fn procs<'a>(&'a self, snapshot: &'a Snapshot, at: usize) -> impl Iterator<Item = &'a Proc> {
        self.members(at).iter().filter_map(|at| snapshot.procs.get(*at as usize))
    }

    /// The members of the group at `at` as targets, ordered by pid.
    pub fn targets(&self, snapshot: &Snapshot, at: usize) -> Vec<Target> {
        self.procs(snapshot, at).map(Proc::target).collect()
    }

    /// Whether the group at `at` has members and each of them is such.
    pub fn all(&self, snapshot: &Snapshot, at: usize, such: impl Fn(ProcId) -> bool) -> bool {
        !self.members(at).is_empty() && self.procs(snapshot, at).all(|proc| such(proc.id()))
    }

    /// Whose the group at `at` is, to stand behind "12 processes of": `program chrome`, `user ann`, `no container`.
    pub fn phrase(&self, snapshot: &Snapshot, at: usize, cells: usize) -> Option<String> {
        let first = self.first(snapshot, at)?;
        let name = self.by.of(first);
        Some(match (name, self.by) {
            (GroupName::Kernel, _) => "the kernel".to_owned(),
            (GroupName::Unknown, by) => format!("no known {}", by.id()),
            (GroupName::Outside, by) => format!("no {}", by.id()),
            (GroupName::User(uid), by) => match name.text(by, first) {
                Some(text) => format!("user {}", Untrusted::new(text).show(cells)),
                None => format!("user {uid}"),
            },
            (GroupName::Named(text), by) => format!("{} {}", by.id(), Untrusted::new(text).show(cells)),
        })
    }
}
