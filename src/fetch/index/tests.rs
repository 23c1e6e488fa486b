//! The index: the short way against the long one, and Helm's choices.

use proptest::prelude::*;

use super::*;

/// An index as `helm repo index` writes it, folded and quoted scalars included.
const INDEX: &str = r#"apiVersion: v1
entries:
  alpine:
  - apiVersion: v2
    created: "2026-01-02T03:04:05.678901234Z"
    description: 'A chart whose description is long enough that it''s folded onto the next
      line: entries, as it were'
    digest: aa
    name: alpine
    urls:
    - alpine-0.1.0.tgz
    version: 0.1.0
  thanos:
  - annotations:
      artifacthub.io/changes: |
        - kind: changed
          description: "an unfinished quote
  thanos-like:
      keywords: [a, b]
    apiVersion: v2
    digest: sha256:bb
    urls:
    - https://h/thanos-12.20.4.tgz
    version: 12.20.4
  - urls: ["https://h/thanos-13.0.0-rc.1.tgz"]
    version: 13.0.0-rc.1
  - version: 12.20.2
    urls:
    - thanos-12.20.2.tgz
    dependencies:
    - name: x
      version: "99.0.0"
  - version: not a version
generated: "2026-01-02T03:04:05Z"
"#;

fn versions(text: &str, chart: &str) -> Vec<String> {
    match look_up(text.as_bytes(), "the index", chart).unwrap() {
        Lookup::Releases(releases) => releases.into_iter().map(|release| release.version).collect(),
        Lookup::NoChart(names) => panic!("not among {names:?}"),
    }
}

/// The index with the part that only looks like a chart indented as the block scalar it is in.
fn index() -> String {
    INDEX.replace("\n  thanos-like:\n      keywords", "\n        \n        thanos-like:\n            keywords")
}

#[test]
fn the_short_way_takes_an_ordinary_index() {
    let index = index();
    for chart in ["alpine", "thanos"] {
        assert!(matches!(scan::find(&index, chart), Some(scan::Found::Block(block)) if block.trim_start().starts_with(chart)), "{chart}");
    }
    assert_eq!(scan::find(&index, "nginx"), Some(scan::Found::Missing(vec!["alpine", "thanos"])));
    assert_eq!(versions(&index, "thanos"), ["12.20.4", "13.0.0-rc.1", "12.20.2"]);
    let json =
        serde_json::to_string(&yaml::read(&Arc::new(Source { name: "x".into(), text: index }), &Limits::default()).unwrap()).unwrap();
    assert_eq!(versions(&json, "thanos"), ["12.20.4", "13.0.0-rc.1", "12.20.2"]);
}

#[test]
fn the_short_way_gives_up_where_it_cannot_be_sure() {
    let table = [
        ("an anchor", "entries:\n  a: &x\n  - version: 1.0.0\n"),
        ("an alias", "entries:\n  a: *x\n"),
        ("a tag", "entries:\n  a: !!seq\n  - version: 1.0.0\n"),
        ("a tab", "entries:\n  a:\t\n  - version: 1.0.0\n"),
        ("a carriage return", "entries:\r\n  a:\r\n  - version: 1.0.0\r\n"),
        ("another line break", "entries:\n  a:\n  - d: x\u{2028}  b:\n"),
        ("flow over lines", "entries:\n  a:\n  - urls: [\n  b: 1]\n"),
        ("a flow quote", "entries:\n  a:\n  - urls: [\"x\n  b:\"]\n"),
        ("flow entries", "entries: {a: []}\n"),
        ("entries twice", "entries:\n  a:\nentries:\n  a:\n"),
        ("a chart twice", "entries:\n  a:\n  a:\n"),
        ("a key that is a number", "entries:\n  1.10:\n  - version: 1.0.0\n"),
        ("a key that is a boolean", "entries:\n  on:\n  - version: 1.0.0\n"),
        ("an open quote", "entries:\n  a:\n  - d: \"x\n"),
        ("a complex key", "entries:\n  ? a\n  : - version: 1.0.0\n"),
        ("two documents", "entries:\n  a:\n---\nentries:\n  a:\n"),
        ("a scalar on its own line", "entries:\n  a:\n  - description:\n      \"x\n  b:\n\"\n"),
        ("a list", "- a\n"),
        ("nothing", ""),
        ("no entries", "apiVersion: v1\n"),
    ];
    for (what, text) in table {
        assert_eq!(scan::find(text, "a"), None, "{what}");
    }
}

