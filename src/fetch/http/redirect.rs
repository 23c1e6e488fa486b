//! The rule for following redirects.
//!
//! Followed by hand, because what a request carries depends on where it goes: credentials and client certificates stay with the origin
//! they were meant for, and do not come back once a redirect has left it. Stricter than Go's `net/http`, which lets them reach subdomains.

use super::super::redact::RedactedUrl;

/// How many redirects one request may follow: Go's and the browsers' order of magnitude.
pub(super) const MOST_REDIRECTS: usize = 10;

/// Why a redirect is not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::fetch) enum Refusal {
    /// It leads to a place where the request has been.
    Loop,
    /// More than [`MOST_REDIRECTS`].
    TooMany,
    /// From `https` to `http`: whoever listens could swap the package.
    Downgrade,
    /// Neither `http` nor `https`, or no URL at all.
    Elsewhere,
}

/// A request on its way through redirects.
#[derive(Debug)]
pub(super) struct Journey {
    /// Everywhere it has been, the current place last. Never empty.
    places: Vec<RedactedUrl>,
    /// Whether it may still carry what was meant for the first place.
    trusted: bool,
}

impl Journey {
    pub(super) fn from(start: RedactedUrl) -> Self {
        Self { places: vec![start], trusted: true }
    }

    /// Where the request is now.
    pub(super) fn place(&self) -> &RedactedUrl {
        &self.places[self.places.len() - 1]
    }

    /// Whether the current place may see what was meant for the first.
    pub(super) fn trusted(&self) -> bool {
        self.trusted
    }

    /// Takes the next step. User and password in `location` are dropped.
    pub(super) fn follow(&mut self, location: &str) -> Result<(), Refusal> {
        let here = self.place();
        let next = here.expose().join(location).map_err(|_| Refusal::Elsewhere)?;
        let (next, _) = RedactedUrl::from(next).split_credentials();
        match (here.expose().scheme(), next.expose().scheme()) {
            ("https", "http") => return Err(Refusal::Downgrade),
            (_, "http" | "https") if next.expose().has_host() => {}
            _ => return Err(Refusal::Elsewhere),
        }
        if self.places.contains(&next) {
            return Err(Refusal::Loop);
        }
        if self.places.len() > MOST_REDIRECTS {
            return Err(Refusal::TooMany);
        }
        self.trusted &= carries(here, &next);
        self.places.push(next);
        Ok(())
    }
}

/// Whether a step from one URL to the other stays with the same server: the same origin, or the same host from `http` on its usual port
/// to `https` on its usual port.
fn carries(from: &RedactedUrl, to: &RedactedUrl) -> bool {
    let secured = from.expose().scheme() == "http"
        && to.expose().scheme() == "https"
        && from.expose().port().is_none()
        && to.expose().port().is_none()
        && from.expose().host() == to.expose().host();
    from.same_origin(to) || secured
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journey(places: &[&str]) -> Result<Journey, Refusal> {
        let mut journey = Journey::from(RedactedUrl::parse(places[0]).unwrap());
        places[1..].iter().try_for_each(|place| journey.follow(place))?;
        Ok(journey)
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        let table: [(&[&str], bool); 9] = [
            (&["https://a/x"], true),
            (&["https://a/x", "/y"], true),
            (&["https://a/x", "https://a:443/y"], true),
            (&["http://a/x", "https://a/x"], true),
            (&["http://a:8080/x", "https://a/x"], false),
            (&["https://a/x", "https://b/x"], false),
            (&["https://a/x", "https://sub.a/x"], false),
            (&["https://a/x", "https://a:8443/x"], false),
            // Once gone, gone: the other host chose where this leads.
            (&["https://a/x", "https://b/x", "https://a/y"], false),
        ];
        for (places, trusted) in table {
            assert_eq!(journey(places).unwrap().trusted(), trusted, "{places:?}");
        }
    }

    #[test]
    fn refuses_loops_downgrades_and_other_schemes() {
        let table: [(&[&str], Refusal); 5] = [
            (&["http://a/x", "http://a/y", "http://a/x"], Refusal::Loop),
            (&["https://a/x", "http://a/y"], Refusal::Downgrade),
            (&["http://a/x", "file:///etc/passwd"], Refusal::Elsewhere),
            (&["http://a/x", "oci://b/c"], Refusal::Elsewhere),
            (&["http://a/x", "http://"], Refusal::Elsewhere),
        ];
        for (places, refusal) in table {
            assert_eq!(journey(places).unwrap_err(), refusal, "{places:?}");
        }
    }

    #[test]
    fn ten_redirects_and_no_more() {
        let steps: Vec<String> = (0..=MOST_REDIRECTS + 1).map(|step| format!("http://a/{step}")).collect();
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        assert!(journey(&steps[..=MOST_REDIRECTS]).is_ok());
        assert_eq!(journey(&steps).unwrap_err(), Refusal::TooMany);
    }

    #[test]
    fn userinfo_of_a_location_is_dropped() {
        let journey = journey(&["http://a/x", "http://u:p@a/y"]).unwrap();
        assert_eq!(journey.place().expose().as_str(), "http://a/y");
    }
}
