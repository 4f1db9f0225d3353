//! The eye finds the culprit first: who works is bright and who sleeps is quiet, whoever they belong to, and nothing
//! that comes or goes shouts louder.

use std::sync::Arc;

use glowtop::app::Screens;
use glowtop::model::{ProcId, Role};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Modifier;

use crate::screens::{Desk, MACHINE, MIDDLE, SECOND, SMALL, sample};

/// The row of the table with this text, and where its text begins.
fn row(buf: &Buffer, text: &str) -> (u16, u16) {
    let area = buf.area;
    let line =
        |y| (0..area.width).filter_map(move |x| buf.cell((x, y)).map(Cell::symbol)).collect::<String>();
    let found = (0..area.height).find_map(|y| {
        let line = line(y);
        line.find(text).map(|at| (line[..at].chars().count() as u16, y))
    });
    found.unwrap_or_else(|| panic!("nobody shows {text}"))
}

fn at(buf: &Buffer, (x, y): (u16, u16)) -> Cell {
    buf.cell((x, y)).cloned().expect("in the buffer")
}

#[test]
fn the_figure_of_the_culprit_glows_in_the_selected_row() {
    let desk = Desk::new(SMALL);
    let (buf, theme) = (desk.drawn(), desk.theme());
    let (name, figure) = (row(&buf, "cc1plus -O2 src/café"), row(&buf, "98.0"));
    assert_eq!(name.1, figure.1, "it is selected, as it is the first");
    let (name, figure) = (at(&buf, name), at(&buf, figure));
    assert_eq!(Some(figure.fg), theme.heat_selected(98).fg);
    assert_eq!(figure.bg, name.bg);
    assert!(figure.modifier.contains(Modifier::BOLD));
    assert_ne!(figure.fg, name.fg);
}

#[test]
fn who_works_is_bright_and_who_sleeps_is_quiet_whoever_they_belong_to() {
    let desk = Desk::new(SMALL);
    let (buf, theme) = (desk.drawn(), desk.theme());
    let look = |text: &str, along: u16| {
        let (x, y) = row(&buf, text);
        at(&buf, (x + along, y)).style()
    };
    // A stranger's at 61 percent, with its name and its arguments.
    let fg = |role| theme.style(role).fg;
    let strong = look("postgres: app", 0);
    assert_eq!(strong.fg, fg(Role::Strong));
    assert!(strong.add_modifier.contains(Modifier::BOLD));
    assert_eq!(look("postgres: app", 10).fg, fg(Role::Text));
    // And one that does nothing.
    let quiet = look("sshd: /usr", 0);
    assert_eq!(quiet.fg, fg(Role::Text));
    assert!(!quiet.add_modifier.contains(Modifier::BOLD));
    assert_eq!(look("sshd: /usr", 6).fg, fg(Role::Dim));
}

#[test]
fn who_comes_and_goes_does_not_shout() {
    let mut desk = Desk::new(MIDDLE);
    // Whoever is there no longer: the one with 94 percent.
    let left: Vec<_> = MACHINE.iter().filter(|spec| spec.0 != 1312).copied().collect();
    let mut more = left.clone();
    more.push((1600, 1, 0, "cron", "/usr/sbin/cron -f", 0, 4, 0));
    desk.at += SECOND;
    let mut sample = sample(desk.at, &more);
    let started = sample.since_boot.0 / (SECOND / 100) - 10;
    for seen in sample.tasks.iter_mut().filter(|seen| seen.id.pid.get() == 1600) {
        Arc::make_mut(&mut seen.task).id = ProcId::new(1600, started).expect("a pid");
    }
    desk.show(sample);
    let (buf, theme) = (desk.drawn(), desk.theme());
    let gone = row(&buf, "cc1plus -O2 src/漢");
    assert_eq!(Some(at(&buf, gone).fg), theme.style(Role::Ended).fg);
    let used = row(&buf, "94.0");
    assert_eq!((used.1, Some(at(&buf, used).fg)), (gone.1, theme.style(Role::Heat(94)).fg));
    let new = row(&buf, "cron -f");
    assert_eq!(Some(at(&buf, new).fg), theme.style(Role::New).fg);
    // Its figures are what they are.
    assert_ne!(Some(at(&buf, (new.0 - 3, new.1)).fg), theme.style(Role::New).fg);
}

#[test]
fn a_command_has_room_at_every_size_and_what_each_used_of_late_where_there_is_more() {
    for (width, least, trail) in
        [(80, 25, false), (100, 30, false), (120, 40, false), (160, 70, true), (200, 100, true)]
    {
        let mut desk = Desk::new((width, 40));
        // As the configuration has it.
        desk.app.table = Screens::default().start_with(0);
        desk.look(MACHINE);
        let buf = desk.drawn();
        let (x, y) = row(&buf, "Command");
        assert!(width - x >= least, "{} cells at {width}", width - x);
        let header: String = (0..width).map(|x| at(&buf, (x, y)).symbol().to_owned()).collect();
        assert_eq!(header.contains("CPU of late"), trail, "{header}");
    }
}

#[test]
fn dialogs_leave_no_slivers_of_rows_beside_them() {
    let mut desk = Desk::new(SMALL);
    desk.press("F9");
    let buf = desk.drawn();
    let (_, y) = row(&buf, "Send a signal");
    assert_eq!((at(&buf, (0, y)).symbol(), at(&buf, (79, y)).symbol()), ("╭", "╮"));
}
