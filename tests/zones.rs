//! The zone of the machine as templates see it: `chartshift template` with `$TZ` against what real Helm printed with the same (recorded in
//! `testdata/zones`, see `regenerate.py` there).

#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A template and what it prints in each zone.
#[derive(serde::Deserialize)]
struct Case {
    template: String,
    want: BTreeMap<String, String>,
}

#[test]
fn dates_are_in_the_machines_zone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/zones");
    let text = fs::read_to_string(folder.join("cases.jsonl")).unwrap();
    let cases: Vec<Case> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let zones: Vec<&String> = cases[0].want.keys().collect();
    assert!(zones.len() > 5 && cases.len() > 80);
    let mut differing = Vec::new();
    for zone in zones {
        let chosen: Vec<&Case> = cases.iter().filter(|case| case.want.contains_key(zone)).collect();
        let templates: Vec<&str> = chosen.iter().map(|case| case.template.as_str()).collect();
        for (case, found) in chosen.iter().zip(printed(&templates, |command| command.env("TZ", zone))) {
            if found != case.want[zone] {
                differing.push(format!("{} in {zone:?}\n  Helm: {}\n  ours: {found}", case.template, case.want[zone]));
            }
        }
    }
    assert!(differing.is_empty(), "{} differ\n{}", differing.len(), differing.join("\n"));
}

/// A zone may also be a file's; without `$TZ` it is the system's.
#[test]
fn zones_are_read_from_files() {
    let template = ["date \"2006-01-02 15:04\" 1700000000", "(toDate \"2006\" \"2020\").Location"];
    let path = "/usr/share/zoneinfo/Asia/Tokyo";
    if Path::new(path).exists() {
        assert_eq!(printed(&template, |command| command.env("TZ", path)), ["2023-11-15 07:13", path]);
    }
    let system = printed(&template, |command| command.env_remove("TZ"));
    let expected = if Path::new("/etc/localtime").exists() { "Local" } else { "UTC" };
    assert_eq!(system[1], expected);
    assert_eq!(printed(&template, |command| command.env("TZ", "/nowhere")), ["2023-11-14 22:13", "UTC"]);
}

/// What each template prints.
fn printed(templates: &[&str], environment: impl FnOnce(&mut Command) -> &mut Command) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let chart = folder.path().join("c");
    fs::create_dir_all(chart.join("templates")).unwrap();
    fs::write(chart.join("Chart.yaml"), "apiVersion: v2\nname: c\nversion: 0.1.0\n").unwrap();
    let lines: String = templates.iter().map(|template| format!("- {{{{ {template} | toString | b64enc }}}}\n")).collect();
    fs::write(chart.join("templates/t.yaml"), format!("l:\n{lines}")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartshift"));
    let done = environment(command.args(["template", "r", "--helm-version", "3.17"]).arg(&chart)).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = String::from_utf8(done.stdout).unwrap();
    let encoded = text.lines().filter_map(|line| line.strip_prefix("- "));
    encoded.map(|line| String::from_utf8(data_encoding::BASE64.decode(line.as_bytes()).unwrap()).unwrap()).collect()
}
