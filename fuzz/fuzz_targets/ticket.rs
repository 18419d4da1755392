//! Fuzzes what `counterfoil_fuzz::ticket` asks.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| counterfoil_fuzz::ticket::check(data));
