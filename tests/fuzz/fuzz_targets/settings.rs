//! A configuration, a theme and a key map as somebody's editor left them.
#![no_main]

#[path = "../../it/fuzz/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::settings(bytes));
