//! Paths (Go `path`; `path/filepath` is the same on Unix).

use bstr::ByteSlice;

use super::{Function, Param, fixed};
use crate::template::value::Value;
use Param::Str;

pub(super) const ROWS: &[Function] = &[
    fixed("base", &[Str], |_, args| Ok(Value::text(base(args.text(0))))),
    fixed("osBase", &[Str], |_, args| Ok(Value::text(base(args.text(0))))),
    fixed("dir", &[Str], |_, args| Ok(Value::text(dir(args.text(0))))),
    fixed("osDir", &[Str], |_, args| Ok(Value::text(dir(args.text(0))))),
    fixed("clean", &[Str], |_, args| Ok(Value::text(clean(args.text(0))))),
    fixed("osClean", &[Str], |_, args| Ok(Value::text(clean(args.text(0))))),
    fixed("ext", &[Str], |_, args| Ok(Value::text(ext(args.text(0))))),
    fixed("osExt", &[Str], |_, args| Ok(Value::text(ext(args.text(0))))),
    fixed("isAbs", &[Str], |_, args| Ok(Value::Bool(args.text(0).starts_with(b"/")))),
    fixed("osIsAbs", &[Str], |_, args| Ok(Value::Bool(args.text(0).starts_with(b"/")))),
];

/// The last element; `.` for nothing, `/` for slashes only.
pub(super) fn base(path: &[u8]) -> &[u8] {
    if path.is_empty() {
        return b".";
    }
    let trimmed = path.trim_end_with(|c| c == '/');
    match trimmed.rsplit(|byte| *byte == b'/').next() {
        Some(b"") | None => b"/",
        Some(last) => last,
    }
}

fn dir(path: &[u8]) -> Vec<u8> {
    clean(&path[..memchr::memrchr(b'/', path).map_or(0, |slash| slash + 1)])
}

fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => {
                parts.pop();
            }
            b".." if rooted => {}
            part => parts.push(part),
        }
    }
    let mut out = if rooted { b"/".to_vec() } else { Vec::new() };
    out.extend(parts.join(&b'/'));
    if out.is_empty() { b".".to_vec() } else { out }
}

fn ext(path: &[u8]) -> &[u8] {
    let name = &path[memchr::memrchr(b'/', path).map_or(0, |slash| slash + 1)..];
    memchr::memrchr(b'.', name).map_or(b"", |dot| &name[dot..])
}
