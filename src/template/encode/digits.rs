//! Base64 and base32 as Go's decoders read them (`encoding/base64`, `encoding/base32`): line breaks are skipped, bits left over are ignored,
//! and an error names the byte it was found at. Depends on nothing.

/// The bytes of a base64 text with the standard alphabet and padding.
///
/// # Errors
/// Go's text, such as `illegal base64 data at input byte 4`.
pub(crate) fn from_base64(text: &[u8]) -> Result<Vec<u8>, String> {
    let illegal = |at: usize| format!("illegal base64 data at input byte {at}");
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut quantum = Quantum::new(6);
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        match (base64_digit(*byte), byte) {
            (Some(digit), _) => quantum.push(digit, 4, &mut out),
            (None, b'\r' | b'\n') => {}
            (None, b'=') if quantum.count >= 2 => {
                if quantum.count == 2 {
                    at = skip_breaks(text, at);
                    match text.get(at) {
                        None => return Err(illegal(text.len())),
                        Some(b'=') => at += 1,
                        Some(_) => return Err(illegal(at - 1)),
                    }
                }
                at = skip_breaks(text, at);
                if at < text.len() {
                    return Err(illegal(at));
                }
                quantum.finish(&mut out);
                return Ok(out);
            }
            _ => return Err(illegal(at - 1)),
        }
    }
    if quantum.count > 0 { Err(illegal(at - quantum.count)) } else { Ok(out) }
}

/// The bytes of a base32 text with the standard alphabet and padding.
///
/// # Errors
/// Go's text, such as `illegal base32 data at input byte 4`.
pub(crate) fn from_base32(text: &[u8]) -> Result<Vec<u8>, String> {
    const BLOCK: usize = 8;
    let illegal = |at: usize| format!("illegal base32 data at input byte {at}");
    let text: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let mut out = Vec::with_capacity(text.len() / BLOCK * 5);
    let mut quantum = Quantum::new(5);
    for (at, byte) in text.iter().enumerate() {
        let rest = &text[at + 1..];
        if *byte == b'=' && quantum.count >= 2 && rest.len() < BLOCK {
            let missing = BLOCK - 1 - quantum.count;
            if rest.len() < missing {
                return Err(illegal(text.len()));
            }
            if let Some(wrong) = rest[..missing].iter().position(|byte| *byte != b'=') {
                return Err(illegal(at + wrong));
            }
            if matches!(quantum.count, 3 | 6) {
                return Err(illegal(at));
            }
            quantum.finish(&mut out);
            return Ok(out);
        }
        quantum.push(base32_digit(*byte).ok_or_else(|| illegal(at))?, BLOCK, &mut out);
    }
    if quantum.count > 0 { Err(illegal(text.len() - quantum.count)) } else { Ok(out) }
}

/// The digits of one block: whole bytes come out when it is full.
struct Quantum {
    bits_per_digit: usize,
    bits: u64,
    count: usize,
}

impl Quantum {
    fn new(bits_per_digit: usize) -> Self {
        Self { bits_per_digit, bits: 0, count: 0 }
    }

    fn push(&mut self, digit: u8, block: usize, out: &mut Vec<u8>) {
        self.bits = self.bits << self.bits_per_digit | u64::from(digit);
        self.count += 1;
        if self.count == block {
            self.finish(out);
        }
    }

    /// The whole bytes of the digits so far.
    fn finish(&mut self, out: &mut Vec<u8>) {
        let bits = self.count * self.bits_per_digit;
        let bytes = bits / 8;
        let whole = self.bits >> (bits % 8);
        out.extend_from_slice(&whole.to_be_bytes()[8 - bytes..]);
        (self.bits, self.count) = (0, 0);
    }
}

fn skip_breaks(text: &[u8], at: usize) -> usize {
    at + text[at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

fn base64_digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

fn base32_digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'2'..=b'7' => Some(byte - b'2' + 26),
        _ => None,
    }
}
