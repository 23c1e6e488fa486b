//! Archives that mean harm or are broken, and random ones: each is refused with a message that names the thing, none panics.

use bytes::Bytes;
use proptest::prelude::*;
use tar::EntryType;

use super::{CHART, demo, entry, gzip, opened, refused, show_values, tar};
use crate::chart::{Limits, open, open_archive};
use crate::error::ErrorKind;
use crate::fetch::{Content, Package, RawFile};

/// A packed chart and one more entry.
fn with_entry(name: &str, kind: EntryType, declared: u64, content: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    entry(&mut plain, "demo/Chart.yaml", EntryType::Regular, CHART.len() as u64, CHART.as_bytes());
    entry(&mut plain, name, kind, declared, content);
    plain.resize(plain.len() + 1024, 0);
    gzip(&plain)
}

#[test]
fn names_that_climb_out_are_refused() {
    // What we say, and whether Helm says it, too: it drops the first folder without a look.
    for (name, wanted, by_helm) in [
        ("demo//etc/passwd", "chart illegally contains absolute paths", true),
        ("/etc/passwd", "chart illegally contains absolute paths", false),
        ("demo/../../etc/passwd", "chart illegally references parent directory", true),
        ("demo/a/../../b", "chart illegally references parent directory", true),
        ("../demo/a", "chart illegally references parent directory", false),
        ("demo/..a", "chart illegally references parent directory", true),
        ("demo\\..\\a", "chart illegally references parent directory", true),
        ("demo/a/..", "chart illegally contains content outside the base directory: \"demo/a/..\"", true),
        ("README", "chart illegally contains content outside the base directory: \"README\"", true),
        ("demo/c:/a", "chart contains illegally named files", true),
        ("C:\\demo\\a", "chart contains illegally named files", false),
        ("Chart.yaml/a", "chart yaml not in base directory", true),
    ] {
        let packed = with_entry(name, EntryType::Regular, 0, b"");
        if let Some(shown) = show_values(&packed) {
            assert_eq!(shown.as_ref().err().is_some_and(|error| error.starts_with(wanted)), by_helm, "{name}: {shown:?}");
        }
        let message = refused(packed);
        assert!(message.starts_with(wanted), "{name}: {message}");
    }
}

#[test]
fn odd_but_harmless_names_are_cleaned() {
    for (name, path) in [
        ("demo/./a//b", "a/b"),
        ("demo/a/../b", "b"),
        ("demo\\a\\b", "a/b"),
        ("other/a", "a"),
        ("demo/a:b/c", "a:b/c"),
        ("demo/c:", "c:"),
        (&format!("demo/{}", "x".repeat(300)), &"x".repeat(300)),
    ] {
        let chart = opened(with_entry(name, EntryType::Regular, 0, b""));
        assert_eq!(chart.files[0].path, path, "{name}");
    }
}

#[test]
fn pax_headers_name_the_entry_behind_them() {
    let record = |text: &str| format!("{} {text}\n", text.len() + 4);
    let mut plain = Vec::new();
    let mut add = |name: &str, kind, content: &str| entry(&mut plain, name, kind, content.len() as u64, content.as_bytes());
    add("demo/PaxHeaders/x", EntryType::XHeader, &record("path=demo/Chart.yaml"));
    add("short", EntryType::Regular, CHART);
    add("demo/PaxHeaders/y", EntryType::XHeader, &record("mtime=1700000000"));
    add("demo/plain", EntryType::Regular, "");
    plain.resize(plain.len() + 1024, 0);
    let packed = gzip(&plain);
    if let Some(shown) = show_values(&packed) {
        assert!(shown.is_ok(), "{shown:?}");
    }
    assert_eq!(opened(packed).files[0].path, "plain");
    let sparse = with_entry("x", EntryType::XHeader, 22, record("GNU.sparse.major=1").as_bytes());
    assert!(refused(sparse).contains("chart archive contains a sparse file"));
}

