//! What a piece of the screen stands for. Rooms speak in roles; only a theme turns them into colours.

/// A meaning that a theme gives a look. One colour has one meaning everywhere, and is never its only carrier.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Role {
    /// Ordinary text.
    #[default]
    Text,
    /// What is quiet: labels, zeros, sleepers, rules.
    Dim,
    /// What must stand out: a program's basename, a figure of note.
    Strong,
    /// A title.
    Title,
    /// A complaint or a failure.
    Bad,
    /// A success.
    Good,
    /// A warning.
    Warn,
    /// The table's header.
    Header,
    /// The header of the column that sorts.
    HeaderSort,
    /// The selected row.
    Selection,
    /// The selected row while it is followed.
    Followed,
    /// A tagged row.
    Tagged,
    /// A match of the search.
    Match,
    /// A key in a key bar or a dialog.
    Key,
    /// What the key does.
    KeyLabel,
    /// The frame of a dialog.
    Border,
    /// The dialog's text.
    Dialog,
    /// CPU time at low priority.
    CpuLow,
    /// CPU time in user mode.
    CpuUser,
    /// CPU time in the kernel.
    CpuKernel,
    /// Interrupts.
    CpuIrq,
    /// Soft interrupts.
    CpuSoftirq,
    /// Stolen by the hypervisor.
    CpuSteal,
    /// Spent for guests.
    CpuGuest,
    /// Waiting for I/O.
    CpuIowait,
    /// Used memory.
    MemUsed,
    /// Shared memory.
    MemShared,
    /// Buffers.
    MemBuffers,
    /// Page cache.
    MemCache,
    /// Used swap.
    Swap,
    /// State R.
    Running,
    /// State D.
    Blocked,
    /// State Z.
    Zombie,
    /// State T.
    Stopped,
    /// A size of kilobytes.
    SizeSmall,
    /// A size of megabytes.
    SizeMedium,
    /// A size of gigabytes.
    SizeLarge,
    /// Nice value below 0.
    NiceHigh,
    /// Nice value above 0.
    NiceLow,
    /// A thread's row.
    Thread,
    /// A kernel thread's row.
    Kernel,
    /// A row of another user.
    OtherUser,
    /// A row that is new.
    New,
    /// A row that has just ended.
    Ended,
    /// The branches of the tree.
    Branch,
    /// Heat of a core or a process, 0 (idle) to 100 (busy all the time).
    Heat(u8),
    /// The lane of a lab worker, counted from 0; themes have at least eight and repeat them.
    Lane(u8),
}

impl Role {
    /// Every role that a theme names, with its name in theme files. Heat and lanes are lists there.
    pub const NAMED: [(&'static str, Role); 45] = [
        ("text", Role::Text),
        ("dim", Role::Dim),
        ("strong", Role::Strong),
        ("title", Role::Title),
        ("bad", Role::Bad),
        ("good", Role::Good),
        ("warn", Role::Warn),
        ("header", Role::Header),
        ("header_sort", Role::HeaderSort),
        ("selection", Role::Selection),
        ("followed", Role::Followed),
        ("tagged", Role::Tagged),
        ("match", Role::Match),
        ("key", Role::Key),
        ("key_label", Role::KeyLabel),
        ("border", Role::Border),
        ("dialog", Role::Dialog),
        ("cpu_low", Role::CpuLow),
        ("cpu_user", Role::CpuUser),
        ("cpu_kernel", Role::CpuKernel),
        ("cpu_irq", Role::CpuIrq),
        ("cpu_softirq", Role::CpuSoftirq),
        ("cpu_steal", Role::CpuSteal),
        ("cpu_guest", Role::CpuGuest),
        ("cpu_iowait", Role::CpuIowait),
        ("mem_used", Role::MemUsed),
        ("mem_shared", Role::MemShared),
        ("mem_buffers", Role::MemBuffers),
        ("mem_cache", Role::MemCache),
        ("swap", Role::Swap),
        ("running", Role::Running),
        ("blocked", Role::Blocked),
        ("zombie", Role::Zombie),
        ("stopped", Role::Stopped),
        ("size_small", Role::SizeSmall),
        ("size_medium", Role::SizeMedium),
        ("size_large", Role::SizeLarge),
        ("nice_high", Role::NiceHigh),
        ("nice_low", Role::NiceLow),
        ("thread", Role::Thread),
        ("kernel", Role::Kernel),
        ("other_user", Role::OtherUser),
        ("new", Role::New),
        ("ended", Role::Ended),
        ("branch", Role::Branch),
    ];

    /// The heat of a share from 0 to 1.
    pub fn heat(share: f64) -> Role {
        Role::Heat((share.clamp(0.0, 1.0) * 100.0).round() as u8)
    }

    /// The heat of a CPU use in percent of one core; several cores are as hot as one.
    pub fn heat_of_percent(percent: f64) -> Role {
        Role::heat(percent / 100.0)
    }
}
