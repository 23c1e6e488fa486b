//! What the reader as a whole does: places and comments, words of errors, limits, effort.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::input::STEPS;
use super::*;
use crate::error::ErrorKind;

fn given(text: impl AsRef<[u8]>) -> Arc<Source> {
    source("values.yaml", text.as_ref()).unwrap()
}

fn parsed(text: impl AsRef<[u8]>) -> Node {
    read(&given(text), &Limits::default()).unwrap()
}

fn refused(text: impl AsRef<[u8]>) -> crate::error::Error {
    source("values.yaml", text.as_ref()).and_then(|source| read(&source, &Limits::default())).unwrap_err()
}

fn place(at: &Span) -> (u32, u32) {
    (at.line, at.column)
}

#[test]
fn everything_has_its_place() {
    let node = parsed("é: &x\n  ключ: [a, *y ]\nb:\n  - *x\n  -  c: ''\n".replace("*y", "\"s\""));
    let root = node.as_map().unwrap();
    assert_eq!(place(&node.at), (1, 1));
    assert_eq!((place(&root["é"].at), place(&root["é"].value.at)), ((1, 1), (1, 4)), "a mapping with an anchor begins at the anchor");
    let inner = &root["é"].value.as_map().unwrap()["ключ"];
    assert_eq!((place(&inner.at), place(&inner.value.at)), ((2, 3), (2, 9)));
    assert_eq!(place(&inner.value.as_list().unwrap()[1].at), (2, 13));
    let items = root["b"].value.as_list().unwrap();
    assert_eq!(place(&items[0].at), (1, 4), "what an alias stands for keeps its own place");
    assert_eq!(place(&items[1].as_map().unwrap()["c"].value.at), (5, 9));
}

#[test]
fn a_key_has_the_comment_block_above_it() {
    let node = parsed(
        "# of nobody\n\n# of a\n##  and more\na: 1 # beside\nb: |\n  # text\nc:\n  # of the item\n  - d: 1\n\r\n    # of e\r\n    e: {f: 1}\n",
    );
    let root = node.as_map().unwrap();
    let comments: Vec<_> = root.iter().map(|(key, entry)| (&**key, entry.comment.as_deref())).collect();
    assert_eq!(comments, [("a", Some("of a\n and more")), ("b", None), ("c", None)]);
    let item = &root["c"].value.as_list().unwrap()[0];
    assert_eq!(item.comment.as_deref(), Some("of the item"));
    let fields = item.as_map().unwrap();
    assert_eq!((fields["d"].comment.as_deref(), fields["e"].comment.as_deref()), (None, Some("of e")));
    assert_eq!(fields["e"].value.as_map().unwrap()["f"].comment, None, "the comment is that of the first on the line");
}

