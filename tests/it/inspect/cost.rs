//! What looking costs: `cargo test --release --test it inspect::cost -- --ignored --nocapture`.

use std::fs::File;
use std::sync::mpsc::channel;
use std::time::Duration;

use glowtop::model::inspect::{Examine, InspectOrder, Page};
use glowtop::sampler::start_inspector;

use super::{id, inspector};

/// CPU time of the threads of this process with this name, nanoseconds, by the kernel's own count.
fn spent(name: &str) -> u64 {
    let mut sum = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let read = |file: &str| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        if read("comm").trim_end().starts_with(name) {
            sum += read("schedstat").split(' ').next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        }
    }
    sum
}

/// A process with 200 threads and 1 000 files: this one.
fn grow() -> (Vec<File>, std::sync::mpsc::Sender<()>) {
    let files = (0..1000).map(|_| File::open("/etc/passwd").unwrap()).collect();
    let (end, over) = channel::<()>();
    let over = std::sync::Arc::new(std::sync::Mutex::new(over));
    for n in 0..200 {
        let over = std::sync::Arc::clone(&over);
        let work = move || {
            let every = Duration::from_millis(5 + n % 50);
            while over.lock().unwrap().try_recv() != Err(std::sync::mpsc::TryRecvError::Disconnected) {
                std::thread::sleep(every);
            }
        };
        std::thread::Builder::new().name("busy".into()).stack_size(64 << 10).spawn(work).unwrap();
    }
    (files, end)
}

#[test]
#[ignore = "a measurement of two minutes"]
fn what_each_page_costs_a_second() {
    let (_files, end) = grow();
    let known = id(std::process::id());
    let mut inspector = inspector();
    for page in Page::ALL {
        let first = inspector.examine(known, page, false).cost;
        let looks: Vec<f64> = (0..5)
            .map(|_| {
                std::thread::sleep(Duration::from_millis(200));
                inspector.examine(known, page, false).cost * 1e3
            })
            .collect();
        let mean = looks.iter().sum::<f64>() / looks.len() as f64;
        let open = spent("glowtop-");
        let (tell, told) = channel();
        let inspecting =
            start_inspector(Box::new(super::inspector()), 1.0, move |seen| drop(tell.send(seen))).unwrap();
        inspecting.order(InspectOrder::Page(page));
        inspecting.order(InspectOrder::Open(known));
        for _ in 0..2 {
            told.recv_timeout(Duration::from_mins(1)).unwrap();
        }
        let (before, begun) = (spent("glowtop-"), std::time::Instant::now());
        std::thread::sleep(Duration::from_secs(6));
        let a_second = (spent("glowtop-") - before) as f64 / 1e6 / begun.elapsed().as_secs_f64();
        println!(
            "{:12} first look {:6.2} ms  later {mean:6.2} ms  thread open {:6.2} ms, then {a_second:5.2} ms a second, {} looks",
            page.name(),
            first * 1e3,
            (before - open) as f64 / 1e6,
            told.try_iter().count(),
        );
        drop(inspecting);
        std::thread::sleep(Duration::from_millis(100));
    }
    let (inspecting, before) =
        (start_inspector(Box::new(super::inspector()), 0.05, |_| {}).unwrap(), spent("glowtop-inspect"));
    std::thread::sleep(Duration::from_secs(2));
    println!("closed: {} ns in two seconds", spent("glowtop-inspect") - before);
    drop((inspecting, end));
}
