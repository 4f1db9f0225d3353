//! The names of the lab's processes.

/// Longest name of a process or thread, bytes: `PR_SET_NAME` in prctl(2).
const NAME_BYTES: usize = 15;

/// `lab:primes 3/8`, or `lab:primes 12` where that is too long; of words as much as fits.
pub(super) fn comm(workload: &str, name: &str) -> String {
    let mut full = format!("lab:{workload} {name}");
    if full.len() > NAME_BYTES
        && let Some((number, _)) = name.split_once('/')
    {
        let tail = format!(" {number}");
        full = format!("lab:{workload}");
        truncate(&mut full, NAME_BYTES.saturating_sub(tail.len()));
        full += &tail;
    }
    truncate(&mut full, NAME_BYTES);
    full
}

/// Cuts `text` to at most so many bytes.
fn truncate(text: &mut String, bytes: usize) {
    text.truncate(text.floor_char_boundary(bytes));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_and_keep_what_tells_them_apart() {
        assert_eq!(comm("primes", "3/8"), "lab:primes 3/8");
        assert_eq!(comm("primes", "12/16"), "lab:primes 12");
        assert_eq!(comm("philosophers", "12/16"), "lab:philosop 12");
        assert_eq!(comm("primes", "supervisor"), "lab:primes supe");
        assert_eq!(comm("jöbs", "grün 1ää"), "lab:jöbs grün");
    }
}
