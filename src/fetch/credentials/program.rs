//! Programs that keep credentials: `docker-credential-NAME get`, the server on standard input, JSON on standard output
//! (docker/docker-credential-helpers, `client` and `credentials`).
//!
//! Nothing such a program prints is ever shown: it may hold secrets.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::{Login, Secret};
use crate::fetch::Credentials;

/// The most that is read of what a helper prints.
const MOST_OUTPUT: u64 = 64 << 10;

/// How often a helper that has closed its output is looked after until it ends.
const END_POLL: Duration = Duration::from_millis(5);

/// What helpers print when they simply have nothing for a server.
const NOT_FOUND: &str = "credentials not found";

/// The user that means "the secret is an identity token".
const TOKEN_USER: &str = "<token>";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// Asks the helper `program` (a name is looked up on `PATH`) for the credentials of a server. Nothing when it has none.
///
/// # Errors
/// What is wrong with the helper, as the end of a sentence: `is not on PATH`.
pub(super) fn get(program: &str, server: &str, timeout: Duration) -> Result<Option<Login>, String> {
    let spawned = Command::new(program).arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = spawned.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "is not on PATH".to_owned(),
        kind => format!("can't be started ({kind})"),
    })?;
    let output = talk(&mut child, server, Instant::now() + timeout);
    // Whatever happened, it is over: neither the program nor its entry in the process table stays behind.
    let status = if output.is_some() { end(&mut child, Instant::now() + timeout) } else { None };
    let (Some(output), Some(status)) = (output, status) else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!("did not answer within {} seconds", timeout.as_secs_f32().ceil()));
    };
    if !status.success() {
        let says_none = String::from_utf8_lossy(&output).to_lowercase().contains(NOT_FOUND);
        return if says_none { Ok(None) } else { Err(format!("failed ({status})")) };
    }
    let answer: Answer = serde_json::from_slice(&output).map_err(|_| "printed something that is no answer".to_owned())?;
    Ok(match (answer.username, answer.secret) {
        (_, secret) if secret.is_empty() => None,
        (username, token) if username == TOKEN_USER => Some(Login::IdentityToken(Secret(token))),
        (username, password) => Some(Login::Password(Credentials { username, password })),
    })
}

/// Tells the helper the server and reads all it prints; `None` when time is up.
fn talk(child: &mut Child, server: &str, until: Instant) -> Option<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    let input = child.stdin.take();
    let output = child.stdout.take();
    let server = server.to_owned();
    // The thread ends with the pipes; a helper's own child that keeps one open can't hold us up.
    thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut input) = input {
            // A helper that doesn't read its input still has an answer.
            let _ = input.write_all(server.as_bytes());
        }
        if let Some(output) = output {
            let _ = output.take(MOST_OUTPUT).read_to_end(&mut text);
        }
        let _ = sender.send(text);
    });
    receiver.recv_timeout(until.saturating_duration_since(Instant::now())).ok()
}

fn end(child: &mut Child, until: Instant) -> Option<std::process::ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < until => thread::sleep(END_POLL),
            _ => return None,
        }
    }
}
