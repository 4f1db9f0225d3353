//! Everything a user can do, one row each. Help, key bar, `glowtop print actions` and the key map read these rows.

/// Declares the actions: the enum and its table from the same rows.
macro_rules! actions {
    ($($group:literal { $($variant:ident $id:literal $label:literal $help:literal;)* })*) => {
        /// Something a user can do.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Action {
            $($(#[doc = $help] $variant,)*)*
        }

        impl Action {
            /// Every action, in the order of the help.
            pub const ALL: &'static [Action] = &[$($(Action::$variant,)*)*];

            /// The same in groups, each with its heading.
            pub const GROUPS: &'static [(&'static str, &'static [Action])] =
                &[$(($group, &[$(Action::$variant,)*]),)*];

            /// The word used in key maps.
            pub const fn id(self) -> &'static str {
                match self { $($(Action::$variant => $id,)*)* }
            }

            /// At most six letters for the key bar.
            pub const fn label(self) -> &'static str {
                match self { $($(Action::$variant => $label,)*)* }
            }

            /// What it does, one line.
            pub const fn help(self) -> &'static str {
                match self { $($(Action::$variant => $help,)*)* }
            }
        }
    };
}

actions! {
    "The program and its screens" {
        Help "help" "Help" "show the keys";
        Quit "quit" "Quit" "leave glowtop";
        Back "back" "Back" "close what is open; or unfollow, unfocus, untag, unfilter";
        Palette "palette" "Do" "find an action, a theme, a screen by its name, and do it";
        Notices "notices" "Said" "show what the line that speaks has said";
        SaveScreen "save_screen" "Save" "save the screen: picture (.svg), text, JSON, CSV";
        Mouse "mouse" "Mouse" "leave the mouse to the terminal, or take it back";
        Suspend "suspend" "Stop" "stop glowtop until the shell continues it";
        Redraw "redraw" "Redraw" "draw the screen anew and look at the machine now";
        NextScreen "next_screen" "Screen" "go to the next screen; in a process, the next page";
        PrevScreen "prev_screen" "Screen" "go to the screen before; in a process, the page before";
        Lab "lab" "Lab" "open the lab, or leave it";
        Pause "pause" "Pause" "freeze the display, or let it go on";
        Delay "delay" "Delay" "set the seconds between two looks";
        Theme "theme" "Theme" "change to the next theme";
        Header "header" "Header" "show or hide the meters";
        Detailed "detailed_cpu" "Detail" "show interrupts, steal, guest and I/O wait in core meters";
        Setup "setup" "Setup" "set up meters, screens, colours and options";
        Columns "columns" "Column" "choose the columns of the screen, and their order";
        Options "options" "Option" "change options: theme, delay, what is shown";
        SaveSettings "save_settings" "Save" "save options and screens as they are now";
        CoreHistory "core_history" "Graphs" "one history graph for all cores, or one for each";
    }

    "Moving about" {
        Up "up" "Up" "select the row above";
        Down "down" "Down" "select the row below";
        PageUp "page_up" "PgUp" "go up a page";
        PageDown "page_down" "PgDn" "go down a page";
        Top "top" "Top" "go to the first row, and stay there";
        Bottom "bottom" "Bottom" "go to the last row";
        Left "left" "Left" "scroll to the left";
        Right "right" "Right" "scroll to the right";
        LineStart "line_start" "Start" "scroll to the first column";
        LineEnd "line_end" "End" "scroll to the end of the command";
        ScrollUp "scroll_up" "Scroll" "scroll up a row, the cursor stays on its process";
        ScrollDown "scroll_down" "Scroll" "scroll down a row, the cursor stays on its process";
    }

    "Which processes, and in which order" {
        Search "search" "Search" "jump to a process by name";
        SearchNext "search_next" "Next" "jump to the next match of the search";
        SearchPrev "search_prev" "Prev" "jump to the match before";
        Filter "filter" "Filter" "show only what matches: a|b is either, cpu>50 a query";
        Views "views" "Views" "choose a saved view: a query with a name";
        User "user" "User" "show only one user's processes";
        Follow "follow" "Follow" "keep the selected process in view";
        Tree "tree" "Tree" "tree or list";
        Group "group" "Group" "one row for each program, user, container or unit";
        FoldToggle "fold" "Fold" "fold or unfold the subtree or group; folded, it shows sums";
        FoldAll "fold_all" "Fold" "fold or unfold all subtrees or groups";
        FoldParent "fold_parent" "Fold" "fold the subtree or group the row is in, and select it";
        FoldOrSort "fold_or_sort" "Fold" "in the tree fold or unfold, in the list choose the column";
        Focus "focus" "Focus" "show only the selected process and its descendants, or all";
        Sort "sort" "SortBy" "choose the column to sort by";
        SortPrev "sort_prev" "Sort<" "sort by the column to the left";
        SortNext "sort_next" "Sort>" "sort by the column to the right";
        SortCpu "sort_cpu" "CPU" "sort by CPU use";
        SortMemory "sort_memory" "Memory" "sort by memory";
        SortTime "sort_time" "Time" "sort by CPU time";
        SortPid "sort_pid" "PID" "sort by pid";
        Invert "invert" "Invert" "sort the other way round";
        SubtreeSort "subtree_sort" "Totals" "order siblings in the tree by subtree sums, or own values";
        Threads "threads" "Thread" "show or hide threads as rows";
        KernelThreads "kernel_threads" "Kernel" "show or hide the kernel's threads";
        Containers "containers" "Contnr" "show or hide the processes in containers";
        FullCommand "full_command" "Path" "show the command, with its directories, or the bare name";
        MergedCommand "merged_command" "Merged" "show program file, name and command line in one, or do not";
        Changes "changes" "Change" "mark rows that are new or have just ended, or do not";
        ShortLived "short_lived" "Died" "show or hide children that died between samples";
        Tag "tag" "Tag" "tag the row, or untag it, and go to the next";
        TagTree "tag_tree" "Tag" "tag the row and all its descendants";
        Untag "untag" "Untag" "untag all rows";
        Copy "copy" "Copy" "copy pid, name, command line or row to the clipboard";
    }

    "Doing something to the tagged processes, or to the selected one" {
        Signal "signal" "Kill" "send a signal to the tagged rows, or to the selected one";
        Acts "acts" "Acts" "choose what to do to them from a list";
        Ladder "ladder" "Ladder" "SIGTERM, some seconds, then SIGKILL for who is left";
        Freeze "freeze" "Freeze" "stop them, or let them go on";
        FreezeTree "freeze_tree" "Freeze" "stop them with all descendants, or let them go on";
        FreezeFor "freeze_for" "Freeze" "stop them for so many seconds";
        NiceDown "nice_down" "Nice-" "lower the nice value by one: more CPU (needs rights)";
        NiceUp "nice_up" "Nice+" "raise the nice value by one: less CPU";
        AutogroupDown "autogroup_down" "AGrp-" "lower the nice value of their sessions (autogroup)";
        AutogroupUp "autogroup_up" "AGrp+" "raise the nice value of their sessions (autogroup)";
        IoPriority "io_priority" "IoPrio" "choose their I/O priority";
        Affinity "affinity" "CPUs" "choose the CPUs they may run on";
        Policy "policy" "Policy" "choose their scheduling policy";
        Tame "tame" "Tame" "cap CPU and memory of their cgroup, set the OOM score";
        Undo "undo" "Undo" "take the last act back, as far as that can be done";
        Journal "journal" "Log" "show what was done, and what came of it";
    }

    "Inside one process" {
        Inspect "inspect" "Look" "look into the process, or into the one the row is about";
        InspectBack "inspect_back" "Before" "go back to the process looked into before";
        InspectOverview "inspect_overview" "All" "at a glance: CPU, memory, I/O, identity";
        InspectThreads "inspect_threads" "Thread" "its threads: what each does, in which system call";
        InspectFiles "inspect_files" "Files" "its open files, sockets and pipes, with their partners";
        InspectEnvironment "inspect_environment" "Env" "its environment";
        InspectCommand "inspect_command" "Args" "its command line, one argument a row";
        InspectMemory "inspect_memory" "Memory" "its memory: segments and the largest mappings";
        InspectLimits "inspect_limits" "Limits" "its resource limits, and how near it is to them";
        InspectCgroup "inspect_cgroup" "Cgroup" "its cgroup: limits, throttling, pressure";
        InspectNamespaces "inspect_namespaces" "Names" "its namespaces";
        InspectSignals "inspect_signals" "Signal" "signals pending, blocked, ignored and caught";
        InspectLocks "inspect_locks" "Locks" "its file locks, and who waits for them";
        InspectScheduling "inspect_scheduling" "Sched" "how it is scheduled";
        InspectAncestry "inspect_ancestry" "Why" "why it is running: who started it, and when";
        Xray "xray" "X-ray" "X-ray: what it and its children are bound by, in lanes";
    }

    "The lab" {
        LabEnter "lab_enter" "Run" "run the experiment; in a field of the form, type its value";
        LabRun "lab_run" "Run" "run the experiment: serial first, then parallel";
        LabStop "lab_stop" "Stop" "end the run and everything it started";
        LabSweep "lab_sweep" "Scale" "run on 1, 2, 4 ... workers, for the speed-up curve";
        LabCure "lab_cure" "Cure" "run what should be faster, by the last result";
        LabKeep "lab_keep" "Keep" "keep the report of what ran, for glowtop lab show";
        LabClear "lab_clear" "Sweep" "end what crashed sessions of the lab left behind";
        LabPredict "lab_predict" "Bet" "bet on the speed-up before the run";
        LabList "lab_list" "List" "choose another experiment";
        LabField "lab_field" "Field" "next field of the form; behind the last, the next screen";
        LabFieldBack "lab_field_back" "Field" "the field before; before the first, the screen before";
        LabMode "lab_mode" "Mode" "choose how the work is spread: threads, pool or others";
        LabMore "lab_more" "Work+" "one worker more; in a field, a greater value";
        LabFewer "lab_fewer" "Work-" "one worker less; in a field, a smaller value";
        LabLonger "lab_longer" "Size+" "more work";
        LabShorter "lab_shorter" "Size-" "less work";
        LabRows "lab_rows" "Cores" "lanes by worker, or by core";
        LabZoom "lab_zoom" "Zoom" "a cell is 20, 4 or 1 ms, or all of the run fits";
        LabHold "lab_hold" "Hold" "freeze the picture, not the run; again lets it go on";
    }
}

