//! TLS towards the registry: an own authority, and a certificate of our own where the registry asks for one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use serde_json::json;
use service_recovery::codec::registry::{RegistryClient, RegistrySettings};

use crate::stub::Stub;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn issue(authority: &Authority) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    (params.signed_by(&key, authority).unwrap(), key)
}

/// A registry that lets in whom `clients` has certified, or everybody.
fn registry(authority: &Authority, clients: Option<&Authority>) -> Stub {
    let (certificate, key) = issue(authority);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let config = match clients {
        None => config.unwrap().with_no_client_auth(),
        Some(clients) => {
            let mut roots = RootCertStore::empty();
            roots.add(clients.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            config.unwrap().with_client_cert_verifier(verifier)
        }
    };
    let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    Stub::with_tls(config.with_single_cert(chain, key).unwrap(), |_, _| {
        (200, json!({"schema": "\"string\"", "id": 4}).to_string())
    })
}

fn file(directory: &Path, name: &str, pem: &str) -> PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, pem).unwrap();
    path
}

fn ask(url: &str, ca: Option<PathBuf>, certificate: Option<(PathBuf, PathBuf)>) -> Result<Option<u32>, String> {
    let settings = RegistrySettings {
        urls: vec![url.to_owned()],
        login: None,
        ca,
        certificate,
        connect_timeout: Duration::from_secs(2),
        timeout: Duration::from_secs(2),
    };
    let client = RegistryClient::new(&settings).map_err(|error| error.to_string())?;
    client.by_id(4).map(|found| found.id).map_err(|error| error.to_string())
}

#[test]
fn only_a_registry_of_a_trusted_authority_is_spoken_to() {
    let directory = tempfile::tempdir().unwrap();
    let (ours, theirs) = (authority(), authority());
    let stub = registry(&ours, None);
    let ca = file(directory.path(), "ca.pem", &ours.pem());
    let other = file(directory.path(), "other.pem", &theirs.pem());
    assert_eq!(ask(&stub.url, Some(ca.clone()), None), Ok(Some(4)));
    for untrusted in [Some(other), None] {
        let message = ask(&stub.url, untrusted, None).unwrap_err();
        assert!(message.contains("certificate"), "{message}");
    }
    // the name counts too
    let message = ask(&stub.url.replace("localhost", "127.0.0.1"), Some(ca), None).unwrap_err();
    assert!(message.contains("certificate"), "{message}");
}

#[test]
fn a_registry_that_asks_who_we_are_gets_our_certificate() {
    let directory = tempfile::tempdir().unwrap();
    let (ours, clients) = (authority(), authority());
    let stub = registry(&ours, Some(&clients));
    let ca = file(directory.path(), "ca.pem", &ours.pem());
    let pair = |authority: &Authority, name: &str| {
        let (certificate, key) = issue(authority);
        let certificate = file(directory.path(), &format!("{name}.pem"), &certificate.pem());
        (certificate, file(directory.path(), &format!("{name}.key"), &key.serialize_pem()))
    };
    assert_eq!(ask(&stub.url, Some(ca.clone()), Some(pair(&clients, "good"))), Ok(Some(4)));
    assert!(ask(&stub.url, Some(ca.clone()), Some(pair(&ours, "stranger"))).is_err());
    assert!(ask(&stub.url, Some(ca), None).is_err());
}

#[test]
fn files_that_hold_no_certificate_or_key_are_named_at_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let empty = file(directory.path(), "empty.pem", "nothing here");
    let message = ask("https://localhost:1", Some(empty.clone()), None).unwrap_err();
    assert!(message.contains("empty.pem holds no certificate"), "{message}");
    let message = ask("https://localhost:1", Some(directory.path().join("gone.pem")), None).unwrap_err();
    assert!(message.contains("cannot read") && message.contains("gone.pem"), "{message}");
    let certificate = file(directory.path(), "ca.pem", &authority().pem());
    let message = ask("https://localhost:1", None, Some((certificate, empty))).unwrap_err();
    assert!(message.contains("empty.pem holds no private key"), "{message}");
}
