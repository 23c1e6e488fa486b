//! Keys and certificates (sprig `crypto.go` over Go `crypto/x509`): RSA keys of 2048 bits, valid from now for a number of days. The crates
//! `rsa` and `rcgen` (over ring) do the cryptography, with primes of our own package, which finds them sooner; this file shapes what they
//! make as sprig does.

use std::net::IpAddr;

use rcgen::string::Ia5String;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType};
use rsa::BoxedUint;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use rsa::pkcs8::{EncodePrivateKey, LineEnding};

use super::crypto::CERTIFICATE;
use super::{Args, Function, Outcome, Param, fixed};
use crate::template::exec::{Call, Fail};
use crate::template::fmt::shown_text;
use crate::template::object::Struct;
use crate::template::value::{List, Value};
use Param::{Certificate, Int, List as ListParam, Str};

pub(super) const ROWS: &[Function] = &[
    fixed("genPrivateKey", &[Str], private_key),
    fixed("genCA", &[Str, Int], |call, args| with_new_key(call, args, authority)),
    fixed("genCAWithKey", &[Str, Int, Str], |call, args| with_given_key(call, args, 2, authority)),
    fixed("genSelfSignedCert", &[Str, ListParam, ListParam, Int], |call, args| with_new_key(call, args, self_signed)),
    fixed("genSelfSignedCertWithKey", &[Str, ListParam, ListParam, Int, Str], |call, args| with_given_key(call, args, 4, self_signed)),
    fixed("genSignedCert", &[Str, ListParam, ListParam, Int, Certificate], |call, args| with_new_key(call, args, signed)),
    fixed("genSignedCertWithKey", &[Str, ListParam, ListParam, Int, Certificate, Str], |call, args| with_given_key(call, args, 5, signed)),
    fixed("buildCustomCert", &[Str, Str], build_custom),
];

const CERTIFICATE_BITS: usize = 2048;
const PRIVATE_KEY_BITS: usize = 4096;
/// What a key costs of [`crate::template::Limits::steps`]: a loop can't make keys for ever.
const KEY_STEPS: u64 = 1_000_000;
/// The length of a stand-in for a certificate or key.
const STAND_IN_BYTES: usize = 96;
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// A private key as PEM and as what signs.
struct Key {
    pem: String,
    pair: KeyPair,
}

