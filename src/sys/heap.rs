//! How the allocator treats large blocks and free pages: mallopt(3), malloc_trim(3).

/// Blocks from this size on are mappings of their own. Bytes.
const LARGE: libc::c_int = 256 << 10;

/// Most heaps (*arenas*) that threads share. With one for each thread, what one allocates and another frees leaves
/// every heap half empty; with a single one, a thread that is interrupted while it allocates keeps all others waiting.
#[cfg(target_env = "gnu")]
const ARENAS: libc::c_int = 2;

/// Makes the memory of every large block go back to the kernel when it is freed, and lets threads share two heaps.
///
/// Otherwise glibc takes the first such block that is freed for a sign to keep all later ones in the heap of the thread
/// that made them, where a snapshot that outlives the next one leaves holes as large as itself. Harmless where it is not
/// heeded. To be called before there are other threads.
pub fn return_large_blocks() {
    // SAFETY: mallopt(3) only sets a parameter of the allocator, under its own lock; other libraries do nothing.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE) };
    #[cfg(target_env = "gnu")]
    // SAFETY: as above.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, ARENAS)
    };
}

/// Gives the free pages of all heaps back to the kernel, wherever in them they are. Some tens of microseconds for each
/// free MiB; does nothing where the C library is not glibc.
pub fn return_free_pages() {
    #[cfg(target_env = "gnu")]
    // SAFETY: malloc_trim(3) is safe in any thread (MT-Safe) and touches only what is free.
    unsafe {
        libc::malloc_trim(0)
    };
}
