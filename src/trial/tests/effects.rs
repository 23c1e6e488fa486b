//! What changed defaults mean, and how many renders that costs.

use std::fmt::Write as _;

use super::fixture::{Fixture, effects};

const TEMPLATE: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data:
  read: {{ .Values.read | quote }}
  set: {{ .Values.set | quote }}
  {{- if .Values.gate }}
  gated: {{ .Values.gated | quote }}
  {{- end }}
  {{- if and .Values.one .Values.two }}
  both: x
  {{- end }}
  trimmed: {{ .Values.spaced | trim | quote }}
  {{- toYaml .Values.whole | nindent 2 }}
";

#[test]
fn each_changed_default_is_effective_masked_or_inert() {
    let old = "read: a\nset: a\ngate: false\ngated: a\none: true\ntwo: true\nspaced: ' a'\nwhole: {p: q, gone: x}\nunread: 1\nlist: [a]\n";
    let new =
        "read: b\nset: b\ngate: false\ngated: b\none: false\ntwo: false\nspaced: 'a '\nwhole: {p: r, came: y}\nunread: 2\nlist: [b]\n";
    let (trials, _) = Fixture::values(TEMPLATE, old, new, "set: mine\n").examine();
    assert_eq!(
        effects(&trials),
        [
            "gated inert",
            "list inert",
            "one effective",
            "read effective",
            "set masked",
            "spaced inert",
            "two effective",
            "unread inert",
            "whole.came effective",
            "whole.gone effective",
            "whole.p effective",
        ]
    );
    assert!(trials.missing.is_empty(), "{:?}", trials.missing);
}

#[test]
fn what_the_user_sets_wins_over_what_is_put_back() {
    // The old default is a mapping where the user has a text, a list where the user has a list, and a key next to the user's.
    let old = "read: {a: b}\nset: [x]\ngate: true\nwhole: {mine: old, other: old}\none: 1\ntwo: 1\nspaced: a\n";
    let new = "read: b\nset: [y]\ngate: false\nwhole: {mine: new, other: new}\none: 1\ntwo: 1\nspaced: a\n";
    let (trials, _) = Fixture::values(TEMPLATE, old, new, "read: text\nset: [z]\nwhole: {mine: m}\ngate: null\n").examine();
    assert_eq!(effects(&trials), ["gate masked", "read masked", "set masked", "whole.mine masked", "whole.other effective"]);
}

#[test]
fn a_default_that_appeared_is_put_back_by_taking_it_away() {
    let template = "kind: ConfigMap\nmetadata: {name: c}\ndata: {{ .Values.map | toJson }}\nhas: {{ hasKey .Values \"top\" }}\n";
    let (trials, _) = Fixture::values(template, "map: {}\n", "map: {came: 1}\ntop: x\n", "").examine();
    assert_eq!(effects(&trials), ["map.came effective", "top effective"]);
}

#[test]
fn defaults_of_subcharts_aliases_and_globals_are_put_back() {
    let chart = "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- {name: sub, version: 1.0.0, alias: named, condition: named.enabled}\n- {name: sub, version: 1.0.0}\n";
    let template =
        "kind: ConfigMap\nmetadata: {name: {{ .Values.own }}}\nx: {{ .Values.x }}\ng: {{ .Values.global.g }}\ncame: {{ .Values.came }}\n";
    let files = |values, sub| {
        [
            ("Chart.yaml", chart),
            ("values.yaml", values),
            ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
            ("charts/sub/values.yaml", sub),
            ("charts/sub/templates/c.yaml", template),
        ]
    };
    let old = files("named: {enabled: true, own: a}\nsub: {own: s}\nglobal: {g: 1}\n", "x: 1\n");
    let new = files("named: {enabled: false, own: b}\nsub: {own: s}\nglobal: {g: 2}\n", "x: 2\ncame: 1\n");
    let (trials, _) = Fixture::new(&old, &new, "").examine();
    let expected = ["global.g effective", "named.came inert", "named.enabled effective", "named.own inert", "named.x inert"];
    let mut found = effects(&trials);
    let own = found.iter().position(|effect| effect == "sub.came effective").map(|at| found.remove(at));
    assert!(own.is_some() && found.contains(&"sub.x effective".to_owned()), "{found:?}");
    assert_eq!(found[..expected.len()], expected);
}

/// A chart of which this many defaults change; every tenth is read, every hundredth read by two lines with a neighbour.
fn grown(changed: usize) -> Fixture {
    let mut template = String::from("kind: ConfigMap\nmetadata: {name: c}\ndata:\n");
    let (mut old, mut new) = (String::new(), String::new());
    for index in 0..changed {
        writeln!(old, "part{}:\n  key{index}: old", index / 10).unwrap();
        writeln!(new, "part{}:\n  key{index}: new", index / 10).unwrap();
        if index % 10 == 0 {
            writeln!(template, "  k{index}: {{{{ .Values.part{}.key{index} }}}}", index / 10).unwrap();
        }
        if index % 100 == 5 {
            writeln!(template, "  t{index}: {{{{ .Values.part{0}.key{index} }}}}{{{{ .Values.part{0}.key{1} }}}}", index / 10, index + 1)
                .unwrap();
        }
    }
    // Of keys written twice the last counts, so each part is one mapping of ten.
    let merged = |text: &str| {
        let mut parts: Vec<(String, Vec<String>)> = Vec::new();
        for pair in text.lines().collect::<Vec<_>>().chunks(2) {
            match parts.last_mut().filter(|(name, _)| *name == pair[0]) {
                Some((_, keys)) => keys.push(pair[1].to_owned()),
                None => parts.push((pair[0].to_owned(), vec![pair[1].to_owned()])),
            }
        }
        parts.into_iter().map(|(name, keys)| format!("{name}\n{}\n", keys.join("\n"))).collect::<String>()
    };
    Fixture::values(&template, &merged(&old), &merged(&new), "")
}

#[test]
fn many_changed_defaults_cost_few_renders() {
    for (changed, most) in [(10, 4), (100, 8), (500, 30)] {
        let (trials, _) = grown(changed).examine();
        assert_eq!(trials.effects.len(), changed);
        let read = trials.effects.values().filter(|effect| **effect == crate::trial::Effect::Effective).count();
        assert_eq!(read, changed / 10 + 2 * changed.div_ceil(100).min((changed + 94) / 100), "of {changed}");
        assert!(trials.renders <= most, "{} renders for {changed} changed defaults", trials.renders);
        assert!(trials.missing.is_empty(), "{:?}", trials.missing);
    }
}

#[test]
fn a_bound_on_renders_is_kept_and_said() {
    let fixture = Fixture { max_renders: 3, ..grown(500) };
    let (trials, _) = fixture.examine();
    assert_eq!(trials.renders, 3);
    assert!(!trials.missing.is_empty());
    assert!(trials.effects.len() < 500 && trials.effects.len() > 400, "{} effects", trials.effects.len());
}

#[test]
fn a_default_without_which_the_render_fails_is_effective() {
    let template = "kind: ConfigMap\nmetadata: {name: c}\na: {{ required \"needs a\" .Values.a }}\nb: {{ .Values.b }}\n";
    let old = [("templates/c.yaml", "kind: ConfigMap\nmetadata: {name: c}\n"), ("values.yaml", "b: 1\n")];
    let new = [("templates/c.yaml", template), ("values.yaml", "a: x\nb: 2\n")];
    let (trials, _) = Fixture::new(&old, &new, "").examine();
    assert_eq!(effects(&trials), ["a effective", "b effective"]);
    assert_eq!(trials.missing.len(), 0);
}
