//! YAML, JSON, TOML and base64 in and out (Helm `pkg/engine/funcs.go`, sprig `strings.go`, `defaults.go`).

use std::sync::Arc;

use super::{Args, Function, Outcome, Param, fixed};
use crate::template::encode::{self, Tree, json::Style};
use crate::template::exec::{Call, Fail};
use crate::template::value::{Elem, List, Map, Table, Text, Value};
use crate::value::{Data, Node, Source, yaml};
use Param::{Any, Str};

const COMPACT: Style = Style { indented: false, html_safe: true };
const PRETTY: Style = Style { indented: true, html_safe: true };
const RAW: Style = Style { indented: false, html_safe: false };

pub(super) const ROWS: &[Function] = &[
    fixed("toYaml", &[Any], |call, args| to_yaml(call, args.any(0)).map(|text| Value::text(text.unwrap_or_default()))),
    fixed("mustToYaml", &[Any], must_to_yaml).when(|profile| profile.must_to_yaml),
    fixed("toYamlPretty", &[Any], pretty).when(|profile| profile.pretty_yaml),
    fixed("fromYaml", &[Str], from_yaml),
    fixed("fromYamlArray", &[Str], from_yaml_array),
    fixed("toJson", &[Any], |_, args| Ok(Value::text(to_json(args, COMPACT).unwrap_or_default()))),
    fixed("mustToJson", &[Any], |_, args| Ok(Value::text(to_json(args, COMPACT)?))),
    fixed("toPrettyJson", &[Any], |_, args| Ok(Value::text(to_json(args, PRETTY).unwrap_or_default()))),
    fixed("mustToPrettyJson", &[Any], |_, args| Ok(Value::text(to_json(args, PRETTY)?))),
    fixed("toRawJson", &[Any], |_, args| Ok(Value::text(to_json(args, RAW)?))),
    fixed("mustToRawJson", &[Any], |_, args| Ok(Value::text(to_json(args, RAW)?))),
    fixed("fromJson", &[Str], from_json),
    fixed("mustFromJson", &[Str], |_, args| encode::parse_json(args.text(0)).map_err(Fail::from)),
    fixed("fromJsonArray", &[Str], from_json_array),
    fixed("fromToml", &[Str], |_, args| Ok(encode::parse_toml(&args.str(0)).unwrap_or_else(error_map))).when(|profile| profile.pretty_yaml),
    fixed("toToml", &[Any], |_, args| match args.any(0) {
        Value::Nil => Err("reflect: call of reflect.Value.Type on zero Value".into()),
        _ => Ok(Value::text(to_toml(args).unwrap_or_else(|message| message))),
    }),
    fixed("mustToToml", &[Any], |_, args| Ok(Value::text(to_toml(args)?))).when(|profile| profile.must_to_toml),
    fixed("b64enc", &[Str], |_, args| Ok(Value::text(data_encoding::BASE64.encode(args.text(0))))),
    fixed("b64dec", &[Str], |_, args| Ok(Value::text(base64(args.text(0))))),
    fixed("b32enc", &[Str], |_, args| Ok(Value::text(data_encoding::BASE32.encode(args.text(0))))),
    fixed("b32dec", &[Str], |_, args| Ok(Value::text(base32(args.text(0))))),
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

fn to_toml(args: Args<'_>) -> Result<String, String> {
    encode::toml::write(args.any(0))
}

/// A map with Helm's error under the key `Error`.
fn error_map(message: String) -> Value {
    Value::map(Table::from([(Text::from("Error"), Value::text(message))]))
}

/// What the text is as YAML, or Helm's words for what is wrong with it.
fn read_yaml(text: &[u8]) -> Result<Node, String> {
    let source = Arc::new(Source { name: String::new(), text: String::from_utf8_lossy(text).into_owned() });
    let limits = yaml::Limits::default();
    yaml::read(&source, &limits).map_err(|error| yaml::helm_error(&source, &limits).unwrap_or_else(|| error.to_string()))
}

fn json_type(data: &Data) -> &'static str {
    match data {
        Data::List(_) => "array",
        Data::Map(_) => "object",
        Data::Str(_) => "string",
        Data::Bool(_) => "bool",
        _ => "number",
    }
}

fn not_a(data: &Data, wanted: &str) -> String {
    let found = json_type(data);
    format!("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type {wanted}")
}

