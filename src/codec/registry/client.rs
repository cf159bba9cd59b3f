//! The REST API of a Confluent schema registry, as far as it is needed: schemas by id, and subjects.
//!
//! What counts is telling "there is no such schema" from "nobody can say right now". Only an answer that carries the
//! registry's own error code is the first; a proxy's 404, a 401 or a 500 are the second. Calls block.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

const CONTENT_TYPE: &str = "application/vnd.schemaregistry.v1+json";
/// What may stand in a segment of a path as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where the registry is and how to talk to it.
#[derive(Clone)]
pub struct RegistrySettings {
    /// At least one; tried in turn.
    pub urls: Vec<String>,
    /// User and password.
    pub login: Option<(String, String)>,
    /// A PEM file of the authorities to trust instead of the public ones.
    pub ca: Option<PathBuf>,
    /// PEM files of a client certificate with its chain, and of its key.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// To connect.
    pub connect_timeout: Duration,
    /// For a whole call.
    pub timeout: Duration,
}

/// Why the registry can't be used at all. Found at start.
#[derive(Debug, thiserror::Error)]
pub enum RegistrySetupError {
    #[error("cannot read {path}: {source}; check [registry] and the file's permissions")]
    File { path: PathBuf, source: std::io::Error },
    #[error("{path} holds no {what} in PEM; check [registry]")]
    NotPem { path: PathBuf, what: &'static str },
}

/// Why the registry did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    #[error("the schema registry at {url} does not answer: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("the schema registry at {url} answers {status}: {message}")]
    Refused { url: String, status: u16, code: i64, message: String },
}

impl std::fmt::Debug for RegistrySettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistrySettings").field("urls", &self.urls).finish_non_exhaustive()
    }
}

impl RegistryError {
    /// The registry itself says that there is no such schema, subject or version.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, code: 40_401..=40_403, .. })
    }

    /// The registry has understood and says no: the same question gets the same answer, until a person changes something.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused { status: 409 | 422, .. })
    }

    /// Another of its nodes may know better.
    fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => *status >= 500 || *status == 429,
        }
    }
}

/// A schema as the registry holds it.
#[derive(Debug, Clone, Deserialize)]
pub struct Registered {
    pub schema: String,
    /// Absent: Avro.
    #[serde(rename = "schemaType")]
    pub schema_type: Option<String>,
    #[serde(default, deserialize_with = "or_empty")]
    pub references: Vec<Reference>,
    pub id: Option<u32>,
    pub version: Option<i64>,
}

/// Another schema that a schema uses by name.
#[derive(Debug, Clone, Deserialize)]
pub struct Reference {
    pub subject: String,
    pub version: i64,
}

/// The registry's verdict on a schema beside the latest of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compatibility {
    pub is_compatible: bool,
    pub messages: Vec<String>,
}

#[derive(Deserialize)]
struct Verdict {
    is_compatible: bool,
    #[serde(default, deserialize_with = "or_empty")]
    messages: Vec<String>,
    /// Where Apicurio says it.
    reason: Option<String>,
}

