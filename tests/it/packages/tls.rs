//! The installed program and an endpoint over TLS: a terminator in front of the chain, with a
//! certificate that the test makes and names in `SSL_CERT_FILE`.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::installed::Installed;

/// A TLS terminator; its thread ends with the process.
pub(super) struct Terminator {
    address: SocketAddr,
    /// Its certificate, which is its own authority.
    pub(super) certificate: String,
}

impl Terminator {
    /// In front of `chain`, with a certificate for `name`.
    pub(super) fn start(chain: SocketAddr, name: &str) -> Self {
        let made = generate_simple_self_signed([name.to_owned()]).expect("a certificate");
        let CertifiedKey { cert, signing_key } = made;
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], PrivateKeyDer::from(key))
            .expect("a certificate with its key");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("set");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().expect("a runtime");
            runtime.block_on(serve(listener, acceptor, chain));
        });
        Self {
            address,
            certificate: cert.pem(),
        }
    }

    pub(super) fn url(&self, host: &str) -> String {
        format!("https://{host}:{}", self.address.port())
    }
}

async fn serve(listener: std::net::TcpListener, acceptor: TlsAcceptor, chain: SocketAddr) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // Clients that refuse the certificate hang up.
            if let Ok(mut client) = acceptor.accept(stream).await {
                let mut upstream = TcpStream::connect(chain).await.expect("the chain");
                let _ = copy_bidirectional(&mut client, &mut upstream).await;
            }
        });
    }
}

/// The installed program, its chain, and the terminator's certificate as a file.
fn installed(name: &str) -> (Installed, Terminator) {
    let mut installed = Installed::new(Path::new(env!("CARGO_BIN_EXE_cli")));
    let terminator = installed.behind_tls(name);
    (installed, terminator)
}

#[test]
fn commands_work_over_https() {
    let (mut installed, terminator) = installed("localhost");
    installed.set("ETH_RPC_URL", &terminator.url("localhost"));
    fs::write(installed.path("work/stylus-upgrades.toml"), "").expect("a manifest");
    installed.done("registry deploy --save");
    let admin = installed.node.accounts().mnemonic()[0].address();
    installed.done(&["define", "Counter", "--migrate", &admin.to_string()]);
    let status = installed.done("status");
    assert_eq!(status["definitions"][0]["name"], "Counter", "{status}");
    let history = installed.done("history Counter");
    assert!(
        history["entries"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
    );
}
