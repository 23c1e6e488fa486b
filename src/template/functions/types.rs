//! Defaults, emptiness, choice, reflection (sprig `defaults.go`, `reflect.go`).

use super::{Args, Function, Outcome, Param, fixed, open};
use crate::template::exec::{Call, Fail};
use crate::template::value::{MAX_DEPTH, Value};
use Param::{Any, Bool, Str};

pub(super) const ROWS: &[Function] = &[
    open("default", &[Any], Any, |_, args| {
        let given = args.any(1);
        Ok(if args.len() < 2 || empty(given) { args.any(0).clone() } else { given.clone() })
    }),
    fixed("empty", &[Any], |_, args| Ok(Value::Bool(empty(args.any(0))))),
    open("coalesce", &[], Any, |_, args| Ok(args.from(0).find(|value| !empty(value)).cloned().unwrap_or(Value::Nil))),
    open("all", &[], Any, |_, args| Ok(Value::Bool(!args.from(0).any(empty)))),
    open("any", &[], Any, |_, args| Ok(Value::Bool(args.from(0).any(|value| !empty(value))))),
    fixed("ternary", &[Any, Any, Bool], |_, args| Ok(args.any(usize::from(!args.bool(2))).clone())),
    fixed("typeOf", &[Any], |_, args| Ok(Value::text(args.any(0).type_name()))),
    fixed("typeIs", &[Str, Any], |_, args| Ok(Value::Bool(args.any(1).type_name().as_bytes() == args.text(0)))),
    fixed("typeIsLike", &[Str, Any], type_is_like),
    fixed("kindOf", &[Any], |_, args| Ok(Value::text(args.any(0).kind_name()))),
    fixed("kindIs", &[Str, Any], |_, args| Ok(Value::Bool(args.any(1).kind_name().as_bytes() == args.text(0)))),
    fixed("deepEqual", &[Any, Any], |_, args| Ok(Value::Bool(args.any(0).deep_equal(args.any(1))))).walking(),
    fixed("deepCopy", &[Any], deep_copy).walking(),
    fixed("mustDeepCopy", &[Any], deep_copy).walking(),
    fixed("hello", &[], |_, _| Ok(Value::text("Hello!"))),
];

/// Whether `default` would replace it: not merely false in a condition, but a struct never is.
pub(super) fn empty(value: &Value) -> bool {
    !value.truth()
}

fn type_is_like(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let name = args.any(1).type_name();
    let bare = name.strip_prefix('*').unwrap_or(&name);
    Ok(Value::Bool([name.as_bytes(), bare.as_bytes()].contains(&args.text(0))))
}

fn deep_copy(call: &Call<'_>, args: Args<'_>) -> Outcome {
    match args.any(0) {
        Value::Nil => Err("reflect: call of reflect.Value.Type on zero Value".into()),
        value => {
            let copy = value.deep_copy().ok_or_else(|| Fail::limit(format!("a value nested deeper than {MAX_DEPTH}")))?;
            call.made_whole(copy)
        }
    }
}