#[test]
fn merge_keys_take_effect_where_they_stand() {
    let node = parsed("base: &base {a: 1, b: 2}\nuser:\n  a: 3\n  <<: *base\n  b: 4\n");
    assert_eq!(serde_json::to_string(node.get("user").unwrap()).unwrap(), r#"{"a":1,"b":4}"#);
    let a = &node.get("user").unwrap().as_map().unwrap()["a"];
    assert_eq!(place(&a.at), (1, 14), "a merged key is where it was written");
}

#[test]
fn only_the_first_document_is_read_unless_all_are_asked_for() {
    let stream = given("a: 1\n---\n---\n- x\n...\n---\n[");
    assert!(read(&stream, &Limits::default()).is_ok());
    assert!(read_all(&stream, &Limits::default()).is_err());
    let nodes = read_all(&given("a: 1\n---\n---\n- x\n...\n"), &Limits::default()).unwrap();
    let kinds: Vec<_> = nodes.iter().map(|node| node.data.type_name()).collect();
    assert_eq!(kinds, ["mapping", "null", "list"]);
    assert_eq!(read_all(&given("# nothing\n"), &Limits::default()).unwrap().len(), 0);
    assert!(matches!(parsed("").data, Data::Null));
}

#[test]
fn utf16_and_marks_are_decoded() {
    for bytes in [&b"\xEF\xBB\xBFa: \xC3\xA9"[..], b"\xFF\xFEa\0:\0 \0\xE9\0", b"\xFE\xFF\0a\0:\0 \0\xE9"] {
        assert_eq!(parsed(bytes).get("a").and_then(Node::as_str), Some("é"));
    }
}

/// One report for each sort of mistake: words, place, excerpt, hints, and Helm's own words.
#[test]
fn mistakes_are_shown() {
    let mistakes: &[&[u8]] = &[
        b"a: b: c\n",
        b"a:\n\t- b\n",
        b"image: {{ .Values.image }}\n",
        b"{{- if .Values.a }}\na: 1\n",
        b"a: 'x\nb: 1\n",
        b"a: [1,\n  2\nb: 3\n",
        b"a:\n  - b\n c: d\n",
        b"a: 1\nb\nc: 2\n",
        b"a: 1\n b: 2\n",
        b"a: @b\n",
        b"a: *b\n",
        b"a: &b [*b]\n",
        b"a: \"\\q\"\n",
        b"a: |\n  x\n \ty\n",
        b"a: !!int x\n",
        b"<<: 1\n",
        b"a:\n  ~: 1\n",
        b"a:\n  b: .inf\n",
        b"a: 1\nb: \x01\n",
        b"a: 1\nb: \xC3\xA9\xFF\n",
        b"%YAML 1.2\n---\n",
    ];
    let mut shown = String::new();
    for text in mistakes {
        let helm = source("values.yaml", text).map_or_else(|_| None, |source| helm_error(&source, &Limits::default()));
        let _ = writeln!(shown, "{}  helm: {}\n", refused(text).report(), helm.as_deref().unwrap_or("-"));
    }
    insta::with_settings!({ snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/yaml"), prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("mistakes", shown);
    });
}

#[test]
fn every_limit_names_itself() {
    let limits = Limits { bytes: 60, depth: 3, nodes: 20 };
    for (text, word) in [
        ("x".repeat(61), "`bytes`"),
        ("[[[[]]]]".into(), "`depth`"),
        // Aliases nest what they stand for.
        ("- &a [[x]]\n- &b [*a]\n- [*b]\n".into(), "`depth`"),
        ("[a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t]".into(), "`nodes`"),
        ("- &a [1,2,3,4]\n- [*a,*a,*a]\n".into(), "`nodes`"),
    ] {
        let error = read(&given(&text), &limits).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{text}");
        assert!(error.to_string().contains(word) && error.place().is_some_and(|place| place.line > 0), "{text}: {error:?}");
    }
    assert!(read(&given("[[[]]]"), &limits).is_ok());
}

#[test]
fn an_alias_bomb_is_refused_before_it_goes_off() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let alias = format!("*a{}", level - 1);
        let _ = writeln!(bomb, "a{level}: &a{level} [{}]", [alias.as_str(); 9].join(","));
    }
    let source = given(bomb);
    let before = STEPS.get();
    let error = read(&source, &Limits::default()).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Limit, "document contains excessive aliasing"));
    assert!(STEPS.get() - before < 2_000_000);
}