#[test]
fn a_comment_behind_a_dash_is_no_key() {
    let text = "entries:\n  a:\n  - # c: \"\n    version: 1.0.0\n  b:\n  - d: \"x\"\n    version: 1.0.0\n";
    assert_eq!(scan::find(text, "z"), Some(scan::Found::Missing(vec!["a", "b"])));
}

#[test]
fn chooses_as_helm_does() {
    let index = index();
    let found = |wanted: &str, devel| {
        find(index.as_bytes(), "the index", "thanos", &Wanted::parse(Some(wanted)), devel).map(|release| release.version)
    };
    let table = [
        ("latest", false, "12.20.4"),
        ("latest", true, "13.0.0-rc.1"),
        ("12.20.2", false, "12.20.2"),
        ("v12.20.2", false, "12.20.2"),
        ("~12.20", false, "12.20.4"),
        ("<12.20.4", false, "12.20.2"),
        ("13.0.0-rc.1", false, "13.0.0-rc.1"),
        (">=12.0.0", true, "12.20.4"),
        (">=12.0.0-0", false, "13.0.0-rc.1"),
    ];
    for (wanted, devel, version) in table {
        assert_eq!(found(wanted, devel).unwrap(), version, "{wanted} devel={devel}");
    }
    assert_eq!(found("~nonsense", false).unwrap_err().kind(), ErrorKind::Syntax);
}

#[test]
fn what_is_unknown_is_named_with_its_neighbours() {
    let index = index();
    let report = |chart: &str, wanted: &str| {
        find(index.as_bytes(), "https://h/index.yaml", chart, &Wanted::parse(Some(wanted)), false).unwrap_err().report()
    };
    assert_eq!(
        report("thanos", "12.20.3"),
        "error: https://h/index.yaml has no version of thanos that matches 12.20.3\n  hint: the nearest versions are 13.0.0-rc.1, 12.20.4, 12.20.2\n"
    );
    assert_eq!(report("tanos", "1"), "error: https://h/index.yaml has no chart tanos\n  hint: did you mean thanos?\n");
    assert_eq!(report("zzz", "1"), "error: https://h/index.yaml has no chart zzz\n  hint: it has alpine, thanos\n");
}

#[test]
fn what_is_no_index_is_refused_by_name() {
    let table: [(&[u8], &str); 5] = [
        (b"\n<!DOCTYPE html><title>Login</title>", "https://h/index.yaml is a web page, not a chart index"),
        (b"apiVersion: v1\n", "https://h/index.yaml is no chart index: it has no entries"),
        (b"", "https://h/index.yaml is no chart index: it has no entries"),
        (b"{\"message\": \"not found\"}", "https://h/index.yaml is no chart index: it has no entries"),
        (b"\xff\xfe", "https://h/index.yaml is not text: invalid utf-8 sequence of 1 bytes from index 0"),
    ];
    for (text, message) in table {
        assert_eq!(find(text, "https://h/index.yaml", "a", &Wanted::Latest, false).unwrap_err().to_string(), message);
    }
    let broken = find(b"entries:\n  a:\n   - \"x\n", "https://h/index.yaml", "a", &Wanted::Latest, false).unwrap_err();
    assert_eq!(broken.kind(), ErrorKind::Syntax);
    assert!(broken.place().is_some(), "{}", broken.report());
}

#[test]
fn odd_digests_promise_nothing() {
    let release = |digest: &str| Release { version: "1.0.0".into(), urls: vec![], digest: Some(digest.into()) };
    assert!(release(&"ab".repeat(32)).promised().is_some());
    assert_eq!(release("md5:ab").promised(), None);
}

