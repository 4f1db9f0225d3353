//! The files of a process, of this kernel or of what imitates one.
#![no_main]

#[path = "../../it/fuzz/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::proc_files(bytes));
