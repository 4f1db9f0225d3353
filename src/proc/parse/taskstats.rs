//! Questions to the kernel's taskstats and its answers: generic netlink, `include/uapi/linux/genetlink.h` and
//! `taskstats.h`; `struct taskstats` only ever grows at its end.

use super::netlink::{ERROR, HEAD, attributes, messages, u16_at, u32_at, u64_at};
use crate::model::{Delays, Pid};

/// Bytes of `struct genlmsghdr`: command (1), version (1), reserved (2).
const GENERIC: usize = 4;

/// `GENL_ID_CTRL`: who knows by what number a family goes.
const CONTROLLER: u16 = 16;
/// `CTRL_CMD_GETFAMILY`.
const GET_FAMILY: u8 = 3;
/// `CTRL_ATTR_FAMILY_ID` and `CTRL_ATTR_FAMILY_NAME`.
const FAMILY_ID: u16 = 1;
const FAMILY_NAME: u16 = 2;

/// `TASKSTATS_CMD_GET`.
const GET: u8 = 1;
/// `TASKSTATS_CMD_ATTR_PID` and `TASKSTATS_CMD_ATTR_TGID`.
const OF_THREAD: u16 = 1;
const OF_PROCESS: u16 = 2;
/// `TASKSTATS_TYPE_AGGR_PID` and `TASKSTATS_TYPE_AGGR_TGID`, which hold `TASKSTATS_TYPE_STATS`.
const ABOUT: [u16; 2] = [4, 5];
const STATS: u16 = 3;

/// Where in `struct taskstats` the total of nanoseconds is: `swapin_delay_total`, and since version 7 (Linux 2.6.28)
/// `freepages_delay_total`.
const SWAPIN: usize = 56;
const FREEPAGES: usize = 320;

/// What came of a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::proc) enum Answer<T> {
    /// It was answered.
    Told(T),
    /// It was refused, with this errno.
    Refused(i32),
}

/// Whom a question is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::proc) enum About {
    /// All threads of a process, those that have ended too.
    Process(Pid),
    /// One thread.
    Thread(Pid),
}

/// The message that asks by what number taskstats goes.
pub(in crate::proc) fn family_request(number: u32) -> Vec<u8> {
    request(CONTROLLER, GET_FAMILY, number, FAMILY_NAME, b"TASKSTATS\0")
}

/// The number by which taskstats goes, in a datagram that answers question `number`.
pub(in crate::proc) fn family(datagram: &[u8], number: u32) -> Option<Answer<u16>> {
    answer(datagram, number, |body| {
        attributes(body).find(|(kind, _)| *kind == FAMILY_ID).and_then(|(_, value)| u16_at(value, 0))
    })
}

/// The message that asks taskstats, which goes by `family`.
pub(in crate::proc) fn delays_request(family: u16, about: About, number: u32) -> Vec<u8> {
    let (kind, pid) = match about {
        About::Process(pid) => (OF_PROCESS, pid),
        About::Thread(pid) => (OF_THREAD, pid),
    };
    request(family, GET, number, kind, &pid.get().to_ne_bytes())
}

/// The delays in a datagram that answers question `number`.
pub(in crate::proc) fn delays(datagram: &[u8], number: u32) -> Option<Answer<Delays>> {
    answer(datagram, number, |body| {
        let (_, about) = attributes(body).find(|(kind, _)| ABOUT.contains(kind))?;
        let (_, stats) = attributes(about).find(|(kind, _)| *kind == STATS)?;
        Some(Delays { swap: u64_at(stats, SWAPIN)?, reclaim: u64_at(stats, FREEPAGES)? })
    })
}

/// What the datagram says to question `number`; `None` where it is no answer to it, or makes no sense.
fn answer<T>(datagram: &[u8], number: u32, read: impl Fn(&[u8]) -> Option<T>) -> Option<Answer<T>> {
    let message = messages(datagram).find(|message| message.number == number)?;
    if message.kind == ERROR {
        // `struct nlmsgerr` begins with the errno, negative.
        return u32_at(message.body, 0).map(|errno| Answer::Refused(errno.cast_signed().wrapping_neg()));
    }
    read(message.body.get(GENERIC..)?).map(Answer::Told)
}

