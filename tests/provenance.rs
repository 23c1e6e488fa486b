//! Traced renders: where lines come from and which values were read; and that a trace, a stable render and renders side by side change
//! nothing about the text.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests read files and may fail")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chartshift::chart::{self, Limits as ChartLimits};
use chartshift::fetch::{Content, Package, RawFile};
use chartshift::render::{Capabilities, Manifest, Overrides, Prepared, Release, Rendered, TextOptions};
use chartshift::template::{Extent, Limits, Profile};
use chartshift::value::{self, yaml};

/// A chart named `c` of these files; `Chart.yaml` need not be among them.
fn chart_of(files: &[(&str, &str)]) -> Prepared {
    let raw = |path: &str, text: &str| RawFile { path: path.into(), bytes: text.to_owned().into() };
    let mut all: Vec<RawFile> = files.iter().map(|(path, text)| raw(path, text)).collect();
    if !files.iter().any(|(path, _)| *path == "Chart.yaml") {
        all.push(raw("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"));
    }
    let package = Package { content: Content::Folder(all), origin: "memory".into(), digest: None };
    let chart = chart::open(&package, &ChartLimits::default()).expect("a chart");
    Prepared::new(Arc::new(chart), Profile::V3_17, Limits::default())
}

fn render(prepared: &Prepared) -> Rendered {
    prepared.render(&Overrides::default(), &Release::default(), &Capabilities::of(&Profile::V3_17)).expect("a render")
}

/// Each line of a manifest with its origin: `TEXT | FILE:LINE < CALL < CALL | READ READ if CONDITION`, the innermost call first, `~` before
/// a value of which only the shape was read.
fn origins(manifest: &Manifest) -> String {
    let provenance = manifest.provenance.as_ref().expect("a traced render");
    let mut shown = String::new();
    for (index, text) in String::from_utf8_lossy(&manifest.text).lines().enumerate() {
        let origin = provenance.line(index as u32 + 1).unwrap_or_else(|| panic!("no origin of line {} of {}", index + 1, manifest.path));
        let short = |file: &str| file.strip_prefix("c/").unwrap_or(file).replace("templates/", "");
        write!(shown, "{text} | {}:{}", short(&origin.file), origin.line).expect("memory");
        for call in origin.chain.iter().rev() {
            write!(shown, " < {}:{}", short(&call.file), call.line).expect("memory");
        }
        for (mark, reads) in [(" |", &origin.reads), (" if", &origin.conditions)] {
            if mark == " |" || !reads.is_empty() {
                shown += mark;
            }
            for read in reads {
                write!(shown, " {}{}", if read.extent == Extent::Shape { "~" } else { "" }, read.path).expect("memory");
            }
        }
        shown += "\n";
    }
    shown
}

fn check(name: &str, files: &[(&str, &str)], expected: &str) {
    let rendered = render(&chart_of(files).traced());
    let shown: Vec<String> = rendered.manifests.iter().map(origins).collect();
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let shown = shown.join("---\n");
    let shown: Vec<&str> = shown.lines().map(str::trim).collect();
    assert_eq!(shown, expected, "{name}");
}

#[test]
fn text_actions_and_conditions_name_line_and_values() {
    check(
        "plain",
        &[
            ("values.yaml", "a: 1\nb: {c: x, d: ''}\nunread: 1\n"),
            (
                "templates/a.yaml",
                "# first\nkind: {{ .Values.b.c }}\n{{- if .Values.a }}\na: {{ .Values.a }}{{ .Values.b.d }}\n{{- end }}\nend: 1\n",
            ),
        ],
        "# first | a.yaml:1 |
         kind: x | a.yaml:2 | b.c
         a: 1 | a.yaml:4 | a b.d
         end: 1 | a.yaml:6 |",
    );
    check(
        "else, with, nested",
        &[
            ("values.yaml", "yea: true\nnay: false\nm: {x: {z: 1}}\n"),
            (
                "templates/a.yaml",
                "kind: K\n{{- if .Values.nay }}\na: 1\n{{- else if .Values.yea }}\n{{- with .Values.m.x }}\nz: {{ .z }}\n{{- end }}\n{{- else }}\na: 2\n{{- end }}\n{{- if .Values.nay }}\na: 3\n{{- else }}\nb: 4\n{{- end }}\ninline: {{ if .Values.nay }}x{{ end }}\n",
            ),
        ],
        "kind: K | a.yaml:1 |
         z: 1 | a.yaml:6 | m.x.z if ~m.x nay yea
         b: 4 | a.yaml:14 | if nay
         inline: | a.yaml:16 | if nay",
    );
}