#[derive(Deserialize)]
struct ApiError {
    error_code: i64,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Id {
    id: u32,
}

#[derive(Deserialize)]
struct Level {
    #[serde(rename = "compatibilityLevel")]
    level: String,
}

fn or_empty<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

/// Talks to a registry. Shared by all threads.
pub struct RegistryClient {
    agent: Agent,
    urls: Vec<String>,
    authorization: Option<String>,
    /// The node that answered last.
    current: AtomicUsize,
}

impl RegistryClient {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// When a certificate or key can't be read.
    pub fn new(settings: &RegistrySettings) -> Result<Self, RegistrySetupError> {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(settings.connect_timeout))
            .timeout_global(Some(settings.timeout))
            .user_agent(concat!("service-recovery/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls(settings)?)
            .build()
            .new_agent();
        let authorization = settings.login.as_ref().map(|(user, password)| {
            let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            format!("Basic {pair}")
        });
        let urls = settings.urls.iter().map(|url| url.trim_end_matches('/').to_owned()).collect();
        Ok(Self { agent, urls, authorization, current: AtomicUsize::new(0) })
    }

    /// The schema with an id.
    pub fn by_id(&self, id: u32) -> Result<Registered, RegistryError> {
        self.get(&format!("/schemas/ids/{id}"))
    }

    /// The schema with a globally unique id.
    pub fn by_guid(&self, guid: &str) -> Result<Registered, RegistryError> {
        self.get(&format!("/schemas/guids/{}", segment(guid)))
    }

    pub fn version(&self, reference: &Reference) -> Result<Registered, RegistryError> {
        self.get(&format!("/subjects/{}/versions/{}", segment(&reference.subject), reference.version))
    }

    /// The newest schema of a subject; `None` when the subject is unknown.
    pub fn latest(&self, subject: &str) -> Result<Option<Registered>, RegistryError> {
        known(self.get(&format!("/subjects/{}/versions/latest", segment(subject))))
    }

    /// The Avro schema `text` as it stands under a subject, with its id and version; `None` when it does not.
    pub fn lookup(&self, subject: &str, text: &str) -> Result<Option<Registered>, RegistryError> {
        known(self.send("POST", &format!("/subjects/{}", segment(subject)), &avro(text)))
    }

    /// Registers the Avro schema `text`, and returns its id. One that is there already keeps its id.
    pub fn register(&self, subject: &str, text: &str) -> Result<u32, RegistryError> {
        let id: Id = self.send("POST", &format!("/subjects/{}/versions", segment(subject)), &avro(text))?;
        Ok(id.id)
    }

    /// Asks whether the Avro schema `text` may follow the latest of a subject; `None` when the subject is unknown.
    pub fn compatibility(&self, subject: &str, text: &str) -> Result<Option<Compatibility>, RegistryError> {
        let path = format!("/compatibility/subjects/{}/versions/latest?verbose=true", segment(subject));
        let verdict: Option<Verdict> = known(self.send("POST", &path, &avro(text)))?;
        Ok(verdict.map(|Verdict { is_compatible, mut messages, reason }| {
            messages.extend(reason);
            Compatibility { is_compatible, messages }
        }))
    }

    /// The level of compatibility that a subject has of its own. Some registries say NONE when it has none.
    pub fn level(&self, subject: &str) -> Result<Option<String>, RegistryError> {
        match self.get::<Level>(&format!("/config/{}", segment(subject))) {
            Ok(level) => Ok(Some(level.level).filter(|level| level != "NONE")),
            // 40408: "subject does not have subject-level compatibility configured"
            Err(RegistryError::Refused { status: 404, code: 40_400..=40_499, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub fn set_level(&self, subject: &str, level: &str) -> Result<(), RegistryError> {
        self.send::<Value>("PUT", &format!("/config/{}", segment(subject)), &json!({"compatibility": level}))?;
        Ok(())
    }

    fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, RegistryError> {
        self.call(path, |url| self.with_headers(self.agent.get(url)).call())
    }

    fn send<T: DeserializeOwned>(&self, method: &str, path: &str, body: &Value) -> Result<T, RegistryError> {
        let body = body.to_string();
        self.call(path, |url| {
            let request = if method == "PUT" { self.agent.put(url) } else { self.agent.post(url) };
            self.with_headers(request).header("content-type", CONTENT_TYPE).send(body.as_bytes())
        })
    }

    fn with_headers<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        let request = request.header("accept", format!("{CONTENT_TYPE}, application/json"));
        match &self.authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    }

    /// Asks the node that answered last, then the others.
    fn call<T: DeserializeOwned>(
        &self,
        path: &str,
        ask: impl Fn(&str) -> Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<T, RegistryError> {
        let first = self.current.load(Ordering::Relaxed);
        let mut turn = 0;
        loop {
            let node = (first + turn) % self.urls.len();
            let url = &self.urls[node];
            let answer = match ask(&format!("{url}{path}")) {
                Ok(response) => read(url, response),
                Err(error) => Err(RegistryError::Unreachable { url: url.clone(), reason: error.to_string() }),
            };
            turn += 1;
            match answer {
                Err(error) if error.is_passing() && turn < self.urls.len() => {}
                answer => {
                    self.current.store(node, Ordering::Relaxed);
                    return answer;
                }
            }
        }
    }
}

impl std::fmt::Debug for RegistryClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistryClient").field("urls", &self.urls).finish_non_exhaustive()
    }
}

fn read<T: DeserializeOwned>(url: &str, mut response: ureq::http::Response<ureq::Body>) -> Result<T, RegistryError> {
    let status = response.status().as_u16();
    let unreachable = |reason: String| RegistryError::Unreachable { url: url.to_owned(), reason };
    let body = response.body_mut().read_to_string().map_err(|error| unreachable(error.to_string()))?;
    if response.status().is_success() {
        return serde_json::from_str(&body).map_err(|_| {
            unreachable(format!("the answer ({status}) is not one of a schema registry; check registry.url"))
        });
    }
    let (code, message) = match serde_json::from_str::<ApiError>(&body) {
        Ok(error) => (error.error_code, error.message),
        Err(_) => (0, hint(status).to_owned()),
    };
    Err(RegistryError::Refused { url: url.to_owned(), status, code, message })
}

/// What to look at when the answer itself says nothing.
fn hint(status: u16) -> &'static str {
    match status {
        401 | 403 => "check registry.username and registry.password",
        300..=399 | 404 => "check registry.url, with its path",
        _ => "look at the registry's log",
    }
}

fn known<T>(answer: Result<T, RegistryError>) -> Result<Option<T>, RegistryError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

fn avro(text: &str) -> Value {
    json!({"schemaType": "AVRO", "schema": text})
}

fn segment(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, SEGMENT)
}

fn tls(settings: &RegistrySettings) -> Result<TlsConfig, RegistrySetupError> {
    let mut tls = TlsConfig::builder();
    if let Some(path) = &settings.ca {
        tls = tls.root_certs(RootCerts::new_with_certs(&certificates(path)?));
    }
    if let Some((certificate, key)) = &settings.certificate {
        tls = tls.client_cert(Some(ClientCert::new_with_certs(&certificates(certificate)?, private_key(key)?)));
    }
    Ok(tls.build())
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, RegistrySetupError> {
    let pem = read_file(path)?;
    let items = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    let certificates: Vec<_> = items.collect();
    if certificates.is_empty() {
        return Err(RegistrySetupError::NotPem { path: path.to_owned(), what: "certificate" });
    }
    Ok(certificates)
}

fn private_key(path: &Path) -> Result<PrivateKey<'static>, RegistrySetupError> {
    PrivateKey::from_pem(&read_file(path)?)
        .map_err(|_| RegistrySetupError::NotPem { path: path.to_owned(), what: "private key" })
}

fn read_file(path: &Path) -> Result<Vec<u8>, RegistrySetupError> {
    std::fs::read(path).map_err(|source| RegistrySetupError::File { path: path.to_owned(), source })
}
