//! Chance and password hashes (sprig `crypto.go`, goutils `cryptorandomstringutils.go`). All give another
//! answer next time, and say so.

use super::{Args, Function, Outcome, Param, fixed};
use crate::template::exec::{Call, Fail};
use crate::template::object::{Field, StructType};
use crate::template::value::Value;
use Param::{Int, Str};

/// `sprig.certificate`.
pub(super) static CERTIFICATE: StructType = StructType {
    name: "sprig.certificate",
    pointer: false,
    fields: &[
        Field { name: "Cert", json: "Cert", omit_empty: false, embedded: false },
        Field { name: "Key", json: "Key", omit_empty: false, embedded: false },
    ],
    action_prints: None,
};

pub(super) const ROWS: &[Function] = &[
    fixed("randAlphaNum", &[Int], |call, args| random_text(call, args, ALPHANUMERIC)),
    fixed("randAlpha", &[Int], |call, args| random_text(call, args, LETTERS)),
    fixed("randNumeric", &[Int], |call, args| random_text(call, args, DIGITS)),
    fixed("randAscii", &[Int], |call, args| random_text(call, args, &printable())),
    fixed("randBytes", &[Int], random_bytes),
    fixed("randInt", &[Int, Int], random_int),
    fixed("shuffle", &[Str], shuffle),
    fixed("uuidv4", &[], uuid),
    fixed("bcrypt", &[Str], |call, args| bcrypt(call, args.text(0)).map(Value::text)),
    fixed("htpasswd", &[Str, Str], htpasswd),
];

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";
const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// How many characters of salt and hash bcrypt writes.
const BCRYPT_LENGTH: usize = 53;
/// bcrypt's cost in sprig.
const BCRYPT_COST: u32 = 10;

fn printable() -> Vec<u8> {
    (b' '..=b'~').collect()
}

/// A number below `bound`, which is not 0.
fn below(call: &Call<'_>, bound: u64) -> Result<u64, Fail> {
    // The rejected tail keeps every number equally likely.
    let limit = u64::MAX - u64::MAX % bound;
    loop {
        let mut bytes = [0; 8];
        call.fill(&mut bytes)?;
        let number = u64::from_be_bytes(bytes);
        if number < limit {
            return Ok(number % bound);
        }
    }
}

fn random_text(call: &Call<'_>, args: Args<'_>, alphabet: &[u8]) -> Outcome {
    call.impure();
    let count = usize::try_from(args.int(0)).unwrap_or(0);
    call.check_length(count)?;
    let pick = |_| below(call, alphabet.len() as u64).map(|index| alphabet[index as usize]);
    Ok(Value::text((0..count).map(pick).collect::<Result<Vec<u8>, _>>()?))
}

fn random_bytes(call: &Call<'_>, args: Args<'_>) -> Outcome {
    call.impure();
    let count = usize::try_from(args.int(0)).map_err(|_| Fail::text("runtime error: makeslice: len out of range"))?;
    call.check_length(count)?;
    let mut bytes = vec![0; count];
    call.fill(&mut bytes)?;
    Ok(Value::text(data_encoding::BASE64.encode(&bytes)))
}

fn random_int(call: &Call<'_>, args: Args<'_>) -> Outcome {
    call.impure();
    let (low, high) = (args.int(0), args.int(1));
    match high.checked_sub(low) {
        Some(span @ 1..) => Ok(Value::Int(low + below(call, span.unsigned_abs())? as i64)),
        _ => Err("invalid argument to Intn".into()),
    }
}

fn shuffle(call: &Call<'_>, args: Args<'_>) -> Outcome {
    call.impure();
    let mut characters: Vec<char> = args.str(0).chars().collect();
    for index in (1..characters.len()).rev() {
        let other = below(call, index as u64 + 1)? as usize;
        characters.swap(index, other);
    }
    Ok(Value::text(characters.into_iter().collect::<String>()))
}

fn uuid(call: &Call<'_>, _: Args<'_>) -> Outcome {
    call.impure();
    let mut bytes = [0; 16];
    call.fill(&mut bytes)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = super::hashes::hex(&bytes);
    Ok(Value::text(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])))
}

fn bcrypt(call: &Call<'_>, password: &[u8]) -> Result<String, Fail> {
    call.impure();
    if password.len() > 72 {
        return Ok("failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes".into());
    }
    let mut salt = [0; 16];
    if call.is_stable() {
        // The real hash would cost most of a render's time.
        call.absorb(password);
        let alphabet = [ALPHANUMERIC, b"./"].concat();
        let pick = |_| below(call, alphabet.len() as u64).map(|index| char::from(alphabet[index as usize]));
        let digest: String = (0..BCRYPT_LENGTH).map(pick).collect::<Result<_, _>>()?;
        return Ok(format!("$2a${BCRYPT_COST}${digest}"));
    }
    call.fill(&mut salt)?;
    match bcrypt::hash_with_salt(password, BCRYPT_COST, salt) {
        Ok(parts) => Ok(parts.format_for_version(bcrypt::Version::TwoA)),
        Err(error) => Ok(format!("failed to encrypt string with bcrypt: {error}")),
    }
}

fn htpasswd(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let name = args.str(0);
    if name.contains(':') {
        return Ok(Value::text(format!("invalid username: {name}")));
    }
    Ok(Value::text(format!("{name}:{}", bcrypt(call, args.text(1))?)))
}
