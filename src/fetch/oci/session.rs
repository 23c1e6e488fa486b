//! One registry's repository, spoken to through the library oci-client (OCI distribution spec 1.1), with limits, deadlines and retries.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{self, Poll};
use std::time::Duration;

use bytes::Bytes;
use oci_client::client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::secrets::RegistryAuth;
use oci_client::token_cache::RegistryTokenType;
use oci_client::{Client, Reference, RegistryOperation};
use tokio::io::AsyncWrite;

use super::failure::{Failure, FailureKind};
use super::identity::Trade;
use super::manifest::{self, ChartLayer};
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::credentials::Login;
use crate::fetch::options::Retries;
use crate::fetch::progress::{Download, Progress};
use crate::fetch::{Digest, OciRef, Options};

/// The most bytes of a manifest: what the OCI specification asks registries to take.
const MOST_MANIFEST_BYTES: usize = 4 << 20;

/// How long one answer about tags or a manifest may take. The library takes such an answer whole, so this bounds it.
const ANSWER_DEADLINE: Duration = Duration::from_secs(60);

/// Tags asked for at once; registries give fewer when that is too many for them.
const TAGS_A_PAGE: usize = 1000;

/// The most tags of one repository that are looked at.
const MOST_TAGS: usize = 100_000;

/// A repository of a registry, with our login.
pub(super) struct Session {
    client: Client,
    auth: RegistryAuth,
    /// How the login is turned into a token, when it is an identity token.
    trade: Option<Trade>,
    registry: String,
    repository: String,
    retries: Retries,
}

impl Session {
    /// Prepares the client; nothing is sent yet.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for unusable settings.
    pub(super) fn new(reference: &OciRef, options: &Options, login: &Login) -> Result<Self> {
        crate::fetch::http::install_tls_provider();
        let client = Client::try_from(client_config(options)?)
            .map_err(|error| Error::new(ErrorKind::Usage, format!("the TLS settings can't be used: {error}")))?;
        let (registry, repository) = (reference.registry.clone(), reference.repository.clone());
        let mut session = Self { client, auth: RegistryAuth::Anonymous, trade: None, registry, repository, retries: options.retries };
        match login {
            Login::Anonymous => {}
            Login::Password(login) => session.auth = RegistryAuth::Basic(login.username.clone(), login.password.clone()),
            Login::IdentityToken(token) => session.trade = Some(Trade::new(reference, options, token.clone())?),
        }
        Ok(session)
    }

    /// Asks the registry how to log in and gets a token where it wants one.
    pub(super) async fn log_in(&mut self) -> Result<(), Failure> {
        if let Some(trade) = &self.trade
            && let Some(token) = self.retried(async || trade.access_token().await).await?
        {
            self.auth = RegistryAuth::Bearer(token.expose().to_owned());
        }
        let (place, pull) = (self.tagged("latest"), RegistryOperation::Pull);
        let token = self.answered(async || self.client.auth(&place, &self.auth, pull).await).await?;
        if let (None, RegistryAuth::Basic(username, password)) = (token, &self.auth) {
            // A registry that greets everybody may still want to know us for this repository, so the login is sent unasked, as Helm does.
            self.client.tokens.insert(&place, pull, RegistryTokenType::Basic(username.clone(), password.clone())).await;
        }
        Ok(())
    }

    /// The repository's tags, as the registry orders them.
    pub(super) async fn tags(&self) -> Result<Vec<String>, Failure> {
        let place = self.tagged("latest");
        let mut tags: Vec<String> = Vec::new();
        // The library hides the header that says whether there are more, and some registries ignore the question for a page. So it
        // goes on until nothing new comes.
        loop {
            let last = tags.last().cloned();
            let page = self.answered(async || self.client.list_tags(&place, &self.auth, Some(TAGS_A_PAGE), last.as_deref()).await).await?;
            let known = tags.len();
            let seen: std::collections::HashSet<&str> = tags.iter().map(String::as_str).collect();
            let new: Vec<String> = page.tags.into_iter().filter(|tag| !seen.contains(&**tag)).collect();
            tags.extend(new);
            if tags.len() == known {
                return Ok(tags);
            }
            if tags.len() > MOST_TAGS {
                return Err(Failure::new(FailureKind::Limit, format!("the repository has more than {MOST_TAGS} tags")));
            }
        }
    }

    /// The manifest under a tag or a digest; a digest has been checked when it comes back.
    pub(super) async fn manifest(&self, place: &Reference) -> Result<Bytes, Failure> {
        let pull = async || self.client.pull_manifest_raw(place, &self.auth, &manifest::ACCEPTED).await;
        let (manifest, _) = self.answered(pull).await?;
        if manifest.len() > MOST_MANIFEST_BYTES {
            return Err(Failure::new(FailureKind::Limit, format!("the manifest is larger than {MOST_MANIFEST_BYTES} bytes")));
        }
        Ok(manifest)
    }

    /// The digest of the manifest under a tag.
    pub(super) async fn manifest_digest(&self, place: &Reference) -> Result<String, Failure> {
        self.answered(async || self.client.fetch_manifest_digest(place, &self.auth).await).await
    }

