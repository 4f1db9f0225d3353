//! Messages of the process events connector: netlink(7), `include/uapi/linux/connector.h` and `cn_proc.h`.
//!
//! A datagram is a row of netlink messages; each holds one connector message, and that one event. All numbers are in
//! the byte order of the machine. Lengths are believed only as far as the datagram goes.

use super::netlink::{DONE, HEAD, Message, messages, u16_at, u32_at};
use crate::model::Pid;

/// Bytes of `struct cn_msg` before its data: index, value, sequence number, acknowledgement (4 each), length (2),
/// flags (2).
const CONNECTOR: usize = 20;

/// Bytes of a request: both heads and one number.
const REQUEST: usize = HEAD + CONNECTOR + 4;

/// `CN_IDX_PROC` and `CN_VAL_PROC`; the first is the multicast group, too.
const PROC: u32 = 1;

/// What we ask of the connector: `enum proc_cn_mcast_op`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::proc) enum Request {
    /// `PROC_CN_MCAST_LISTEN`: there is one more who listens.
    Listen = 1,
    /// `PROC_CN_MCAST_IGNORE`: there is one less.
    Ignore = 2,
}

/// One event, as far as it concerns who is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::proc) enum Event {
    /// A request was taken in, ours or another's (`PROC_EVENT_NONE`).
    Acknowledged {
        /// The number that came with the request, plus 1.
        number: u32,
        /// 0, or the errno of a refusal.
        error: u32,
    },
    /// `PROC_EVENT_FORK`. A thread where `thread` and `process` differ.
    Forked {
        /// The process that is the parent; `None` where it has no pid here.
        parent: Option<Pid>,
        /// The process that began, or in which a thread began.
        process: Pid,
        /// The thread that began.
        thread: Pid,
    },
    /// `PROC_EVENT_EXEC`: the process executes another program.
    Executed {
        /// Who does.
        process: Pid,
    },
    /// `PROC_EVENT_COMM`: a thread was given another name, or the same again, without an exec.
    Renamed {
        /// The thread.
        thread: Pid,
    },
    /// `PROC_EVENT_EXIT`. The first thread of its process where both are the same; others may go on without it.
    Exited {
        /// The process.
        process: Pid,
        /// The thread that ended.
        thread: Pid,
        /// The parent of the process at that time; `None` where the kernel does not say (before 4.18, or if it has
        /// been waited for already).
        parent: Option<Pid>,
    },
    /// Anything else: credentials, sessions, tracers, core dumps, what later kernels tell.
    Other,
}

fn pid_at(bytes: &[u8], at: usize) -> Option<Pid> {
    u32_at(bytes, at).and_then(Pid::new)
}

/// The events of one datagram, in their order. It ends at the first message whose length makes no sense; one that is
/// sound but not of the process events connector is left out.
pub(in crate::proc) fn events(datagram: &[u8]) -> impl Iterator<Item = Event> {
    messages(datagram).filter_map(event)
}

/// The event in one netlink message.
fn event(message: Message<'_>) -> Option<Event> {
    if message.kind != DONE {
        return None;
    }
    let message = message.body;
    if (u32_at(message, 0)?, u32_at(message, 4)?) != (PROC, PROC) {
        return None;
    }
    let (ack, len) = (u32_at(message, 12)?, usize::from(u16_at(message, 16)?));
    // `struct proc_event`: what (4), the CPU (4), when (8), and then what `what` says.
    let event = message.get(CONNECTOR..)?.get(..len)?;
    let (what, data) = (u32_at(event, 0)?, event.get(16..)?);
    Some(match what {
        0 => Event::Acknowledged { number: ack, error: u32_at(data, 0)? },
        1 => Event::Forked { parent: pid_at(data, 4), process: pid_at(data, 12)?, thread: pid_at(data, 8)? },
        2 => Event::Executed { process: pid_at(data, 4)? },
        0x200 => Event::Renamed { thread: pid_at(data, 0)? },
        0x8000_0000 => {
            Event::Exited { process: pid_at(data, 4)?, thread: pid_at(data, 0)?, parent: pid_at(data, 20) }
        }
        _ => Event::Other,
    })
}

