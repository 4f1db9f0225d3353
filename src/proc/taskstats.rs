//! How long a process has waited for memory: the kernel tells it by netlink and by no file, and only to root (or who has
//! CAP_NET_ADMIN). A question and its answer are two system calls; neither waits for the process.

use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::netlink::{GENERIC, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use rustix::net::{bind, recv, send, socket_with};

use super::files::Miss;
use super::parse::{self, About, Answer};
use crate::model::Delays;

/// An answer is far smaller, of a kernel to come too.
const LARGEST: usize = 4096;

/// So many datagrams are looked through for an answer: those before it are answers that came too late.
const PATIENCE: usize = 8;

/// The socket on which taskstats is asked.
#[derive(Debug)]
pub(super) struct Taskstats {
    fd: OwnedFd,
    family: u16,
    /// Of the question before.
    number: u32,
}

impl Taskstats {
    /// Opens it; [`Miss::Gone`] where the kernel has no taskstats.
    pub(super) fn open() -> Result<Taskstats, Miss> {
        let fd = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, Some(GENERIC))?;
        bind(&fd, &SocketAddrNetlink::new(0, 0))?;
        let family = ask(&fd, &parse::family_request(1), |datagram| parse::family(datagram, 1))?;
        Ok(Taskstats { fd, family, number: 1 })
    }

    /// What somebody has waited for.
    pub(super) fn ask(&mut self, about: About) -> Result<Delays, Miss> {
        self.number = self.number.wrapping_add(1);
        let number = self.number;
        let request = parse::delays_request(self.family, about, number);
        ask(&self.fd, &request, |datagram| parse::delays(datagram, number))
    }
}

fn ask<T>(fd: &OwnedFd, request: &[u8], read: impl Fn(&[u8]) -> Option<Answer<T>>) -> Result<T, Miss> {
    send(fd, request, SendFlags::DONTWAIT)?;
    let mut buffer = [0; LARGEST];
    for _ in 0..PATIENCE {
        // The kernel answers before the question's call returns, so that nothing has to be waited for.
        let (len, _) = recv(fd, &mut buffer, RecvFlags::DONTWAIT)?;
        match read(buffer.get(..len).unwrap_or_default()) {
            Some(Answer::Told(told)) => return Ok(told),
            Some(Answer::Refused(errno)) => return Err(Errno::from_raw_os_error(errno).into()),
            None => {}
        }
    }
    Err(Miss::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Pid;

    #[test]
    fn the_kernel_answers_or_says_why_not() {
        // Not every kernel has it, nor every sandbox generic netlink.
        let Ok(mut taskstats) = Taskstats::open() else { return };
        let own = Pid::new(std::process::id()).unwrap();
        let first = taskstats.ask(About::Process(own));
        assert!(matches!(first, Ok(_) | Err(Miss::Denied)), "{first:?}");
        let nobody = taskstats.ask(About::Process(Pid::new(u32::MAX >> 1).unwrap()));
        assert_eq!(nobody, Err(first.err().unwrap_or(Miss::Gone)));
        // After a refusal the next answer is that to its own question.
        assert_eq!(taskstats.ask(About::Thread(own)).is_ok(), first.is_ok());
    }
}