impl Action {
    /// The action with this id.
    pub fn from_id(id: &str) -> Option<Action> {
        Action::ALL.iter().copied().find(|action| action.id() == id)
    }

    /// Whether it does something to processes, starts some, or opens what leads to that; with `--readonly` there is no
    /// such action. Each is named here, so that nobody forgets a new one.
    #[allow(clippy::match_same_arms, reason = "a list of this length is read in groups")]
    pub const fn is_act(self) -> bool {
        use Action as A;
        match self {
            A::Signal | A::Acts | A::Ladder | A::Freeze | A::FreezeTree | A::FreezeFor | A::Undo => true,
            A::NiceDown | A::NiceUp | A::AutogroupDown | A::AutogroupUp => true,
            A::IoPriority | A::Affinity | A::Policy | A::Tame => true,
            A::LabEnter | A::LabRun | A::LabStop | A::LabSweep | A::LabCure | A::LabClear => true,
            A::Help | A::Quit | A::Back | A::Suspend | A::Redraw | A::NextScreen | A::PrevScreen => false,
            A::Setup
            | A::Columns
            | A::Options
            | A::SaveSettings
            | A::Lab
            | A::Pause
            | A::Delay
            | A::Theme
            | A::Header
            | A::Detailed
            | A::CoreHistory => false,
            A::Up | A::Down | A::PageUp | A::PageDown | A::Top | A::Bottom | A::Left | A::Right => false,
            A::LineStart | A::LineEnd | A::ScrollUp | A::ScrollDown => false,
            A::Search | A::SearchNext | A::SearchPrev | A::Filter | A::User | A::Follow => false,
            A::Views => false,
            A::Tree | A::FoldToggle | A::FoldAll | A::FoldParent | A::Sort | A::SortPrev => false,
            A::FoldOrSort | A::Focus | A::Containers | A::MergedCommand => false,
            A::SortNext | A::SortCpu | A::SortMemory | A::SortTime | A::SortPid | A::Invert => false,
            A::SubtreeSort | A::Threads | A::KernelThreads | A::FullCommand | A::Changes => false,
            A::Group | A::ShortLived | A::Tag | A::TagTree | A::Untag | A::Journal => false,
            A::Palette | A::Notices | A::SaveScreen | A::Mouse | A::Copy => false,
            A::LabMode | A::LabMore | A::LabFewer | A::LabLonger | A::LabShorter => false,
            A::LabPredict | A::LabList | A::LabField | A::LabFieldBack => false,
            A::LabRows | A::LabZoom | A::LabHold | A::LabKeep => false,
            A::Inspect | A::InspectBack | A::InspectOverview | A::InspectThreads | A::InspectFiles => false,
            A::InspectEnvironment | A::InspectCommand | A::InspectMemory | A::InspectLimits => false,
            A::InspectCgroup | A::InspectNamespaces | A::InspectSignals | A::InspectLocks => false,
            A::InspectScheduling | A::InspectAncestry | A::Xray => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_complete_and_distinct() {
        for action in Action::ALL {
            assert_eq!(Action::from_id(action.id()), Some(*action));
            assert!(action.label().len() <= 6 && !action.label().is_empty(), "{action:?}");
            // Beside the keys on a screen of 80 columns.
            assert!((9..=58).contains(&action.help().len()) && !action.help().ends_with('.'), "{action:?}");
        }
    }
}
