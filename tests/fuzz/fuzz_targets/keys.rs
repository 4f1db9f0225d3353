//! Bytes as a terminal sends them.
#![no_main]

#[path = "../../it/fuzz/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::keys(bytes));
