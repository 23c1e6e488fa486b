//! Connections: the HTTP library's clients, one for each way of trusting.
//!
//! TLS is rustls with the ring provider. Roots are the system's, or those of a CA file instead of them, as Helm does it
//! (`internal/tlsutil`). Plain `http://` loads no roots: reading the system's costs more than fetching a chart.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, Once, PoisonError};

use reqwest::{Certificate, Client, ClientBuilder, Identity, NoProxy, Proxy};

use super::super::options::{Proxies, Timeouts, Tls};
use super::failure::Failure;

/// Hosts that are never reached through a proxy, as in Go's `net/http`.
const NEVER_PROXIED: &str = "localhost,127.0.0.0/8,::1";

/// Makes ring the process' TLS provider unless the program has chosen one already. Needed before any client is built.
pub(in crate::fetch) fn install_tls_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Fails only when there is one already, which is then used.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// What makes one client different from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Trust {
    pub(super) tls: Tls,
    /// Whether the client's certificate is shown.
    pub(super) identified: bool,
    /// Whether the URL is `https`.
    pub(super) secure: bool,
}

/// The clients made so far.
#[derive(Debug)]
pub(super) struct Connections {
    proxies: Proxies,
    timeouts: Timeouts,
    clients: Mutex<HashMap<Trust, Client>>,
}

impl Connections {
    pub(super) fn new(proxies: Proxies, timeouts: Timeouts) -> Self {
        Self { proxies, timeouts, clients: Mutex::default() }
    }

    /// The client for this way of trusting.
    pub(super) fn client(&self, trust: Trust) -> Result<Client, Failure> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&trust) {
            return Ok(client.clone());
        }
        let client = self.build(&trust)?;
        clients.insert(trust, client.clone());
        Ok(client)
    }

    fn build(&self, trust: &Trust) -> Result<Client, Failure> {
        install_tls_provider();
        let builder = Client::builder()
            .user_agent(concat!("chartshift/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_gzip()
            .connect_timeout(self.timeouts.connect)
            .read_timeout(self.timeouts.read);
        let builder = self.with_proxies(builder)?;
        let proxy_is_secure = self.proxies.http.as_deref().is_some_and(|proxy| proxy.starts_with("https:"));
        let builder = if trust.secure || proxy_is_secure { with_tls(builder, trust)? } else { builder.tls_certs_only([]) };
        builder.build().map_err(|error| Failure::from_library(error, false))
    }

    fn with_proxies(&self, builder: ClientBuilder) -> Result<ClientBuilder, Failure> {
        let direct = self.proxies.no_proxy.as_deref().map_or_else(|| NEVER_PROXIED.to_owned(), |own| format!("{NEVER_PROXIED},{own}"));
        let direct = NoProxy::from_string(&direct);
        let mut builder = builder.no_proxy();
        let wanted = [("HTTP_PROXY", &self.proxies.http, false), ("HTTPS_PROXY", &self.proxies.https, true)];
        for (variable, address, secure) in wanted {
            let Some(address) = address else { continue };
            // Go reads a proxy without a scheme as http.
            let address = if address.contains("://") { address.clone() } else { format!("http://{address}") };
            let proxy = if secure { Proxy::https(&address) } else { Proxy::http(&address) };
            let proxy = proxy.map_err(|_| Failure::Settings(format!("{variable} is not the URL of a proxy")))?;
            builder = builder.proxy(proxy.no_proxy(direct.clone()));
        }
        Ok(builder)
    }
}

fn with_tls(mut builder: ClientBuilder, trust: &Trust) -> Result<ClientBuilder, Failure> {
    if let Some(file) = &trust.tls.ca_file {
        let roots = Certificate::from_pem_bundle(&read(file)?).map_err(|error| unusable(file, &error))?;
        if roots.is_empty() {
            return Err(Failure::Settings(format!("{} holds no certificate in PEM form", file.display())));
        }
        builder = builder.tls_certs_only(roots);
    }
    if trust.tls.insecure_skip_verify {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    match (&trust.tls.cert_file, &trust.tls.key_file) {
        _ if !trust.identified => {}
        (None, None) => {}
        (Some(certificate), Some(key)) => {
            let pem = [read(certificate)?, b"\n".to_vec(), read(key)?].concat();
            builder = builder.identity(Identity::from_pem(&pem).map_err(|error| unusable(certificate, &error))?);
        }
        _ => return Err(Failure::Settings("a client's certificate and its key are needed together".into())),
    }
    Ok(builder)
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| Failure::Settings(format!("{} can't be read: {error}", file.display())))
}

fn unusable(file: &Path, error: &reqwest::Error) -> Failure {
    Failure::Settings(format!("{} can't be used: {error}", file.display()))
}