/// The message that makes a request; the answer, if one comes, has `number` + 1.
pub(in crate::proc) fn request(what: Request, number: u32) -> [u8; REQUEST] {
    let mut message = [0; REQUEST];
    let mut rest = message.as_mut_slice();
    let mut put = |bytes: &[u8]| {
        if let Some((head, tail)) = std::mem::take(&mut rest).split_at_mut_checked(bytes.len()) {
            head.copy_from_slice(bytes);
            rest = tail;
        }
    };
    put(&(REQUEST as u32).to_ne_bytes());
    put(&DONE.to_ne_bytes());
    put(&[0; 2 + 4 + 4]);
    put(&PROC.to_ne_bytes());
    put(&PROC.to_ne_bytes());
    put(&0u32.to_ne_bytes());
    put(&number.to_ne_bytes());
    put(&4u16.to_ne_bytes());
    put(&0u16.to_ne_bytes());
    put(&(what as u32).to_ne_bytes());
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A message as the kernel writes it: event `what` with the numbers `data`, as large as its union.
    fn message(what: u32, ack: u32, data: [u32; 6]) -> Vec<u8> {
        let head = [76u32, 3, 0, 0, 1, 1, 99, ack, 40, what, 0, 7, 0];
        head.iter().chain(&data).flat_map(|word| word.to_ne_bytes()).collect()
    }

    fn pid(n: u32) -> Pid {
        Pid::new(n).unwrap()
    }

    fn all(bytes: &[u8]) -> Vec<Event> {
        events(bytes).collect()
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn the_messages_of_a_real_kernel_are_read() {
        // Linux 6.18: process 2964 forks 3029, which ends.
        let bytes =
            b"\x4c\0\0\0\x03\0\0\0\x2d\x3b\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x2d\x3b\0\0\0\0\0\0\x28\0\0\0\
            \x01\0\0\0\x01\0\0\0\x84\xe8\xc0\x70\x38\x0b\0\0\x94\x0b\0\0\x94\x0b\0\0\xd5\x0b\0\0\xd5\x0b\0\0\
            \0\0\0\0\0\0\0\0\
            \x4c\0\0\0\x03\0\0\0\x2f\x3b\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x2f\x3b\0\0\0\0\0\0\x28\0\0\0\
            \0\0\0\x80\x01\0\0\0\x15\x29\xf4\x70\x38\x0b\0\0\xd5\x0b\0\0\xd5\x0b\0\0\0\0\0\0\x11\0\0\0\
            \x94\x0b\0\0\x94\x0b\0\0";
        let (parent, process) = (Some(pid(2964)), pid(3029));
        let forked = Event::Forked { parent, process, thread: process };
        assert_eq!(all(bytes), [forked, Event::Exited { process, thread: process, parent }]);
    }

    #[test]
    fn each_event_is_known_by_its_number() {
        let forked = |parent, process, thread| Event::Forked { parent, process, thread };
        assert_eq!(all(&message(1, 0, [11, 10, 20, 20, 0, 0])), [forked(Some(pid(10)), pid(20), pid(20))]);
        assert_eq!(
            all(&message(1, 0, [11, 10, 12, 10, 0, 0])),
            [forked(Some(pid(10)), pid(10), pid(12))],
            "a thread"
        );
        assert_eq!(all(&message(1, 0, [0, 0, 20, 20, 0, 0])), [forked(None, pid(20), pid(20))]);
        assert_eq!(all(&message(2, 0, [20, 20, 0, 0, 0, 0])), [Event::Executed { process: pid(20) }]);
        assert_eq!(all(&message(0x200, 0, [21, 20, 0, 0, 0, 0])), [Event::Renamed { thread: pid(21) }]);
        let exited = |parent| Event::Exited { process: pid(20), thread: pid(21), parent };
        assert_eq!(all(&message(0x8000_0000, 0, [21, 20, 256, 17, 11, 10])), [exited(Some(pid(10)))]);
        assert_eq!(
            all(&message(0x8000_0000, 0, [21, 20, 256, 17, 0, 0])),
            [exited(None)],
            "before Linux 4.18"
        );
        assert_eq!(all(&message(0, 5, [22, 0, 0, 0, 0, 0])), [Event::Acknowledged { number: 5, error: 22 }]);
        for what in [4, 0x40, 0x80, 0x100, 0x4000_0000, 0x400] {
            assert_eq!(all(&message(what, 0, [1; 6])), [Event::Other], "{what:#x}");
        }
    }

    #[test]
    fn several_messages_are_read_in_their_order_and_strangers_left_out() {
        let exec = message(2, 0, [20, 20, 0, 0, 0, 0]);
        let mut stranger = exec.clone();
        stranger[16] ^= 8;
        let mut error = exec.clone();
        error[4..6].copy_from_slice(&2u16.to_ne_bytes());
        let mut nobody = message(2, 0, [0; 6]);
        nobody[36..40].copy_from_slice(&2u32.to_ne_bytes());
        let bytes = [message(4, 0, [1; 6]), stranger, error, nobody, exec].concat();
        assert_eq!(all(&bytes), [Event::Other, Event::Executed { process: pid(20) }]);
    }

    #[test]
    fn a_cut_message_is_none() {
        let whole = message(2, 0, [20, 20, 0, 0, 0, 0]);
        for len in 0..whole.len() {
            assert_eq!(all(&whole[..len]), [], "{len} bytes");
        }
        // The lengths agree with the datagram and are too short for what they should hold.
        for len in 0..=60u32 {
            let mut short = whole[..len as usize].to_vec();
            short.splice(0..4.min(short.len()), len.to_ne_bytes());
            assert_eq!(all(&short), [], "{len} bytes that say so");
        }
    }

    #[test]
    fn a_length_is_not_believed() {
        for len in [0u32, 1, 15, 77, 0x7fff_ffff, 0xffff_fffd, u32::MAX] {
            let mut bytes = message(2, 0, [20, 20, 0, 0, 0, 0]);
            bytes[..4].copy_from_slice(&len.to_ne_bytes());
            assert_eq!(all(&bytes), [], "{len} in the outer head");
        }
        for len in [0u16, 15, 16, 23, 41, u16::MAX] {
            let mut bytes = message(2, 0, [20, 20, 0, 0, 0, 0]);
            bytes[32..34].copy_from_slice(&len.to_ne_bytes());
            assert_eq!(all(&bytes), [], "{len} in the inner head");
        }
    }

    #[test]
    fn a_request_has_the_layout_of_the_headers() {
        let words: Vec<u32> = request(Request::Ignore, 77)
            .chunks_exact(4)
            .map(|four| u32::from_ne_bytes(four.try_into().unwrap()))
            .collect();
        let halves = |low: u16| u32::from_ne_bytes([low.to_ne_bytes(), [0, 0]].concat().try_into().unwrap());
        assert_eq!(words, [40, halves(3), 0, 0, 1, 1, 0, 77, halves(4), 2]);
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_each_event_costs_a_message(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(all(&bytes).len() <= bytes.len() / (HEAD + CONNECTOR));
        }

        #[test]
        fn no_damaged_message_panics(
            what in prop::sample::select(vec![0u32, 1, 2, 0x200, 0x8000_0000]),
            data: [u32; 6],
            damage in prop::collection::vec((0usize..152, any::<u8>()), 0..4),
            cut in 0usize..=152,
        ) {
            let mut bytes = [message(what, 1, data), message(1, 2, data)].concat();
            for (at, to) in damage {
                bytes[at] = to;
            }
            prop_assert!(all(&bytes[..cut]).len() <= 2);
        }

        #[test]
        fn nothing_behind_a_message_is_part_of_it(data: [u32; 6], after in prop::collection::vec(any::<u8>(), 0..80)) {
            let alone = message(1, 0, data);
            let first = all(&alone);
            let more = [alone, after].concat();
            prop_assert_eq!(all(&more).into_iter().take(first.len()).collect::<Vec<_>>(), first);
        }
    }
}
