//! Values that are never printed, in no format: what stands under a key that names a secret, and text that looks like one.
//!
//! Key names are read as English compounds, in which the last word says what the thing is: `adminPassword` is a password, `secretName` is
//! a name, `tokenAudience` is an audience. Nothing, `true`, `false` and the empty string say nothing secret and stay. Hiding too much
//! costs a reader a look into the chart, hiding too little costs a password, so the doubtful is hidden. Depends on `value`.

use crate::value::{Data, Node, Path, Step};

/// What is printed in place of a secret.
pub const HIDDEN: &str = "<hidden>";

/// Last words that name a secret by themselves.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "pass",
    "secret",
    "secrets",
    "token",
    "tokens",
    "credential",
    "credentials",
    "creds",
    "apikey",
    "apikeys",
    "accesskey",
    "secretkey",
    "privatekey",
    "connectionstring",
    "connstr",
    "dsn",
    "htpasswd",
    "jwt",
    "bearer",
    "cookie",
    "sas",
    "keytab",
    "dockerconfigjson",
    "kubeconfig",
    "authorization",
];

/// What the end of a word written in one case gives away: `PGPASSWORD`, `clientsecret`.
const SECRET_ENDINGS: &[&str] =
    &["password", "passwd", "passphrase", "secret", "token", "apikey", "accesskey", "secretkey", "privatekey", "connectionstring"];

/// What makes `key` a secret when it stands in front of it.
const KEY_KINDS: &[&str] = &[
    "api",
    "access",
    "secret",
    "private",
    "encryption",
    "encrypt",
    "signing",
    "sign",
    "master",
    "account",
    "storage",
    "shared",
    "license",
    "ssh",
    "rsa",
    "host",
    "session",
    "cookie",
    "fernet",
    "auth",
    "admin",
    "root",
    "jwt",
    "hmac",
    "aes",
    "webserver",
    "tls",
    "ssl",
    "ca",
    "server",
    "client",
    "cert",
    "subscription",
    "instrumentation",
    "gpg",
    "pgp",
    "app",
    "application",
    "service",
    "primary",
    "secondary",
];

/// Containers under which a bare `key` is key material.
const KEY_CONTAINERS: &[&str] = &["tls", "ssl", "https", "cert", "certs", "certificate", "certificates", "ingress", "encryption", "ssh"];

/// What stands in front of `secret` when the word means the Kubernetes object's name.
const OBJECT_KINDS: &[&str] = &["existing", "pull", "vars", "env", "tls", "cert", "certificate", "ca", "external"];

/// Words behind the secret's own that don't make it another thing: `passwordValue`, `tokenBase64`.
const TRAILERS: &[&str] =
    &["value", "values", "data", "base64", "b64", "plain", "plaintext", "text", "content", "contents", "hash", "hashed"];

/// Keys that describe a container such as `secret:` or `token:` and hold nothing secret.
const DESCRIPTIVE: &[&str] = &[
    "create",
    "created",
    "enabled",
    "enable",
    "name",
    "namespace",
    "annotations",
    "labels",
    "type",
    "kind",
    "mountpath",
    "path",
    "subpath",
    "readonly",
    "optional",
    "defaultmode",
    "mode",
    "existing",
    "keep",
    "expirationseconds",
    "audience",
    "engine",
    "provider",
    "rotate",
    "refreshinterval",
    "items",
];

/// Whether the value at a path must not be printed.
pub fn is_secret_path(path: &Path) -> bool {
    let mut judge = Judge::default();
    path.steps().iter().for_each(|step| judge.enter_step(step));
    judge.hides()
}

/// What the keys passed on the way down say about the value below.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Judge {
    /// Under a key that names a secret.
    secret: bool,
    /// The last key only describes the container it stands in.
    descriptive: bool,
    /// Under a key whose `key` is key material.
    holds_keys: bool,
    /// In a list item whose name names a secret: its `value` is one.
    named_secret: bool,
}

impl Judge {
    /// The judge of the values at a path.
    pub(crate) fn at(path: &Path) -> Self {
        let mut judge = Self::default();
        path.steps().iter().for_each(|step| judge.enter_step(step));
        judge
    }

    /// Whether the value here must not be printed.
    pub(crate) fn hides(self) -> bool {
        self.secret && !self.descriptive
    }

    /// One mapping key further down.
    #[must_use]
    pub(crate) fn key(mut self, key: &str) -> Self {
        self.enter(key);
        self
    }

    /// Into an item of a list, known by its mapping's `name`.
    #[must_use]
    pub(crate) fn item(mut self, item: &Node) -> Self {
        self.named_secret = item.get("name").and_then(Node::as_str).is_some_and(is_secret_key);
        self
    }