#[test]
fn links_and_devices_are_refused_by_name() {
    for (kind, wanted) in [
        (EntryType::Symlink, "a symbolic link"),
        (EntryType::Link, "a hard link"),
        (EntryType::Char, "a device"),
        (EntryType::Block, "a device"),
        (EntryType::Fifo, "a pipe"),
    ] {
        let message = refused(with_entry("demo/secret", kind, 0, b""));
        assert_eq!(message, format!("chart archive contains {wanted}: \"demo/secret\""));
    }
}

#[test]
fn folders_and_headers_are_passed_over() {
    assert!(opened(with_entry("/", EntryType::Directory, 0, b"")).files.is_empty());
    assert!(opened(with_entry("demo/folder/", EntryType::Regular, 0, b"")).files.is_empty());
    assert!(opened(with_entry("pax_global_header", EntryType::XGlobalHeader, 18, b"18 comment=abcdef\n")).files.is_empty());
}

#[test]
fn what_is_no_archive_is_refused() {
    for (bytes, wanted) in [
        (b"".to_vec(), "does not appear to be a gzipped archive; got 'application/octet-stream'"),
        (b"hello".to_vec(), "does not appear to be a gzipped archive; got 'application/octet-stream'"),
        (b"hello ".repeat(100), "does not appear to be a gzipped archive; got 'text/plain; charset=utf-8'"),
        (b"\n<!doctype html><p>".to_vec(), "does not appear to be a gzipped archive; got 'text/html; charset=utf-8'"),
        (b"PK\x03\x04".to_vec(), "does not appear to be a gzipped archive; got 'application/zip'"),
        (gzip(&[0; 1024]), "no files in chart archive"),
        (gzip(b""), "no files in chart archive"),
        (gzip(&b"a".repeat(2000)), "the archive is damaged: archive/tar: invalid tar header"),
        (b"\x1f\x8b\x08\0short".to_vec(), "the archive is cut short: unexpected EOF"),
        (b"\x1f\x8b\x08\x00garbage garbage garbage".to_vec(), "the archive is damaged: gzip: "),
    ] {
        let message = refused(bytes);
        assert!(message.contains(wanted), "{message}");
    }
    let package = Package { content: Content::Archive(Bytes::from_static(b"a: 1")), origin: "values.yaml".to_owned(), digest: None };
    let error = open(&package, &Limits::default()).unwrap_err();
    assert!(error.report().contains("file 'values.yaml' seems to be a YAML file, but expected a gzipped archive"), "{error:?}");
}

