//! The process at a glance: what it uses, what it is, whose it is.

use super::words::{self, push_ago};
use super::{Block, Context, Exact, Facts, Lead, Line, Sheet};
use crate::catalog::Cell;
use crate::model::inspect::{Capabilities, Datum, Overview, Owner};
use crate::model::{Role, Untrusted, units};

pub(super) fn sheet<'a>(page: &'a Overview, context: &Context) -> Sheet<'a> {
    Sheet::new([
        use_of_cpu(page),
        use_of_memory(page, context),
        use_of_disks(page),
        identity(page, context),
        rights(page),
    ])
}

fn use_of_cpu(page: &Overview) -> Block<'_> {
    let mut facts = Facts::new();
    let rate = page.rate;
    facts.add("now", move |line| {
        let Some(rate) = rate else {
            line.unknown();
            return;
        };
        line.cell(
            || Exact::Float(rate.cpu * 100.0),
            |cell| {
                let percent = rate.cpu * 100.0;
                cell.push_with(Role::heat_of_percent(percent), |out| units::percent(Some(percent), out));
                cell.push(Role::Dim, " %");
                part(cell, ", user ", rate.user);
                part(cell, ", kernel ", rate.system);
                if let Some(waiting) = rate.waiting {
                    part(cell, ", ready without a CPU ", waiting);
                }
            },
        );
    });
    facts.add("since its start", |line| {
        line.cell(
            || Exact::Float(page.cpu.total as f64 / 1e9),
            |cell| {
                cell.push_with(Role::Text, |out| units::cpu_time(page.cpu.total, out));
                cell.push(Role::Dim, ": user ");
                cell.push_with(Role::Text, |out| units::cpu_time(page.cpu.user, out));
                cell.push(Role::Dim, ", kernel ");
                cell.push_with(Role::Text, |out| units::cpu_time(page.cpu.system, out));
                cell.push(Role::Dim, ", children ");
                cell.push_with(Role::Text, |out| units::cpu_time(page.cpu.children, out));
            },
        );
    });
    facts.add("threads", |line| {
        line.cell(
            || Exact::Int(page.threads.into()),
            |cell| {
                cell.push_fmt(Role::Text, format_args!("{}", page.threads));
                cell.push_fmt(Role::Dim, format_args!(", nice {}", page.nice));
                if let Some(cpu) = page.processor {
                    cell.push_fmt(Role::Dim, format_args!(", last on CPU {cpu}"));
                }
            },
        );
    });
    facts.block("cpu", "CPU")
}

/// A part of CPU use: its name and its percentage.
fn part(cell: &mut Cell, name: &str, share: f64) {
    cell.push(Role::Dim, name);
    cell.push_with(Role::Text, |out| units::percent(Some(share * 100.0), out));
}

fn use_of_memory<'a>(page: &'a Overview, context: &Context) -> Block<'a> {
    let memory = &page.memory;
    let mut facts = Facts::new();
    let total = context.memory_total;
    facts.add("resident", move |line| {
        line.cell(
            || Exact::Int(memory.resident.into()),
            |cell| {
                super::line::push_size(cell, memory.resident);
                if let Some(total) = total.filter(|total| *total > 0) {
                    let percent = memory.resident as f64 / total as f64 * 100.0;
                    cell.push_fmt(Role::Dim, format_args!(", {percent:.1} % of the machine's"));
                }
                if let Some(peak) = memory.peak {
                    cell.push(Role::Dim, ", peak ");
                    super::line::push_size(cell, peak);
                }
            },
        );
    });
    facts.add("shared", move |line| _ = line.bytes(Some(memory.shared)));
    facts.add("PSS", move |line| _ = line.datum(&memory.pss, |line, size| _ = line.bytes(Some(*size))));
    facts.add("USS", move |line| _ = line.datum(&memory.uss, |line, size| _ = line.bytes(Some(*size))));
    facts.add("swap", move |line| _ = line.bytes(memory.swap));
    facts.add("virtual", move |line| _ = line.bytes(Some(memory.virt)));
    facts.block("memory", "memory")
}

