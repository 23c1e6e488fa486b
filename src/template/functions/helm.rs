//! What Helm adds to the language (Helm 3.17 `pkg/engine/engine.go`).

use super::{Args, Function, Outcome, Param, fixed};
use crate::template::exec::{Call, WARN_END, WARN_START};
use crate::template::value::{Table, Text, Value};
use Param::{Any, Str};

pub(super) const ROWS: &[Function] = &[
    fixed("include", &[Str, Any], |call, args| call.include(&text(args, 0), args.any(1).clone()).map(Value::text)),
    fixed("tpl", &[Str, Any], |call, args| call.tpl(&text(args, 0), args.any(1).clone()).map(Value::text)),
    fixed("required", &[Str, Any], required),
    fixed("fail", &[Str], |_, args| Err(marked(args.text(0)).into())),
    fixed("lookup", &[Str, Str, Str, Str], |call, _| {
        call.impure();
        Ok(Value::map(Table::new()))
    }),
    fixed("getHostByName", &[Str], |call, _| {
        call.impure();
        Ok(Value::text(""))
    }),
];

fn text(args: Args<'_>, index: usize) -> Text {
    match args.any(index) {
        Value::Str(text) => text.clone(),
        _ => Text::from(""),
    }
}

/// The message between the marks by which it is found again in the whole error.
fn marked(message: &[u8]) -> String {
    format!("{WARN_START}{}{WARN_END}", String::from_utf8_lossy(message))
}

fn required(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let value = args.any(1);
    let missing = match value {
        Value::Nil => true,
        Value::Str(text) => text.is_empty(),
        _ => false,
    };
    if missing { Err(marked(args.text(0)).into()) } else { Ok(value.clone()) }
}