/// Even four times as deep as is allowed, collections can be cloned, compared, shown and dropped on the stack of a usual thread.
#[test]
fn the_deepest_nesting_fits_a_usual_stack() {
    let limits = Limits { depth: 4 * Limits::default().depth, ..Limits::default() };
    let depth = limits.depth;
    let block = (0..depth).map(|level| format!("{}k:\n", " ".repeat(level))).collect::<String>();
    let texts =
        ["[".repeat(depth) + &"]".repeat(depth), block, format!("{}x", "- ".repeat(depth)), "{a: ".repeat(depth) + &"}".repeat(depth)];
    let work = move || {
        for text in texts {
            let node = read(&given(text), &limits).unwrap();
            let copy = node.clone();
            assert!(node.same(&copy));
            assert!(!serde_json::to_string(&copy).unwrap().is_empty() && !format!("{copy:?}").is_empty());
        }
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn the_limit_on_nodes_holds_for_all_documents_together() {
    let limits = Limits { nodes: 100, ..Limits::default() };
    assert!(read_all(&given("---\n".repeat(30)), &limits).is_ok());
    assert_eq!(read_all(&given("---\n".repeat(300)), &limits).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn endless_lines_and_quotes_are_cut() {
    let error = refused(format!("? {{a: {}}}\n", "x".repeat(10_000)));
    assert!(error.report().len() < 1_500, "{error:?}");
    let error = refused(format!("[{}", "a, ".repeat(10_000)));
    assert!(error.report().len() < 1_500, "{error:?}");
    assert!(refused(format!("{}: b: c", "a".repeat(300))).report().len() < 400);
}

#[test]
fn words_that_are_not_text() {
    for text in ["yes", "n", "1", "0x1F", "1e3", ".5", "~", "", "null", ".inf", "2001-01-01", "0b-1", "+1"] {
        assert!(!is_text(text), "{text}");
    }
    for text in ["yEs", "1.2.3", "1:30", "<<", "-", "0x", "2001-13-01", ".", "e5", "1e999", "a"] {
        assert!(is_text(text), "{text}");
    }
}

/// A shape of text, by name, in any size.
type Shape = (&'static str, fn(usize) -> String);

/// Twice the text, at most about twice the work, for every shape that has tempted a scanner to look again and again.
#[test]
fn effort_grows_with_the_text_and_no_faster() {
    let shapes: &[Shape] = &[
        ("opened lists", |n| "[".repeat(n)),
        ("opened mappings", |n| "{".repeat(n)),
        ("opened pairs", |n| "[a: ".repeat(n)),
        ("empty lists", |n| format!("[{}]", "[], ".repeat(n))),
        ("keys that are lists", |n| "[]: ".repeat(n)),
        ("explicit keys", |n| "? ".repeat(n)),
        ("explicit keys on lines", |n| "? a\n".repeat(n)),
        ("entries on a line", |n| "- ".repeat(n)),
        ("colons", |n| ": ".repeat(n)),
        ("colons on lines", |n| ":\n".repeat(n)),
        ("anchors", |n| (0..n).map(|i| format!("- &a{i} x\n")).collect()),
        ("anchors and aliases", |n| (0..n).map(|i| format!("- &a{i} x\n- *a{i}\n")).collect()),
        ("redefined anchors", |n| "- &a x\n- *a\n".repeat(n)),
        ("anchors without nodes", |n| "&a ".repeat(n)),
        ("tags", |n| "- !a%20b x\n".repeat(n)),
        ("a long tag", |n| format!("!{} x", "a%20".repeat(n))),
        ("many tag directives", |n| (0..n).map(|i| format!("%TAG !{i}! x\n")).collect()),
        ("a long plain scalar", |n| "word ".repeat(n)),
        ("a plain scalar of many lines", |n| "word\n".repeat(n)),
        ("a plain scalar with gaps", |n| "word\n\n\n".repeat(n)),
        ("a long key", |n| format!("{}: x", "k".repeat(n))),
        ("keys that never come", |n| "{a b c\n".repeat(n)),
        ("a flow line with a comment above", |n| format!("# c\n{{{}}}", (0..n).map(|i| format!("k{i}: v,   ")).collect::<String>())),
        ("blanks", |n| " ".repeat(n) + "a"),
        ("blank lines", |n| "\n".repeat(n) + "a"),
        ("blanks behind a value", |n| format!("a: b{}\nc: d", " ".repeat(n))),
        ("comments", |n| "# comment\n".repeat(n) + "a: 1"),
        ("comments beside", |n| "a: 1 # comment\n".repeat(n)),
        ("a staircase", |n| (0..n.isqrt()).map(|i| format!("{}k:\n", " ".repeat(i))).collect()),
        ("a quoted scalar", |n| format!("\"{}\"", "a \\n\n ".repeat(n))),
        ("an open quote", |n| format!("'{}", "it''s ".repeat(n))),
        ("open quotes", |n| "'a\n'".repeat(n)),
        ("a literal", |n| format!("|\n{}", " text\n\n".repeat(n))),
        ("a folded one", |n| format!(">\n{}", "  text\n   more\n".repeat(n))),
        ("a literal of blanks", |n| format!("|\n{}", "  \n".repeat(n))),
        ("the same key", |n| "a: 1\n".repeat(n)),
        ("merges", |n| format!("a: &a {{b: 1}}\nc:\n{}", "  <<: *a\n".repeat(n))),
        ("documents", |n| "---\na: 1\n".repeat(n)),
        ("line separators", |n| "a: \u{2028}".repeat(n)),
    ];
    let limits = Limits { depth: 100_000, ..Limits::default() };
    for (name, shape) in shapes {
        let effort = |size: usize| {
            let source = given(shape(size));
            let before = STEPS.get();
            // What nests deeper than is safe to drop must be refused here.
            let limits = if name.contains("open") { limits } else { Limits::default() };
            let _ = read_all(&source, &limits);
            (STEPS.get() - before, source.text.len() as u64)
        };
        let ((small, _), (large, bytes)) = (effort(4_000), effort(8_000));
        assert!(large <= small * 5 / 2 + 1_000, "{name}: {small} steps, {large} for twice the text");
        assert!(large <= bytes * 40 + 1_000, "{name}: {large} steps for {bytes} bytes");
    }
}

/// Where everything in a tree is.
fn places(root: &Node) -> Vec<(u32, u32)> {
    let mut all = Vec::new();
    let mut rest = vec![root];
    while let Some(node) = rest.pop() {
        all.push(place(&node.at));
        match &node.data {
            Data::List(items) => rest.extend(items),
            Data::Map(map) => {
                all.extend(map.values().map(|entry| place(&entry.at)));
                rest.extend(map.values().map(|entry| &entry.value));
            }
            _ => {}
        }
    }
    all
}

/// Whether a place is on a character of the text, or just behind the last of a line.
fn is_inside(text: &str, (line, column): (u32, u32)) -> bool {
    let lines: Vec<&str> = text.split_inclusive(['\n', '\u{85}', '\u{2028}', '\u{2029}']).collect();
    match lines.get(line as usize - 1) {
        Some(line) => column >= 1 && column as usize <= line.chars().count() + 1,
        // Behind a last line, ended or not.
        None => line as usize == lines.len() + 1 && column == 1,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(source) = source("x", &bytes) {
            let _ = read_all(&source, &Limits::default());
        }
    }

    #[test]
    fn places_are_inside_and_reading_is_repeatable(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "a", "b: ", "- ", "\n", "\n  ", "\n    ", "? ", ": ", "[", "]", "{", "}", ", ", "&x ", "*x", "!!str ", "|\n", ">-\n", "'", "\"",
            "\\", "# c\n", "---\n", "é", "日", "1.5", "~", "<<: ", "\t", "\u{2028}", "\u{85}", "%",
        ]), 0..40),
    ) {
        let text = pieces.concat();
        let source = given(&text);
        match (read(&source, &Limits::default()), read(&source, &Limits::default())) {
            (Ok(node), Ok(again)) => {
                prop_assert_eq!(format!("{node:?}"), format!("{again:?}"));
                for place in places(&node) {
                    prop_assert!(is_inside(&text, place), "{:?} in {:?}", place, text);
                }
            }
            (Err(error), Err(again)) => {
                prop_assert_eq!(error.report(), again.report());
                let place = error.place().unwrap();
                prop_assert!(is_inside(&text, (place.line, place.column)), "{} in {:?}", place, text);
            }
            (once, twice) => prop_assert!(false, "{once:?}, then {twice:?}"),
        }
    }
}
