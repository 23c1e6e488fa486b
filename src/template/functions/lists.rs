//! Lists (sprig `list.go`). Every function makes a new list.

use super::numbers::to_int;
use super::types::empty;
use super::{Args, Function, NIL_DEREFERENCE, Outcome, Param, fixed, open, texts_of, to_text};
use crate::template::exec::{Call, Fail};
use crate::template::value::{Elem, List, Value};
use Param::{Any, Int};

pub(super) const ROWS: &[Function] = &[
    open("list", &[], Any, list),
    open("tuple", &[], Any, list),
    fixed("append", &[Any, Any], append),
    fixed("push", &[Any, Any], append),
    fixed("mustAppend", &[Any, Any], append),
    fixed("mustPush", &[Any, Any], append),
    fixed("prepend", &[Any, Any], prepend),
    fixed("mustPrepend", &[Any, Any], prepend),
    open("concat", &[], Any, concat),
    fixed("first", &[Any], first),
    fixed("mustFirst", &[Any], first),
    fixed("last", &[Any], last),
    fixed("mustLast", &[Any], last),
    fixed("rest", &[Any], rest),
    fixed("mustRest", &[Any], rest),
    fixed("initial", &[Any], initial),
    fixed("mustInitial", &[Any], initial),
    fixed("reverse", &[Any], reverse),
    fixed("mustReverse", &[Any], reverse),
    fixed("uniq", &[Any], uniq).walking(),
    fixed("mustUniq", &[Any], uniq).walking(),
    fixed("compact", &[Any], compact),
    fixed("mustCompact", &[Any], compact),
    open("without", &[Any], Any, without).walking(),
    open("mustWithout", &[Any], Any, without).walking(),
    fixed("has", &[Any, Any], has).walking(),
    fixed("mustHas", &[Any, Any], has).walking(),
    open("slice", &[Any], Any, slice),
    open("mustSlice", &[Any], Any, slice),
    fixed("chunk", &[Int, Any], chunk),
    fixed("mustChunk", &[Int, Any], chunk),
    fixed("sortAlpha", &[Any], sort_alpha).walking(),
    fixed("toStrings", &[Any], |_, args| Ok(texts_of(args.any(0), false))).walking(),
];

/// How many elements are copied or compared in the time of one step.
const ITEMS_PER_STEP: usize = 8;

/// The elements of a list, or sprig's complaint with the kind it got.
fn items(call: &Call<'_>, value: &Value, complaint: &str) -> Result<Vec<Value>, Fail> {
    if let Value::List(list) = value {
        call.charge((list.items().len() / ITEMS_PER_STEP) as u64)?;
    }
    match value {
        Value::Nil => Err(NIL_DEREFERENCE.into()),
        Value::List(list) => Ok(list.items().to_vec()),
        Value::Bytes(bytes) => Ok(bytes.iter().map(|byte| Value::Uint8(*byte)).collect()),
        other => Err(format!("{complaint} {}", other.kind_name()).into()),
    }
}

fn list(_: &Call<'_>, args: Args<'_>) -> Outcome {
    Ok(Value::list(args.values(0)))
}

fn append(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let mut items = items(call, args.any(0), "Cannot push on type")?;
    items.push(args.any(1).clone());
    Ok(Value::list(items))
}

fn prepend(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let mut items = items(call, args.any(0), "Cannot prepend on type")?;
    items.insert(0, args.any(1).clone());
    Ok(Value::list(items))
}

fn concat(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let mut all = Vec::new();
    for value in args.from(0) {
        match value {
            Value::List(_) | Value::Bytes(_) | Value::Nil => all.extend(items(call, value, "")?),
            other => return Err(format!("Cannot concat type {} as list", other.kind_name()).into()),
        }
    }
    Ok(nil_when_empty(all))
}

fn nil_when_empty(items: Vec<Value>) -> Value {
    if items.is_empty() { Value::List(List::nil(Elem::Any)) } else { Value::list(items) }
}

