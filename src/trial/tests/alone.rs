//! Effects of random templates next to putting back every default by itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::fixture::Fixture;
use crate::diff::default_values;
use crate::trial::moved::{Moved, moved};
use crate::trial::runs::{Looked, Runs};
use crate::trial::{Case, Effect};
use crate::value::Path;

/// How many defaults change at most.
const MOST: usize = 8;

/// What decides on a block.
#[derive(Debug, Clone)]
enum Condition {
    If(usize),
    Not(usize),
    And(usize, usize),
    Or(usize, usize),
    Equal(usize),
}

/// A part of a template, about defaults by number.
#[derive(Debug, Clone)]
enum Part {
    Print(usize),
    Both(usize, usize),
    Printf(usize, usize),
    Inline(usize, usize),
    With(usize),
    Range(usize),
    Helper(usize, usize),
    Block(Condition, Vec<Part>, Vec<Part>),
    Document(Condition, Vec<Part>),
}

fn condition() -> impl Strategy<Value = Condition> {
    let one = 0..MOST;
    prop_oneof![
        one.clone().prop_map(Condition::If),
        one.clone().prop_map(Condition::Not),
        (one.clone(), one.clone()).prop_map(|(a, b)| Condition::And(a, b)),
        (one.clone(), one.clone()).prop_map(|(a, b)| Condition::Or(a, b)),
        one.prop_map(Condition::Equal),
    ]
}

fn part() -> impl Strategy<Value = Part> {
    let one = 0..MOST;
    let two = (0..MOST, 0..MOST);
    let leaf = prop_oneof![
        one.clone().prop_map(Part::Print),
        two.clone().prop_map(|(a, b)| Part::Both(a, b)),
        two.clone().prop_map(|(a, b)| Part::Printf(a, b)),
        two.clone().prop_map(|(a, b)| Part::Inline(a, b)),
        one.clone().prop_map(Part::With),
        one.prop_map(Part::Range),
        two.prop_map(|(a, b)| Part::Helper(a, b)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (condition(), vec(inner.clone(), 1..3), vec(inner.clone(), 0..2)).prop_map(|(on, yes, no)| Part::Block(on, yes, no)),
            (condition(), vec(inner, 1..3)).prop_map(|(on, inner)| Part::Document(on, inner)),
        ]
    })
}

fn test(on: &Condition) -> String {
    match on {
        Condition::If(a) => format!(".Values.d{a}"),
        Condition::Not(a) => format!("not .Values.d{a}"),
        Condition::And(a, b) => format!("and .Values.d{a} .Values.d{b}"),
        Condition::Or(a, b) => format!("or .Values.d{a} .Values.d{b}"),
        Condition::Equal(a) => format!("eq (toString .Values.d{a}) \"true\""),
    }
}

/// Writes a part; each line has a key of its own.
fn write(part: &Part, keys: &mut usize, documents: &mut String, text: &mut String) {
    *keys += 1;
    let key = format!("k{keys}");
    let d = |number: usize| format!("$.Values.d{number}");
    match part {
        Part::Print(a) => writeln!(text, "{key}: {{{{ {} }}}}", d(*a)).unwrap(),
        Part::Both(a, b) => writeln!(text, "{key}: {{{{ {} }}}}/{{{{ {} }}}}", d(*a), d(*b)).unwrap(),
        Part::Printf(a, b) => writeln!(text, "{key}: {{{{ printf \"%v-%v\" {} {} | trunc 6 | quote }}}}", d(*a), d(*b)).unwrap(),
        Part::Inline(a, b) => writeln!(text, "{key}: x{{{{ if {} }}}}{{{{ {} }}}}{{{{ end }}}}", d(*a), d(*b)).unwrap(),
        Part::With(a) => writeln!(text, "{{{{- with {} }}}}\n{key}: {{{{ . }}}}\n{{{{- end }}}}", d(*a)).unwrap(),
        Part::Range(a) => {
            writeln!(text, "{{{{- range $n := until (len (toString {})) }}}}\n{key}n{{{{ $n }}}}: x\n{{{{- end }}}}", d(*a)).unwrap()
        }
        Part::Helper(a, b) => writeln!(text, "{key}: {{{{ include \"helper\" (dict \"a\" {} \"b\" {}) }}}}", d(*a), d(*b)).unwrap(),
        Part::Block(on, yes, no) => {
            writeln!(text, "{{{{- if {} }}}}", test(on)).unwrap();
            yes.iter().for_each(|part| write(part, keys, documents, text));
            writeln!(text, "{{{{- else }}}}").unwrap();
            no.iter().for_each(|part| write(part, keys, documents, text));
            writeln!(text, "{{{{- end }}}}").unwrap();
        }
        Part::Document(on, inner) => {
            let mut own = String::new();
            inner.iter().for_each(|part| write(part, keys, documents, &mut own));
            writeln!(documents, "---\n{{{{- if {} }}}}\nkind: ConfigMap\nmetadata: {{name: {key}}}\n{own}{{{{- end }}}}", test(on))
                .unwrap();
        }
    }
}

