//! Fuzzes what `counterfoil_fuzz::urlencoded` asks.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| counterfoil_fuzz::urlencoded::check(data));