fn use_of_disks(page: &Overview) -> Block<'_> {
    let rate = page.rate;
    let mut facts = Facts::new();
    let both = |done: u64, now: Option<f64>| {
        move |line: &mut Line| {
            line.cell(
                || Exact::Int(done.into()),
                |cell| {
                    super::line::push_size(cell, done);
                    if let Some(now) = now {
                        cell.push(Role::Dim, ", now ");
                        super::line::push_size(cell, now.max(0.0) as u64);
                        cell.push(Role::Dim, "/s");
                    }
                },
            );
        }
    };
    match &page.io {
        Ok(io) => {
            facts.add("read from disks", both(io.read_bytes, rate.and_then(|rate| rate.read)));
            facts.add("written to disks", both(io.write_bytes, rate.and_then(|rate| rate.write)));
            facts.add("read(2) and alike", both(io.read_chars, rate.and_then(|rate| rate.read_chars)));
            facts.add("write(2) and alike", both(io.write_chars, rate.and_then(|rate| rate.write_chars)));
        }
        Err(why) => {
            let why = *why;
            facts.add("read and written", move |line| line.refused(why));
        }
    }
    facts.add("page faults", |line| {
        line.cell(
            || Exact::Int(i128::from(page.minor_faults) + i128::from(page.major_faults)),
            |cell| {
                cell.push_fmt(Role::Text, format_args!("{}", page.minor_faults));
                cell.push(Role::Dim, " minor, ");
                let role = if page.major_faults > 0 { Role::Text } else { Role::Dim };
                cell.push_fmt(role, format_args!("{}", page.major_faults));
                cell.push(Role::Dim, " major");
            },
        );
    });
    facts.add("switches", |line| _ = line.count(page.switches));
    facts.block("io", "input and output")
}

fn identity<'a>(page: &'a Overview, context: &Context) -> Block<'a> {
    let mut facts = Facts::new();
    let context = *context;
    facts.add("state", |line| {
        let role = crate::catalog::columns::state_role(page.state);
        line.cell(
            || Exact::Text(vec![page.state.0]),
            |cell| {
                cell.push(role, words::state_word(page.state));
                match &page.wchan {
                    Ok(place) if !place.is_empty() => {
                        cell.push(Role::Dim, " in ");
                        cell.push_foreign(Role::Text, place.bytes(), 64);
                    }
                    _ => {}
                }
            },
        );
    });
    facts.add("started", move |line| words::since(line, page.started, page.age, &context));
    facts.add("parent", |line| match page.parent {
        Some(parent) => {
            line.number(Role::Text, parent.get());
            line.leads_to = Some(Lead::Pid(parent));
        }
        None => _ = line.say(Role::Dim, "none that can be seen"),
    });
    facts.add("group, session", |line| {
        _ = line.fmt(Role::Text, format_args!("{}, {}", page.pgrp, page.session));
    });
    facts.add("terminal", |line| match &page.terminal {
        Some(terminal) => _ = line.foreign(Role::Text, terminal.bytes()),
        None => _ = line.say(Role::Dim, "none"),
    });
    facts.add("program", |line| {
        line.datum(&page.exe, |line, path| program(line, path, page.exe_deleted));
    });
    facts.add("directory", |line| path(line, &page.cwd));
    facts.add("root", |line| path(line, &page.root));
    facts.block("identity", "identity")
}

fn path(line: &mut Line, path: &Datum<Untrusted>) {
    line.datum(path, |line, path| _ = line.foreign(Role::Text, path.bytes()));
}

/// A program's path; its file may be another by now.
pub(super) fn program(line: &mut Line, path: &Untrusted, deleted: bool) {
    line.cell(
        || Exact::Text(path.bytes().to_vec()),
        |cell| {
            let bytes = path.bytes();
            let name = bytes.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
            let (directory, name) = bytes.split_at_checked(name).unwrap_or((b"", bytes));
            cell.push_foreign(Role::Dim, directory, 4096);
            cell.push_foreign(Role::Strong, name, 4096);
            if deleted {
                cell.push(Role::Warn, " deleted or replaced since");
            }
        },
    );
}

