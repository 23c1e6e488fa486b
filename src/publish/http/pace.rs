//! How patiently a forge is asked: how often again, how long to wait, and how long in all.

use std::cell::Cell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::fetch::Answer;
use crate::fetch::options::Retries;

/// The waits of one run.
#[derive(Debug)]
pub(super) struct Pace {
    count: u32,
    first: Duration,
    /// What is left to wait in the whole run.
    left: Cell<Duration>,
    /// What the next request waits because of what the last one met.
    owed: Cell<Duration>,
}

impl Pace {
    /// `count` tries after the first one for each request, and no more than the longest wait for all of them together.
    pub(super) fn new(retries: &Retries) -> Self {
        Self { count: retries.count, first: retries.first_wait, left: Cell::new(retries.longest_wait), owed: Cell::default() }
    }

    /// Whether a request that was tried this often may be tried again after what the server asks for. The wait is then owed.
    pub(super) fn again(&self, tried: u32, asked: Option<Duration>) -> bool {
        let wait = asked.unwrap_or_default().max(self.first.saturating_mul(2u32.saturating_pow(tried.saturating_sub(1))));
        let Some(left) = self.left.get().checked_sub(wait).filter(|_| tried <= self.count) else { return false };
        self.left.set(left);
        self.owed.set(wait);
        true
    }

    /// Waits what is owed.
    pub(super) fn wait(&self) {
        let owed = self.owed.take();
        if !owed.is_zero() {
            std::thread::sleep(owed);
        }
    }
}

/// Whether a forge says "too many", and how long it asks to wait: 429, or GitHub's 403 with a wait or with no request left (the primary
/// and the secondary limit).
pub(super) fn throttled(answer: &Answer, now: SystemTime) -> Option<Option<Duration>> {
    let spent = answer.header("x-ratelimit-remaining") == Some("0");
    let reset = || {
        let at: u64 = answer.header("x-ratelimit-reset").or_else(|| answer.header("ratelimit-reset"))?.parse().ok()?;
        Some((UNIX_EPOCH + Duration::from_secs(at)).duration_since(now).unwrap_or_default())
    };
    let asked = answer.retry_after().or_else(|| if spent { reset() } else { None });
    let secondary = || memchr::memmem::find(&answer.body, b"secondary rate limit").is_some();
    match answer.status.as_u16() {
        429 => Some(asked.or_else(reset)),
        403 if asked.is_some() || spent || secondary() => Some(asked),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &'static str) -> Answer {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
        Answer { status: StatusCode::from_u16(status).unwrap(), headers, body: body.into() }
    }

    #[test]
    fn too_many_is_told_in_several_ways() {
        let now = UNIX_EPOCH + Duration::from_secs(1000);
        let seconds = |number| Some(Some(Duration::from_secs(number)));
        let table = [
            (answer(429, &[], ""), Some(None)),
            (answer(429, &[("retry-after", "7")], ""), seconds(7)),
            (answer(429, &[("ratelimit-reset", "1005")], ""), seconds(5)),
            (answer(403, &[("retry-after", "7")], ""), seconds(7)),
            (answer(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1020")], ""), seconds(20)),
            (answer(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "900")], ""), seconds(0)),
            (answer(403, &[], "You have exceeded a secondary rate limit."), Some(None)),
            (answer(403, &[("x-ratelimit-remaining", "4999"), ("x-ratelimit-reset", "1020")], "Resource not accessible"), None),
            (answer(200, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1020")], ""), None),
        ];
        for (answer, asked) in table {
            assert_eq!(throttled(&answer, now), asked, "{answer:?}");
        }
    }

    #[test]
    fn all_waits_together_have_a_limit() {
        let pace = Pace::new(&Retries { count: 3, first_wait: Duration::from_millis(500), longest_wait: Duration::from_secs(30) });
        assert!(pace.again(1, Some(Duration::from_secs(20))));
        assert!(!pace.again(1, Some(Duration::from_secs(11))), "only ten seconds are left");
        assert!(pace.again(2, None));
        assert!(!pace.again(4, None), "three times again, not four");
    }
}