#[test]
fn range_and_variables_carry_reads() {
    check(
        "range",
        &[
            ("values.yaml", "names: [a, b]\nhosts:\n- {name: h, port: 1}\nlabels: {k: v}\nsuffix: s\n"),
            (
                "templates/a.yaml",
                "kind: K\nitems:\n{{- $suffix := .Values.suffix }}\n{{- range $n := .Values.names }}\n- {{ $n }}-{{ $suffix }}\n{{- end }}\n\
                 {{- range .Values.hosts }}\n- {{ .name }}\n{{- end }}\n{{- range $k, $v := .Values.labels }}\n- {{ $k }}: {{ $v }}\n{{- end }}\n",
            ),
        ],
        "kind: K | a.yaml:1 |
         items: | a.yaml:2 |
         - a-s | a.yaml:5 | suffix if ~names names[0] names[1]
         - b-s | a.yaml:5 | suffix if ~names names[0] names[1]
         - h | a.yaml:8 | hosts[0].name if ~hosts
         - k: v | a.yaml:11 | if ~labels labels.k",
    );
}

#[test]
fn includes_are_found_again_through_functions() {
    let helpers = "{{- define \"labels\" }}\napp: {{ .Values.app }}\n{{- if .Values.extra }}\n{{ toYaml .Values.extra }}\n{{- end }}\n\
                   {{- end }}\n{{- define \"outer\" }}\nwrap:\n{{ include \"labels\" . | trim | indent 2 }}\n{{- end }}\n\
                   {{- define \"name\" }}{{ .Values.app }}-{{ .Release.Name }}{{ end }}";
    check(
        "nested includes",
        &[
            ("values.yaml", "app: web\nextra: {p: 1, q: {r: 2}}\nyea: true\n"),
            ("templates/_h.tpl", helpers),
            (
                "templates/a.yaml",
                "kind: K\nname: {{ include \"name\" . | quote }}\n{{- if .Values.yea }}\nspec:\n  {{- include \"outer\" . | nindent 2 }}\n{{- end }}\n",
            ),
        ],
        "kind: K | a.yaml:1 |
         name: \"web-release-name\" | a.yaml:2 | app
         spec: | a.yaml:4 | if yea
         | _h.tpl:7 < a.yaml:5 | if yea
           wrap: | _h.tpl:8 < a.yaml:5 | if yea
             app: web | _h.tpl:2 < _h.tpl:9 < a.yaml:5 | app if yea
             p: 1 | _h.tpl:4 < _h.tpl:9 < a.yaml:5 | extra if ~extra yea
             q: | _h.tpl:4 < _h.tpl:9 < a.yaml:5 | extra if ~extra yea
               r: 2 | _h.tpl:4 < _h.tpl:9 < a.yaml:5 | extra if ~extra yea",
    );
    check(
        "variables, printf, hashes and parsed text",
        &[
            ("values.yaml", "app: web\nextra: {}\n"),
            ("templates/_h.tpl", helpers),
            (
                "templates/a.yaml",
                "kind: K\n{{- $labels := include \"labels\" . }}\nlabels:\n  {{- $labels | nindent 2 }}\n\
                 {{ printf \"full: %s\" (include \"name\" .) }}\nsum: {{ include \"labels\" . | sha256sum | trunc 4 }}\n\
                 again:\n  {{- include \"labels\" . | fromYaml | toYaml | nindent 2 }}\n{{ template \"labels\" . }}\n",
            ),
        ],
        "kind: K | a.yaml:1 |
         labels: | a.yaml:3 |
         | _h.tpl:1 < a.yaml:2 | app ~extra
         app: web | _h.tpl:2 < a.yaml:2 | app ~extra
         full: web-release-name | a.yaml:5 | app
         sum: e7fb | a.yaml:6 | app ~extra
         again: | a.yaml:7 |
           app: web | _h.tpl:2 < a.yaml:8 | app
         | a.yaml:9 |
         app: web | _h.tpl:2 < a.yaml:9 | app",
    );
}

