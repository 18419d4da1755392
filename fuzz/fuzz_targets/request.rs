//! Fuzzes what `counterfoil_fuzz::request` asks.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| counterfoil_fuzz::request::check(data));
