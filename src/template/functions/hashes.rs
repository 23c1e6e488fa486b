//! Checksums (sprig `crypto.go`).

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::{Function, Param, fixed};
use crate::template::value::Value;
use Param::Str;

pub(super) const ROWS: &[Function] = &[
    fixed("sha1sum", &[Str], |_, args| Ok(Value::text(hex(&Sha1::digest(args.text(0)))))),
    fixed("sha256sum", &[Str], |_, args| Ok(Value::text(hex(&Sha256::digest(args.text(0)))))),
    fixed("sha512sum", &[Str], |_, args| Ok(Value::text(hex(&Sha512::digest(args.text(0)))))),
    fixed("adler32sum", &[Str], |_, args| Ok(Value::text(adler32(args.text(0)).to_string()))),
];

pub(super) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// RFC 1950.
fn adler32(bytes: &[u8]) -> u32 {
    const PRIME: u32 = 65_521;
    let (low, high) = bytes.iter().fold((1, 0), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % PRIME;
        (low, (high + low) % PRIME)
    });
    high << 16 | low
}
