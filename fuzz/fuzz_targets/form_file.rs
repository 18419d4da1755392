//! See `counterfoil_fuzz::form_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| counterfoil_fuzz::form_file::check(data));
