//! Private keys (sprig `crypto.go` over Go `crypto`): made, read, and written as PEM. The crates `rsa`, `dsa` and `rcgen` (over ring) do the
//! cryptography, RSA with primes of our own package, which finds them sooner.

use rcgen::KeyPair;
use rsa::BoxedUint;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use rsa::pkcs8::{EncodePrivateKey, LineEnding};

use super::{Args, Function, Outcome, Param, fixed};
use crate::template::exec::{Call, Fail};
use crate::template::value::Value;
use Param::Str;

pub(super) const ROWS: &[Function] = &[fixed("genPrivateKey", &[Str], private_key)];

const CERTIFICATE_BITS: usize = 2048;
const PRIVATE_KEY_BITS: usize = 4096;
/// What a key costs of [`crate::template::Limits::steps`]: a loop can't make keys for ever.
const KEY_STEPS: u64 = 1_000_000;
/// The length of a stand-in for a certificate or key.
pub(super) const STAND_IN_BYTES: usize = 96;

/// A private key.
pub(super) struct Key {
    /// The key as PEM.
    pub(super) pem: String,
    /// What signs with it; Go signs no certificate with a DSA key, and for none.
    pair: Option<KeyPair>,
}

impl Key {
    /// A new key of the kind that sprig gives to certificates.
    pub(super) fn for_certificate(call: &Call<'_>) -> Result<Self, Fail> {
        call.charge(KEY_STEPS)?;
        let key = rsa_key(CERTIFICATE_BITS).map_err(|problem| format!("error generating rsa key: {problem}"))?;
        Ok(Self::of_rsa(&key)?)
    }

    /// What signs certificates with it.
    pub(super) fn signer(&self) -> Result<&KeyPair, Fail> {
        let refused = "error creating certificate: x509: certificate private key does not implement crypto.Signer";
        self.pair.as_ref().ok_or_else(|| Fail::text(refused))
    }

    /// What a certificate is made for.
    pub(super) fn subject(&self) -> Result<&KeyPair, Fail> {
        let refused = "error creating certificate: x509: unsupported public key type: *dsa.PublicKey";
        self.pair.as_ref().ok_or_else(|| Fail::text(refused))
    }

    fn of_rsa(key: &rsa::PrivateKey) -> Result<Self, String> {
        let pem = key.to_pkcs1_pem(LineEnding::LF).map_err(|error| error.to_string())?.to_string();
        let der = key.to_pkcs8_der().map_err(|error| error.to_string())?;
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&der.as_bytes().into(), &rcgen::PKCS_RSA_SHA256);
        Ok(Self { pem, pair: Some(pair.map_err(|error| error.to_string())?) })
    }

    /// Reads a key as sprig does: PKCS #8, or another form by the label.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (label, der) = decode_pem(text).ok_or("no PEM data in input")?;
        let of = |pair| Self { pem: encode_pem(&label, &der), pair };
        match &*label {
            "PRIVATE KEY" => {
                let pair = KeyPair::try_from(der.as_slice()).map_err(|error| format!("decoding PEM as PKCS#8: {error}"))?;
                Ok(of(Some(pair)))
            }
            "RSA PRIVATE KEY" => {
                let key = rsa::PrivateKey::from_pkcs1_der(&der);
                Self::of_rsa(&key.map_err(|error| format!("parsing RSA private key from PEM: {error}"))?)
            }
            "EC PRIVATE KEY" => {
                let pair = KeyPair::try_from(p256_as_pkcs8(&der).as_slice());
                Ok(of(Some(pair.map_err(|error| format!("parsing EC private key from PEM: {error}"))?)))
            }
            "DSA PRIVATE KEY" if is_dsa_key(&der) => Ok(of(None)),
            "DSA PRIVATE KEY" => Err("parsing DSA private key from PEM: asn1: structure error: not six numbers".to_owned()),
            label if label.ends_with(" PRIVATE KEY") => Err(format!("invalid private key type {label}")),
            label => Err(format!("no private key data in PEM block of type {label}")),
        }
    }
}

fn rsa_key(bits: usize) -> Result<rsa::PrivateKey, String> {
    let primes = chartshift_primes::pair(bits).map_err(|error| error.to_string())?;
    let [Ok(p), Ok(q)] = primes.map(|prime| BoxedUint::from_be_slice(&prime, bits as u32 / 2)) else {
        return Err("a prime of another size".to_owned());
    };
    rsa::PrivateKey::from_p_q(p, q, chartshift_primes::EXPONENT.into()).map_err(|error| error.to_string())
}

/// A DSA key with parameters of its own, of 2048 and 256 bits, in the form that OpenSSL made usual.
fn dsa_key() -> Result<String, String> {
    let mut random = getrandom::SysRng;
    let components = dsa::Components::try_generate_from_rng_with_key_size(&mut random, dsa::KeySize::DSA_2048_256);
    let key = components.and_then(|components| dsa::SigningKey::try_generate_from_rng_with_components(&mut random, components));
    let key = key.map_err(|error| error.to_string())?;
    let (public, components) = (key.verifying_key(), key.verifying_key().components());
    let numbers: [&BoxedUint; 5] = [components.p(), components.q(), components.g(), public.y(), key.x()];
    let numbers = numbers.map(|number| der_integer(&number.to_be_bytes()));
    Ok(encode_pem("DSA PRIVATE KEY", &der(0x30, &[der_integer(&[]), numbers.concat()].concat())))
}