fn request(family: u16, command: u8, number: u32, kind: u16, value: &[u8]) -> Vec<u8> {
    let attribute = 4 + value.len();
    let len = HEAD + GENERIC + attribute.next_multiple_of(4);
    let mut message = Vec::with_capacity(len);
    message.extend((len as u32).to_ne_bytes());
    message.extend(family.to_ne_bytes());
    // `NLM_F_REQUEST`.
    message.extend(1u16.to_ne_bytes());
    message.extend(number.to_ne_bytes());
    message.extend(0u32.to_ne_bytes());
    message.extend([command, 1, 0, 0]);
    message.extend((attribute as u16).to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend(value);
    message.resize(len, 0);
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let hex: String = hex.split_whitespace().collect();
        (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
    }

    /// What Linux 6.18 on x86-64 answered to the question for the family, as number 1.
    const FAMILY: &str = "70000000 1000 0000 01000000 f32b0000 01020000 0e000200 5441534b53544154 53000000 \
        0600 0100 1f000000 08000300 01000000 08000400 00000000 08000500 00000000 2c000600 \
        14000100 08000100 01000000 08000200 0b000000 14000200 08000100 04000000 08000200 0a000000";

    /// The beginning of what it answered of a process, as number 7: CPUs had, and waited for, 53 times.
    const HEAD: &str = "5402 0000 1f00 0000 07000000 9c5d0000 02010000 4002 0500 0800 0200 9c5d0000 3402 0300 \
        1000 0000 00000000 0000000000000000 3500000000000000 a009230d00000000 0000000000000000 0000000000000000";

    /// The whole of it, 560 bytes of statistics, with these delays.
    fn statistics(swap: u64, reclaim: u64) -> Vec<u8> {
        let mut reply = bytes(HEAD);
        let begin = 36;
        reply.resize(begin + 560, 0);
        reply[begin + SWAPIN..][..8].copy_from_slice(&swap.to_le_bytes());
        reply[begin + FREEPAGES..][..8].copy_from_slice(&reclaim.to_le_bytes());
        reply
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn questions_are_as_the_kernel_wants_them() {
        let family = "20000000 1000 0100 01000000 00000000 03010000 0e00 0200 5441534b53544154530000 00";
        let mut wanted = bytes(family);
        wanted[0] = wanted.len() as u8;
        assert_eq!(family_request(1), wanted);
        let pid = Pid::new(23964).unwrap();
        let of = "1c000000 1f00 0100 07000000 00000000 01010000 0800 0200 9c5d0000";
        assert_eq!(delays_request(31, About::Process(pid), 7), bytes(of));
        assert_eq!(delays_request(31, About::Thread(pid), 7)[22], 1);
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn answers_are_read_and_refusals_are_told_from_them() {
        assert_eq!(family(&bytes(FAMILY), 1), Some(Answer::Told(31)));
        assert_eq!(family(&bytes(FAMILY), 2), None, "it is no answer to that");
        let told = Delays { swap: 1_500_000_000, reclaim: 7 };
        assert_eq!(delays(&statistics(told.swap, told.reclaim), 7), Some(Answer::Told(told)));
        // No such process (ESRCH), as it was answered, and not permitted (EPERM).
        let refused = "30000000 0200 0000 07000000 9c5d0000 fdffffff 1c0000001f00010007000000000000000101000008000200ffe0f505";
        assert_eq!(delays(&bytes(refused), 7), Some(Answer::Refused(3)));
        assert_eq!(delays(&bytes(&refused.replace("fdff", "ffff")), 7), Some(Answer::Refused(1)));
        // A kernel of long ago says less.
        let short = statistics(9, 0);
        assert_eq!(delays(&short[..300], 7), None);
        // Behind an answer that came too late.
        let both = [bytes(refused.replace("07000000 9c", "06000000 9c").as_str()), statistics(9, 0)].concat();
        assert_eq!(delays(&both, 7), Some(Answer::Told(Delays { swap: 9, reclaim: 0 })));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_survived(at in 0usize..596, byte: u8, end in 0usize..600, noise in prop::collection::vec(any::<u8>(), 0..80)) {
            let mut reply = statistics(1, 2);
            reply[at] = byte;
            let _ = delays(reply.get(..end).unwrap_or(&reply), 7);
            let _ = (delays(&noise, 0), family(&noise, 0));
        }
    }
}
