//! Fuzzes what `counterfoil_fuzz::form_file` asks.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| counterfoil_fuzz::form_file::check(data));
