//! Fuzzes what `counterfoil_fuzz::json` asks.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| counterfoil_fuzz::json::check(data));
