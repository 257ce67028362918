//! The real identity provider of a lab: npm's `oidc-provider` under node, over TLS with a root of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};

use super::{
    PATIENCE, port,
    program::Running,
    tool,
    wait::{tail, wait_for},
};

/// What the collector shows it.
pub const CLIENT_SECRET: &str = "hushed+secret/of=the:test";

/// A running provider.
pub struct IdentityProvider {
    node: PathBuf,
    module: PathBuf,
    folder: PathBuf,
    redirect: String,
    port: u16,
    root: String,
    running: Option<Running>,
}

impl IdentityProvider {
    /// Starts one whose program is `script`, for a collector at this `host:port`; nothing after a line that says why where
    /// node or the program is not to be had.
    #[track_caller]
    #[expect(clippy::print_stdout, reason = "who runs the tests wants to know what was left out")]
    pub fn start(lab: &Path, script: &str, people_address: &str, test: &str) -> Option<Self> {
        let node = tool::find("node", test)?;
        let installed = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../target/tests/node/node_modules/oidc-provider/lib/index.js");
        if !installed.is_file() {
            println!("SKIP {test}: oidc-provider is not installed; sh tests/run.sh does that, with npm");
            return None;
        }
        let folder = lab.join("provider");
        fs::create_dir_all(&folder).expect("a lab's folder can be written");
        fs::write(folder.join("provider.mjs"), script).expect("a lab's folder can be written");
        let mut provider = Self {
            node,
            module: installed,
            redirect: format!("https://{people_address}/oidc/callback"),
            port: port::free(),
            root: certify(&folder),
            folder,
            running: None,
        };
        provider.people(&json!({}));
        provider.new_key("first");
        provider.open();
        Some(provider)
    }

    /// Its issuer.
    pub fn issuer(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// Its root certificate, PEM.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Who there is, and in which groups, from the next login on.
    pub fn people(&self, people: &Value) {
        fs::write(self.folder.join("people.json"), people.to_string()).expect("a lab's own file");
    }

    /// A fresh signing key, from its next start on.
    pub fn new_key(&self, kid: &str) {
        let make = "const { generateKeyPairSync } = require('node:crypto');\
            const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });\
            const key = privateKey.export({ format: 'jwk' });\
            console.log(JSON.stringify({ keys: [{ ...key, kid: process.argv[1], alg: 'RS256', use: 'sig' }] }));";
        let made = super::program::Finished::of(Command::new(&self.node).args(["-e", make, kid])).succeeds();
        fs::write(self.folder.join("keys.json"), made.stdout).expect("a lab's own file");
    }

    /// Ends it.
    pub fn close(&mut self) {
        self.running = None;
    }

    /// Starts it, again perhaps; returns once it answers.
    #[track_caller]
    pub fn open(&mut self) {
        let log = self.folder.join("provider.log");
        let before = fs::read_to_string(&log).unwrap_or_default().matches("ready").count();
        let mut command = Command::new(&self.node);
        command.arg(self.folder.join("provider.mjs")).arg(&self.module).arg(self.port.to_string());
        command.arg(&self.folder).arg(&self.redirect).env("NODE_NO_WARNINGS", "1");
        self.running = Some(Running::start(&mut command, &log));
        wait_for(
            "the identity provider",
            PATIENCE,
            || fs::read_to_string(&log).unwrap_or_default().matches("ready").count(),
            |ready| *ready > before,
        );
        assert!(self.running.as_mut().is_some_and(|it| it.ended().is_none()), "{}", tail(&log));
    }
}

/// A root, and what it certifies for `localhost`; gives the root.
fn certify(folder: &Path) -> String {
    let key = || KeyPair::generate().expect("a key");
    let mut root = CertificateParams::new(Vec::new()).expect("parameters");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(root, key()).expect("a root");
    let leaf_key = key();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let leaf = leaf.signed_by(&leaf_key, &root).expect("a certificate");
    fs::write(folder.join("cert.pem"), leaf.pem()).expect("a lab's folder can be written");
    fs::write(folder.join("key.pem"), leaf_key.serialize_pem()).expect("a lab's folder can be written");
    root.pem()
}