    fn enter_step(&mut self, step: &Step) {
        match step {
            Step::Key(key) => self.enter(key),
            Step::Item { key, value } if &**key == "name" => self.named_secret = is_secret_key(value),
            Step::Item { .. } | Step::Index(_) => {}
        }
    }

    fn enter(&mut self, key: &str) {
        let words = words(key);
        let joined = words.concat();
        let named = is_secret_key(key) || (self.named_secret && joined == "value") || (self.holds_keys && joined == "key");
        self.descriptive = self.secret && !named && DESCRIPTIVE.contains(&joined.as_str());
        self.secret |= named;
        self.holds_keys |= words.last().is_some_and(|word| KEY_CONTAINERS.contains(&word.as_str()));
        self.named_secret = false;
    }
}

/// Whether a key names a secret: `adminPassword`, `AWS_SECRET_ACCESS_KEY`, `connectionString`, but not `existingSecret`, `secretName`,
/// `automountServiceAccountToken`.
pub fn is_secret_key(key: &str) -> bool {
    let all = words(key);
    if all.iter().any(|word| word == "automount") || all.first().is_some_and(|word| word == "existing") {
        return false;
    }
    let mut words: &[String] = &all;
    while let Some((last, rest)) = words.split_last() {
        if rest.is_empty() || !TRAILERS.contains(&last.as_str()) {
            break;
        }
        words = rest;
    }
    let Some((head, rest)) = words.split_last() else { return false };
    let before = rest.last().map(String::as_str);
    match head.as_str() {
        "secret" | "secrets" => !before.is_some_and(|word| OBJECT_KINDS.contains(&word)),
        // `secretKeys` maps to the names of keys in a Secret.
        "keys" if before == Some("secret") => false,
        "key" | "keys" => before.is_some_and(|word| KEY_KINDS.contains(&word)),
        "string" => before == Some("connection"),
        "pem" => true,
        head => SECRET_WORDS.contains(&head) || SECRET_ENDINGS.iter().any(|ending| head.ends_with(ending)),
    }
}

/// The lower-case words of a key: `AWS_SecretKey2` is `aws`, `secret`, `key`. Digits at a word's end are dropped.
fn words(key: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let chars: Vec<char> = key.chars().collect();
    for (at, &c) in chars.iter().enumerate() {
        let previous = at.checked_sub(1).map(|at| chars[at]);
        let next_is_lower = chars.get(at + 1).is_some_and(|next| next.is_lowercase());
        let starts =
            c.is_uppercase() && previous.is_some_and(|previous| previous.is_lowercase() || (previous.is_uppercase() && next_is_lower));
        if !c.is_alphanumeric() || starts {
            finish(&mut word, &mut words);
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    finish(&mut word, &mut words);
    words
}

fn finish(word: &mut String, words: &mut Vec<String>) {
    let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
    if !bare.is_empty() {
        words.push(if matches!(word.as_str(), "base64" | "b64") { word.clone() } else { bare.to_owned() });
    }
    word.clear();
}

/// Whether a scalar says nothing worth hiding: nothing, a boolean, the empty string, an empty collection.
pub(crate) fn is_harmless(data: &Data) -> bool {
    match data {
        Data::Null | Data::Bool(_) => true,
        Data::Str(text) => text.trim().is_empty(),
        Data::List(items) => items.is_empty(),
        Data::Map(map) => map.is_empty(),
        _ => false,
    }
}

/// Marks that open or sit in well-known secrets.
const MARKS: &[&str] = &[
    "PRIVATE KEY-----",
    "AccountKey=",
    "SharedAccessKey=",
    "SharedAccessSignature=",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "hooks.slack.com/services/",
];

/// Text with what looks like a secret replaced: PEM keys, JSON web tokens, connection strings, passwords in URLs, tokens of well-known
/// makers, and `password: …` lines of configuration kept in a string.
pub fn scrub(text: &str) -> String {
    if MARKS.iter().any(|mark| text.contains(mark)) || has_jwt(text) || has_access_key_id(text) {
        return HIDDEN.to_owned();
    }
    let text = scrub_urls(text);
    if !text.contains([':', '=']) {
        return text;
    }
    text.split('\n').map(scrub_setting).collect::<Vec<_>>().join("\n")
}

/// Lines in order, such as those of a diff, with secrets replaced. Knows the lines below a secret key as its block, and a run of key
/// material without its opening line by its shape.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// The indentation of the secret key whose block this is.
    block: Option<usize>,
}

impl Lines {
    /// The next line.
    pub(crate) fn scrub(&mut self, line: &str) -> String {
        let indent = line.len() - line.trim_start().len();
        let bare = line.trim();
        if let Some(block) = self.block {
            if indent > block && !bare.is_empty() && !bare.contains("{{") && !bare.starts_with('#') {
                return hide_in_block(line, indent);
            }
            if indent <= block && !bare.is_empty() {
                self.block = None;
            }
        }
        if bare.len() >= 60 && bare.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')) {
            return format!("{}{HIDDEN}", &line[..indent]);
        }
        let opens = |(key, value): (&str, &str)| is_secret_key(key) && matches!(value.trim(), "" | "|" | "|-" | ">" | ">-" | "|+" | ">+");
        if split_setting(line).is_some_and(opens) {
            self.block = Some(indent);
        }
        scrub(line)
    }
}

