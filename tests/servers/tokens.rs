//! A token server as the Docker registry's token specification describes one: it signs tokens with openssl (RS256, the certificate in the
//! header), for pulling only, and keeps who asked.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use super::registry::{PASSWORD, USER};
use super::run;

/// The refresh token the server turns into access tokens.
pub const REFRESH_TOKEN: &str = "refresh-hunter2";

/// A token server that runs until the test program ends.
pub struct Tokens {
    /// Its port on the loopback.
    pub port: u16,
    /// Who asked: `anonymous`, `someone`, `refresh`, `refused`.
    pub asked: Arc<Mutex<Vec<&'static str>>>,
}

impl Tokens {
    /// Starts one; the key and the certificate (`token.pem`) are made in a folder.
    pub fn start(folder: &Path, anonymous: bool) -> Self {
        let arguments = "req -x509 -newkey rsa:2048 -nodes -days 2 -batch -subj /CN=tokens -keyout token.key -out token.pem";
        run(Command::new("openssl").current_dir(folder).args(arguments.split(' ')));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let server = Server { folder: folder.to_owned(), anonymous, asked: asked.clone() };
        thread::spawn(move || listener.incoming().flatten().for_each(|stream| server.answer(stream)));
        Self { port, asked }
    }
}

struct Server {
    folder: PathBuf,
    anonymous: bool,
    asked: Arc<Mutex<Vec<&'static str>>>,
}

impl Server {
    fn answer(&self, mut stream: TcpStream) {
        let Some((head, body)) = read_request(&stream) else { return };
        let basic = format!("basic {}", base64(format!("{USER}:{PASSWORD}").as_bytes()).to_lowercase());
        let authorization = head.lines().find_map(|line| line.to_lowercase().strip_prefix("authorization: ").map(str::to_owned));
        let refreshed = head.starts_with("POST") && body.contains(&format!("refresh_token={REFRESH_TOKEN}"));
        let who = match authorization {
            Some(given) if given.trim() == basic => USER,
            None if refreshed => "refresh",
            None if head.starts_with("GET") && self.anonymous => "anonymous",
            _ => "refused",
        };
        self.asked.lock().unwrap().push(who);
        let (status, text) = if who == "refused" {
            ("401 Unauthorized", r#"{"errors":[{"code":"UNAUTHORIZED","message":"incorrect username or password"}]}"#.to_owned())
        } else {
            let query = head.split_whitespace().nth(1).unwrap_or_default().split_once('?').map_or(&*body, |(_, query)| query);
            let token = self.token(query);
            ("200 OK", serde_json::json!({ (if refreshed { "access_token" } else { "token" }): token }).to_string())
        };
        let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}", text.len());
    }

    /// A signed token for the scopes of a query.
    fn token(&self, query: &str) -> String {
        let scopes = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == "scope");
        let access: Vec<_> = scopes
            .flat_map(|(_, scope)| scope.split(' ').map(str::to_owned).collect::<Vec<_>>())
            .filter_map(|scope| {
                let mut parts = scope.splitn(3, ':');
                let (kind, name, actions) = (parts.next()?.to_owned(), parts.next()?.to_owned(), parts.next()?);
                let actions: Vec<_> = actions.split(',').filter(|action| *action == "pull").map(str::to_owned).collect();
                Some(serde_json::json!({ "type": kind, "name": name, "actions": actions }))
            })
            .collect();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let certificate = fs::read_to_string(self.folder.join("token.pem")).unwrap();
        let certificate: String = certificate.lines().filter(|line| !line.starts_with('-')).collect();
        let header = serde_json::json!({ "typ": "JWT", "alg": "RS256", "x5c": [certificate] });
        let claims = serde_json::json!({
            "iss": "test-issuer", "sub": USER, "aud": "test-registry", "exp": now + 300, "nbf": now - 60, "iat": now, "jti": "1", "access": access,
        });
        let signed = format!("{}.{}", base64_url(header.to_string().as_bytes()), base64_url(claims.to_string().as_bytes()));
        format!("{signed}.{}", base64_url(&self.sign(&signed)))
    }

    fn sign(&self, text: &str) -> Vec<u8> {
        let mut openssl = Command::new("openssl");
        openssl.current_dir(&self.folder).args(["dgst", "-sha256", "-sign", "token.key"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = openssl.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap().stdout
    }
}

fn read_request(stream: &TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.trim().parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8_lossy(&body).into_owned()))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let index = usize::try_from(group >> (18 - 6 * digit) & 63).unwrap();
            text.push(if digit <= chunk.len() { char::from(DIGITS[index]) } else { '=' });
        }
    }
    text
}

fn base64_url(bytes: &[u8]) -> String {
    base64(bytes).replace('+', "-").replace('/', "_").replace('=', "")
}
