//! Templates that try to hang, to grow without end or to overflow the stack end in an error that names the limit.

use std::thread;

use super::{Chance, Limits, Session};
use crate::template::value::{Table, Value};
use crate::template::{ParsedFile, Profile, TemplateSet};

/// What a template renders to within limits, on a stack as renders have it.
fn render(text: &str, limits: Limits) -> Result<String, String> {
    let parsed = ParsedFile::parse("t.yaml", text.as_bytes(), &Profile::V3_17).map_err(|error| error.message)?;
    let work = move || {
        let mut set = TemplateSet::new(Profile::V3_17);
        set.add(&parsed);
        let session = Session::new(&set, limits);
        let output = session.render("t.yaml", Value::map(Table::new()));
        output.map(|text| String::from_utf8_lossy(&text).into_owned()).map_err(|error| error.message)
    };
    thread::Builder::new().stack_size(1 << 30).spawn(work).unwrap().join().unwrap()
}

fn small() -> Limits {
    Limits {
        depth: 300,
        steps: 200_000,
        output_bytes: 100_000,
        string_bytes: 100_000,
        made_bytes: 30_000_000,
        seconds: 60,
        list_items: 10_000,
    }
}

#[test]
fn hostile_templates_end_in_an_error_that_names_the_limit_and_the_line() {
    let table = [
        ("steps", "{{ range until 9999 }}{{ range until 9999 }}{{ end }}{{ end }}", "more than 200000 steps"),
        ("output", "{{ range until 9999 }}0123456789012345{{ end }}", "more than 100000 bytes of output"),
        ("repeat", "\n{{ repeat 999999999 \"ab\" }}", "a string of more than 100000 bytes"),
        ("indent", "{{ indent 999999999 \"a\" }}", "a string of more than 100000 bytes"),
        ("printf", "{{ printf \"%999999d\" 1 }}", "a string of more than 100000 bytes"),
        ("doubling", "{{ $x := \"ab\" }}{{ range until 99 }}{{ $x = print $x $x }}{{ end }}", "a string of more than 100000 bytes"),
        ("until", "{{ until 999999999 }}", "a list of more than 10000 items"),
        ("seq", "{{ seq 0 1 999999999 }}", "a list of more than 10000 items"),
        ("recursion", "{{ define \"a\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}", "templates nested deeper than 300"),
        (
            "mutual",
            "{{ define \"a\" }}{{ include \"b\" . }}{{ end }}{{ define \"b\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}",
            "templates nested deeper than 300",
        ),
        (
            "tpl",
            "{{ define \"a\" }}{{ tpl \"{{ include \\\"a\\\" . }}\" . }}{{ end }}{{ include \"a\" . }}",
            "templates nested deeper than 300",
        ),
        ("splitList", "{{ splitList \",\" (repeat 20000 \",\") }}", "a list of more than 10000 items"),
        ("splitn", "{{ splitn \"\" 999999999 (repeat 20000 \"a\") }}", "a list of more than 10000 items"),
        ("matches", "{{ regexFindAll \"a\" (repeat 20000 \"a\") -1 }}", "a list of more than 10000 items"),
        ("replacements", "{{ regexReplaceAll \"a\" (repeat 1000 \"a\") (repeat 1000 \"b\") }}", "a string of more than 100000 bytes"),
        ("verbs", "{{ printf (repeat 1000 \"%99999[1]d\") 1 }}", "a string of more than 100000 bytes"),
        ("padded list", "{{ printf \"%99999d\" (until 99) }}", "a string of more than 100000 bytes"),
        (
            "values",
            "{{ $d := dict }}{{ range until 999 }}{{ $_ := set $d (toString .) (repeat 99999 \"a\") }}{{ end }}",
            "more than 30000000 bytes of values",
        ),
        ("lists", "{{ $l := list }}{{ range until 9999 }}{{ $l = append $l . }}{{ end }}", "more than 30000000 bytes of values"),
        (
            "patterns",
            "{{ range until 9999 }}{{ $_ := regexMatch (printf \"[a-z]{1,900}%d\" .) \"a\" }}{{ end }}",
            "more than 30000000 bytes of values",
        ),
        (
            "slow pattern",
            "{{ regexMatch \"(?:(?:a|b|ab){1,20}){1,40}c\" (repeat 99999 \"a\") }}",
            "a regular expression of up to 262144 bytes on a text of 99999 bytes",
        ),
        ("pattern", "{{ regexMatch (repeat 100 \"\\\\pL\") (repeat 99999 \"a\") }}", "on a text of 99999 bytes"),
        ("toml", "{{ fromToml (print \"a = \" (repeat 999 \"[\")) }}", "arrays and inline tables of TOML nested deeper than 200"),
        ("toml key", "{{ fromToml (print (repeat 999 \"a.\") \"b = 1\") }}", "a TOML key of more than 100 parts"),
        ("cycle", "{{ $d := dict }}{{ $_ := set $d \"d\" $d }}{{ deepCopy $d }}", "a value nested deeper than 1000"),
        ("keys", "{{ range until 999 }}{{ genPrivateKey \"ecdsa\" }}{{ end }}", "more than 200000 steps"),
    ];
    for (name, template, expected) in table {
        let error = render(template, small()).expect_err(name);
        assert!(error.contains("limit reached: ") && error.contains(expected) && error.contains("t.yaml:"), "{name}: {error}");
    }
}

