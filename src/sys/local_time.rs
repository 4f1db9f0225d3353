//! What the clock on the wall says: the offset of local time.

use std::mem::MaybeUninit;

/// Seconds that local time is ahead of UTC at `epoch` (seconds since 1970), by TZ or `/etc/localtime`: tzset(3).
pub fn utc_offset(epoch: i64) -> Option<i32> {
    let mut parts = MaybeUninit::<libc::tm>::uninit();
    // SAFETY: both pointers are valid for the call; localtime_r(3) fills `parts` whenever it does not return null.
    let filled = unsafe { !libc::localtime_r(&raw const epoch, parts.as_mut_ptr()).is_null() };
    // SAFETY: it was filled, as just seen.
    filled.then(|| unsafe { parts.assume_init() }.tm_gmtoff as i32)
}