/// A number that is not negative, most significant byte first, as a DER element.
fn der_integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = &bytes[zeros..];
    // The highest bit would make it negative.
    let lead: &[u8] = if digits.first().is_none_or(|byte| byte & 0x80 != 0) { &[0] } else { &[] };
    der(0x02, &[lead, digits].concat())
}

/// Whether it is a sequence of a version and five numbers, whatever follows.
fn is_dsa_key(der: &[u8]) -> bool {
    let Some((mut numbers, _)) = der_content(0x30, der) else { return false };
    (0..6).all(|_| {
        der_content(0x02, numbers).is_some_and(|(_, rest)| {
            numbers = rest;
            true
        })
    })
}

/// The content of a DER element of less than 64 KiB with this tag, and what follows.
fn der_content(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match *bytes.strip_prefix(&[tag])? {
        [0x81, length, ref rest @ ..] => (usize::from(length), rest),
        [0x82, high, low, ref rest @ ..] => (usize::from(high) << 8 | usize::from(low), rest),
        [length @ ..=0x7f, ref rest @ ..] => (usize::from(length), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// A SEC 1 key on the curve P-256 in the envelope of PKCS #8.
fn p256_as_pkcs8(sec1: &[u8]) -> Vec<u8> {
    let version_and_algorithm: &[u8] = &[
        0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
        0x01, 0x07,
    ];
    der(0x30, &[version_and_algorithm, &der(0x04, sec1)].concat())
}

/// A DER element of less than 64 KiB.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match length {
        0..0x80 => out.push(length as u8),
        0x80..0x100 => out.extend([0x81, length as u8]),
        _ => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend_from_slice(content);
    out
}

pub(super) fn encode_pem(label: &str, der: &[u8]) -> String {
    let body = data_encoding::BASE64.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in body.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out + &format!("-----END {label}-----\n")
}

/// The label and the content of the first block.
pub(super) fn decode_pem(text: &str) -> Option<(String, Vec<u8>)> {
    let start = text.find("-----BEGIN ")? + "-----BEGIN ".len();
    let (label, rest) = text[start..].split_once("-----")?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let compact: String = body.split_whitespace().collect();
    Some((label.to_owned(), data_encoding::BASE64.decode(compact.as_bytes()).ok()?))
}

fn private_key(call: &Call<'_>, args: Args<'_>) -> Outcome {
    call.impure();
    if call.is_stable() {
        let mut bytes = [0; STAND_IN_BYTES];
        call.absorb(args.text(0));
        call.fill(&mut bytes)?;
        return Ok(Value::text(encode_pem("PRIVATE KEY", &bytes)));
    }
    call.charge(KEY_STEPS)?;
    let text = match &*args.str(0) {
        "" | "rsa" => {
            let key = rsa_key(PRIVATE_KEY_BITS).map_err(|problem| format!("failed to generate private key: {problem}"))?;
            key.to_pkcs1_pem(LineEnding::LF).map_err(|error| error.to_string())?.to_string()
        }
        "ecdsa" => {
            let pair = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(|error| error.to_string())?;
            encode_pem("EC PRIVATE KEY", &p256_as_sec1(&pair.serialize_der()).ok_or("failed to generate private key")?)
        }
        "ed25519" => {
            let mut seed = [0; 32];
            getrandom::fill(&mut seed).map_err(|error| format!("failed to generate private key: {error}"))?;
            let algorithm: &[u8] = &[0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];
            encode_pem("PRIVATE KEY", &der(0x30, &[algorithm, &der(0x04, &der(0x04, &seed))].concat()))
        }
        "dsa" => dsa_key().map_err(|problem| format!("failed to generate private key: {problem}"))?,
        unknown => format!("Unknown type {unknown}"),
    };
    Ok(Value::text(text))
}

/// The SEC 1 form of a P-256 key, with the curve's name as Go writes it, out of PKCS #8 with the public key at its end.
fn p256_as_sec1(pkcs8: &[u8]) -> Option<Vec<u8>> {
    const PUBLIC: usize = 65;
    const PUBLIC_HEADER: &[u8] = &[0xa1, 0x44, 0x03, 0x42, 0x00];
    const CURVE: &[u8] = &[0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    let public = pkcs8.len().checked_sub(PUBLIC)?;
    let private = pkcs8[..public].strip_suffix(PUBLIC_HEADER)?;
    let scalar = &private[private.len().checked_sub(32)?..];
    Some(der(0x30, &[&[0x02, 0x01, 0x01, 0x04, 0x20], scalar, CURVE, PUBLIC_HEADER, &pkcs8[public..]].concat()))
}