#[test]
fn what_is_shared_counts_as_often_as_it_stands_there() {
    let lists = "{{ $x := list \"abcdefgh\" }}{{ range until 40 }}{{ $x = list $x $x }}{{ end }}";
    let dicts = "{{ $x := dict \"k\" \"abcdefgh\" }}{{ range until 40 }}{{ $x = dict \"a\" $x \"b\" $x }}{{ end }}";
    let uses = [
        "$x",
        "print $x",
        "println $x",
        "printf \"%v\" $x",
        "toString $x",
        "quote $x",
        "squote $x",
        "cat $x",
        "html $x",
        "js $x",
        "urlquery $x",
        "toYaml $x",
        "toYamlPretty $x",
        "toJson $x",
        "toPrettyJson $x",
        "toRawJson $x",
        "toToml (dict \"a\" $x)",
        "deepCopy $x",
        "deepEqual $x (list $x)",
        "uniq (list $x)",
        "has $x (list $x)",
        "without (list $x) $x",
        "join \",\" (list $x)",
        "toStrings (list $x)",
        "sortAlpha (list $x)",
        "merge (dict) (dict \"x\" $x)",
        "urlJoin (dict \"host\" $x)",
    ];
    for (made, used) in [lists, dicts].iter().flat_map(|made| uses.iter().map(move |used| (made, used))) {
        let error = render(&format!("{made}\n{{{{ {used} }}}}"), Limits { string_bytes: 1 << 20, ..Limits::default() });
        let error = error.expect_err(used);
        assert!(error.contains("t.yaml:2") && error.contains("limit reached: a value of more than 1048576 bytes"), "{used}: {error}");
    }
}

#[test]
fn errors_stay_short_however_deep_they_are() {
    let long = "x".repeat(100_000);
    let deep = format!(
        "{{{{ define \"a\" }}}}{{{{ tpl (print \"{long}\" \"{{{{ include \\\"a\\\" . }}}}\") . }}}}{{{{ end }}}}{{{{ include \"a\" . }}}}"
    );
    let error = render(&deep, Limits { depth: 500, ..Limits::default() }).expect_err("too deep");
    assert!(error.contains("templates nested deeper than 500") && error.len() < 4 << 20, "{} bytes", error.len());
}

#[test]
fn the_stack_holds_what_the_default_depth_allows() {
    let names = ["a", "b", "c", "d", "e", "a"];
    let text: String = names
        .windows(2)
        .map(|pair| format!("{{{{ define {:?} }}}}{{{{ with 1 }}}}{{{{ range list 1 }}}}{{{{ include {:?} (dict) | upper }}}}{{{{ end }}}}{{{{ end }}}}{{{{ end }}}}", pair[0], pair[1]))
        .collect();
    let error = render(&(text + "{{ include \"a\" . }}"), Limits::default()).expect_err("too deep");
    assert!(error.contains("templates nested deeper than 4000"), "{}", &error[error.len() - 300..]);
}

#[test]
fn values_that_hold_themselves_do_no_harm() {
    let cycle = "{{ $d := dict }}{{ $_ := set $d \"d\" $d }}";
    for use_of_it in [
        "{{ $d | toYaml | len }}",
        "{{ $d | toJson | len }}",
        "{{ deepEqual $d $d }}",
        "{{ print $d | len }}",
        "{{ toYamlPretty $d | len }}",
    ] {
        assert!(render(&format!("{cycle}{use_of_it}"), Limits::default()).is_ok(), "{use_of_it}");
    }
    let deep = "{{ $x := dict }}{{ range until 200000 }}{{ $x = dict \"a\" $x \"b\" (list $x) }}{{ end }}done";
    assert_eq!(render(deep, Limits::default()).as_deref(), Ok("done"));
}

#[test]
fn deep_nesting_is_refused_when_parsed() {
    let parentheses = format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000));
    let blocks = format!("{}{}", "{{ if 1 }}".repeat(100_000), "{{ end }}".repeat(100_000));
    for template in [parentheses, blocks] {
        let error = render(&template, Limits::default()).expect_err("too deep");
        assert!(error.contains("nested deeper than 200 levels"), "{error}");
    }
}