fn rights(page: &Overview) -> Block<'_> {
    let mut facts = Facts::new();
    let owner = match &page.owner {
        Ok(owner) => owner,
        Err(why) => {
            let why = *why;
            facts.add("owner", move |line| line.refused(why));
            return facts.block("rights", "rights");
        }
    };
    facts.add("user", |line| ids(line, owner.uids, &owner.users));
    facts.add("group", |line| ids(line, owner.gids, &owner.group_names));
    facts.add("more groups", |line| {
        let list: Vec<String> = owner.groups.iter().map(ToString::to_string).collect();
        line.say(Role::Text, if list.is_empty() { "none".to_owned() } else { list.join(" ") }.as_str());
    });
    facts.add("capabilities", |line| capabilities(line, &owner.capabilities));
    facts.add("restrictions", |line| restrictions(line, owner));
    facts.add("label", |line| match &owner.label {
        Some(label) => _ = line.foreign(Role::Text, label.bytes()),
        None => _ = line.say(Role::Dim, "none"),
    });
    facts.add("traced by", |line| match owner.tracer {
        Some(tracer) => {
            line.number(Role::Warn, tracer.get());
            line.leads_to = Some(Lead::Pid(tracer));
        }
        None => _ = line.say(Role::Dim, "nobody"),
    });
    facts.block("rights", "rights")
}

/// Real, effective, saved and file system ids: one where they are the same.
fn ids(line: &mut Line, ids: [u32; 4], names: &[Untrusted; 2]) {
    let [real, effective, saved, files] = ids;
    let [real_name, effective_name] = names;
    line.cell(
        || Exact::Int(effective.into()),
        |cell| {
            cell.push_foreign(Role::Text, effective_name.bytes(), 64);
            cell.push_fmt(Role::Dim, format_args!(" {effective}"));
            if real != effective {
                cell.push(Role::Warn, ", real ");
                cell.push_foreign(Role::Text, real_name.bytes(), 64);
                cell.push_fmt(Role::Dim, format_args!(" {real}"));
            }
            if saved != effective {
                cell.push_fmt(Role::Dim, format_args!(", saved {saved}"));
            }
            if files != effective {
                cell.push_fmt(Role::Dim, format_args!(", files {files}"));
            }
        },
    );
}

fn capabilities(line: &mut Line, sets: &Capabilities) {
    let said = sets.effective.short(Some(sets.bounding));
    line.cell(
        || Exact::Text(said.clone().into_bytes()),
        |cell| {
            let role = if sets.effective.is_empty() { Role::Dim } else { Role::Warn };
            cell.push(role, &said);
            if sets.permitted != sets.effective {
                cell.push_fmt(
                    Role::Dim,
                    format_args!(", permitted {}", sets.permitted.short(Some(sets.bounding))),
                );
            }
            if !sets.ambient.is_empty() {
                cell.push_fmt(Role::Dim, format_args!(", ambient {}", sets.ambient.short(None)));
            }
        },
    );
}

fn restrictions(line: &mut Line, owner: &Owner) {
    let seccomp = match owner.seccomp {
        Some(1) => Some("seccomp strict"),
        Some(2) => Some("seccomp filter"),
        _ => None,
    };
    let privileges = owner.no_new_privs.unwrap_or(false).then_some("no new privileges");
    let words: Vec<&str> = seccomp.into_iter().chain(privileges).collect();
    match (words.is_empty(), owner.seccomp.is_none() && owner.no_new_privs.is_none()) {
        (_, true) => _ = line.unknown(),
        (true, _) => _ = line.say(Role::Dim, "none"),
        (false, _) => _ = line.say(Role::Text, &words.join(", ")),
    }
}

/// When something was read, if that was not now.
pub(super) fn push_read(cell: &mut Cell, at: Option<crate::model::Nanos>, context: &Context) {
    if let Some(age) = at.map(|at| context.now.since(at)).filter(|age| *age >= 1.0) {
        push_ago(cell, age);
    }
}
