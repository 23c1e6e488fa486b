//! Which lines of a values file are suggested, and that nothing else in the file would change.

use super::super::super::fixtures;
use super::super::super::pull::{Suggestion, suggestions};
use super::*;
use crate::value::{Data, Node};

fn file(text: &str) -> Node {
    let source = Arc::new(Source { name: "values.yaml".into(), text: text.into() });
    yaml::read(&source, &yaml::Limits::default()).unwrap()
}

fn suggested(text: &str, settings: &[(&str, Node)]) -> Vec<Suggestion> {
    let mut finding = fixtures::thanos().findings[0].clone();
    let fix = finding.fix.as_mut().unwrap();
    fix.values = settings.iter().map(|(path, value)| (fixtures::path(path), value.clone())).collect();
    fix.verified = true;
    suggestions(&finding, &file(text))
}

fn replacement(text: &str, path: &str, value: Node) -> Option<(u32, String)> {
    suggested(text, &[(path, value)]).pop().map(|one| (one.line, one.replacement))
}

#[test]
fn a_line_keeps_all_but_its_value() {
    use fixtures::node;
    for (text, value, want) in [
        ("a:\n  b: true\n", node(false), Some((2, "  b: false"))),
        ("a:\n    b:   true   # keep me\n", node(false), Some((2, "    b:   false   # keep me"))),
        ("a: {b: true, c: 1}\n", node(false), Some((1, "a: {b: false, c: 1}"))),
        ("a:\n  b: 'x'\n", node("y"), Some((2, "  b: 'y'"))),
        ("a:\n  b: x\n", node("y/z:1.2"), Some((2, "  b: y/z:1.2"))),
        ("a:\n  b: x\n", node("true"), Some((2, "  b: \"true\""))),
        ("a:\n  b: x\n", node("1.20"), Some((2, "  b: \"1.20\""))),
        ("a:\n  b: 1\n", node(2), Some((2, "  b: 2"))),
        ("# comment\na:\n  # b\n  b: yes\n", node(false), Some((4, "  b: false"))),
        ("a:\n  \"b\": \"x # y\" # z\n", node("w"), Some((2, "  \"b\": \"w\" # z"))),
        // What is not there yet is added where it belongs, or at the end.
        ("a: # mine\n    c: true\nd: 1\n", node(false), Some((1, "a: # mine\n    b: false"))),
        ("c: 1\nd: |\n  text\n\n", node("x"), Some((3, "  text\na:\n  b: \"x\""))),
        // Nothing to do, or nothing that may be done.
        ("a:\n  b: false\n", node(false), None),
        ("a: {}\n", node(false), None),
        ("a: {c: true}\n", node(false), None),
        ("# nothing\n", node(false), None),
        ("a: 1\n", node(false), None),
        ("a:\n  b: x\n", node("two words"), None),
        ("a:\n  b: x\n", node("$(id)"), None),
        ("a:\n  b: x\n", node(""), None),
        ("a:\n  b: x\n", node(Data::Null), None),
        ("a:\n  b: x\n", fixtures::list(vec![node("x")]), None),
        ("a:\n  b: [x]\n", node("y"), None),
        ("a:\n  b:\n", node("y"), None),
        ("a:\n  b: |\n    x\n", node("y"), None),
        ("a:\n  b: x\n    y\n", node("z"), None),
        ("a:\n  b: &anchor x\n", node("y"), None),
        ("c: &anchor x\na:\n  b: *anchor\n", node("y"), None),
        ("a:\n  b: true # \u{202e}\n", node(false), None),
        ("a:\r\n  b: true\r\n", node(false), None),
        ("/a: {b: true}\na: {b: false}\n", node(false), None),
    ] {
        assert_eq!(replacement(text, "a.b", value.clone()), want.map(|(line, text)| (line, text.to_owned())), "{text:?} {value:?}");
    }
    assert_eq!(replacement("/a:\n  b: 1\n", "/a", node(2)), None);
    assert_eq!(replacement("/a: 1\n", "/a", node(2)), None, "a line that a forge takes for a command");
    assert_eq!(replacement("b: 1\n", "a b", node(2)), None, "a key that is more than a word");
    assert_eq!(replacement("auth:\n  password: hunter2\n", "auth.password", node("x")), None);
}

#[test]
fn half_of_a_fix_is_none() {
    use fixtures::node;
    let text = "a:\n  b: true\n  c: true\nd: {e: 1, f: 2}\n";
    let lines = |settings: &[(&str, Node)]| suggested(text, settings).iter().map(|one| one.line).collect::<Vec<_>>();
    assert_eq!(lines(&[("a.b", node(false)), ("a.c", node(false))]), [2, 3]);
    assert_eq!(lines(&[("a.b", node(true)), ("a.c", node(false))]), [3]);
    assert_eq!(lines(&[("a.b", node(false)), ("a.c", node("two words"))]), [0_u32; 0]);
    assert_eq!(lines(&[("d.e", node(2)), ("d.f", node(3))]), [0_u32; 0], "two on one line would undo each other");
}

#[test]
fn the_remark_is_a_suggestion_block() {
    let one = suggested("serviceAccount:\n  create: true # ours\n", &[("serviceAccount.create", fixtures::node(false))]).remove(0);
    insta::assert_snapshot!(one.body, @r#"
    `serviceAccount.create`: A ServiceAccount is now created by default. To keep the old behaviour (verified by a render):

    ```suggestion
      create: false # ours
    ```
    "#);
    let verified_alone = suggested("a: 1\nb: 1\n", &[("a", fixtures::node(2)), ("b", fixtures::node(2))]);
    assert!(verified_alone.iter().all(|one| !one.body.contains("verified")), "what was verified is all of it together");
}