#[test]
fn a_failure_tells_the_chain_of_calls() {
    let mut set = TemplateSet::new(Profile::V3_17);
    let text = b"a: 1\nb: {{ include \"inner\" . }}\n{{ define \"inner\" }}\n  {{ .x.y }}{{ end }}";
    set.add(&ParsedFile::parse("c/t.yaml", &text[..], &Profile::V3_17).unwrap());
    let session = Session::new(&set, Limits::default());
    let error = session.render("c/t.yaml", Value::map(Table::new())).unwrap_err();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/template");
    insta::with_settings!({ snapshot_path => folder, prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("chain", crate::error::Error::from(error).report());
    });
}

#[test]
fn functions_that_answer_differently_next_time_are_noted() {
    let mut set = TemplateSet::new(Profile::V3_17);
    set.add(&ParsedFile::parse("t", *b"{{ randAlpha 3 | len }}\n{{ upper \"a\" }}{{ now | kindOf }}", &Profile::V3_17).unwrap());
    let session = Session::new(&set, Limits::default());
    assert_eq!(session.render("t", Value::Nil).unwrap(), b"3\nAstruct");
    let calls: Vec<(&str, usize)> = session.impure_calls().iter().map(|call| (call.function, call.line)).collect();
    assert_eq!(calls, [("randAlpha", 1), ("now", 2)]);
}

/// Every function that asks chance, clock, keys, cluster or network, in a call in which it does.
const IMPURE: [&str; 31] = [
    "now",
    "date \"2006\" nil",
    "date_in_zone \"2006\" nil \"UTC\"",
    "dateInZone \"2006\" nil \"UTC\"",
    "htmlDate nil",
    "htmlDateInZone nil \"UTC\"",
    "ago 0",
    "durationRound (toDate \"2006\" \"2020\")",
    "randAlphaNum 3",
    "randAlpha 3",
    "randNumeric 3",
    "randAscii 3",
    "randBytes 3",
    "randInt 0 9",
    "shuffle \"abc\"",
    "uuidv4",
    "bcrypt \"p\"",
    "htpasswd \"u\" \"p\"",
    "encryptAES \"k\" \"t\"",
    "genPrivateKey \"rsa\"",
    "genPrivateKey \"ecdsa\"",
    "genPrivateKey \"ed25519\"",
    "genCA \"a\" 1",
    "genCAWithKey \"a\" 1 \"k\"",
    "genSelfSignedCert \"a\" nil nil 1",
    "genSelfSignedCertWithKey \"a\" nil nil 1 \"k\"",
    "genSignedCert \"a\" nil nil 1 (genCA \"ca\" 1)",
    "genSignedCertWithKey \"a\" nil nil 1 (genCA \"ca\" 1) \"k\"",
    "lookup \"v1\" \"Pod\" \"\" \"\"",
    "getHostByName \"example.org\"",
    "ago nil",
];

#[test]
fn every_impure_call_is_noted_where_it_is_written_and_repeats_when_stable() {
    for action in IMPURE {
        let render = || {
            let text = format!("1\n{{{{ print ({action}) }}}}\n{{{{ tpl {:?} . }}}}", format!("\n{{{{ {action} | print }}}}"));
            let mut set = TemplateSet::new(Profile::V3_17);
            set.add(&ParsedFile::parse("c/t.yaml", text.as_bytes(), &Profile::V3_17).unwrap());
            let session = Session::new(&set, Limits::default()).with_chance(Chance::Stable);
            let output = session.render("c/t.yaml", Value::map(Table::new())).unwrap_or_else(|error| panic!("{action}: {error}"));
            (output, session.impure_calls())
        };
        let ((text, calls), again) = (render(), render());
        assert_eq!((&text, &calls), (&again.0, &again.1), "{action}");
        let function = action.split(' ').next().unwrap();
        let mut places: Vec<(&str, &str, usize)> =
            calls.iter().map(|call| (call.function, &*call.file, call.line)).filter(|place| place.0 == function).collect();
        places.dedup();
        assert_eq!(places, [(function, "c/t.yaml", 2), (function, "c/t.yaml", 3)], "{action}");
    }
}

#[test]
fn stable_renders_repeat_and_yet_tell_arguments_and_calls_apart() {
    let text = "{{ randAlphaNum 8 }} {{ randAlphaNum 8 }} {{ uuidv4 }} {{ now | date \"2006\" }} {{ htpasswd \"u\" \"p\" }} \
                {{ $ca := genCA \"ca\" 1 }}{{ (genSignedCert \"a\" nil nil 1 $ca).Cert | sha256sum }} {{ (genCA \"b\" 1).Key | sha256sum }}";
    let stable = || {
        let mut set = TemplateSet::new(Profile::V3_17);
        set.add(&ParsedFile::parse("t", text.as_bytes(), &Profile::V3_17).unwrap());
        let session = Session::new(&set, Limits::default()).with_chance(Chance::Stable);
        String::from_utf8(session.render("t", Value::Nil).unwrap()).unwrap()
    };
    let first = stable();
    assert_eq!(first, stable());
    let words: Vec<&str> = first.split(' ').collect();
    assert!(words[0] != words[1] && words[3] == "2020" && words[4].len() == 62 && words[5] != words[6], "{first}");
}
