//! A real Gitea server on a free loopback port, with one user; `.ci/gitea FOLDER` builds the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::{Running, comes_up, free_port, run};

/// The folder that `.ci/gitea` filled.
const FOLDER: &str = "CHARTSHIFT_GITEA";

/// The user, who may do everything.
const USER: &str = "reviewer";

/// How long something may take to appear.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server.
pub struct Gitea {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// A token of the user, for everything.
    pub token: String,
    _folder: TempDir,
    _process: Running,
}

impl Gitea {
    /// Starts one, empty; `None`, saying so, when the program isn't here.
    pub fn start() -> Option<Self> {
        let Some(home) = std::env::var_os(FOLDER).map(PathBuf::from) else {
            assert!(std::env::var_os("CHARTSHIFT_REQUIRE_GITEA").is_none_or(|value| value != "1"), "{FOLDER} names no folder");
            eprintln!("skipped: {FOLDER} names no folder that .ci/gitea filled");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..5 {
            let port = free_port();
            let url = format!("http://127.0.0.1:{port}");
            fs::write(folder.path().join("app.ini"), configuration(&home, folder.path(), port)).unwrap();
            run(gitea(&home, folder.path()).arg("migrate"));
            let token = folder.path().join("token");
            if !token.exists() {
                fs::write(&token, make_user(&home, folder.path())).unwrap();
            }
            let web = gitea(&home, folder.path()).arg("web").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
            let mut process = Running(web.unwrap());
            if comes_up(&mut process, port) {
                return Some(Self { url, token: fs::read_to_string(token).unwrap(), _folder: folder, _process: process });
            }
        }
        panic!("gitea doesn't start; its folder was {}", folder.path().display());
    }

    /// Asks the API: the answer's JSON, `Null` for none.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (status, text) = self.answer(method, path, body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// The same, asked again while the answer is that there is no such thing: what was pushed is taken up a moment later.
    pub fn ask_patiently(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let start = Instant::now();
        loop {
            let (status, text) = self.answer(method, path, body);
            if status != 404 || start.elapsed() > PATIENCE {
                assert!((200..300).contains(&status), "{method} {path}: {status} {text}");
                return serde_json::from_str(&text).unwrap();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn answer(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, String) {
        let url = format!("{}/api/v1{path}", self.url);
        // Fails when another test has chosen one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let asked = async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let mut request = client.request(method.parse().unwrap(), &url).header("authorization", format!("token {}", self.token));
            if let Some(body) = body {
                request = request.header("content-type", "application/json").body(body.to_string());
            }
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(asked)
    }

    /// Makes a repository of this name: `reviewer/NAME`.
    pub fn make_repository(&self, name: &str) -> String {
        self.ask("POST", "/user/repos", Some(&serde_json::json!({ "name": name, "default_branch": "main" })));
        format!("{USER}/{name}")
    }

    /// The address that git pushes to.
    pub fn push_url(&self, repository: &str) -> String {
        self.url.replace("http://", &format!("http://{USER}:{}@", self.token)) + &format!("/{repository}.git")
    }
}

/// The program as the server's own user would run it.
fn gitea(home: &Path, folder: &Path) -> Command {
    let mut command = Command::new(home.join("gitea"));
    command.arg("--config").arg(folder.join("app.ini")).arg("--work-path").arg(folder);
    command.env("GITEA_WORK_DIR", folder).env("HOME", folder);
    // Only loopback and a temporary folder are at stake.
    command.env("GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT", "true");
    command
}

fn make_user(home: &Path, folder: &Path) -> String {
    let mut command = gitea(home, folder);
    command.args(["admin", "user", "create", "--admin", "--username", USER, "--password", "made-for-a-test-1"]);
    command.args(["--email", "reviewer@example.invalid", "--must-change-password=false"]);
    command.args(["--access-token", "--access-token-name", "test", "--access-token-scopes", "all"]);
    let told = String::from_utf8(run(&mut command).stdout).unwrap();
    let is_token = |word: &&str| word.len() == 40 && word.bytes().all(|b| b.is_ascii_hexdigit());
    told.split_whitespace().rev().find(is_token).unwrap_or_else(|| panic!("no token in: {told}")).to_owned()
}

fn configuration(home: &Path, folder: &Path, port: u16) -> String {
    let (folder, home) = (folder.display(), home.display());
    let user = String::from_utf8(run(Command::new("id").arg("-un")).stdout).unwrap();
    format!(
        "RUN_MODE = prod\nRUN_USER = {user}\nWORK_PATH = {folder}\n\
         [server]\nHTTP_ADDR = 127.0.0.1\nHTTP_PORT = {port}\nROOT_URL = http://127.0.0.1:{port}/\nDISABLE_SSH = true\n\
         OFFLINE_MODE = true\nSTATIC_ROOT_PATH = {home}/static\nAPP_DATA_PATH = {folder}/data\n\
         [database]\nDB_TYPE = sqlite3\nPATH = {folder}/gitea.db\n\
         [repository]\nROOT = {folder}/repositories\nDEFAULT_BRANCH = main\n\
         [security]\nINSTALL_LOCK = true\nSECRET_KEY = made-for-a-test\nPASSWORD_HASH_ALGO = pbkdf2$100$50\n\
         [oauth2]\nENABLED = false\n[service]\nDISABLE_REGISTRATION = true\n[mailer]\nENABLED = false\n[actions]\nENABLED = false\n\
         [packages]\nENABLED = false\n[indexer]\nISSUE_INDEXER_TYPE = db\n[cron]\nENABLED = false\n\
         [log]\nMODE = file\nROOT_PATH = {folder}/log\nLEVEL = Warn\n"
    )
}
