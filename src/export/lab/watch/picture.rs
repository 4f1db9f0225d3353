//! The lanes, the account and the histogram as a picture that needs nothing else.

use std::fmt::Write as _;

use super::super::words::{percent, safe, seconds, sentence, wrapped};
use super::{Watched, who};
use crate::model::lab::Share;

/// Width of the picture, where its plots begin and end, and cells of a lane.
const WIDTH: f64 = 960.0;
const LEFT: f64 = 190.0;
const RIGHT: f64 = 936.0;
const CELLS: usize = 240;
/// Height of a lane, and most lanes.
const LANE: f64 = 16.0;
const LANES: usize = 64;

/// How each part is filled: on a CPU, waiting for one, blocked, not there. Told apart without colour, too.
const FILLS: [&str; 4] = ["#3b6ea8", "url(#wait)", "#e3d3da", "#ffffff"];

const PATTERNS: &str = "\
<defs><pattern id=\"wait\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\"><rect width=\"4\" height=\"4\" \
fill=\"#f7edc0\"/><circle cx=\"2\" cy=\"2\" r=\"1\" fill=\"#5f5200\"/></pattern></defs>\n";

/// The picture.
pub fn svg(watched: &Watched<'_>) -> String {
    let report = watched.report;
    let mut page = Page { body: String::new(), y: 30.0 };
    page.text(24.0, "font-size=\"18\" font-weight=\"bold\"", watched.name);
    page.y += 20.0;
    let machine = watched.machine;
    let cores = report.cores_used().unwrap_or(0.0);
    page.text(
        24.0,
        "",
        &format!(
            "{}, {} usable CPUs, kernel {}; {cores:.2} in use for {}",
            machine.model,
            machine.cpus,
            machine.kernel,
            seconds(report.real_s)
        ),
    );
    page.y += 8.0;
    if let Some(bound) = report.bound() {
        let words = format!("{} {}", bound.sentence, bound.help);
        for line in wrapped(&sentence(&words), 125, "").lines() {
            page.y += 16.0;
            page.text(24.0, "", line);
        }
    }
    page.lanes(watched);
    page.account(watched);
    page.histogram(watched);
    let height = page.y + 24.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" \
         height=\"{height:.0}\" font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"12\">\n<title>{}</title>\n\
         {PATTERNS}<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>\n",
        escaped(watched.name),
        page.body
    )
}

/// The picture, drawn from top to bottom.
struct Page {
    body: String,
    y: f64,
}

impl Page {
    fn text(&mut self, x: f64, style: &str, text: &str) {
        let _ =
            writeln!(self.body, "<text x=\"{x:.1}\" y=\"{:.1}\" {style}>{}</text>", self.y, escaped(text));
    }

    fn heading(&mut self, text: &str) {
        self.y += 28.0;
        self.text(24.0, "font-size=\"14\" font-weight=\"bold\"", text);
        self.y += 8.0;
    }

    fn part(&mut self, x: f64, wide: f64, (top, height): (f64, f64), fill: &str) {
        if wide > 0.0 && height > 0.0 {
            let _ = writeln!(
                self.body,
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{height:.1}\" fill=\"{fill}\"/>"
            );
        }
    }

    fn frame(&mut self, top: f64, height: f64) {
        let wide = RIGHT - LEFT;
        let _ = writeln!(
            self.body,
            "<rect x=\"{LEFT}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{height:.1}\" fill=\"none\" \
             stroke=\"#999999\" stroke-width=\"0.5\"/>"
        );
    }

