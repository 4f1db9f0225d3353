//! Pages of the program's own files: dl_iterate_phdr(3), madvise(2).

use std::ffi::{c_int, c_void};

/// Position-dependent code: such a library has written into its own text when it was loaded (elf(5), `DT_TEXTREL`).
const DT_TEXTREL: u64 = 22;
/// The same as a bit of `DT_FLAGS`.
const DT_FLAGS: u64 = 30;
const DF_TEXTREL: u64 = 4;

/// One entry of a `PT_DYNAMIC` segment: `ElfN_Dyn` of elf(5).
#[repr(C)]
struct Dynamic {
    tag: usize,
    value: usize,
}

/// Unmaps the pages of all code and constants of the program and its libraries, as long as nobody uses them: what is
/// used is mapped again from the page cache when it is, some sixteen pages at a time, which costs a microsecond or so.
/// What only the beginning needed (arguments, key maps, the dynamic linker) is resident no longer.
///
/// Only what was never written is given back, so nothing can be lost but a debugger's breakpoints. Locked memory
/// (mlockall(2)) stays where it is. Does nothing where the kernel does not want to.
pub fn return_unused_code() {
    // SAFETY: the callback has the signature that is asked for, keeps no pointer and does not unwind.
    unsafe { libc::dl_iterate_phdr(Some(each), std::ptr::null_mut()) };
}

/// One program or library.
///
/// # Safety
/// `info` is what dl_iterate_phdr(3) hands to its callback.
unsafe extern "C" fn each(info: *mut libc::dl_phdr_info, _: usize, _: *mut c_void) -> c_int {
    // SAFETY: the C library passes a valid description, whose headers live as long as the object is loaded; it stays
    // loaded while this runs, for the C library holds its lock.
    let (base, headers) = unsafe {
        let info = &*info;
        if info.dlpi_phdr.is_null() {
            return 0;
        }
        (info.dlpi_addr as usize, std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)))
    };
    let dynamic = headers.iter().find(|header| header.p_type == libc::PT_DYNAMIC);
    // SAFETY: the segment is part of the loaded object and ends with an entry of tag 0.
    if dynamic.is_none_or(|header| unsafe { writes_into_text(base.wrapping_add(header.p_vaddr as usize)) }) {
        return 0;
    }
    // SAFETY: sysconf(3) only reads a number.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(0);
    for header in headers {
        if header.p_type != libc::PT_LOAD || header.p_flags & libc::PF_W != 0 || !page.is_power_of_two() {
            continue;
        }
        let begin = base.wrapping_add(header.p_vaddr as usize) & !(page - 1);
        let end = base.wrapping_add(header.p_vaddr as usize).wrapping_add(header.p_memsz as usize);
        // SAFETY: a segment without PF_W of an object without text relocations is mapped from its file and was never
        // written by us; its pages come back from the file with the same content whenever they are touched, also under
        // a thread that is running in them (madvise(2), MADV_DONTNEED). A last page that is only partly the segment's
        // belongs to the same mapping.
        unsafe { libc::madvise(begin as *mut c_void, end.wrapping_sub(begin), libc::MADV_DONTNEED) };
    }
    0
}

/// Whether the object with this `PT_DYNAMIC` segment was changed when it was loaded in places that are not for writing.
///
/// # Safety
/// `at` is the address of such a segment, loaded.
unsafe fn writes_into_text(at: usize) -> bool {
    let mut entry = at as *const Dynamic;
    loop {
        // SAFETY: the caller's promise; the entries before this one were not the last.
        let (tag, value) = unsafe { ((*entry).tag as u64, (*entry).value as u64) };
        match tag {
            0 => return false,
            DT_TEXTREL => return true,
            DT_FLAGS if value & DF_TEXTREL != 0 => return true,
            // SAFETY: as above.
            _ => entry = unsafe { entry.add(1) },
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)]
mod tests {
    use super::*;

    fn mapped_file_pages() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssFile:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    #[test]
    fn code_comes_back_when_it_is_used() {
        let before: Vec<_> = (0..100).map(|n| format!("{n:?} {:.3} {:?}", n as f64, "ä".chars())).collect();
        let resident = mapped_file_pages();
        return_unused_code();
        let after: Vec<_> = (0..100).map(|n| format!("{n:?} {:.3} {:?}", n as f64, "ä".chars())).collect();
        assert_eq!(before, after);
        assert!(mapped_file_pages() < resident, "{} kB of {resident} kB", mapped_file_pages());
    }
}
