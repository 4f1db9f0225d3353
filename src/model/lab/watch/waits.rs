//! What a thread waits for, by the function of the kernel that it sleeps in.

use crate::model::lab::BlockedOn;

/// What somebody waits for who is in this state (the letter of `stat`) and sleeps in this function of the kernel
/// (`wchan`, proc(5)); `None` where that does not tell, or where it may not be read, which `0` says.
///
/// The names are those of kernels from 4.4 to 6.18; a new one is only not known.
pub fn waits_for(state: u8, wchan: &str) -> Option<BlockedOn> {
    // Most of these are called alike but for what stands behind the first words.
    const BY_NAME: [(&str, BlockedOn); 26] = [
        ("futex_", BlockedOn::Lock),
        ("__futex_", BlockedOn::Lock),
        ("flock_lock", BlockedOn::Lock),
        ("posix_lock", BlockedOn::Lock),
        ("fcntl_setlk", BlockedOn::Lock),
        ("rwsem_", BlockedOn::Lock),
        ("mutex_", BlockedOn::Lock),
        ("pipe_write", BlockedOn::Full),
        ("anon_pipe_write", BlockedOn::Full),
        ("sock_alloc_send", BlockedOn::Full),
        ("sk_stream_wait_memory", BlockedOn::Full),
        ("pipe_", BlockedOn::Empty),
        ("anon_pipe_read", BlockedOn::Empty),
        ("eventfd_read", BlockedOn::Empty),
        ("unix_stream_", BlockedOn::Empty),
        ("__skb_wait", BlockedOn::Empty),
        ("do_wait", BlockedOn::Child),
        ("wait4", BlockedOn::Child),
        ("kernel_wait", BlockedOn::Child),
        ("hrtimer_nanosleep", BlockedOn::Sleep),
        ("do_nanosleep", BlockedOn::Sleep),
        ("common_nsleep", BlockedOn::Sleep),
        ("do_sigtimedwait", BlockedOn::Others),
        ("sigsuspend", BlockedOn::Others),
        ("do_sys_pause", BlockedOn::Others),
        ("vfork", BlockedOn::Child),
    ];
    // Waiting for several things at a time, nearly always for input: sockets, terminals, timers.
    const INPUT: [&str; 12] = [
        "ep_poll",
        "do_epoll_wait",
        "do_poll",
        "do_sys_poll",
        "poll_schedule",
        "do_select",
        "wait_woken",
        "inet_csk_",
        "tcp_",
        "sk_wait",
        "io_cqring_wait",
        "n_tty_read",
    ];
    let name = wchan.trim_end_matches('\0').trim();
    if let Some((_, on)) = BY_NAME.into_iter().find(|(begins, _)| name.starts_with(begins)) {
        return Some(on);
    }
    // Who cannot be interrupted waits for a device, as a rule.
    (state == b'D' || INPUT.iter().any(|begins| name.starts_with(begins))).then_some(BlockedOn::Io)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_functions_say_what_is_waited_for() {
        let on = |name| waits_for(b'S', name);
        assert_eq!(on("futex_wait_queue"), Some(BlockedOn::Lock));
        assert_eq!(on("futex_do_wait"), Some(BlockedOn::Lock));
        assert_eq!([on("pipe_read"), on("anon_pipe_read")], [Some(BlockedOn::Empty); 2]);
        assert_eq!([on("pipe_write"), on("anon_pipe_write")], [Some(BlockedOn::Full); 2]);
        assert_eq!(on("do_wait"), Some(BlockedOn::Child));
        assert_eq!(on("hrtimer_nanosleep"), Some(BlockedOn::Sleep));
        assert_eq!([on("ep_poll"), on("poll_schedule_timeout.constprop.0")], [Some(BlockedOn::Io); 2]);
        assert_eq!([on("0"), on(""), on("something_new")], [None; 3], "unknown is unknown");
        assert_eq!(waits_for(b'D', "folio_wait_bit_common"), Some(BlockedOn::Io));
        assert_eq!(waits_for(b'D', "0"), Some(BlockedOn::Io), "the state says it, too");
        assert_eq!(waits_for(b'D', "rwsem_down_write_slowpath"), Some(BlockedOn::Lock));
    }
}
