//! The keys and certificates that templates make, checked by openssl.

#![allow(clippy::disallowed_methods, clippy::print_stderr, clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

use chartshift::template::value::{Table, Value};
use chartshift::template::{Limits, ParsedFile, Profile, Session, TemplateSet};

/// Keys of all kinds, and certificates made with a key of each kind.
const TEMPLATE: &str = r#"
{{- define "pair" }}{{ .Key }}§{{ .Cert }}{{ end }}
{{- $ca := genCA "authority" 30 }}{{ include "pair" $ca }}
§{{ include "pair" (genSelfSignedCert "self.example" (list "10.1.2.3" "::1") (list "a.example" "*.b.example") 30) }}
§{{ include "pair" (genSignedCert "leaf.example" (list "10.1.2.3") (list "a.example") 30 $ca) }}
{{- range list "ecdsa" "ed25519" }}
  {{- $key := genPrivateKey . }}
  {{- $own := genCAWithKey "authority" 30 $key }}
§{{ include "pair" $own }}
§{{ include "pair" (genSignedCertWithKey "leaf.example" nil (list "a.example") 30 $own $key) }}
{{- end }}
§{{ genPrivateKey "rsa" }}§{{ genPrivateKey "dsa" -}}
"#;

#[test]
fn openssl_accepts_keys_and_certificates() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: no openssl");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let text = rendered();
    let parts: Vec<&str> = text.split('§').map(str::trim).collect();
    let [pairs @ .., rsa_key, dsa_key] = parts.as_slice() else { panic!("too few parts") };
    let paths: Vec<(String, String)> = pairs
        .chunks_exact(2)
        .enumerate()
        .map(|(index, pair)| {
            (write(folder.path(), &format!("{index}.key"), pair[0]), write(folder.path(), &format!("{index}.crt"), pair[1]))
        })
        .collect();
    assert_eq!(paths.len(), 7);
    for (key, certificate) in &paths {
        let of_key = openssl(&["pkey", "-in", key, "-pubout"]);
        assert_eq!(of_key, openssl(&["x509", "-in", certificate, "-noout", "-pubkey"]), "{certificate} is not the key's");
    }
    for (authority, leaf) in [(0, 0), (1, 1), (0, 2), (3, 3), (3, 4), (5, 5), (5, 6)] {
        let verified = openssl(&["verify", "-CAfile", &paths[authority].1, &paths[leaf].1]);
        assert!(verified.ends_with(": OK\n"), "{verified}");
    }
    let shown = openssl(&["x509", "-in", &paths[1].1, "-noout", "-text"]);
    for expected in ["CN = self.example", "DNS:a.example, DNS:*.b.example", "IP Address:10.1.2.3, IP Address:0:0:0:0:0:0:0:1", "(2048 bit)"]
    {
        assert!(shown.replace("CN=", "CN = ").contains(expected), "no {expected} in {shown}");
    }
    assert!(openssl(&["x509", "-in", &paths[0].1, "-noout", "-text"]).contains("CA:TRUE"));
    let key = write(folder.path(), "rsa.key", rsa_key);
    assert!(openssl(&["rsa", "-in", &key, "-check", "-noout"]).contains("RSA key ok"));
    check_dsa(folder.path(), dsa_key);
}

/// A key that openssl takes, with parameters it finds sound, signs what its public half verifies.
fn check_dsa(folder: &Path, text: &str) {
    let key = write(folder, "dsa.key", text);
    assert!(text.starts_with("-----BEGIN DSA PRIVATE KEY-----\n"));
    assert!(openssl(&["dsa", "-in", &key, "-noout", "-text"]).contains("(2048 bit)"));
    for check in ["-check", "-pubcheck"] {
        assert!(openssl(&["pkey", "-in", &key, "-noout", check]).contains("Key is valid"));
    }
    let public = write(folder, "dsa.pub", &openssl(&["dsa", "-in", &key, "-pubout"]));
    let signature = folder.join("signature").to_str().unwrap().to_owned();
    openssl(&["dgst", "-sha256", "-sign", &key, "-out", &signature, &public]);
    assert!(openssl(&["dgst", "-sha256", "-verify", &public, "-signature", &signature, &public]).contains("Verified OK"));
}

fn rendered() -> String {
    let profile = Profile::V3_17;
    let mut set = TemplateSet::new(profile.clone());
    set.add(&ParsedFile::parse("t", TEMPLATE.as_bytes(), &profile).unwrap());
    String::from_utf8(Session::new(&set, Limits::default()).render("t", Value::map(Table::new())).unwrap()).unwrap()
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, format!("{text}\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What openssl prints; it must succeed.
fn openssl(arguments: &[&str]) -> String {
    let done = Command::new("openssl").args(arguments).output().unwrap();
    assert!(done.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}
