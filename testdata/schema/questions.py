"""What the Helms are asked: schemas with values, and charts with subcharts."""

import json

QUESTIONS = []
DRAFTS = {
    4: "http://json-schema.org/draft-04/schema#",
    6: "http://json-schema.org/draft-06/schema#",
    7: "http://json-schema.org/draft-07/schema#",
    2019: "https://json-schema.org/draft/2019-09/schema",
    2020: "https://json-schema.org/draft/2020-12/schema",
}


def chart(name, files, values="{}", flags=()):
    files = {path: text if isinstance(text, str) else json.dumps(text) for path, text in files.items()}
    values = values if isinstance(values, str) else json.dumps(values)
    QUESTIONS.append({"name": name, "files": files, "values": values, "flags": list(flags)})


def root(name, schema, *values):
    """A schema for the values as a whole."""
    for number, one in enumerate(values):
        chart(f"{name} {number}", {"values.schema.json": schema}, one)


def prop(name, schema, *values, draft=None):
    """A schema for the property `a`."""
    whole = {"properties": {"a": schema}}
    if draft:
        whole["$schema"] = DRAFTS[draft]
    root(name, whole, *({"a": value} for value in values))


def every(name, schema, *values, drafts=DRAFTS):
    for draft in drafts:
        prop(f"{name} draft {draft}", schema, *values, draft=draft)


