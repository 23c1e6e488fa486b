//! Encryption and derived passwords (sprig `crypto.go`): AES-256 in CBC mode, and the algorithm of Master Password.

use aes::Aes256;
use cbc::cipher::{
    BlockModeDecrypt, BlockModeEncrypt, KeyIvInit,
    block_padding::{NoPadding, Pkcs7},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Args, Function, Outcome, Param, fixed};
use crate::template::encode::from_base64;
use crate::template::exec::{Call, Fail};
use crate::template::value::Value;
use Param::{Str, Uint32};

pub(super) const ROWS: &[Function] = &[
    fixed("encryptAES", &[Str, Str], encrypt),
    fixed("decryptAES", &[Str, Str], decrypt),
    fixed("derivePassword", &[Uint32, Str, Str, Str, Str], derive_password),
];

const BLOCK: usize = 16;

/// The password's first 32 bytes, filled up with zeros.
fn aes_key(password: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    let used = password.len().min(key.len());
    key[..used].copy_from_slice(&password[..used]);
    key
}

fn encrypt(call: &Call<'_>, args: Args<'_>) -> Outcome {
    if args.text(1).is_empty() {
        return Ok(Value::text(""));
    }
    call.impure();
    let mut start = [0; BLOCK];
    call.fill(&mut start)?;
    let encryptor = cbc::Encryptor::<Aes256>::new(&aes_key(args.text(0)).into(), &start.into());
    let encrypted = encryptor.encrypt_padded_vec::<Pkcs7>(args.text(1));
    Ok(Value::text(data_encoding::BASE64.encode(&[&start[..], &encrypted].concat())))
}

fn decrypt(_: &Call<'_>, args: Args<'_>) -> Outcome {
    if args.text(1).is_empty() {
        return Ok(Value::text(""));
    }
    let all = from_base64(args.text(1))?;
    let Some((start, encrypted)) = all.split_first_chunk::<BLOCK>() else {
        return Err(format!("runtime error: slice bounds out of range [:{BLOCK}] with capacity {}", all.len()).into());
    };
    if encrypted.len() % BLOCK != 0 {
        return Err("crypto/cipher: input not full blocks".into());
    }
    let decryptor = cbc::Decryptor::<Aes256>::new(&aes_key(args.text(0)).into(), &(*start).into());
    let mut plain = decryptor.decrypt_padded_vec::<NoPadding>(encrypted).map_err(|error| error.to_string())?;
    // sprig looks at the last byte of the padding alone.
    let padding = plain.last().copied().map(usize::from).ok_or_else(|| Fail::text("runtime error: index out of range [-1]"))?;
    match plain.len().checked_sub(padding) {
        Some(kept) => plain.truncate(kept),
        None => return Err(format!("runtime error: slice bounds out of range [:-{}]", padding - plain.len()).into()),
    }
    Ok(Value::text(plain))
}

const SEED: &[u8] = b"com.lyndir.masterpassword";

/// The shapes of each type of password; a letter stands for a class of characters.
fn shapes(kind: &[u8]) -> &'static [&'static str] {
    match kind {
        b"maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        b"long" => &[
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
        b"medium" => &["CvcnoCvc", "CvcCvcno"],
        b"short" => &["Cvcn"],
        b"basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        b"pin" => &["nnnn"],
        _ => &[],
    }
}

fn class(letter: u8) -> &'static [u8] {
    match letter {
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

/// What a derivation costs of [`crate::template::Limits::steps`].
const DERIVATION_STEPS: u64 = 1_000_000;

fn derive_password(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let (kind, password, user, site) = (args.text(1), args.text(2), args.text(3), args.text(4));
    let shapes = shapes(kind);
    if shapes.is_empty() {
        return Ok(Value::text(format!("cannot find password template {}", String::from_utf8_lossy(kind))));
    }
    call.charge(DERIVATION_STEPS)?;
    let counter = match args.any(0) {
        Value::Uint64(counter) => *counter as u32,
        _ => 0,
    };
    let salt = [SEED, &(user.len() as u32).to_be_bytes(), user].concat();
    let mut key = [0; 64];
    let failed = |problem: String| Fail::text(format!("failed to derive password: {problem}"));
    let params = scrypt::Params::new(15, 8, 2).map_err(|error| failed(error.to_string()))?;
    scrypt::scrypt(password, &salt, &params, &mut key).map_err(|error| failed(error.to_string()))?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| failed(error.to_string()))?;
    mac.update(&[SEED, &(site.len() as u32).to_be_bytes(), site, &counter.to_be_bytes()].concat());
    let seed = mac.finalize().into_bytes();
    let shape = shapes[usize::from(seed[0]) % shapes.len()];
    let letters = shape.bytes().zip(&seed[1..]).map(|(letter, byte)| {
        let class = class(letter);
        class[usize::from(*byte) % class.len()]
    });
    Ok(Value::text(letters.collect::<Vec<u8>>()))
}