    fn lanes(&mut self, watched: &Watched<'_>) {
        let window = watched.window(CELLS);
        let (chosen, left_out) = watched.chosen(LANES);
        self.heading("Lanes: how much of each moment a thread ran, waited for a CPU, and was blocked");
        let cell = (RIGHT - LEFT) / CELLS as f64;
        let mut shares: Vec<Share> = Vec::new();
        for (_, lane) in chosen {
            let (top, height) = (self.y, LANE - 3.0);
            let id = lane.pid.zip(lane.tid).map_or_else(String::new, |(pid, tid)| who(pid, tid));
            self.y += LANE * 0.65;
            self.text(
                LEFT - 8.0,
                "text-anchor=\"end\" font-size=\"11\"",
                &format!("{} {id}", safe(&lane.name, 15)),
            );
            lane.shares(&window, &mut shares);
            // Neighbours that are alike are one.
            let mut from = 0;
            while let Some(first) = shares.get(from) {
                let alike = |other: &&Share| key(other) == key(first);
                let count = shares.iter().skip(from).take_while(alike).count().max(1);
                let (x, wide) = (LEFT + cell * from as f64, cell * count as f64);
                let mut foot = top + height;
                for (part, fill) in key(first).into_iter().zip(FILLS) {
                    let tall = height * f64::from(part) / 10.0;
                    foot -= tall;
                    self.part(x, wide, (foot, tall), fill);
                }
                from += count;
            }
            self.frame(top, height);
            self.y = top + LANE;
        }
        if left_out > 0 {
            self.y += 12.0;
            self.text(LEFT, "", &format!("and {left_out} lanes that did less"));
        }
        self.y += 14.0;
        for at in 0..=4 {
            let part = f64::from(at) / 4.0;
            let anchor = ["start", "middle", "middle", "middle", "end"].get(at as usize).unwrap_or(&"middle");
            self.text(
                LEFT + (RIGHT - LEFT) * part,
                &format!("text-anchor=\"{anchor}\" font-size=\"11\""),
                &format!("{:.1} s", watched.report.real_s * part),
            );
        }
    }

    fn account(&mut self, watched: &Watched<'_>) {
        let report = watched.report;
        self.heading(&format!("Where {} lanes x {} went", report.lanes, seconds(report.real_s)));
        let (top, mut x) = (self.y, LEFT);
        for ((_, part), fill) in report.account.parts().into_iter().zip(FILLS) {
            let wide = (RIGHT - LEFT) * report.account.share(part);
            self.part(x, wide, (top, 20.0), fill);
            x += wide;
        }
        self.frame(top, 20.0);
        self.y += 38.0;
        let mut x = LEFT;
        for ((name, part), fill) in report.account.parts().into_iter().zip(FILLS) {
            self.part(x, 12.0, (self.y - 10.0, 12.0), fill);
            self.text(x + 17.0, "font-size=\"11\"", name);
            self.y += 14.0;
            let share = percent(Some(report.account.share(part)));
            self.text(x + 17.0, "font-size=\"11\"", &format!("{} = {share}", seconds(part)));
            self.y -= 14.0;
            x += (RIGHT - LEFT) / 4.0;
        }
        self.y += 14.0;
    }

    fn histogram(&mut self, watched: &Watched<'_>) {
        let report = watched.report;
        self.heading("How many ran at a time");
        for (count, time) in report.concurrency_s.iter().enumerate().take(LANES) {
            let share = time / report.real_s.max(1e-9);
            self.part(LEFT, (RIGHT - LEFT - 90.0) * share, (self.y, 12.0), "#3b6ea8");
            self.y += 10.0;
            self.text(LEFT - 8.0, "text-anchor=\"end\" font-size=\"11\"", &count.to_string());
            self.text(RIGHT, "text-anchor=\"end\" font-size=\"11\"", &percent(Some(share)));
            self.y += 6.0;
        }
    }
}

/// Tenths of a cell: on a CPU, waiting for one, blocked.
fn key(share: &Share) -> [u8; 3] {
    [share.run, share.ready, share.blocked].map(|part| (part * 10.0).round().clamp(0.0, 10.0) as u8)
}

/// Text of others and of ours, fit for XML.
fn escaped(text: &str) -> String {
    super::super::svg::escaped(text)
}