# One keyword at a time.
prop("type", {"type": "integer"}, 3, "x", 3.5, True, None, [], {})
prop("types", {"type": ["string", "null", "array"]}, "x", 3, None)
root("root type", {"type": "array"}, {})
every("integer", {"type": "integer"}, 3.0, 1e20, 12345678901234567890)
prop("enum", {"enum": ["a", 1, None, True, 1.0e3, "it's \"x\""]}, "a", "b", 1, 1000, None)
prop("strings that spell numbers", {"enum": ["5", 7], "not": {"const": "8"}}, 5, "5", 7, "7", 8)
prop("a constant that spells a number", {"const": "5"}, 5, "5", 6)
prop("enum of one", {"enum": ["only"]}, "x")
prop("enum with a list", {"enum": [["a"], {"b": 1}]}, "x", ["a"], {"b": 1.0})
prop("empty enum", {"enum": []}, 1)
prop("enum twice", {"enum": [1, 1.0]}, 1)
prop("const", {"const": "x<y"}, "x<y", "z")
prop("const of an object", {"const": {"a": [1, 2]}}, {"a": [1, 2]}, {"a": [2, 1]})
every("const", {"const": 1}, 2)
prop("minimum", {"minimum": 10, "maximum": 20}, 9, 21, 10, 20, 15.5)
prop("fractions", {"minimum": 12345.5}, 1, 12345.25, 12345.5)
prop("large numbers", {"maximum": 1e21}, 1e22, 5)
prop("small numbers", {"minimum": 0.0000001}, 0, 0.00001)
prop("exclusive", {"exclusiveMinimum": 1000000, "exclusiveMaximum": 2000000}, 1000000, 2000000, 1500000)
prop("exclusive of draft 4", {"minimum": 5, "exclusiveMinimum": True, "maximum": 7, "exclusiveMaximum": False}, 5, 6, 7, 8, draft=4)
prop("exclusive of draft 4 without a draft", {"minimum": 5, "exclusiveMinimum": True}, 5)
prop("exclusive without a minimum", {"exclusiveMinimum": True}, 5, draft=4)
prop("multipleOf", {"multipleOf": 0.01}, 0.015, 19.99, 1e20, 0)
prop("multipleOf three", {"multipleOf": 3}, 9, 10, -6)
prop("length", {"minLength": 2, "maxLength": 4}, "a", "abcde", "äöü", "", 5)
prop("many characters", {"minLength": 1234567}, "a")
prop("pattern", {"pattern": "^[a-z]+$"}, "abc", "ABC", "a\nb", 5)
prop("pattern with quotes", {"pattern": "^'\"\\\\d$"}, "x")
prop("pattern of Go", {"pattern": "^\\pL\\z"}, "é", "1")
prop("items", {"items": {"type": "integer"}, "minItems": 2, "maxItems": 3}, [1], [1, 2], ["a", 2, "c"], [1, 2, 3, 4])
every("items one by one", {"items": [{"type": "integer"}, {"type": "string"}], "additionalItems": False}, [1, "a"], ["a"], [1, "a", 3, 4])
every("additional items", {"items": [{"type": "integer"}], "additionalItems": {"type": "string"}}, [1, "a"], [1, 2, "c", 4])
prop("prefixItems", {"prefixItems": [{"type": "integer"}], "items": {"type": "string"}}, [1, "a"], ["a", 2, "b", 3], draft=2020)
prop("no items after the prefix", {"prefixItems": [{"type": "integer"}], "items": False}, [1], [1, 2], draft=2020)
prop("uniqueItems", {"uniqueItems": True}, [1, 2], [1, 2, 1.0, 2], [{"a": 1}, {"a": 1}], ["1", 1])
prop("contains", {"contains": {"type": "integer", "minimum": 5}}, ["a", 3], [5], [])
prop("minContains", {"contains": {"type": "integer"}, "minContains": 2, "maxContains": 3}, [1], ["a"], [1, 2], [1, 2, 3, "x", 4], draft=2020)
prop("properties", {"minProperties": 2, "maxProperties": 3}, {"a": 1}, {"a": 1, "b": 2}, {"a": 1, "b": 2, "c": 3, "d": 4})
prop("required", {"required": ["b", "a", "c"]}, {"a": 1}, {"a": 1, "b": 1, "c": None}, 5)
prop("required of one", {"required": ["name"]}, {})
prop("additionalProperties", {"properties": {"x": {}}, "additionalProperties": False}, {"x": 1}, {"x": 1, "z": 2, "y": 3})
prop("additional schema", {"properties": {"x": {}}, "additionalProperties": {"type": "string"}}, {"x": 1, "y": 2, "z": "s"})
prop("patternProperties", {"patternProperties": {"^x-": {"type": "string"}, "y$": {"minLength": 3}}, "additionalProperties": False}, {"x-y": 1}, {"x-a": "b", "b": 1})
prop("patternProperties both", {"patternProperties": {"^x": {"minLength": 3}, "y$": {"pattern": "^q"}}}, {"xy": "a"})
every("propertyNames", {"propertyNames": {"pattern": "^[a-z]+$", "maxLength": 3}}, {"abc": 1}, {"ABCD": 1, "x1": 2})
every("dependencies", {"dependencies": {"a": ["b", "c"], "d": {"required": ["e"]}}}, {"a": 1}, {"d": 1}, {"a": 1, "b": 1, "c": 1})
prop("dependentRequired", {"dependentRequired": {"a": ["b", "c"]}, "dependentSchemas": {"d": {"minProperties": 3}}}, {"a": 1}, {"d": 1}, {"a": 1, "b": 1, "c": 1}, draft=2020)
prop("not", {"not": {"type": "string"}}, "x", 1)
prop("allOf", {"allOf": [{"minimum": 5}, {"maximum": 3}, {"multipleOf": 2}]}, 4, 7, 1)
prop("anyOf", {"anyOf": [{"type": "string"}, {"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}}}]}, 1, "a", {}, {"x": "s"}, {"x": 1})
prop("anyOf by score", {"anyOf": [{"type": "object", "required": ["a", "b"]}, {"type": "object", "required": ["c"], "properties": {"c": {"const": 1}}}]}, {"a": 1}, {"c": 2}, {})
prop("oneOf", {"oneOf": [{"type": "integer"}, {"minimum": 2}, {"maximum": 1}]}, 3, "x", 1.5, 0.5)
prop("oneOf without a match", {"oneOf": [{"type": "integer"}, {"type": "object", "required": ["x", "y"]}]}, "s", {"x": 1})
every("if", {"if": {"properties": {"kind": {"const": "a"}}}, "then": {"required": ["x"]}, "else": {"required": ["y"]}}, {"kind": "a"}, {"kind": "b"}, {"kind": "a", "x": 1})
prop("if always", {"if": True, "then": {"required": ["x"]}, "else": {"required": ["y"]}}, {})
prop("booleans", False, 1)
prop("booleans of draft 4", False, 1, draft=4)
prop("nothing at all", {}, {"x": [1, None]})
prop("deep", {"properties": {"b": {"items": {"properties": {"c/d": {"type": "string"}, "e~f": {"type": "string"}, "g.h": {"type": "string"}}}}}}, {"b": [{}, {"c/d": 1, "e~f": 2, "g.h": 3}]})
prop("odd names", {"additionalProperties": {"type": "string"}}, {"it's": 1, "a\"b": 2, "ü": 3})
root("several", {"required": ["image", "name"], "properties": {"replicas": {"type": "integer", "minimum": 1}, "tag": {"type": "string"}}}, {"replicas": "3", "tag": 1.5}, {"replicas": 0, "image": "x", "name": "y"})
prop("several at one place", {"minLength": 5, "pattern": "^x", "maxLength": 0}, "abc")
prop("several below a reference", {"$ref": "#/definitions/d"}, "abc")
prop("unevaluatedProperties", {"properties": {"x": {}}, "allOf": [{"properties": {"y": {}}}], "unevaluatedProperties": False}, {"x": 1, "y": 2}, {"x": 1, "z": 2}, draft=2020)
prop("unevaluatedItems", {"prefixItems": [{"type": "integer"}], "unevaluatedItems": {"type": "string"}}, [1, "a"], [1, 2], draft=2020)
prop("unevaluated beside if", {"if": {"properties": {"k": {"const": 1}}, "required": ["k"]}, "then": {"properties": {"t": {}}}, "unevaluatedProperties": False}, {"k": 1, "t": 2}, {"k": 2}, {"t": 2}, draft=2019)

# References.
root("definitions", {"definitions": {"d": {"type": "string", "minLength": 2}}, "properties": {"a": {"$ref": "#/definitions/d"}, "b": {"$ref": "#/definitions/d"}}}, {"a": 1, "b": "x"}, {"a": "xy"})
root("two reasons behind a reference", {"definitions": {"d": {"minLength": 5, "pattern": "^x"}}, "properties": {"a": {"$ref": "#/definitions/d"}}}, {"a": "b"})
root("beside a reference", {"definitions": {"d": {"type": "string"}}, "properties": {"a": {"$ref": "#/definitions/d", "minLength": 5}}}, {"a": "b"}, {"a": 1})
root("beside a reference in draft 7", {"$schema": DRAFTS[7], "definitions": {"d": {"type": "string"}}, "properties": {"a": {"$ref": "#/definitions/d", "minLength": 5}}}, {"a": "b"}, {"a": 1})
root("$defs", {"$defs": {"d": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/d"}}}, {"a": 1})
root("recursive", {"definitions": {"t": {"type": "object", "properties": {"next": {"$ref": "#/definitions/t"}, "v": {"type": "integer"}}, "additionalProperties": False}}, "$ref": "#/definitions/t"}, {"v": 1, "next": {"v": 2}}, {"v": 1, "next": {"v": "x", "w": 2}})
root("recursive from the top", {"properties": {"next": {"$ref": "#"}, "v": {"type": "integer"}}}, {"next": {"next": {"v": "x"}}})
root("by id", {"$id": "https://example.com/root.json", "definitions": {"d": {"$id": "inner.json", "type": "string"}}, "properties": {"a": {"$ref": "inner.json"}, "b": {"$ref": "https://example.com/root.json#/definitions/d"}}}, {"a": 1, "b": 2})
root("by anchor", {"$defs": {"d": {"$anchor": "here", "type": "string"}}, "properties": {"a": {"$ref": "#here"}}}, {"a": 1})
root("by the anchor of draft 7", {"$schema": DRAFTS[7], "definitions": {"d": {"$id": "#here", "type": "string"}}, "properties": {"a": {"$ref": "#here"}}}, {"a": 1})
root("by an anchor that is not there", {"properties": {"a": {"$ref": "#there"}}}, {"a": 1})
root("escaped", {"definitions": {"a/b~c d": {"type": "string"}}, "properties": {"a": {"$ref": "#/definitions/a~1b~0c%20d"}}}, {"a": 1})
root("to no definition", {"$ref": "#/definitions/no"}, {})
root("to no index", {"allOf": [{}], "properties": {"a": {"$ref": "#/allOf/4"}}}, {})
root("to what is no schema", {"x": {"y": {"type": "string"}}, "z": 5, "properties": {"a": {"$ref": "#/x/y"}}}, {"a": 1})
root("to a number", {"z": 5, "properties": {"a": {"$ref": "#/z"}}}, {"a": 1})
root("to a metaschema", {"properties": {"a": {"$ref": "http://json-schema.org/draft-07/schema#"}}}, {"a": {"type": "string"}}, {"a": {"type": "strin"}})
root("to another folder", {"properties": {"a": {"$ref": "definitions"}}, "definitions": {"$id": "definitions", "type": "string"}}, {"a": 1})
root("in a circle", {"$ref": "#"}, {})
root("in a wide circle", {"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"allOf": [{"$ref": "#/definitions/a"}]}}, "properties": {"p": {"$ref": "#/definitions/a"}}}, {"p": 1}, {})
root("$dynamicRef", {"$id": "https://example.com/tree", "$dynamicAnchor": "node", "type": "object", "properties": {"kids": {"type": "array", "items": {"$dynamicRef": "#node"}}, "v": {"type": "integer"}}}, {"kids": [{"v": "x"}]})
root("$recursiveRef", {"$schema": DRAFTS[2019], "$recursiveAnchor": True, "properties": {"kid": {"$recursiveRef": "#"}, "v": {"type": "integer"}}}, {"kid": {"v": "x"}})

# Formats.
FORMATS = {
    "email": ["a@example.com", "x", "Ann <ann@example.com>", "a..b@example.com", "@b", "a@-b.com"],
    "hostname": ["a.example.com", "-a", "a_b", "a." + "b" * 64],
    "ipv4": ["10.0.0.1", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.x"],
    "ipv6": ["::1", "1.2.3.4", "fe80::1%eth0", "1::2::3"],
    "date": ["2024-02-29", "2023-02-29", "24-1-1", "x"],
    "time": ["10:00:00Z", "10:00:00", "25:00:00Z", "10:00:00+02:00", "10:00"],
    "date-time": ["2024-01-01T10:00:00Z", "2024-01-01", "2024-01-01 10:00:00Z", "2024-13-01T10:00:00Z"],
    "uri": ["https://example.com/a", "/relative", "http://[::1", "a b", "urn:x:y"],
    "uri-reference": ["/relative", "a\\b", "%zz"],
    "uri-template": ["http://example.com/{id}", "/{a", "/{a}{b}"],
    "uuid": ["123e4567-e89b-12d3-a456-426614174000", "123E4567-e89b-12d3-a456-426614174000", "x"],
    "regex": ["^a", "(a", "(?=a)"],
    "json-pointer": ["/a/b", "a", "/~2"],
    "relative-json-pointer": ["1/a", "/a", "0#"],
    "duration": ["P1D", "1D", "PT", "P1D2M"],
    "semver": ["1.2.3", "1.2", "1.02.3", "1.2.3-01"],
    "nonsense": ["x"],
}
for format_name, texts in FORMATS.items():
    prop(f"format {format_name}", {"format": format_name}, *texts, draft=7)
prop("format of a number", {"format": "email"}, 5, True, draft=7)
for number in DRAFTS:
    prop(f"format in draft {number}", {"format": "ipv4"}, "x", draft=number)
prop("format without a draft", {"format": "ipv4"}, "x")
prop("int64 is no format", {"type": "integer", "format": "int64"}, 5)

# Schemas that are wrong.
for text in ["", "  ", "{", "{\"type\":", "[1", "{\"type\": \"object\",}", "{} x", "nul", "{'a': 1}", "5", "\"x\"", "null", "true", "false", "[]", "{\"a\" 1}", "{\"minimum\": 01}"]:
    root(f"text {text}", text, {"a": 1})
BROKEN = [
    {"type": "strin"}, {"type": 5}, {"type": ["string", "string"]}, {"type": [5]}, {"required": True}, {"required": "a"}, {"required": ["a", "a"]}, {"required": [5]},
    {"properties": []}, {"properties": {"a": 5}}, {"properties": {"a": {"type": "x"}}}, {"additionalProperties": "x"}, {"items": 5}, {"enum": "x"}, {"enum": {}},
    {"minimum": "5"}, {"maximum": True}, {"exclusiveMinimum": "x"}, {"multipleOf": 0}, {"multipleOf": "x"}, {"minLength": -1}, {"minLength": 1.5}, {"minLength": 2.0},
    {"minLength": 3, "maxLength": 2}, {"minItems": "1"}, {"minProperties": 3, "maxProperties": 1}, {"uniqueItems": "yes"}, {"pattern": "("}, {"pattern": 5},
    {"pattern": "(?=x)"}, {"pattern": "a{2000}"}, {"patternProperties": {"(": {}}}, {"patternProperties": []}, {"format": 5}, {"allOf": {}}, {"allOf": []}, {"anyOf": 5}, {"oneOf": [5]},
    {"not": 5}, {"if": 5}, {"then": 5}, {"dependencies": []}, {"dependencies": {"a": [5]}}, {"dependencies": {"a": 5}}, {"definitions": 5}, {"definitions": {"a": 5}},
    {"$ref": 5}, {"$id": 5}, {"id": 5}, {"$schema": 5}, {"title": 5}, {"description": []}, {"contains": 5}, {"propertyNames": 5}, {"$defs": 5}, {"propertyNames": {"type": "x"}},
]
for schema in BROKEN:
    root(f"broken {json.dumps(schema)}", schema, {})
    if set(schema) & {"type", "required", "exclusiveMinimum", "pattern", "id", "items", "allOf"}:
        root(f"broken draft 7 {json.dumps(schema)}", {"$schema": DRAFTS[7], **schema}, {})
root("two things wrong", {"type": "strin", "minimum": "x", "properties": {"a": {"type": "y"}}}, {})
root("a draft of another spelling", {"$schema": "https://json-schema.org/draft-07/schema", "type": "array"}, {})
root("the latest draft", {"$schema": "http://json-schema.org/schema#", "type": "array"}, {})
root("duplicate ids", {"$id": "http://example.com/x", "definitions": {"b": {"$id": "http://example.com/x"}}}, {})
root("duplicate anchors", {"$anchor": "x", "$defs": {"b": {"$anchor": "x"}}}, {})

# Which values are checked.
WANTS_A = {"required": ["a"]}
STRICT = {"type": "object", "properties": {"global": {"type": "object"}, "a": {"type": "string"}}, "additionalProperties": False}
SUB = "apiVersion: v2\nname: s\nversion: 0.1.0\n"
chart("defaults count", {"values.schema.json": WANTS_A, "values.yaml": "a: 1\n"})
chart("null takes a default away", {"values.schema.json": WANTS_A, "values.yaml": "a: 1\n"}, "a: null\n")
chart("a null that stays", {"values.schema.json": {"properties": {"b": {"type": "string"}}}}, "b: null\n")
chart("flags are typed", {"values.schema.json": {"properties": {"a": {"type": "string"}}}}, "{}", ["--set", "a=5"])
chart("flags that are strings", {"values.schema.json": {"properties": {"a": {"type": "string"}}}}, "{}", ["--set-string", "a=5"])
chart("large integers from flags", {"values.schema.json": {"properties": {"a": {"maximum": 5, "type": "integer"}}}}, "{}", ["--set", "a=9007199254740993"])
chart("skipped", {"values.schema.json": WANTS_A}, "{}", ["--skip-schema-validation"])
chart("skipped while broken", {"values.schema.json": "{"}, "{}", ["--skip-schema-validation"])
chart("a subchart sees global", {"charts/s/Chart.yaml": SUB, "charts/s/values.schema.json": STRICT}, "s: {a: x}\nglobal: {g: 1}\n")
chart("a parent sees its subchart", {"values.schema.json": STRICT, "charts/s/Chart.yaml": SUB}, "a: x\n")
chart("both fail", {"values.schema.json": WANTS_A, "charts/s/Chart.yaml": SUB, "charts/s/values.schema.json": WANTS_A})
chart("a parent fills in", {"values.yaml": "s: {a: 1}\n", "charts/s/Chart.yaml": SUB, "charts/s/values.schema.json": WANTS_A})
chart("a wrong schema in a subchart", {"values.schema.json": WANTS_A, "charts/s/Chart.yaml": SUB, "charts/s/values.schema.json": "{"})
chart("a wrong schema above one", {"values.schema.json": "{", "charts/s/Chart.yaml": SUB, "charts/s/values.schema.json": WANTS_A})
DEPENDS = "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies:\n- {name: s, version: 0.1.0, condition: s.enabled}\n"
ALIASED = "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies:\n- {name: s, version: 0.1.0, alias: one}\n- {name: s, version: 0.1.0, alias: two}\n"
INNER = {"charts/s/Chart.yaml": SUB, "charts/s/values.schema.json": WANTS_A}
chart("a disabled subchart", {"Chart.yaml": DEPENDS, **INNER}, "s: {enabled: false}\n")
chart("an enabled subchart", {"Chart.yaml": DEPENDS, **INNER}, "s: {enabled: true}\n")
chart("aliases", {"Chart.yaml": ALIASED, **INNER}, "one: {a: 1}\n")
chart("both aliases", {"Chart.yaml": ALIASED, **INNER}, "{}")
chart("charts in charts", {**INNER, "charts/s/charts/t/Chart.yaml": SUB.replace("name: s", "name: t"), "charts/s/charts/t/values.schema.json": STRICT}, "s: {t: {b: 1, d: 2}}\n")
chart("three in a row", {**INNER, "charts/b/Chart.yaml": SUB.replace("name: s", "name: b"), "charts/b/values.schema.json": WANTS_A, "values.schema.json": WANTS_A})
chart("a library's schema", {"charts/s/Chart.yaml": SUB + "type: library\n", "charts/s/values.schema.json": WANTS_A})
IMPORTS = "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies:\n- {name: s, version: 0.1.0, import-values: [{child: x, parent: y}]}\n"
chart("imported values", {"Chart.yaml": IMPORTS, "values.schema.json": {"properties": {"y": {"required": ["k"]}}, "required": ["y"]}, "charts/s/Chart.yaml": SUB, "charts/s/values.yaml": "x: {j: 1}\n"})
chart("before kubeVersion", {"Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\nkubeVersion: '>9'\n", "values.schema.json": WANTS_A})
chart("a byte-order mark", {"values.schema.json": "\ufeff{\"required\": [\"a\"]}"})
chart("a name with a dot", {"charts/s/Chart.yaml": SUB.replace("name: s", "name: s.t"), "charts/s/values.schema.json": WANTS_A, "charts/s/values.yaml": "b: 1\n"})
chart("dates stay strings", {"values.schema.json": {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}}, "a: 2024-01-01\nb: 0o17\n")
chart("octal and large", {"values.schema.json": {"properties": {"a": {"maximum": 5}, "b": {"maximum": 5}, "c": {"maximum": 5}}}}, "a: 0777\nb: 1_000\nc: 123456789012\n")
