//! What changed defaults mean, and how many renders that costs.

use std::fmt::Write as _;

use super::fixture::{Fixture, effects, told};
use crate::trial::Effect;

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
        let read = trials.effects.values().filter(|effect| **effect == Effect::Effective).count();
        assert_eq!(read, changed / 10 + 2 * changed.div_ceil(100).min((changed + 94) / 100), "of {changed}");
        assert!(trials.renders <= most, "{} renders for {changed} changed defaults", trials.renders);
        assert!(trials.missing.is_empty(), "{:?}", trials.missing);
    }
}

#[test]
fn a_bound_on_renders_is_kept_and_said() {
    let fixture = Fixture { max_renders: 2, ..grown(500) };
    let (trials, _) = fixture.examine();
    assert_eq!(trials.renders, 2);
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

/// The chart of the benchmark `trial`: a default decides on an account, half of the others are read, a tenth of them by lines that read two.
fn shared(changed: usize) -> Fixture {
    let mut template = DEPLOYMENT_OF_MANY.to_owned();
    let values = |word: &str| {
        let settings = (1..changed).fold(String::new(), |text, index| text + &format!("setting{index}: {word}{index}\n"));
        format!("create: {}\n{settings}", word == "new")
    };
    for index in (1..changed).step_by(2) {
        let second = if index % 10 == 5 { format!("{{{{ .Values.setting{} }}}}", index + 1) } else { String::new() };
        writeln!(template, "        - {{name: E{index}, value: {{{{ .Values.setting{index} }}}}{second}}}").unwrap();
    }
    Fixture::values(&template, &values("old"), &values("new"), "")
}

const DEPLOYMENT_OF_MANY: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  template:
    metadata: {labels: {azure.workload.identity/use: \"true\"}}
    spec:
      serviceAccountName: {{ if .Values.create }}made{{ else }}mine{{ end }}
      containers:
      - name: app
        env:
";

#[test]
fn defaults_that_share_lines_are_told_apart_in_few_renders() {
    for (changed, most) in [(10, 6), (100, 6), (500, 6)] {
        let (trials, findings) = shared(changed).examine();
        let is_read = |index: usize| index % 2 == 1 || (index > 0 && (index - 1) % 10 == 5) || index == 0;
        for (path, effect) in &trials.effects {
            let index = path.to_string().strip_prefix("setting").map_or(0, |number| number.parse().unwrap());
            let expected = if is_read(index) { Effect::Effective } else { Effect::Inert };
            assert_eq!(*effect, expected, "{path} of {changed}");
        }
        assert_eq!((trials.effects.len(), trials.missing.len()), (changed, 0), "{:?}", trials.missing);
        assert!(trials.renders <= most, "{} renders for {changed} changed defaults", trials.renders);
        let told: Vec<String> = findings.iter().map(told).collect();
        assert_eq!(told, ["service-account-name-changed: create; fix create=false verified"]);
    }
}

#[test]
fn a_mapping_written_as_a_whole_costs_the_logarithm_of_its_size() {
    let template = "kind: ConfigMap\nmetadata: {name: c}\ndata:\n  {{- toYaml .Values.all | nindent 2 }}\n";
    let values = |word: &str| (0..500).fold("all:\n".to_owned(), |text, index| text + &format!("  key{index}: {word}{index}\n"));
    let (trials, _) = Fixture::values(template, &values("old"), &values("new"), "").examine();
    assert_eq!((trials.effects.len(), trials.missing.len()), (500, 0), "{:?}", trials.missing);
    assert!(trials.effects.values().all(|effect| *effect == Effect::Effective));
    assert!(trials.renders <= 20, "{} renders", trials.renders);
}

#[test]
fn a_default_is_effective_though_another_one_undoes_it() {
    let template = "kind: ConfigMap\nmetadata: {name: c}\n{{ if .Values.a }}{{ if .Values.b }}x: y{{ end }}{{ end }}\n";
    let (trials, _) = Fixture::values(template, "a: true\nb: false\n", "a: false\nb: true\n", "").examine();
    assert_eq!(effects(&trials), ["a effective", "b inert"]);
    // Where what undoes it is read elsewhere, too, to no effect; and where it has one.
    for elsewhere in ["{{ if and .Values.b .Values.off }}z: z{{ end }}", "{{ if .Values.b }}z: z{{ end }}"] {
        let (trials, _) = Fixture::values(&format!("{template}{elsewhere}\n"), "a: true\nb: false\n", "a: false\nb: true\n", "").examine();
        let b = if elsewhere.contains("off") { "inert" } else { "effective" };
        assert_eq!(effects(&trials), ["a effective".to_owned(), format!("b {b}")], "{elsewhere}");
    }
}

#[test]
fn lines_of_an_object_that_was_renamed_are_not_changed() {
    let template = "kind: ConfigMap\nmetadata:\n  name: {{ .Values.name }}\n  x: {{ .Values.spaced | trim }}\n";
    let (trials, _) = Fixture::values(template, "name: a\nspaced: ' a'\n", "name: b\nspaced: 'a '\n", "").examine();
    assert_eq!(effects(&trials), ["name effective", "spaced inert"]);
}

#[test]
fn a_line_that_went_is_not_the_work_of_the_only_one_it_read() {
    // Without `one` the new version would look at `two`.
    let template = "kind: ConfigMap\nmetadata: {name: c}\n{{ if or .Values.one .Values.two }}x: y{{ end }}\nz: {{ .Values.z }}\n";
    let (trials, _) = Fixture::values(template, "one: false\ntwo: false\nz: 1\n", "one: true\ntwo: true\nz: 2\n", "").examine();
    assert_eq!(effects(&trials), ["one effective", "two effective", "z effective"], "neither alone, but both together");
    let (trials, _) = Fixture::values(template, "one: false\ntwo: true\nz: 1\n", "one: true\ntwo: true\nz: 2\n", "").examine();
    assert_eq!(effects(&trials), ["one inert", "z effective"]);
}
