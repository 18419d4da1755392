//! Fuzzes what `counterfoil_fuzz::multipart` asks.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| counterfoil_fuzz::multipart::check(data));