#[test]
fn tpl_has_the_place_of_its_call() {
    check(
        "tpl",
        &[
            (
                "values.yaml",
                "app: web\nextra: |\n  x: {{ .Values.app }}\n  {{- include \"h\" . | nindent 0 }}\nmap: {k: '{{ .Values.app }}'}\n",
            ),
            (
                "templates/_h.tpl",
                "{{ define \"h\" }}z: {{ .Values.app }}{{ end }}{{ define \"render\" }}\n{{- tpl (.value | toYaml) .context }}{{ end }}",
            ),
            (
                "templates/a.yaml",
                "kind: K\n{{ tpl .Values.extra . }}\nmap:\n  {{- include \"render\" (dict \"value\" .Values.map \"context\" $) | nindent 2 }}\n",
            ),
        ],
        "kind: K | a.yaml:1 |
         x: web | a.yaml:2 | app extra
         z: web | _h.tpl:1 < a.yaml:2 | app extra
         | a.yaml:2 | extra
         map: | a.yaml:3 |
         k: 'web' | _h.tpl:2 < a.yaml:4 | app map",
    );
}

#[test]
fn subcharts_name_values_as_their_user_sets_them() {
    check(
        "subcharts",
        &[
            (
                "Chart.yaml",
                "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- {name: sub, version: 1.x, alias: db, condition: db.enabled}\n- {name: lib, version: 1.x}\n",
            ),
            ("values.yaml", "global: {team: t}\ndb: {enabled: true, size: 2}\n"),
            ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
            ("charts/sub/values.yaml", "size: 1\nname: own\n"),
            (
                "charts/sub/templates/s.yaml",
                "kind: S\nsize: {{ .Values.size }}\nteam: {{ .Values.global.team }}\n{{ include \"lib.name\" . }}\n",
            ),
            ("charts/lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n"),
            ("charts/lib/templates/_lib.tpl", "{{ define \"lib.name\" -}}\nname: {{ .Values.name }}\n{{- end }}"),
            ("templates/a.yaml", "kind: T\nsize: {{ .Values.db.size }}\n"),
        ],
        "kind: S | charts/db/s.yaml:1 | if db.enabled
         size: 2 | charts/db/s.yaml:2 | db.size if db.enabled
         team: t | charts/db/s.yaml:3 | global.team if db.enabled
         name: own | charts/lib/_lib.tpl:2 < charts/db/s.yaml:4 | db.name if db.enabled
         ---
         kind: T | a.yaml:1 |
         size: 2 | a.yaml:2 | db.size",
    );
}

#[test]
fn functions_read_what_they_look_into() {
    let values = "m: {a: 1, b: {c: 2}, l: [1, {x: 2}]}\nempty: {}\n";
    for (action, reads) in [
        ("get .Values.m \"a\"", "m.a"),
        ("index .Values.m \"b\" \"c\"", "m.b.c"),
        ("index .Values.m.l 0", "m.l[0]"),
        ("(index .Values.m.l 1).x", "m.l[1].x"),
        ("dig \"b\" \"c\" 0 .Values.m", "m.b.c"),
        ("dig \"b\" \"z\" 0 .Values.m", "m.b.z"),
        ("hasKey .Values.m \"z\"", "~m.z"),
        ("pick .Values.m \"a\" | len", "m.a"),
        ("pluck \"a\" .Values.m .Values.empty | first", "empty.a m.a"),
        ("keys .Values.m | len", "~m"),
        ("kindOf .Values.m", "~m"),
        ("empty .Values.empty", "~empty"),
        ("toYaml .Values.m.b", "m.b"),
        ("toYaml (dict \"x\" .Values.m.b)", "m.b"),
        ("len (merge (dict) .Values.empty)", "empty"),
        ("and .Values.empty .Values.m.a | kindOf", "~empty"),
        ("or .Values.empty .Values.m.a", "~empty m.a"),
        ("default .Values.m.a .Values.empty", "~empty m.a"),
        ("ternary .Values.m.a .Values.absent true", "absent m.a"),
        ("(include \"i\" .Values.m)", "m.a"),
        ("print .Values.empty", "empty"),
        (".Values.AsMap.m.a", "m.a"),
        ("$.Values.m.a", "m.a"),
        ("len .Values.m.l", "~m.l"),
        ("range .Values.m.l }}{{ kindOf . }}{{ end", "~m.l m.l[0] ~m.l[1]"),
    ] {
        let template = format!("{{{{ define \"i\" }}}}{{{{ .a }}}}{{{{ end }}}}kind: K\nx: |\n  {{{{ {action} }}}}\n");
        let rendered = render(&chart_of(&[("values.yaml", values), ("templates/a.yaml", &template)]).traced());
        let all: Vec<String> = rendered
            .reads
            .expect("a traced render")
            .iter()
            .map(|read| format!("{}{}", if read.extent == Extent::Shape { "~" } else { "" }, read.path))
            .collect();
        assert_eq!(all.join(" "), reads, "{action}");
    }
}