#[test]
fn a_cut_archive_is_refused_wherever_it_is_cut() {
    let whole = demo(&[("values.yaml", "a: 1\n"), ("templates/a.yaml", "kind: Thing\n")]);
    for length in 3..whole.len() {
        let error = open_archive(whole[..length].to_vec(), &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{length} of {}: {error:?}", whole.len());
    }
    let mut with_tail = whole;
    with_tail.extend_from_slice(b"what else was sent");
    assert_eq!(opened(with_tail).full_name(), "demo-1.0.0");
}

#[test]
fn a_wrong_checksum_is_refused() {
    let mut packed = demo(&[]);
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    assert!(refused(packed).contains("the archive is damaged"));
}

#[test]
fn a_lying_size_is_refused() {
    assert!(refused(with_entry("demo/a", EntryType::Regular, 5_000, b"short")).contains("unexpected EOF"));
    let huge = refused(with_entry("demo/a", EntryType::Regular, 8 << 30, b"short"));
    assert_eq!(huge, "decompressed chart is larger than the maximum size 104857600");
    let large = refused(with_entry("demo/a", EntryType::Regular, (5 << 20) + 1, b"short"));
    assert_eq!(large, "decompressed chart file \"demo/a\" is larger than the maximum file size 5242880");
}

#[test]
fn helms_limits_hold_to_the_byte() {
    let limits = Limits { file_bytes: 1_000, chart_bytes: 2_000, ..Limits::default() };
    let open = |sizes: &[usize]| {
        let contents: Vec<String> = sizes.iter().map(|size| "x".repeat(*size)).collect();
        let names: Vec<String> = (0..sizes.len()).map(|number| format!("f{number}")).collect();
        let files: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(contents.iter().map(String::as_str)).collect();
        open_archive(demo(&files), &limits).map_err(|error| super::story(&error))
    };
    let left = 2_000 - CHART.len();
    assert!(open(&[1_000]).is_ok());
    assert!(open(&[1_001]).unwrap_err().contains("maximum file size 1000"));
    assert!(open(&[1_000, left - 1_001]).is_ok());
    // Helm refuses a chart that is as large as the limit.
    assert!(open(&[1_000, left - 1_000]).unwrap_err().contains("maximum size 2000"));
    assert!(open(&[1_000, left - 999]).unwrap_err().contains("maximum size 2000"));
}

#[test]
fn a_bomb_is_refused_by_its_ratio() {
    // Zeros behind the end of the archive are read for the checksum, but not without end.
    let mut tail = tar([("demo/Chart.yaml", CHART.as_bytes())]);
    tail.resize(tail.len() + (32 << 20), 0);
    let limits = Limits { ratio: 1, ratio_from: 1 << 20, ..Limits::default() };
    let error = open_archive(gzip(&tail), &limits).unwrap_err();
    assert!(error.report().contains("decompression bomb: it unpacks to more than 1048576 bytes"), "{error:?}");
}

#[test]
fn too_many_entries_are_refused() {
    let mut plain = Vec::new();
    for _ in 0..200_000 {
        entry(&mut plain, "demo/a", EntryType::Regular, 0, b"");
    }
    let message = refused(gzip(&plain));
    assert!(message.contains("more than 50000 files") || message.contains("decompression bomb"), "{message}");
    let limits = Limits { entries: 3, ..Limits::default() };
    assert!(open_archive(demo(&[("a", ""), ("b", "")]), &limits).is_ok());
    assert!(open_archive(demo(&[("a", ""), ("b", ""), ("c", "")]), &limits).is_err());
}

#[test]
fn a_long_name_is_refused() {
    let message = refused(with_entry(&format!("demo/{}", "x/".repeat(3_000)), EntryType::Regular, 0, b""));
    assert!(message.starts_with("the archive holds a name longer than 4096 bytes: \"demo/x/x"), "{message}");
    let message = refused(with_entry("././@LongLink", EntryType::GNULongName, 8 << 30, b""));
    assert!(message.contains("archive/tar: header field too long"), "{message}");
}

#[test]
fn deep_nesting_is_refused() {
    let mut packed = demo(&[]);
    for _ in 0..40 {
        packed = gzip(&tar([("demo/Chart.yaml", CHART.as_bytes()), ("demo/charts/demo.tgz", packed.as_slice())]));
    }
    assert!(refused(packed).ends_with("charts are nested more than 32 deep"));
    let folders = format!("{}Chart.yaml", "charts/a/".repeat(400));
    let mut files: Vec<(String, &str)> = vec![(folders, CHART)];
    files.extend((1..40).map(|depth| (format!("{}Chart.yaml", "charts/a/".repeat(depth)), CHART)));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    assert!(refused(demo(&files)).ends_with("charts are nested more than 32 deep"));
}

#[test]
fn archives_inside_share_one_budget() {
    let inner = demo(&[("big", &"x".repeat(600))]);
    let packed = gzip(&tar([
        ("demo/Chart.yaml", CHART.as_bytes()),
        ("demo/charts/a.tgz", inner.as_slice()),
        ("demo/charts/b.tgz", inner.as_slice()),
    ]));
    let limits = Limits { total_bytes: 1_500, ..Limits::default() };
    let error = open_archive(packed.clone(), &limits).unwrap_err();
    assert!(error.report().contains("unpack to more than 1500 bytes in all"), "{error:?}");
    assert!(open_archive(packed, &Limits::default()).is_ok());
}

#[test]
fn aliases_do_not_multiply_without_end() {
    let mut packed = demo(&[]);
    let chart = format!(
        "{CHART}dependencies:\n- {{name: demo, version: 1.0.0, alias: a}}\n- {{name: demo, version: 1.0.0, alias: b}}\n\
         - {{name: demo, version: 1.0.0, alias: c}}\n"
    );
    for _ in 0..20 {
        packed = gzip(&tar([("demo/Chart.yaml", chart.as_bytes()), ("demo/charts/demo.tgz", packed.as_slice())]));
    }
    assert_eq!(refused(packed), "aliases make more than 4096 charts of those in the package");
}

#[test]
fn nodes_are_counted_over_all_files() {
    let values = "a: &a [1, 2, 3]\nb: [*a, *a, *a]\n";
    let limits = |nodes| Limits { yaml: crate::value::yaml::Limits { nodes, ..Default::default() }, ..Limits::default() };
    let packed = demo(&[("values.yaml", values), ("charts/sub/Chart.yaml", CHART), ("charts/sub/values.yaml", values)]);
    // Seven of each Chart.yaml, a bit more than twenty of each values.yaml.
    assert!(open_archive(packed.clone(), &limits(70)).is_ok());
    let error = open_archive(packed, &limits(50)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error:?}");
    assert!(error.report().contains("error unpacking subchart sub in demo"), "{error:?}");
}

#[test]
fn too_many_dependencies_are_refused() {
    let declared: String = (0..5_000).map(|number| format!("- {{name: n{number}, version: 1.x}}\n")).collect();
    let packed = demo(&[("Chart.yaml", &format!("{CHART}dependencies:\n{declared}"))]);
    assert_eq!(refused(packed), "the chart has more than 4096 subcharts or dependencies");
}

#[test]
fn a_folder_keeps_helms_limit_for_a_file() {
    let file = |path: &str, bytes: Vec<u8>| RawFile { path: path.to_owned(), bytes: bytes.into() };
    let files = vec![file("Chart.yaml", CHART.into()), file("files/big.bin", vec![0; (5 << 20) + 1])];
    let package = Package { content: Content::Folder(files), origin: "charts/demo".to_owned(), digest: None };
    let error = open(&package, &Limits::default()).unwrap_err();
    assert!(error.report().contains("chart file \"big.bin\" is larger than the maximum file size 5242880"), "{error:?}");
    assert!(error.report().contains("hint: name files/big.bin in .helmignore"), "{error:?}");
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = open_archive(bytes.clone(), &Limits::default());
        let _ = open_archive(gzip(&bytes), &Limits::default());
        let mut with_magic = vec![0x1f, 0x8b, 0x08];
        with_magic.extend(bytes);
        let _ = open_archive(with_magic, &Limits::default());
    }

    #[test]
    fn no_changed_archive_panics(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        let inner = demo(&[("values.yaml", "a: 1\n")]);
        let mut plain = tar([
            ("demo/Chart.yaml", format!("{CHART}dependencies: [{{name: demo, version: 1.x, alias: a}}]\n").as_bytes()),
            ("demo/values.yaml", b"a: {b: [1, 2]}\n".as_slice()),
            ("demo/charts/sub/Chart.yaml", CHART.as_bytes()),
            ("demo/charts/demo.tgz", inner.as_slice()),
        ]);
        for (at, byte) in &changes {
            let at = at.index(plain.len());
            plain[at] = *byte;
        }
        let _ = open_archive(gzip(&plain), &Limits::default());
    }

    #[test]
    fn no_chart_yaml_panics(text in "[a-zA-Z:\\-\\[\\]{}&*! \n0-9.\"']{0,200}") {
        let _ = open_archive(demo(&[("Chart.yaml", &text), ("requirements.yaml", &text), ("Chart.lock", &text)]), &Limits::default());
    }
}
