//! YAML, JSON, TOML and base64 in and out (Helm `pkg/engine/funcs.go`, sprig `strings.go`, `defaults.go`).

use super::{Args, Function, Outcome, Param, fixed};
use crate::template::encode::{self, Tree, json::Style};
use crate::template::exec::{Call, Fail};
use crate::template::frozen::Frozen;
use crate::template::profile::Toml;
use crate::template::value::{Elem, List, Map, Table, Text, Value};
use Param::{Any, Str};

const COMPACT: Style = Style { indented: false, html_safe: true };
const PRETTY: Style = Style { indented: true, html_safe: true };
const RAW: Style = Style { indented: false, html_safe: false };

pub(super) const ROWS: &[Function] = &[
    fixed("toYaml", &[Any], |call, args| to_yaml(call, args.any(0)).map(|text| Value::text(text.unwrap_or_default()))).walking(),
    fixed("mustToYaml", &[Any], must_to_yaml).walking().when(|profile| profile.must_to_yaml),
    fixed("toYamlPretty", &[Any], pretty).walking(),
    fixed("fromYaml", &[Str], from_yaml),
    fixed("fromYamlArray", &[Str], from_yaml_array),
    fixed("toJson", &[Any], |_, args| Ok(Value::text(to_json(args, COMPACT).unwrap_or_default()))).walking(),
    fixed("mustToJson", &[Any], |_, args| Ok(Value::text(to_json(args, COMPACT)?))).walking(),
    fixed("toPrettyJson", &[Any], |_, args| Ok(Value::text(to_json(args, PRETTY).unwrap_or_default()))).walking(),
    fixed("mustToPrettyJson", &[Any], |_, args| Ok(Value::text(to_json(args, PRETTY)?))).walking(),
    fixed("toRawJson", &[Any], |_, args| Ok(Value::text(to_json(args, RAW)?))).walking(),
    fixed("mustToRawJson", &[Any], |_, args| Ok(Value::text(to_json(args, RAW)?))).walking(),
    fixed("fromJson", &[Str], from_json),
    fixed("mustFromJson", &[Str], |call, args| call.made_whole(encode::parse_json(args.text(0))?)),
    fixed("fromJsonArray", &[Str], from_json_array),
    fixed("toToml", &[Any], |call, args| match args.any(0) {
        Value::Nil => Err("reflect: call of reflect.Value.Type on zero Value".into()),
        value => Ok(Value::text(to_toml(call, value).unwrap_or_else(|message| message))),
    })
    .walking(),
    fixed("fromToml", &[Str], from_toml),
    fixed("mustToToml", &[Any], |call, args| Ok(Value::text(to_toml(call, args.any(0))?))).walking().when(|profile| profile.must_to_toml),
    fixed("b64enc", &[Str], |_, args| Ok(Value::text(data_encoding::BASE64.encode(args.text(0))))),
    fixed("b64dec", &[Str], |_, args| Ok(or_message(encode::from_base64(args.text(0))))),
    fixed("b32enc", &[Str], |_, args| Ok(Value::text(data_encoding::BASE32.encode(args.text(0))))),
    fixed("b32dec", &[Str], |_, args| Ok(or_message(encode::from_base32(args.text(0))))),
];

/// YAML without the last newline; `None` where Helm gets an error and prints nothing.
pub(super) fn to_yaml(call: &Call<'_>, value: &Value) -> Result<Option<String>, Fail> {
    let Some(mut text) = Tree::of(value).ok().and_then(|tree| encode::yaml::write(&tree)) else { return Ok(None) };
    if text.ends_with('\n') {
        text.pop();
    }
    call.check_length(text.len())?;
    Ok(Some(text))
}

fn to_toml(call: &Call<'_>, value: &Value) -> Result<String, String> {
    encode::toml::write(value, call.profile().toml >= Toml::V1_6)
}

