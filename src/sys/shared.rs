//! Memory that several processes share: memfd_create(2), mmap(2).

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate, memfd_create};

/// Words of memory that every process with the same file sees and may change. They begin as 0.
///
/// Only atomic words are ever handed out, so whatever another process does to them is no data race.
pub struct Shared {
    file: OwnedFd,
    at: NonNull<AtomicU64>,
    words: usize,
}

// SAFETY: the memory belongs to this value until it is dropped, and it holds nothing but atomic words.
unsafe impl Send for Shared {}
// SAFETY: as above; atomic words may be used by several threads at once.
unsafe impl Sync for Shared {}

/// The size of the file cannot change any more, nor can this rule.
const FIXED: SealFlags = SealFlags::GROW.union(SealFlags::SHRINK).union(SealFlags::SEAL);

impl Shared {
    /// So many words, under a name that `/proc/PID/fd` shows. The file is closed on exec(2).
    pub fn new(name: &str, words: usize) -> io::Result<Shared> {
        let file = memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        let bytes = words.checked_mul(8).ok_or(io::ErrorKind::InvalidInput)?;
        ftruncate(&file, bytes as u64)?;
        fcntl_add_seals(&file, FIXED)?;
        Shared::map(file)
    }

    /// The words in a file that [`Shared::new`] made, perhaps in another process.
    ///
    /// # Errors
    /// `InvalidInput` for any other file.
    pub fn map(file: OwnedFd) -> io::Result<Shared> {
        // Regular files have no seals: EINVAL. One whose size could shrink would let us fall off its end.
        if !fcntl_get_seals(&file)?.contains(FIXED) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let bytes = usize::try_from(fstat(&file)?.st_size).unwrap_or(0);
        if bytes == 0 || bytes % 8 != 0 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        // SAFETY: a new mapping at a place that the kernel chooses, of a file that has these bytes for ever (it is
        // sealed); MAP_FAILED is told apart below.
        let at = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        if at == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let at = NonNull::new(at.cast()).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Shared { file, at, words: bytes / 8 })
    }

    /// The words.
    pub fn words(&self) -> &[AtomicU64] {
        // SAFETY: mapped until `self` is dropped, page-aligned, of this length, and any bytes are an atomic word.
        unsafe { std::slice::from_raw_parts(self.at.as_ptr(), self.words) }
    }
}

impl AsFd for Shared {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: mapped by `map` with this length; no reference to it outlives `self`.
        unsafe { libc::munmap(self.at.as_ptr().cast(), self.words * 8) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering::Relaxed;

    #[test]
    fn two_maps_of_one_file_are_the_same_words() {
        let one = Shared::new("test", 1000).expect("memory");
        let two = Shared::map(one.as_fd().try_clone_to_owned().expect("a copy")).expect("the same");
        assert_eq!((one.words().len(), two.words()[999].load(Relaxed)), (1000, 0));
        one.words()[999].store(7, Relaxed);
        assert_eq!(two.words()[999].load(Relaxed), 7);
    }

    #[test]
    #[allow(clippy::disallowed_methods)]
    fn files_that_could_shrink_are_refused() {
        let file = std::fs::File::open("/dev/null").expect("the null device");
        assert!(Shared::map(file.into()).is_err());
        let loose = memfd_create("test", MemfdFlags::ALLOW_SEALING).expect("memory");
        ftruncate(&loose, 4096).expect("room");
        assert!(Shared::map(loose).is_err());
    }
}
