//! Fuzzes what `counterfoil_fuzz::lambda_event` asks.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| counterfoil_fuzz::lambda_event::check(data));
