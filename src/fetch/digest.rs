//! SHA-256 digests of packages, as indexes (`digest:` without a prefix) and registries (`sha256:…`) spell them.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::error::{Error, ErrorKind, Result};

/// A SHA-256 digest. `Display`: `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads 64 hexadecimal digits, with or without `sha256:` before them.
    ///
    /// # Errors
    /// `Syntax` for anything else.
    pub fn parse(text: &str) -> Result<Self> {
        let digits = text.strip_prefix("sha256:").unwrap_or(text).as_bytes();
        let mut bytes = [0; 32];
        let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        let read = digits.len() == 64
            && bytes.iter_mut().zip(digits.chunks_exact(2)).all(|(byte, pair)| match (nibble(pair[0]), nibble(pair[1])) {
                (Some(high), Some(low)) => {
                    *byte = high << 4 | low;
                    true
                }
                _ => false,
            });
        if read { Ok(Self(bytes)) } else { Err(Error::new(ErrorKind::Syntax, "not a sha256 digest: 64 hexadecimal digits are needed")) }
    }

    /// The 64 digits alone, as file names and indexes have them.
    pub fn hex(&self) -> String {
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            use fmt::Write as _;
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Checks bytes that came from `origin` against this promise.
    ///
    /// # Errors
    /// `Corrupt`, naming both digests.
    pub fn verify(&self, bytes: &[u8], origin: &str) -> Result<()> {
        let found = Self::of(bytes);
        if found == *self {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Corrupt, format!("{origin} is not what was promised: its digest is {found}, {self} was expected"))
            .hint("the package was replaced after it was published, or changed on its way: ask its publisher which digest is right"))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_shows() {
        let digest = Digest::of(b"chart");
        assert_eq!(Digest::parse(&digest.to_string()).unwrap(), digest);
        assert_eq!(Digest::parse(&digest.hex().to_uppercase()).unwrap(), digest);
        for wrong in ["", "sha256:", "sha512:aa", &"g".repeat(64), &"a".repeat(63), &"a".repeat(65), &"é".repeat(32)] {
            assert!(Digest::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_broken_promise_names_both() {
        let promised = Digest::of(b"one");
        assert!(promised.verify(b"one", "x").is_ok());
        let error = promised.verify(b"two", "https://h/a.tgz").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains(&Digest::of(b"two").to_string()) && error.to_string().contains(&promised.to_string()));
    }
}