/// A scalar in every style that an index may have, as the text that follows `key: ` at a given column.
fn scalar(column: usize) -> impl Strategy<Value = String> {
    let pad = " ".repeat(column + 2);
    let word =
        prop::sample::select(vec!["a", "it''s", "thanos:", "x: y", "- b", "\\\"", "# c", "entries:", "\"", "'", "[", "{}", "|", "&x"]);
    let words = prop::collection::vec(word, 1..5);
    (words, 0..6u8).prop_map(move |(words, style)| {
        let plain: Vec<String> = words.iter().map(|word| word.chars().filter(char::is_ascii_alphanumeric).collect()).collect();
        let doubled: Vec<String> = words.iter().map(|word| word.replace("\\\"", "").replace('"', "\\\"")).collect();
        let single: Vec<String> = words.iter().map(|word| word.replace("''", "'").replace('\'', "''")).collect();
        match style {
            0 => format!("p{}", plain.join("")),
            1 => format!("p{}", plain.join(&format!("z\n{pad}\"{pad}"))),
            2 => format!("\"{}\"", doubled.join("\n")),
            3 => format!("'{}'", single.join(&format!("\n{pad}"))),
            4 => format!("|-\n{pad}{}", words.join(&format!("\n{pad}"))),
            _ => format!(">\n\n{pad}{} # no comment", words.join(&format!("\n\n{pad}  "))),
        }
    })
}

fn entry() -> impl Strategy<Value = String> {
    let field = prop::sample::select(vec!["description", "\"quoted: key\"", "'home'", "x/y"]);
    (prop::collection::btree_map(field, scalar(4), 0..4), 0..30u8, prop::option::of(scalar(4))).prop_map(|(fields, minor, item)| {
        let mut text = format!("  - version: 1.{minor}.0\n");
        fields.iter().for_each(|(key, value)| text += &format!("    {key}: {value}\n"));
        item.iter().for_each(|item| text += &format!("    list:\n    - {item}\n    # a comment: \"\n"));
        text + "    urls:\n    - a.tgz\n"
    })
}

fn generated_index() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["thanos", "alpine", "\"nginx\"", "'redis'", "a-b", "minio"]);
    let charts = prop::collection::btree_map(name, prop::collection::vec(entry(), 0..3), 1..5);
    (charts, prop::option::of(scalar(0)), any::<bool>()).prop_map(|(charts, note, marker)| {
        let mut text = String::from(if marker { "---\napiVersion: v1\nentries:\n" } else { "apiVersion: v1\n# thanos:\nentries:\n" });
        for (name, entries) in charts {
            text += &format!("  {name}:{}\n", if entries.is_empty() { " []" } else { "" });
            text += &entries.concat();
        }
        note.iter().for_each(|note| text += &format!("note: {note}\n"));
        text + "generated: now\n"
    })
}

/// What the short way says, when it says anything.
fn short_way(text: &str, chart: &str) -> Option<Lookup> {
    read_found(scan::find(text, chart)?, "the index", chart)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// On indexes of the plain shape the short way is taken, and says what the long one says.
    #[test]
    fn both_ways_say_the_same(text in generated_index(), chart in prop::sample::select(vec!["thanos", "nginx", "redis", "note"])) {
        let long = read_whole(&text, "the index", chart);
        prop_assume!(long.is_ok());
        prop_assert_eq!(short_way(&text, chart), Some(long.unwrap()));
    }

    /// On texts that were tampered with the short way says the same or nothing.
    #[test]
    fn tampered_texts_are_not_misread(text in generated_index(), cuts in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(vec![
        "", "\n", " ", "  ", "\"", "'", "- ", ": ", "\n  thanos:\n", "\n  - ", "|\n", "[", "]", "#", " # ", "\n---\n", "&a ", "*a", "\n\"", "\n'", "\\", "? ", "\t", "entries:\n",
    ]), 0..4usize), 1..4)) {
        let mut text = text;
        for (at, piece, removed) in cuts {
            let at = at.index(text.len());
            let end = (at + removed).min(text.len());
            if text.is_char_boundary(at) && text.is_char_boundary(end) {
                text.replace_range(at..end, piece);
            }
        }
        if let (Some(short), Ok(long)) = (short_way(&text, "thanos"), read_whole(&text, "the index", "thanos")) {
            prop_assert_eq!(short, long, "{}", text);
        }
    }
}