fn from_yaml(_: &Call<'_>, args: Args<'_>) -> Outcome {
    Ok(match read_yaml(args.text(0)) {
        Err(message) => error_map(message),
        Ok(node) => match &node.data {
            Data::Null => Value::map(Table::new()),
            Data::Map(_) => Value::from_node(&node),
            other => error_map(not_a(other, "map[string]interface {}")),
        },
    })
}

fn from_yaml_array(_: &Call<'_>, args: Args<'_>) -> Outcome {
    Ok(match read_yaml(args.text(0)) {
        Err(message) => Value::list(vec![Value::text(message)]),
        Ok(node) => match &node.data {
            Data::Null => Value::list(Vec::new()),
            Data::List(_) => Value::from_node(&node),
            other => Value::list(vec![Value::text(not_a(other, "[]interface {}"))]),
        },
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

fn from_json(_: &Call<'_>, args: Args<'_>) -> Outcome {
    Ok(match encode::parse_json(args.text(0)) {
        Err(message) => error_map(message),
        Ok(Value::Nil) => Value::Map(Map::nil()),
        Ok(map @ Value::Map(_)) => map,
        Ok(other) => {
            let found = value_type(&other);
            error_map(format!("json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"))
        }
    })
}

fn from_json_array(_: &Call<'_>, args: Args<'_>) -> Outcome {
    Ok(match encode::parse_json(args.text(0)) {
        Err(message) => Value::list(vec![Value::text(message)]),
        Ok(Value::Nil) => Value::List(List::nil(Elem::Any)),
        Ok(list @ Value::List(_)) => list,
        Ok(other) => {
            let message = format!("json: cannot unmarshal {} into Go value of type []interface {{}}", value_type(&other));
            Value::list(vec![Value::text(message)])
        }
    })
}

/// Go's base64 decoder: line breaks are skipped, an error's text takes the place of the result.
fn base64(text: &[u8]) -> Vec<u8> {
    let compact: Vec<u8> = text.iter().copied().filter(|byte| !is_line_break(*byte)).collect();
    match (wrong_base64_byte(text), data_encoding::BASE64.decode(&compact)) {
        (None, Ok(bytes)) => bytes,
        (at, _) => format!("illegal base64 data at input byte {}", at.unwrap_or(0)).into_bytes(),
    }
}

fn is_line_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Which byte Go stops at: four characters make a group, padding must fill the last one and nothing may follow.
fn wrong_base64_byte(text: &[u8]) -> Option<usize> {
    let mut kept = text.iter().copied().enumerate().filter(|(_, byte)| !is_line_break(*byte)).peekable();
    let mut in_group = 0;
    while let Some((at, byte)) = kept.next() {
        match byte {
            b'=' if in_group < 2 => return Some(at),
            b'=' => {
                if in_group == 2 {
                    match kept.next() {
                        Some((_, b'=')) => {}
                        Some((at, _)) => return Some(at - 1),
                        None => return Some(text.len()),
                    }
                }
                return kept.peek().map(|(at, _)| *at);
            }
            byte if !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')) => return Some(at),
            _ => in_group = (in_group + 1) % 4,
        }
    }
    (in_group > 0).then(|| text.len() - in_group)
}

/// The same for base32, whose groups have eight characters.
fn base32(text: &[u8]) -> Vec<u8> {
    let kept: Vec<(usize, u8)> = text.iter().copied().enumerate().filter(|(_, byte)| !is_line_break(*byte)).collect();
    let compact: Vec<u8> = kept.iter().map(|(_, byte)| *byte).collect();
    data_encoding::BASE32.decode(&compact).unwrap_or_else(|error| {
        let at = wrong_base32_byte(&kept, error.position, text.len());
        format!("illegal base32 data at input byte {at}").into_bytes()
    })
}

fn wrong_base32_byte(kept: &[(usize, u8)], position: usize, length: usize) -> usize {
    const GROUP: usize = 8;
    let is_data = |byte: u8| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte);
    if let Some((at, _)) = kept.iter().find(|(_, byte)| !is_data(*byte) && *byte != b'=') {
        return *at;
    }
    let data = kept.iter().take_while(|(_, byte)| *byte != b'=').count();
    match kept.get(data) {
        // Too few characters for padding, or something behind it.
        Some((at, _)) if data % GROUP < 2 => *at,
        Some(_) => kept.get(data / GROUP * GROUP + GROUP).map_or(length, |(at, _)| *at),
        None => kept.get(position.min(data / GROUP * GROUP)).map_or(length, |(at, _)| *at),
    }
}