fn with_new_key(call: &Call<'_>, args: Args<'_>, make: fn(Args<'_>, &Key) -> Outcome) -> Outcome {
    call.impure();
    if call.is_stable() {
        return stand_in(call, args);
    }
    call.charge(KEY_STEPS)?;
    let key = rsa_key(CERTIFICATE_BITS).map_err(|problem| format!("error generating rsa key: {problem}"))?;
    make(args, &Key::of_rsa(&key)?)
}

/// The same with the key that an argument holds as PEM.
fn with_given_key(call: &Call<'_>, args: Args<'_>, key: usize, make: fn(Args<'_>, &Key) -> Outcome) -> Outcome {
    call.impure();
    if call.is_stable() {
        return stand_in(call, args);
    }
    let key = Key::parse(&args.str(key)).map_err(|problem| format!("parsing private key: {problem}"))?;
    make(args, &key)
}

/// What stands for a certificate and its key in a stable render: other arguments give other bytes.
fn stand_in(call: &Call<'_>, args: Args<'_>) -> Outcome {
    for value in args.from(0) {
        call.absorb(shown_text(value).as_bytes());
    }
    let mut bytes = [[0; STAND_IN_BYTES]; 2];
    call.fill(&mut bytes[0])?;
    call.fill(&mut bytes[1])?;
    Ok(certificate(encode_pem("CERTIFICATE", &bytes[0]), &encode_pem("RSA PRIVATE KEY", &bytes[1])))
}

impl Key {
    fn of_rsa(key: &rsa::PrivateKey) -> Result<Self, String> {
        let pem = key.to_pkcs1_pem(LineEnding::LF).map_err(|error| error.to_string())?.to_string();
        let der = key.to_pkcs8_der().map_err(|error| error.to_string())?;
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&der.as_bytes().into(), &rcgen::PKCS_RSA_SHA256);
        Ok(Self { pem, pair: pair.map_err(|error| error.to_string())? })
    }

    /// Reads a key as sprig does: PKCS #8, or PKCS #1 and SEC 1 by the label.
    fn parse(text: &str) -> Result<Self, String> {
        let (label, der) = decode_pem(text).ok_or("no PEM data in input")?;
        match &*label {
            "PRIVATE KEY" => {
                let pair = KeyPair::try_from(der.as_slice()).map_err(|error| format!("decoding PEM as PKCS#8: {error}"))?;
                Ok(Self { pem: encode_pem(&label, &der), pair })
            }
            "RSA PRIVATE KEY" => {
                let key = rsa::PrivateKey::from_pkcs1_der(&der);
                Self::of_rsa(&key.map_err(|error| format!("parsing RSA private key from PEM: {error}"))?)
            }
            "EC PRIVATE KEY" => {
                let pair = KeyPair::try_from(p256_as_pkcs8(&der).as_slice());
                let pair = pair.map_err(|error| format!("parsing EC private key from PEM: {error}"))?;
                Ok(Self { pem: encode_pem(&label, &der), pair })
            }
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

fn encode_pem(label: &str, der: &[u8]) -> String {
    let body = data_encoding::BASE64.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in body.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out + &format!("-----END {label}-----\n")
}

/// The label and the content of the first block.
fn decode_pem(text: &str) -> Option<(String, Vec<u8>)> {
    let start = text.find("-----BEGIN ")? + "-----BEGIN ".len();
    let (label, rest) = text[start..].split_once("-----")?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let compact: String = body.split_whitespace().collect();
    Some((label.to_owned(), data_encoding::BASE64.decode(compact.as_bytes()).ok()?))
}

/// A `sprig.certificate`.
fn certificate(cert: String, key: &str) -> Value {
    Struct::value(&CERTIFICATE, vec![Value::text(cert), Value::text(key)])
}

/// What all certificates share; the addresses and names are the second and third argument, where there are any.
fn base_params(args: Args<'_>, days: i64) -> Result<CertificateParams, Fail> {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, args.str(0).into_owned());
    let now = jiff::Timestamp::now().as_second();
    let moment = |seconds: i64| time::OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| Fail::text("time out of range"));
    params.not_before = moment(now)?;
    params.not_after = moment(now.saturating_add(days.saturating_mul(DAY_SECONDS)))?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.is_ca = IsCa::ExplicitNoCa;
    Ok(params)
}

fn add_names(params: &mut CertificateParams, ips: &List, names: &List) -> Result<(), Fail> {
    for name in names.items() {
        let Value::Str(text) = name else {
            return Err(format!("error processing alternate dns name: {} is not a string", shown_text(name)).into());
        };
        let name = Ia5String::try_from(text.lossy().into_owned())
            .map_err(|_| format!("error creating certificate: x509: {:?} cannot be encoded as an IA5String", text.lossy()))?;
        params.subject_alt_names.push(SanType::DnsName(name));
    }
    for ip in ips.items() {
        let Value::Str(text) = ip else {
            return Err(format!("error parsing ip: {} is not a string", shown_text(ip)).into());
        };
        let ip: IpAddr = text.lossy().parse().map_err(|_| format!("error parsing ip: {}", text.lossy()))?;
        params.subject_alt_names.push(SanType::IpAddress(ip));
    }
    Ok(())
}

fn failed(error: &rcgen::Error) -> Fail {
    Fail::text(format!("error creating certificate: {error}"))
}

fn authority(args: Args<'_>, key: &Key) -> Outcome {
    let mut params = base_params(args, args.int(1))?;
    params.key_usages.push(KeyUsagePurpose::KeyCertSign);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let made = params.self_signed(&key.pair).map_err(|error| failed(&error))?;
    Ok(certificate(encode_pem("CERTIFICATE", made.der()), &key.pem))
}

fn self_signed(args: Args<'_>, key: &Key) -> Outcome {
    let mut params = base_params(args, args.int(3))?;
    add_names(&mut params, &args.list(1), &args.list(2))?;
    let made = params.self_signed(&key.pair).map_err(|error| failed(&error))?;
    Ok(certificate(encode_pem("CERTIFICATE", made.der()), &key.pem))
}

fn signed(args: Args<'_>, key: &Key) -> Outcome {
    let Value::Struct(authority) = args.any(4) else { return Err("unable to decode certificate".into()) };
    let part = |index: usize| match authority.fields.get(index) {
        Some(Value::Str(text)) => text.lossy().into_owned(),
        _ => String::new(),
    };
    let (_, cert) = decode_pem(&part(0)).ok_or("unable to decode certificate")?;
    let signer = Key::parse(&part(1)).map_err(|problem| format!("error parsing private key: {problem}"))?;
    let issuer = Issuer::from_ca_cert_der(&cert.as_slice().into(), signer.pair)
        .map_err(|_| "error parsing certificate: decodedSignerCert.Bytes: x509: malformed certificate")?;
    let mut params = base_params(args, args.int(3))?;
    params.use_authority_key_identifier_extension = true;
    add_names(&mut params, &args.list(1), &args.list(2))?;
    let made = params.signed_by(&key.pair, &issuer).map_err(|error| failed(&error))?;
    Ok(certificate(encode_pem("CERTIFICATE", made.der()), &key.pem))
}

fn build_custom(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let decoded = |index: usize| data_encoding::BASE64.decode(args.text(index)).ok();
    let cert = decoded(0).ok_or("unable to decode base64 certificate")?;
    let key = decoded(1).ok_or("unable to decode base64 private key")?;
    let (cert, key) = (String::from_utf8_lossy(&cert).into_owned(), String::from_utf8_lossy(&key).into_owned());
    let (_, der) = decode_pem(&cert).ok_or("unable to decode certificate")?;
    if call.is_stable() {
        // It may be a stand-in, which no parser would take.
        return Ok(certificate(cert, &key));
    }
    let parsed = Key::parse(&key).map_err(|problem| format!("error parsing private key: {problem}"));
    let pair = match &parsed {
        Ok(parsed) => &parsed.pair,
        // The certificate's own faults come first; any key will do to look for them.
        Err(_) => &KeyPair::generate().map_err(|error| failed(&error))?,
    };
    Issuer::from_ca_cert_der(&der.as_slice().into(), pair)
        .map_err(|_| "error parsing certificate: decodedCert.Bytes: x509: malformed certificate")?;
    parsed?;
    Ok(certificate(cert, &key))
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
        "dsa" => return Err("keys of type dsa are not supported".into()),
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