const HELPER: &str = "{{- define \"helper\" }}{{ if .a }}{{ .b }}{{ else }}none{{ end }}{{ end }}";

fn fixture(parts: &[Part], values: &[(usize, usize)]) -> Fixture {
    let (mut documents, mut text) = (String::new(), String::from("kind: ConfigMap\nmetadata: {name: c}\n"));
    let mut keys = 0;
    parts.iter().for_each(|part| write(part, &mut keys, &mut documents, &mut text));
    let template = format!("{text}{documents}");
    const VALUES: [&str; 5] = ["true", "false", "one", "two", "''"];
    let side = |of: fn(&(usize, usize)) -> usize| {
        values.iter().enumerate().fold(String::new(), |text, (index, value)| text + &format!("d{index}: {}\n", VALUES[of(value)]))
    };
    let (old, new) = (side(|value| value.0), side(|value| value.1));
    let files = |values| [("templates/_h.tpl", HELPER), ("templates/app.yaml", &*template), ("values.yaml", values)];
    Fixture::new(&files(&old), &files(&new), "")
}

/// What the release comes to with each of the sets put back.
fn renders(case: &Case<'_>, moved: &[Moved], sets: &[Vec<usize>]) -> Vec<Option<Vec<u8>>> {
    let text = |looked| match looked {
        Looked::At(_, rendered) => Some(rendered.manifests.into_iter().flat_map(|manifest| manifest.text).collect()),
        Looked::Failed | Looked::Refused => None,
    };
    Runs::new(case, moved).look_at(sets).into_iter().map(text).collect()
}

/// The defaults of which something else was said than their renders say: one that changes the render by itself is effective, and an effective
/// one changes some render, with whatever others.
fn wrong(case: &Case<'_>, effects: &BTreeMap<Path, Effect>) -> Vec<String> {
    let moved = moved(case.comparison, &default_values(case.old.chart()), case.new.chart());
    let sets: Vec<Vec<usize>> =
        (0..1usize << moved.len()).map(|bits| (0..moved.len()).filter(|index| bits >> index & 1 == 1).collect()).collect();
    let single: Vec<Vec<usize>> = std::iter::once(Vec::new()).chain((0..moved.len()).map(|index| vec![index])).collect();
    let single = renders(case, &moved, &single);
    let is_alone = |index: usize| single[index + 1] != single[0];
    let mut all = None;
    let mut matters = |index: usize| {
        let all = all.get_or_insert_with(|| renders(case, &moved, &sets));
        (0..sets.len()).any(|bits| all[bits] != all[bits ^ 1 << index])
    };
    let mut is_right = |index: usize, path: &Path| match effects.get(path) {
        Some(Effect::Effective) => is_alone(index) || matters(index),
        Some(Effect::Inert) => !is_alone(index),
        Some(Effect::Masked) | None => false,
    };
    let wrong = moved.iter().enumerate().filter(|(index, one)| !is_right(*index, &one.path));
    wrong.map(|(_, one)| format!("{} {:?}", one.path, effects.get(&one.path))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, rng_seed: RngSeed::Fixed(4), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn effects_are_those_of_each_default_by_itself(parts in vec(part(), 1..8), values in vec((0usize..5, 0usize..5), 3..=MOST)) {
        let fixture = Fixture { max_renders: 1 << 10, ..fixture(&parts, &values) };
        let (trials, _) = fixture.examine();
        let wrong = fixture.with_case(|case, _| wrong(case, &trials.effects));
        let template = fixture.new.templates.iter().map(|file| String::from_utf8_lossy(&file.bytes)).collect::<String>();
        prop_assert!(wrong.is_empty() && trials.missing.is_empty(), "{wrong:?} {:?} {values:?}\n{template}", trials.missing);
    }
}
