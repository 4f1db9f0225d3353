//! What stands on the lab's screen, in words: the help shows these rows.

/// A heading, and what is explained below it.
type Words = (&'static str, &'static [(&'static str, &'static str)]);

/// Letters, figures and judgements of the lab's screen.
pub(in crate::app) const WORDS: &[Words] = &[
    (
        "Lanes: a row for each worker, time from left to right",
        &[
            (
                "1 to 9, a to z",
                "it is on a CPU with the task of this number; after z comes 1 again; colour is the core",
            ),
            ("▒ or x", "ready: it wants a CPU, and others have them all"),
            ("· or .", "idle: it has nothing to do"),
            ("█ or #", "it is on a CPU, and its task has no number"),
            ("L", "waits for a lock that another holds"),
            ("E", "waits for something to take: the queue or pipe is empty"),
            ("F", "waits for room: the queue or pipe is full"),
            ("I", "waits for input or output"),
            ("z", "sleeps until a time has passed"),
            ("B", "waits for the others to arrive, or for a signal"),
            ("C", "waits for a child to end"),
            ("T", "is stopped by a signal, or held by a tracer"),
            ("Z", "zombie: has ended, and its parent has not waited for it"),
            ("✗ or X", "was ended by a signal there"),
            ("cores used", "how many of the workers were on a CPU at that time"),
            ("serial", "how far the serial run was after the same time"),
        ],
    ),
    (
        "Where the workers' time went: workers times real time in all",
        &[
            ("useful work", "CPU time that the serial run needed, too"),
            ("idle at the end", "no task was left while others still worked: the tail"),
            ("extra CPU", "CPU time that the serial run did not need; below 0 where that one was disturbed"),
            ("wait for CPU", "ready, but waiting in the run queue of a CPU"),
            ("blocked", "waiting for a lock, a queue, input or output, time, or others"),
            ("start-up", "before the first task"),
            ("balance", "mean CPU time of the workers over the greatest (POP: load balance)"),
            ("comm", "the greatest CPU time of a worker over real time (POP: communication efficiency)"),
            ("CPU", "CPU time of the serial run over that of this one (POP: computation scalability)"),
        ],
    ),
    (
        "Speed-up",
        &[
            ("speed-up, S", "real time of the serial run over that of this one"),
            ("efficiency, E", "speed-up over workers"),
            (
                "e",
                "the serial part by Karp and Flatt: steady where a part is serial, rising where overhead grows",
            ),
            ("ceiling", "the speed-up that the tasks allow in this order, with nothing else in the way"),
            ("largest first", "the ceiling with the largest task first"),
            ("never beyond", "what no number of workers passes: the largest task takes its time"),
        ],
    ),
    (
        "How far to believe it",
        &[
            ("VALID", "nothing speaks against the figures"),
            ("NOISY", "something else shaped the times, for instance others who used the CPUs"),
            ("INVALID", "not to be used: a wrong answer, a killed worker, a quota, or too short a run"),
        ],
    ),
];