/// A line below a secret key: the key stays when it describes, the value never does.
fn hide_in_block(line: &str, indent: usize) -> String {
    match split_setting(line) {
        Some((key, value))
            if DESCRIPTIVE.contains(&words(key).concat().as_str()) || value.trim().is_empty() || !is_secret_like_block_key(key) =>
        {
            scrub(line)
        }
        Some((_, value)) => format!("{} {HIDDEN}", line[..line.len() - value.len()].trim_end()),
        None => format!("{}{HIDDEN}", &line[..indent]),
    }
}

/// Below a secret key every key but those that name Kubernetes references holds a secret.
fn is_secret_like_block_key(key: &str) -> bool {
    !matches!(words(key).last().map(String::as_str), Some("name" | "ref" | "namespace"))
}

/// Hides the value of a line `key: value` or `KEY=value` whose key names a secret.
fn scrub_setting(line: &str) -> String {
    let Some((key, value)) = split_setting(line) else { return line.to_owned() };
    let shown = value.trim().trim_end_matches(',');
    let reference =
        shown.contains("{{") || shown.contains("$(") || shown.contains("${") || shown.starts_with(['&', '*', '|', '>', '{', '[', '<']);
    let harmless = matches!(shown, "" | "\"\"" | "''" | "~" | "null" | "true" | "false");
    if !is_secret_key(key) || reference || harmless {
        return line.to_owned();
    }
    let head = &line[..line.len() - value.len()];
    let space = if value.starts_with(' ') { " " } else { "" };
    format!("{head}{space}{HIDDEN}")
}

/// The key and the rest of a line that looks like a setting.
fn split_setting(line: &str) -> Option<(&str, &str)> {
    let at = line.find([':', '='])?;
    let key = line[..at].trim().trim_start_matches("- ").trim_matches(['"', '\'', ' ']);
    let key = key.strip_prefix("export ").unwrap_or(key);
    let is_key = !key.is_empty() && key.len() <= 100 && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
    let value = &line[at + 1..];
    (is_key && !value.starts_with("//")).then_some((key, value))
}

/// Hides `user:password` in front of a URL's host.
fn scrub_urls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (head, tail) = rest.split_at(at + 3);
        out.push_str(head);
        let end = tail.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '`' | '<')).unwrap_or(tail.len());
        let authority = &tail[..end];
        match authority.rfind('@') {
            Some(user_end) if authority[..user_end].contains(':') && !authority.contains("{{") => {
                out.push_str(HIDDEN);
                out.push_str(&authority[user_end..]);
            }
            _ => out.push_str(authority),
        }
        rest = &tail[end..];
    }
    out.push_str(rest);
    out
}

/// Three parts of base64url, the first of which opens a JSON object.
fn has_jwt(text: &str) -> bool {
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.split(|c| !is_token(c)).filter(|token| token.contains("eyJ")).any(|token| {
        let parts: Vec<&str> = token.split('.').collect();
        parts.windows(3).any(|three| three[0].contains("eyJ") && three[0].len() >= 10 && three[1].len() >= 10)
    })
}

/// An AWS access key id: `AKIA` or `ASIA` and 16 capitals or digits.
fn has_access_key_id(text: &str) -> bool {
    ["AKIA", "ASIA"].iter().any(|mark| {
        text.match_indices(mark).any(|(at, _)| {
            let id = text.get(at..at + 20);
            id.is_some_and(|id| id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()))
        })
    })
}

/// A path as it is printed. An item under a secret key that is known by anything but its name is known by the secret itself.
pub fn path(path: &Path) -> String {
    let mut judge = Judge::default();
    let mut shown = Path::root();
    for step in path.steps() {
        judge.enter_step(step);
        shown = match step {
            Step::Item { key, .. } if judge.secret && &**key != "name" => {
                shown.child(Step::Item { key: key.clone(), value: HIDDEN.into() })
            }
            step => shown.child(step.clone()),
        };
    }
    shown.to_string()
}
