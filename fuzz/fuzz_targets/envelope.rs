//! Fuzzes what `counterfoil_fuzz::envelope` asks.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| counterfoil_fuzz::envelope::check(data));