#[test]
fn reads_see_changes_that_matter() {
    let chart = chart_of(&[
        (
            "Chart.yaml",
            "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- {name: sub, version: 1.x, condition: sub.on, tags: [t]}\n",
        ),
        ("values.yaml", "sub: {on: false}\na: {b: 1}\nq: 1\n"),
        ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
        ("charts/other/Chart.yaml", "apiVersion: v2\nname: other\nversion: 1.0.0\n"),
        ("charts/other/templates/s.yaml", "kind: {{ .Values.global.x }}\n"),
        ("templates/a.yaml", "kind: K\n{{ if .Values.a }}x: 1{{ end }}\n"),
    ]);
    let reads = render(&chart.traced()).reads.expect("a traced render");
    for (path, seen) in [
        ("sub.on", true),
        ("sub.size", false),
        ("tags.t", true),
        ("a", true),
        ("a.b", true),
        ("a.b.c", false),
        ("q", false),
        ("other.global.x", true),
        ("other.global.y", false),
        ("global.x", true),
    ] {
        assert_eq!(reads.see(&value::Path::keys(path.split('.'))), seen, "{path}");
    }
}

#[test]
fn lines_of_any_manifest_of_a_file_are_counted_from_its_own_first() {
    check(
        "documents",
        &[("values.yaml", "a: 1\n"), ("templates/a.yaml", "\n\n---\n# Head\nkind: A\n---\n\n\nkind: B\nb: {{ .Values.a }}\n---\n")],
        "# Head | a.yaml:4 |
         kind: A | a.yaml:5 |
         ---
         kind: B | a.yaml:9 |
         b: 1 | a.yaml:10 | a",
    );
}

/// The corpus' charts, or nothing, said aloud.
fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/charts");
    let Ok(entries) = std::fs::read_dir(folder) else {
        println!("skipped: no corpus");
        return Vec::new();
    };
    let mut archives: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    archives.retain(|path| path.extension().is_some_and(|extension| extension == "tgz"));
    archives.sort();
    archives
}

/// The number of lines of each template file of a chart, by the name Helm gives it in a tree without aliases; under an alias the folder
/// has another name, so that there the file's end counts.
fn line_counts(chart: &chart::Chart) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for chart in chart.charts() {
        for file in &chart.templates {
            let lines = file.bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
            let most = counts.entry(file.path.clone()).or_insert(0);
            *most = lines.max(*most);
        }
    }
    counts
}

fn check_lines(manifest: &Manifest, files: &BTreeMap<String, usize>) {
    let provenance = manifest.provenance.as_ref().expect("a traced render");
    let lines = manifest.text.split(|byte| *byte == b'\n').count() as u32;
    for line in 1..=lines {
        let Some(origin) = provenance.line(line) else { panic!("{}: no origin of line {line}", manifest.path) };
        for (file, line) in [(&origin.file, origin.line)].into_iter().chain(origin.chain.iter().map(|call| (&call.file, call.line))) {
            let below = file.rfind("templates/").map_or("", |at| &file[at..]);
            let known = files.get(below).or_else(|| files.iter().find(|(path, _)| file.ends_with(&***path)).map(|(_, lines)| lines));
            assert!(known.is_some_and(|most| (1..=*most).contains(&(line as usize))), "{}: {file}:{line}", manifest.path);
        }
    }
}