    /// The chart's archive, its digest checked. `limit` in bytes.
    pub(super) async fn archive(&self, layer: &ChartLayer, limit: u64, label: &str, progress: &dyn Progress) -> Result<Bytes, Failure> {
        let place = self.tagged("latest");
        let limit = limit.min(layer.size);
        let pull = async || {
            let mut archive = Archive { bytes: Vec::new(), limit, download: progress.begin(label, Some(layer.size)) };
            self.client.pull_blob(&place, &*layer.name, &mut archive).await.map_err(Failure::from)?;
            Ok(archive.bytes)
        };
        let bytes = self.retried(pull).await?;
        if bytes.len() as u64 != layer.size {
            let message = format!("the archive has {} bytes, its manifest promises {}", bytes.len(), layer.size);
            return Err(Failure::new(FailureKind::Corrupt, message));
        }
        Ok(bytes.into())
    }

    /// The reference of a tag.
    pub(super) fn tagged(&self, tag: &str) -> Reference {
        Reference::with_tag(self.registry.clone(), self.repository.clone(), tag.to_owned())
    }

    /// The reference of a digest.
    pub(super) fn pinned(&self, digest: &Digest) -> Reference {
        Reference::with_digest(self.registry.clone(), self.repository.clone(), digest.to_string())
    }

    /// An answer within its deadline, asked for again after failures that may pass.
    async fn answered<T>(&self, ask: impl AsyncFn() -> Result<T, OciDistributionError>) -> Result<T, Failure> {
        self.retried(async || match tokio::time::timeout(ANSWER_DEADLINE, ask()).await {
            Ok(answer) => answer.map_err(Failure::from),
            Err(_) => Err(Failure::new(FailureKind::Passing, format!("the answer took longer than {} seconds", ANSWER_DEADLINE.as_secs()))),
        })
        .await
    }

    async fn retried<T>(&self, attempt: impl AsyncFn() -> Result<T, Failure>) -> Result<T, Failure> {
        let mut wait = self.retries.first_wait;
        for _ in 0..self.retries.count {
            match attempt().await {
                Err(failure) if failure.kind == FailureKind::Passing => tokio::time::sleep(wait.min(self.retries.longest_wait)).await,
                outcome => return outcome,
            }
            wait = wait.saturating_mul(2);
        }
        attempt().await.map_err(|failure| match failure.kind {
            FailureKind::Passing if self.retries.count > 0 => {
                Failure::new(failure.kind, format!("{} (tried {} times)", failure.message, self.retries.count + 1))
            }
            _ => failure,
        })
    }
}

fn client_config(options: &Options) -> Result<ClientConfig> {
    if options.tls.cert_file.is_some() || options.tls.key_file.is_some() {
        return Err(Error::new(ErrorKind::Usage, "client certificates can't be used with OCI registries")
            .hint("leave out --cert-file and --key-file, or pull the chart with `helm pull` and give its .tgz"));
    }
    let proxies = &options.proxies;
    Ok(ClientConfig {
        protocol: if options.plain_http { ClientProtocol::Http } else { ClientProtocol::Https },
        accept_invalid_certificates: options.tls.insecure_skip_verify,
        tls_certs_only: options.tls.ca_file.as_deref().map_or(Ok(Vec::new()), certificates)?,
        platform_resolver: None,
        read_timeout: Some(options.timeouts.read),
        connect_timeout: Some(options.timeouts.connect),
        user_agent: concat!("chartshift/", env!("CARGO_PKG_VERSION")),
        https_proxy: proxies.https.clone(),
        http_proxy: proxies.http.clone(),
        no_proxy: Some(proxies.no_proxy.iter().map(String::as_str).chain(["localhost,127.0.0.0/8,::1"]).collect::<Vec<_>>().join(",")),
        ..ClientConfig::default()
    })
}

/// The certificates of a PEM file, each on its own.
fn certificates(file: &Path) -> Result<Vec<Certificate>> {
    let refused = |why: String| Error::new(ErrorKind::Usage, format!("the CA file {} can't be used: {why}", file.display()));
    const END: &str = "-----END CERTIFICATE-----";
    let text = std::fs::read_to_string(file).map_err(|error| refused(error.to_string()))?;
    let one = |text: &str| Certificate { encoding: CertificateEncoding::Pem, data: text.as_bytes().to_vec() };
    let certificates: Vec<_> = text.split_inclusive(END).filter(|text| text.ends_with(END)).map(one).collect();
    if certificates.is_empty() { Err(refused("it holds no certificate in PEM form".to_owned())) } else { Ok(certificates) }
}

/// An archive on its way, within its limit.
struct Archive {
    bytes: Vec<u8>,
    limit: u64,
    download: Box<dyn Download>,
}

impl AsyncWrite for Archive {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut task::Context<'_>, piece: &[u8]) -> Poll<io::Result<usize>> {
        if (self.bytes.len() + piece.len()) as u64 > self.limit {
            let message = format!("the archive is larger than {} bytes", self.limit);
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::FileTooLarge, message)));
        }
        self.bytes.extend_from_slice(piece);
        self.download.advance(piece.len() as u64);
        Poll::Ready(Ok(piece.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
