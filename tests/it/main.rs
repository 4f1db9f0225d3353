//! What glowtop promises, seen from outside: one crate, one file a subject.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout
)]

mod arranged;
mod control;
mod control_screens;
mod details;
mod drawing;
mod fixture;
mod fuzz;
mod gate;
mod groups;
mod hang;
mod header;
mod house;
mod htop;
mod inherited;
mod inspect;
mod inspect_live;
mod inspect_pages;
mod inspect_screens;
mod journal;
mod keystorm;
mod kill;
mod lab;
mod lab_cli;
mod lab_kill;
mod lab_measure;
mod lab_screens;
mod lab_watch;
mod lab_work_a;
mod lab_work_c;
mod lab_work_g;
mod linear;
mod live;
mod looks;
mod manners;
mod manners_live;
mod meters;
mod monitor;
mod ports;
mod proc;
mod ps;
mod pty;
mod query_screens;
mod registry;
mod rescue;
mod screens;
mod settings;
mod shell;
mod storm;
mod stuck;
mod support;
mod sweep;
mod tabs;
mod tame;
mod tame_live;
mod tame_screens;
mod terminal;
mod tree_screens;
mod why;
mod xray_screens;
