//! Certificates (sprig `crypto.go` over Go `crypto/x509`), valid from now for a number of days. The crate `rcgen` (over ring) does the
//! cryptography; this file shapes what it makes as sprig does.

use std::net::IpAddr;

use rcgen::string::Ia5String;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType};

use super::crypto::CERTIFICATE;
use super::keys::{Key, STAND_IN_BYTES, decode_pem, encode_pem};
use super::{Args, Function, Outcome, Param, fixed};
use crate::template::exec::{Call, Fail};
use crate::template::fmt::shown_text;
use crate::template::object::Struct;
use crate::template::value::{List, Value};
use Param::{Certificate, Int, List as ListParam, Str};

pub(super) const ROWS: &[Function] = &[
    fixed("genCA", &[Str, Int], |call, args| with_new_key(call, args, authority)),
    fixed("genCAWithKey", &[Str, Int, Str], |call, args| with_given_key(call, args, 2, authority)),
    fixed("genSelfSignedCert", &[Str, ListParam, ListParam, Int], |call, args| with_new_key(call, args, self_signed)),
    fixed("genSelfSignedCertWithKey", &[Str, ListParam, ListParam, Int, Str], |call, args| with_given_key(call, args, 4, self_signed)),
    fixed("genSignedCert", &[Str, ListParam, ListParam, Int, Certificate], |call, args| with_new_key(call, args, signed)),
    fixed("genSignedCertWithKey", &[Str, ListParam, ListParam, Int, Certificate, Str], |call, args| with_given_key(call, args, 5, signed)),
    fixed("buildCustomCert", &[Str, Str], build_custom),
];

const DAY_SECONDS: i64 = 24 * 60 * 60;

fn with_new_key(call: &Call<'_>, args: Args<'_>, make: fn(Args<'_>, &Key) -> Outcome) -> Outcome {
    call.impure();
    if call.is_stable() {
        return stand_in(call, args);
    }
    make(args, &Key::for_certificate(call)?)
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
    let made = params.self_signed(key.signer()?).map_err(|error| failed(&error))?;
    Ok(certificate(encode_pem("CERTIFICATE", made.der()), &key.pem))
}

fn self_signed(args: Args<'_>, key: &Key) -> Outcome {
    let mut params = base_params(args, args.int(3))?;
    add_names(&mut params, &args.list(1), &args.list(2))?;
    let made = params.self_signed(key.signer()?).map_err(|error| failed(&error))?;
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
    let issuer = Issuer::from_ca_cert_der(&cert.as_slice().into(), signer.signer()?)
        .map_err(|_| "error parsing certificate: decodedSignerCert.Bytes: x509: malformed certificate")?;
    let mut params = base_params(args, args.int(3))?;
    params.use_authority_key_identifier_extension = true;
    add_names(&mut params, &args.list(1), &args.list(2))?;
    let made = params.signed_by(key.subject()?, &issuer).map_err(|error| failed(&error))?;
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
    // The certificate's own faults come first; any key will do to look for them.
    let pair = KeyPair::generate().map_err(|error| failed(&error))?;
    Issuer::from_ca_cert_der(&der.as_slice().into(), pair)
        .map_err(|_| "error parsing certificate: decodedCert.Bytes: x509: malformed certificate")?;
    parsed?;
    Ok(certificate(cert, &key))
}
