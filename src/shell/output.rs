//! Standard output and standard error, for everything that is no screen.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

/// Hands a buffered standard output to `fill`, and says how the program ends: a reader that went away (`| head`) is
/// success; any other failure to write, such as a full disk, is a sentence on standard error and status 1.
pub(super) fn write(fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> ExitCode {
    finish(write_to(io::stdout().lock(), fill))
}

/// Writes a sentence to standard error; where even that is impossible there is nobody left to tell.
pub(super) fn complain(sentence: &(impl std::fmt::Display + ?Sized)) {
    let _ = writeln!(io::stderr(), "{sentence}");
}

/// What went wrong, in the system's words, without the number that Rust adds.
pub(super) fn reason(error: impl Into<io::Error>) -> String {
    let mut text = error.into().to_string();
    if let Some(at) = text.rfind(" (os error ") {
        text.truncate(at);
    }
    text
}

/// Writes a sentence to standard output at once; where nobody reads it the work goes on.
pub(super) fn say(sentence: &str) {
    let _ = writeln!(io::stdout(), "{sentence}");
}

fn write_to(out: impl Write, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, out);
    fill(&mut out)?;
    // Dropping a buffer hides its last failure.
    out.flush()
}

fn finish(result: io::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("glowtop: the output could not be written: {error}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing(i32);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::from_raw_os_error(self.0))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_broken_pipe_is_success_and_a_full_disk_is_not() {
        let ends = |errno, text: &[u8]| finish(write_to(Failing(errno), |out| out.write_all(text)));
        let short: &[u8] = b"stays in the buffer until the end";
        let long = vec![b'x'; 1 << 18];
        for text in [short, &long] {
            assert_eq!(ends(libc::EPIPE, text), ExitCode::SUCCESS);
            assert_eq!(ends(libc::ENOSPC, text), ExitCode::FAILURE);
        }
        assert_eq!(finish(write_to(Vec::new(), |out| out.write_all(short))), ExitCode::SUCCESS);
    }
}
