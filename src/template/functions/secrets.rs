//! Passwords derived from a master password (sprig's `derivePassword`, the Master Password algorithm, version 0) and texts encrypted with
//! AES-256 in CBC mode (sprig `crypto.go`). Depends on the crates that do the cryptography.

use aes::Aes256;
use aes::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{Args, Function, Outcome, Param, fixed};
use crate::template::encode::from_base64;
use crate::template::exec::{Call, Fail};
use crate::template::value::Value;
use Param::{Str, Uint32};

pub(super) const ROWS: &[Function] = &[
    fixed("derivePassword", &[Uint32, Str, Str, Str, Str], derive_password),
    fixed("encryptAES", &[Str, Str], encrypt),
    fixed("decryptAES", &[Str, Str], |_, args| decrypt(args)),
];

/// What a derivation costs of [`crate::template::Limits::steps`]: a loop can't derive for ever.
const DERIVATION_STEPS: u64 = 200_000;
const SEED: &[u8] = b"com.lyndir.masterpassword";
const SCRYPT_LOG_N: u8 = 15;
const SCRYPT_R: u32 = 8;
const SCRYPT_P: u32 = 2;
const BLOCK: usize = 16;

fn derive_password(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let kind = args.str(1);
    let Some(shapes) = shapes(&kind) else {
        return Ok(Value::text(format!("cannot find password template {kind}")));
    };
    call.charge(DERIVATION_STEPS)?;
    let counter = match args.any(0) {
        Value::Uint64(number) => *number as u32,
        _ => 0,
    };
    let (password, user, site) = (args.text(2), args.text(3), args.text(4));
    let salt = [SEED, &length(user), user].concat();
    let params = scrypt::Params::new(SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P).map_err(|error| error.to_string())?;
    let mut key = [0; 64];
    scrypt::scrypt(password, &salt, &params, &mut key).map_err(|error| error.to_string())?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| error.to_string())?;
    mac.update(&[SEED, &length(site), site, &counter.to_be_bytes()].concat());
    let seed = mac.finalize().into_bytes();
    let shape = shapes[usize::from(seed[0]) % shapes.len()];
    let characters = shape.bytes().zip(&seed[1..]).map(|(class, byte)| {
        let choice = choice_of(class);
        choice[usize::from(*byte) % choice.len()]
    });
    Ok(Value::text(characters.collect::<Vec<u8>>()))
}

/// A length as the algorithm feeds it in.
fn length(text: &[u8]) -> [u8; 4] {
    (text.len() as u32).to_be_bytes()
}

/// The shapes of a kind of password: a letter for each character's class.
fn shapes(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        "long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        "medium" => &["CvcnoCvc", "CvcCvcno"],
        "short" => &["Cvcn"],
        "basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        "pin" => &["nnnn"],
        _ => return None,
    })
}

/// The characters of a class.
fn choice_of(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'A' => b"AEIOUBCDFGHJKLMNPQRSTVWXYZ",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// The password, cut or filled with zeros to the length of a key.
fn aes_key(password: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    let used = password.len().min(key.len());
    key[..used].copy_from_slice(&password[..used]);
    key
}

/// A random block, then the padded text encrypted, in base64. Nothing stays nothing.
fn encrypt(call: &Call<'_>, args: Args<'_>) -> Outcome {
    call.impure("encryptAES");
    if args.text(1).is_empty() {
        return Ok(Value::text(""));
    }
    let mut start = [0; BLOCK];
    getrandom::fill(&mut start).map_err(|error| format!("no random numbers: {error}"))?;
    let mut content = args.text(1).to_vec();
    let padding = BLOCK - content.len() % BLOCK;
    content.extend(std::iter::repeat_n(padding as u8, padding));
    let mut cipher = cbc::Encryptor::<Aes256>::new(&aes_key(args.text(0)).into(), &start.into());
    let mut out = start.to_vec();
    for block in content.chunks_exact(BLOCK) {
        let mut block: [u8; BLOCK] = block.try_into().unwrap_or_default();
        cipher.encrypt_block((&mut block).into());
        out.extend_from_slice(&block);
    }
    Ok(Value::text(data_encoding::BASE64.encode(&out)))
}

fn decrypt(args: Args<'_>) -> Outcome {
    if args.text(1).is_empty() {
        return Ok(Value::text(""));
    }
    let encrypted = from_base64(args.text(1))?;
    let Some((start, encrypted)) = encrypted.split_at_checked(BLOCK) else {
        // Go's decoder reserves room for whole groups of four digits.
        let capacity = args.text(1).len() / 4 * 3;
        return Err(format!("runtime error: slice bounds out of range [:{BLOCK}] with capacity {capacity}").into());
    };
    if !encrypted.len().is_multiple_of(BLOCK) {
        return Err("crypto/cipher: input not full blocks".into());
    }
    let start: [u8; BLOCK] = start.try_into().unwrap_or_default();
    let mut cipher = cbc::Decryptor::<Aes256>::new(&aes_key(args.text(0)).into(), &start.into());
    let mut out = Vec::with_capacity(encrypted.len());
    for block in encrypted.chunks_exact(BLOCK) {
        let mut block: [u8; BLOCK] = block.try_into().unwrap_or_default();
        cipher.decrypt_block((&mut block).into());
        out.extend_from_slice(&block);
    }
    let padding = out.last().copied().map(usize::from).ok_or_else(|| Fail::text("runtime error: index out of range [-1]"))?;
    match out.len().checked_sub(padding) {
        Some(kept) => out.truncate(kept),
        None => return Err(format!("runtime error: slice bounds out of range [:-{}]", padding - out.len()).into()),
    }
    Ok(Value::text(out))
}
