//! glowtop: a process monitor for Linux terminals.
//!
//! It **sees** (a sampling thread reads `/proc` into a model), it **acts** (signals and priorities that reach exactly
//! the process that was meant, with a verdict), and it **teaches** (a lab of real serial and parallel workloads).
//! This page is the plan of the house; two minutes with it and you know where to go.
//!
//! # The rooms
//!
//! A room is a folder under `src/`; its door is `mod.rs`; what the door does not name is private to the room.
//!
//! | room | what it is | what it must never know |
//! |---|---|---|
//! | [`model`] | the vocabulary and its arithmetic: [`model::ProcId`], [`model::Sample`] → [`model::derive()`] → [`model::Snapshot`], the process tree, units, [`model::Untrusted`], [`model::Needs`], the values that cross doors | files, clocks, threads, colours, keys, that a terminal exists |
//! | [`config`] | TOML text → settings, key bindings and themes, each with located complaints; settings → that text again, merged with what another editor wrote there meanwhile; it opens nothing | where files lie |
//! | [`catalog`] | the tables in which things are added: one row per column, one row per meter; the inspector's pages as rows | terminal size, theme, cursor |
//! | [`query`] | the filter and its language: text → does this process match | who asks |
//! | [`app`] | the mind: `update(&mut App, Msg) -> Vec<Effect>`, pure | `/proc`, pidfds, channels, time of day |
//! | [`view`] | draws the mind into a buffer, a buffer as a picture, and says what lies under a mouse click | how to change anything |
//! | [`export`] | snapshot → text, JSON, CSV; what was done → JSON; what the lab measured → table, JSON, Markdown, SVG | terminal, selection |
//! | [`proc`] | what the kernel says → [`model::Sample`], below an injectable root: files, netlink (process events, taskstats), and systemd's bus for the one fact that no file has; `proc::parse` is pure | rates, percentages, columns, sorting |
//! | [`sampler`] | the sampling thread: when to look, and synthetic sources | which files are read, who listens |
//! | [`control`] | acting on a process: pin, check, act, verdict | menus, tags, why |
//! | [`lab`] | workloads, their supervisor and workers, measurement; the X-ray, which measures alike what runs already and touches nothing | the monitor: it sees the workers through `/proc` |
//! | [`sys`] | the only room with `unsafe`: system calls nobody wraps | everything else |
//! | [`shell`] | the world: argv and the commands (`ps`, `kill`, `lab` …), terminal, threads, channels; wires the rooms together | what any column, key, theme or workload means |
//!
//! # One-way streets
//!
//! ```text
//! main → shell → everything
//! view → app, catalog, config, model        export → catalog, query, model
//! app → catalog, config, query, model       query → model
//! catalog → model                           config → model
//! proc → model, sys      sampler → model    control → model, sys      lab → model, sys
//! model → nothing        sys → nothing
//! ```
//!
//! Only `view` and `shell` may name ratatui, only `shell` crossterm, only `sys` may write `unsafe`. Files, clocks,
//! threads, processes and locks belong to `proc`, `sampler`, `control`, `lab`, `sys` and `shell`. The test
//! `tests/it/house.rs` reads this table and the sources, and fails on any other edge and on a street that nobody
//! uses; clippy's `disallowed-methods` says the same to the editor.
//!
//! # Doors are values
//!
//! * Only `Arc<Snapshot>` crosses threads by reference; there are no locks in state. Within it, and from look to look,
//!   whoever did not change is the same `Arc<Task>`: most processes sleep, and a sleeper costs one system call.
//! * Two samples belong to the same process only if pid **and** start time agree ([`model::ProcId`]).
//! * Who came and went between two looks is counted, the CPU time of all is added up ([`model::Account`]), and what is
//!   left over is shown.
//! * A sample never fails as a whole: a vanished process is absent, a denied file is `Denied`, an unread one is
//!   `NotRead` ([`model::Reading`]). Unknown is shown as unknown, never as 0; a first sample has no rates.
//! * [`model::Needs`] says what has to be read; `app` computes it from what is on screen, `sampler` obeys.
//! * Live, fixture and synthetic data are all [`model::Source`]; everything after the source is one path.
//! * The workers of the lab are forked, and note what they do on a board of shared memory; its supervisor alone reads it,
//!   and tells [`model::lab::LabNews`], of which the last is a report. The X-ray tells the same of strangers, whom it
//!   asks nothing but `/proc`: whoever draws lanes or sums up waits need not know which it was.
//! * A dialog is a layer in the app's state and captures its targets when it opens; there is no nested loop.
//! * Nothing changed, nothing drawn.
//!
//! # One place to add a thing
//!
//! * A column: one row in `catalog/columns`. A meter: one row in `catalog/meters`.
//! * An action: one row in `app/action.rs`; its key: one line in `assets/keymap.toml`.
//! * A field that queries ask for: one row in `query/fields.rs`.
//! * A screen: one table in `assets/config.toml`; an option: one row in `config/settings/options.rs` and its default there.
//! * A theme: one file in `assets/themes`.
//! * A page of the inspector: its values in `model/inspect`, a reader in `proc/inspect`, a file in `catalog/inspect` that
//!   turns them into rows, and its tab in `view/inspect/head.rs`.
//! * A workload: one file in `lab/workloads` and its name in the list there.
//! * A command of the command line: its arguments beside what it does in a file of `shell`, its name in `shell/args.rs`.
//!
//! Each table has a test that catches a half-done job.

pub mod app;
pub mod catalog;
pub mod config;
pub mod control;
pub mod export;
pub mod lab;
pub mod model;
pub mod proc;
pub mod query;
pub mod sampler;
pub mod shell;
pub mod sys;
pub mod view;
