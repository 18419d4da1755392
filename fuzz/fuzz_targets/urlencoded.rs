//! See `counterfoil_fuzz::urlencoded`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| counterfoil_fuzz::urlencoded::check(data));
