//! Which keys and texts are secrets, and that no format prints one.

use super::super::fixtures;
use super::*;
use crate::value::secrets;
use crate::value::{Path, Step};

#[test]
fn keys_that_name_secrets() {
    for key in [
        "password",
        "adminPassword",
        "postgresql-password",
        "DB_PASSWORD",
        "PGPASSWORD",
        "password2",
        "rootPass",
        "token",
        "apiToken",
        "AUTH_TOKEN",
        "secret",
        "clientSecret",
        "client_secret",
        "secretKey",
        "AWS_SECRET_ACCESS_KEY",
        "accessKey",
        "apiKey",
        "APIKey",
        "privateKey",
        "tlsKey",
        "connectionString",
        "AZURE_STORAGE_CONNECTION_STRING",
        "credentials",
        "htpasswd",
        "storage_account_key",
        "passwordHash",
        "dsn",
        "encryptionKey",
        "id_rsa.pem",
        "bearerToken",
        "dockerconfigjson",
        "sharedAccessKey",
        "passphrase",
        "smtp_pass",
        "sasToken",
    ] {
        assert!(secrets::is_secret_key(key), "{key}");
    }
}

#[test]
fn keys_that_only_sound_like_it() {
    for key in [
        "automountServiceAccountToken",
        "existingSecret",
        "existingSecretPasswordKey",
        "secretName",
        "secretKeys",
        "tokenAudience",
        "keyPrefix",
        "secretKeyRef",
        "secretRef",
        "imagePullSecrets",
        "pullSecrets",
        "passwordFile",
        "usePasswordFiles",
        "tokenExpirationSeconds",
        "key",
        "keys",
        "adminPasswordKey",
        "extraEnvVarsSecret",
        "secretAnnotations",
        "passThrough",
        "tokenReview",
        "author",
        "keepalive",
        "monkey",
        "compass",
        "hotkey",
        "topologyKey",
        "passwordPolicy",
        "credentialsFile",
        "auth",
    ] {
        assert!(!secrets::is_secret_key(key), "{key}");
    }
}

#[test]
fn a_path_is_as_secret_as_its_keys() {
    let item = |key: &str, value: &str| Step::Item { key: key.into(), value: value.into() };
    for (path, secret) in [
        (fixtures::path("auth.password"), true),
        (fixtures::path("credentials.azure.whatever"), true),
        (fixtures::path("passwords.alice"), true),
        (fixtures::path("secret.name"), false),
        (fixtures::path("secret.annotations"), false),
        (fixtures::path("token.value"), true),
        (fixtures::path("tls.key"), true),
        (fixtures::path("affinity.key"), false),
        (fixtures::path("serviceAccount.automountServiceAccountToken"), false),
        (Path::keys(["env"]).child(item("name", "DB_PASSWORD")).key("value"), true),
        (Path::keys(["env"]).child(item("name", "DB_PASSWORD")).key("valueFrom"), false),
        (Path::keys(["env"]).child(item("name", "MODE")).key("value"), false),
    ] {
        assert_eq!(secrets::is_secret_path(&path), secret, "{path}");
    }
    let known_by_itself = Path::keys(["apiKeys"]).child(item("key", "s3cr3t"));
    assert_eq!(secrets::path(&known_by_itself), "apiKeys[key=<hidden>]");
}

#[test]
fn texts_that_look_like_secrets() {
    let jwt = ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "c2lnbmF0dXJl"].join(".");
    for (text, want) in [
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", secrets::HIDDEN),
        ("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc==", secrets::HIDDEN),
        (&*format!("Bearer {jwt}"), secrets::HIDDEN),
        (concat!("AKIA", "ABCDEFGHIJKLMNOP"), secrets::HIDDEN),
        ("postgres://me:hunter2@db:5432/x", "postgres://<hidden>@db:5432/x"),
        ("https://example.org/a@b:c", "https://example.org/a@b:c"),
        ("user: me\npassword: hunter2\nport: 1", "user: me\npassword: <hidden>\nport: 1"),
        ("export API_TOKEN=abc", "export API_TOKEN=<hidden>"),
        ("password: {{ .Values.auth.password }}", "password: {{ .Values.auth.password }}"),
        ("password: $(DB_PASSWORD)", "password: $(DB_PASSWORD)"),
        ("The token: it goes away", "The token: it goes away"),
        ("docker.io/bitnami/thanos:0.33.0", "docker.io/bitnami/thanos:0.33.0"),
    ] {
        assert_eq!(secrets::scrub(text), want);
    }
}

#[test]
fn lines_below_a_secret_key_are_its_value() {
    let text = "data:\n  password: |\n    hunter2\n    more\n  name: x\n  secret:\n    secretName: mine\n    defaultMode: 420\n    raw: hunter2\n  a: b";
    let mut lines = secrets::Lines::default();
    let shown: Vec<String> = text.lines().map(|line| lines.scrub(line)).collect();
    let want = "data:\n  password: |\n    <hidden>\n    <hidden>\n  name: x\n  secret:\n    secretName: mine\n    defaultMode: 420\n    raw: <hidden>\n  a: b";
    assert_eq!(shown.join("\n"), want);
}

#[test]
fn no_format_prints_a_secret() {
    let mut report = fixtures::incomplete();
    let mut finding = fixtures::thanos().findings[0].clone();
    finding.message = "auth.password went from hunter2-old to hunter2-new".into();
    finding.changes[0].path = fixtures::path("auth.password");
    finding.changes[0].old = Some(fixtures::node("hunter2-old"));
    finding.changes[0].description = Some("defaults to hunter2-new".into());
    finding.fix.as_mut().unwrap().values = vec![(fixtures::path("auth.password"), fixtures::node("hunter2-old"))];
    report.findings = vec![finding];
    let mut template = fixtures::thanos().comparison.templates.remove(0);
    template.hunks[0].lines[1].text = "  value: hunter2-new".into();
    report.comparison.templates = vec![template];
    for (_, format) in Format::ALL {
        let text = rendered(&report, format, &Style { lines: true, ..Style::PLAIN });
        for secret in ["hunter2", "hunter3", "c2VjcmV0"] {
            assert!(!text.contains(secret), "{secret} in {format:?}:\n{text}");
        }
        let hidden = if format == Format::Html { "&lt;hidden&gt;" } else { secrets::HIDDEN };
        assert!(text.contains(hidden) || matches!(format, Format::Json | Format::Sarif), "{text}");
    }
}
