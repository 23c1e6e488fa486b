//! The secret that speaks for us. It comes from the environment, goes to the forge's own API, and shows nowhere.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};

/// What stands in for a token.
const HIDDEN: &str = "***";

/// A token. `Debug` doesn't show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    secret: String,
    variable: String,
}

impl Token {
    /// The token that stands in an environment variable.
    ///
    /// # Errors
    /// `Usage` when it holds something that no token holds: white space inside of it, or control characters.
    pub fn new(secret: &str, variable: &str) -> Result<Self> {
        let secret = secret.trim();
        if secret.is_empty() || secret.chars().any(|c| !c.is_ascii_graphic()) {
            let message = format!("the variable {variable} holds no token: it is empty or holds characters that no token holds");
            return Err(Error::new(ErrorKind::Usage, message).hint("check that the secret was stored whole, and alone"));
        }
        Ok(Self { secret: secret.to_owned(), variable: variable.to_owned() })
    }

    /// The secret, for a request's header.
    pub(super) fn expose(&self) -> &str {
        &self.secret
    }

    /// The value of `Authorization` where both sorts exist: a secret of the form `user:secret` is basic, any other a bearer's.
    pub(super) fn bearer_or_basic(&self) -> String {
        if self.secret.contains(':') {
            format!("Basic {}", data_encoding::BASE64.encode(self.secret.as_bytes()))
        } else {
            format!("Bearer {}", self.secret)
        }
    }

    /// The name of the variable that it stood in.
    pub fn variable(&self) -> &str {
        &self.variable
    }

    /// The text with the token in it hidden, as it is and in base64.
    pub fn hide(&self, text: &str) -> String {
        let encoded = data_encoding::BASE64.encode(self.secret.as_bytes());
        text.replace(&self.secret, HIDDEN).replace(&encoded, HIDDEN)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({HIDDEN} of {})", self.variable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_never_shows() {
        let token = Token::new(" ghp_hunter2\n", "GITHUB_TOKEN").unwrap();
        assert_eq!(token.expose(), "ghp_hunter2");
        assert_eq!(format!("{token:?}"), "Token(*** of GITHUB_TOKEN)");
        assert_eq!(token.hide("bad: ghp_hunter2, Z2hwX2h1bnRlcjI="), "bad: ***, ***");
        for odd in ["", "  ", "two words", "line\u{0}", "ключ"] {
            let report = Token::new(odd, "GITHUB_TOKEN").unwrap_err().report();
            assert!(report.contains("GITHUB_TOKEN") && (odd.trim().is_empty() || !report.contains(odd)), "{report}");
        }
    }
}
