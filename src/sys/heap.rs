//! How the allocator treats large blocks: mallopt(3).

/// Blocks from this size on are mappings of their own. Bytes.
const LARGE: libc::c_int = 256 << 10;

/// Makes the memory of every large block go back to the kernel when it is freed. Otherwise glibc takes the first such
/// block that is freed for a sign to keep all later ones in the heap of the thread that made them, where a snapshot that
/// outlives the next one leaves holes as large as itself. Harmless where it is not heeded.
pub fn return_large_blocks() {
    // SAFETY: mallopt(3) only sets a parameter of the allocator, under its own lock; other libraries do nothing.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE) };
}