fn must_to_yaml(call: &Call<'_>, args: Args<'_>) -> Outcome {
    Tree::of(args.any(0)).map_err(|message| format!("error marshaling into JSON: {message}"))?;
    let text = to_yaml(call, args.any(0))?.ok_or("error converting JSON to YAML: yaml: control characters are not allowed")?;
    Ok(Value::text(text))
}

fn pretty(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let text = encode::pretty::write(args.any(0));
    call.check_length(text.len())?;
    Ok(Value::text(text.strip_suffix('\n').unwrap_or(&text)))
}

fn to_json(args: Args<'_>, style: Style) -> Result<String, String> {
    Tree::of(args.any(0)).map(|tree| encode::json::write(&tree, style))
}

/// sprig returns an error's text in place of the result.
fn or_message(decoded: Result<Vec<u8>, String>) -> Value {
    decoded.map_or_else(Value::text, Value::text)
}

/// A map with Helm's error under the key `Error`.
fn error_map(message: String) -> Value {
    Value::map(Table::from([(Text::from("Error"), Value::text(message))]))
}

fn json_type(value: &Frozen) -> &'static str {
    match value {
        Frozen::List(_) => "array",
        Frozen::Map(_) => "object",
        Frozen::Str(_) => "string",
        Frozen::Bool(_) => "bool",
        _ => "number",
    }
}

fn not_a(value: &Frozen, wanted: &str) -> String {
    let found = json_type(value);
    format!("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type {wanted}")
}

fn from_yaml(call: &Call<'_>, args: Args<'_>) -> Outcome {
    call.made_whole(match call.read_yaml(args.text(0)) {
        Err(message) => error_map(message),
        Ok(Frozen::Nil) => Value::map(Table::new()),
        Ok(map @ Frozen::Map(_)) => map.value(),
        Ok(other) => error_map(not_a(&other, "map[string]interface {}")),
    })
}

fn from_yaml_array(call: &Call<'_>, args: Args<'_>) -> Outcome {
    call.made_whole(match call.read_yaml(args.text(0)) {
        Err(message) => Value::list(vec![Value::text(message)]),
        Ok(Frozen::Nil) => Value::list(Vec::new()),
        Ok(list @ Frozen::List(_)) => list.value(),
        Ok(other) => Value::list(vec![Value::text(not_a(&other, "[]interface {}"))]),
    })
}

fn value_type(value: &Value) -> &'static str {
    match value {
        Value::List(_) => "array",
        Value::Map(_) => "object",
        Value::Str(_) => "string",
        Value::Bool(_) => "bool",
        _ => "number",
    }
}

fn from_toml(call: &Call<'_>, args: Args<'_>) -> Outcome {
    call.made_whole(match encode::parse_toml(&args.str(0), call.local(), call.profile().toml) {
        Ok(value) => value,
        Err(encode::Unread::Wrong(message)) => error_map(message),
        Err(encode::Unread::Limit(limit)) => return Err(Fail::limit(limit)),
    })
}

fn from_json(call: &Call<'_>, args: Args<'_>) -> Outcome {
    call.made_whole(match encode::parse_json_leniently(args.text(0)) {
        Err(message) => error_map(message),
        Ok((Value::Nil, None)) => Value::Map(Map::nil()),
        Ok((Value::Map(map), problem)) => {
            if let Some(message) = problem {
                map.set(Text::from("Error"), Value::text(message));
            }
            Value::Map(map)
        }
        Ok((other, _)) => {
            let found = value_type(&other);
            error_map(format!("json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"))
        }
    })
}

fn from_json_array(call: &Call<'_>, args: Args<'_>) -> Outcome {
    call.made_whole(match encode::parse_json_leniently(args.text(0)) {
        Err(message) | Ok((Value::List(_), Some(message))) => Value::list(vec![Value::text(message)]),
        Ok((Value::Nil, None)) => Value::List(List::nil(Elem::Any)),
        Ok((list @ Value::List(_), None)) => list,
        Ok((other, _)) => {
            let message = format!("json: cannot unmarshal {} into Go value of type []interface {{}}", value_type(&other));
            Value::list(vec![Value::text(message)])
        }
    })
}
