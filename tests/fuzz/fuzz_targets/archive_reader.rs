//! Any bytes as a chart's archive. A coverage-guided fuzzer does not get through gzip's checksum, so the input is the tar archive, and it is
//! packed here; the bytes as they are get a turn, too.

#![no_main]

use bytes::Bytes;
use chartshift::chart::{Limits, open_archive};
use libfuzzer_sys::fuzz_target;

/// A gzip stream that holds the bytes without compressing them, so that its making costs nothing.
fn gzipped(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let _ = open_archive(Bytes::copy_from_slice(bytes), &limits);
    let _ = open_archive(gzipped(bytes), &limits);
});