fn first(call: &Call<'_>, args: Args<'_>) -> Outcome {
    Ok(items(call, args.any(0), "Cannot find first on type")?.into_iter().next().unwrap_or(Value::Nil))
}

fn last(call: &Call<'_>, args: Args<'_>) -> Outcome {
    Ok(items(call, args.any(0), "Cannot find last on type")?.pop().unwrap_or(Value::Nil))
}

fn rest(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let mut items = items(call, args.any(0), "Cannot find rest on type")?;
    if items.is_empty() {
        return Ok(nil_when_empty(items));
    }
    Ok(Value::list(items.split_off(1)))
}

fn initial(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let mut items = items(call, args.any(0), "Cannot find initial on type")?;
    if items.pop().is_none() {
        return Ok(nil_when_empty(items));
    }
    Ok(Value::list(items))
}

fn reverse(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let mut items = items(call, args.any(0), "Cannot find reverse on type")?;
    items.reverse();
    Ok(Value::list(items))
}

fn uniq(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let mut seen: Vec<Value> = Vec::new();
    for item in items(call, args.any(0), "Cannot find uniq on type")? {
        call.charge((seen.len() / ITEMS_PER_STEP) as u64)?;
        if !seen.iter().any(|known| known.deep_equal(&item)) {
            seen.push(item);
        }
    }
    Ok(Value::list(seen))
}

fn compact(call: &Call<'_>, args: Args<'_>) -> Outcome {
    Ok(Value::list(items(call, args.any(0), "Cannot compact on type")?.into_iter().filter(|item| !empty(item)).collect()))
}

fn without(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let items = items(call, args.any(0), "Cannot find without on type")?;
    call.charge((items.len().saturating_mul(args.len()) / ITEMS_PER_STEP) as u64)?;
    let kept = items.into_iter().filter(|item| !args.from(1).any(|omitted| omitted.deep_equal(item)));
    Ok(Value::list(kept.collect()))
}

fn has(call: &Call<'_>, args: Args<'_>) -> Outcome {
    if let Value::Nil = args.any(1) {
        return Ok(Value::Bool(false));
    }
    let items = items(call, args.any(1), "Cannot find has on type")?;
    Ok(Value::Bool(items.iter().any(|item| item.deep_equal(args.any(0)))))
}

fn slice(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let items = items(call, args.any(0), "list should be type of slice or array but")?;
    if items.is_empty() {
        return Ok(Value::Nil);
    }
    let start = if args.len() > 1 { to_int(args.any(1)) } else { 0 };
    let end = if args.len() > 2 { to_int(args.any(2)) } else { items.len() as i64 };
    let bounds = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let part = bounds.and_then(|(start, end)| items.get(start..end)).ok_or("reflect.Value.Slice: slice index out of bounds")?;
    match args.any(0) {
        Value::List(list) => Ok(Value::List(List::of(list.elem, part.to_vec()))),
        _ => Ok(Value::list(part.to_vec())),
    }
}

fn chunk(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let items = items(call, args.any(1), "Cannot chunk type")?;
    let chunks = match usize::try_from(args.int(0)) {
        Ok(size @ 1..) => items.chunks(size).map(|chunk| Value::list(chunk.to_vec())).collect(),
        Ok(0) if items.is_empty() => Vec::new(),
        Err(_) if items.len() == 1 && args.int(0) < -1 => vec![Value::list(items)],
        // Below zero, the number of chunks can still come out as zero.
        Err(_) if items.len() > 1 && args.int(0).unsigned_abs() >= items.len() as u64 - 1 => Vec::new(),
        _ => return Err("runtime error: makeslice: len out of range".into()),
    };
    Ok(Value::List(List::of(Elem::Lists, chunks)))
}

fn sort_alpha(_: &Call<'_>, args: Args<'_>) -> Outcome {
    Ok(match args.any(0) {
        value @ (Value::List(_) | Value::Bytes(_)) => texts_of(value, true),
        other => Value::texts([to_text(other)]),
    })
}