#[test]
fn every_line_of_the_corpus_comes_from_a_line_of_its_chart() {
    let capabilities = Capabilities::of(&Profile::V3_17);
    let (release, overrides) = (Release::default(), Overrides::default());
    let mut rendered_charts = 0;
    for archive in corpus() {
        let bytes = std::fs::read(&archive).expect("readable");
        let chart = Arc::new(chart::open_archive(bytes, &ChartLimits::default()).expect("a published chart"));
        let prepared = || Prepared::new(Arc::clone(&chart), Profile::V3_17, Limits::default()).stable();
        let (plain, traced) = (prepared(), prepared().traced());
        let (plain, again) = (plain.render(&overrides, &release, &capabilities), prepared().render(&overrides, &release, &capabilities));
        let traced = traced.render(&overrides, &release, &capabilities);
        let (plain, again, traced) = match (plain, again, traced) {
            (Ok(plain), Ok(again), Ok(traced)) => (plain, again, traced),
            (Err(plain), Err(again), Err(traced)) => {
                assert!(plain.to_string() == traced.to_string() && plain.to_string() == again.to_string(), "{}", archive.display());
                continue;
            }
            _ => panic!("{}: some renders fail, some don't", archive.display()),
        };
        let text = |rendered: &Rendered| rendered.text(TextOptions { include_crds: true, ..TextOptions::default() });
        assert!(text(&plain) == text(&traced), "{}: the trace changes the text", archive.display());
        assert!(text(&plain) == text(&again), "{}: two stable renders differ", archive.display());
        assert_eq!((&plain.impure, &plain.notes, &plain.warnings), (&traced.impure, &traced.notes, &traced.warnings));
        let files = line_counts(&chart);
        for manifest in traced.manifests.iter().chain(traced.hooks.iter().map(|hook| &hook.manifest)) {
            check_lines(manifest, &files);
        }
        rendered_charts += 1;
    }
    assert!(rendered_charts == 0 || rendered_charts > 100, "only {rendered_charts} charts of the corpus were rendered");
}

/// The case the whole product began with.
#[test]
fn the_compactors_token_mount_names_its_template_line_and_its_value() {
    let Some(archive) = corpus().into_iter().find(|path| path.ends_with("thanos-12.20.4.tgz")) else { return };
    let chart = chart::open_archive(std::fs::read(archive).expect("readable"), &ChartLimits::default()).expect("a published chart");
    let chart = Arc::new(chart);
    let source = yaml::source("values.yaml", b"compactor: {enabled: true}\nexistingObjstoreSecret: s\n").expect("text");
    let values = yaml::read(&source, &yaml::Limits::default()).expect("values");
    let overrides = Overrides { files: vec![values], ..Overrides::default() };
    let prepared = Prepared::new(Arc::clone(&chart), Profile::V3_17, Limits::default()).traced();
    let rendered = prepared.render(&overrides, &Release::default(), &Capabilities::of(&Profile::V3_17)).expect("a render");
    let manifest = rendered
        .manifests
        .iter()
        .find(|manifest| matches!(&*manifest.kind, "Deployment" | "StatefulSet") && manifest.path.contains("/compactor/"))
        .expect("the compactor");
    let text = String::from_utf8_lossy(&manifest.text);
    let line = text.lines().position(|line| line.trim().starts_with("automountServiceAccountToken:")).expect("the line") as u32 + 1;
    let origin = manifest.provenance.as_ref().and_then(|provenance| provenance.line(line)).expect("an origin");
    let file = chart.templates.iter().find(|file| origin.file.ends_with(&*file.path)).expect("a template");
    let written = String::from_utf8_lossy(&file.bytes).lines().nth(origin.line as usize - 1).unwrap_or_default().to_owned();
    assert!(written.contains("automountServiceAccountToken: {{ .Values.compactor.automountServiceAccountToken }}"), "{origin}: {written}");
    assert_eq!(
        origin.to_string().split_once(", ").expect("reads").1,
        "from compactor.automountServiceAccountToken if compactor.cronJob.enabled, compactor.enabled"
    );
}

#[test]
fn one_prepared_chart_renders_on_many_threads() {
    let chart = chart_of(&[
        ("values.yaml", "a: 1\n"),
        ("templates/_h.tpl", "{{ define \"h\" }}{{ $_ := set .Values \"b\" .Values.a }}{{ .Values.b }}{{ end }}"),
        ("templates/a.yaml", "kind: K\na: {{ include \"h\" . }}\n"),
    ])
    .traced();
    let text = |number: usize| {
        let overrides = Overrides { set: vec![format!("a=v{number}")], ..Overrides::default() };
        let rendered = chart.render(&overrides, &Release::default(), &Capabilities::of(&Profile::V3_17)).expect("a render");
        String::from_utf8_lossy(&rendered.manifests[0].text).into_owned()
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|thread| scope.spawn(move || (0..20).map(|n| text(thread * 100 + n)).collect::<Vec<_>>())).collect();
        for (thread, renders) in threads.into_iter().enumerate() {
            for (n, text) in renders.join().expect("no panic").into_iter().enumerate() {
                assert_eq!(text, format!("kind: K\na: v{}", thread * 100 + n));
            }
        }
    });
}
