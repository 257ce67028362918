//! A browser as far as a login needs one: follows redirects, keeps cookies by host, fills in forms, runs no script.

use std::collections::BTreeMap;

use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use ureq::{
    Agent,
    http::Uri,
    tls::{Certificate, RootCerts, TlsConfig},
};

use super::PATIENCE;
use crate::load::trust::provider;

/// A login takes a dozen; more is a loop.
const MOST_REDIRECTS: usize = 25;

/// Somebody's browser.
pub struct Browser {
    agent: Agent,
    /// By host and port.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

/// What a browser shows.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where it is.
    pub url: String,
    /// Its status.
    pub status: u16,
    /// Its text.
    pub body: String,
    /// Where it sends the browser, when that was not followed.
    pub location: Option<String>,
}

impl Browser {
    /// One that trusts the roots in these PEM texts.
    ///
    /// # Panics
    /// When one is no certificate.
    pub fn new(roots: &[String]) -> Self {
        let root = |pem: &String| {
            let root = CertificateDer::from_pem_slice(pem.as_bytes()).expect("a root in PEM");
            Certificate::from_der(&root).to_owned()
        };
        let roots: Vec<_> = roots.iter().map(root).collect();
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(provider())
            .root_certs(RootCerts::new_with_certs(&roots))
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .proxy(None)
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .new_agent();
        Self { agent, cookies: BTreeMap::new() }
    }

    /// One with another's cookies: the same person's next tab.
    pub fn forget(&mut self) {
        self.cookies.clear();
    }

    /// Asks for one page, and follows nothing.
    ///
    /// # Panics
    /// When nobody answers.
    #[track_caller]
    pub fn step(&mut self, url: &str, form: Option<&str>) -> Page {
        let host = host(url);
        let jar = self.cookies.entry(host.clone()).or_default();
        let cookie = jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let answer = match form {
            None => self.agent.get(url).header("cookie", cookie).call(),
            Some(form) => self
                .agent
                .post(url)
                .header("cookie", cookie)
                .header("content-type", "application/x-www-form-urlencoded")
                .send(form),
        };
        let mut answer = answer.unwrap_or_else(|error| panic!("{url}: {error}"));
        for set in answer.headers().get_all("set-cookie") {
            let set = set.to_str().unwrap_or_default();
            let Some((name, value)) = set.split(';').next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            match value.is_empty() || set.to_ascii_lowercase().contains("max-age=0") {
                true => jar.remove(name),
                false => jar.insert(name.to_owned(), value.to_owned()),
            };
        }
        let location = answer.headers().get("location").and_then(|at| at.to_str().ok());
        let location =
            location.map(|at| if at.starts_with('/') { format!("{host}{at}") } else { at.to_owned() });
        let body = answer.body_mut().read_to_string().unwrap_or_default();
        Page { url: url.to_owned(), status: answer.status().as_u16(), body, location }
    }

    /// Opens an address, or sends a form there, and follows to where that leads.
    ///
    /// # Panics
    /// When nobody answers, or it goes round in circles.
    #[track_caller]
    pub fn open(&mut self, url: &str, form: Option<&str>) -> Page {
        let mut page = self.step(url, form);
        for _ in 0..MOST_REDIRECTS {
            match page.location.clone() {
                Some(next) => page = self.step(&next, None),
                None => return page,
            }
        }
        panic!("{url} goes round in circles; last: {page:?}")
    }

    /// Sends the page's form, with these fields beside the hidden ones.
    ///
    /// # Panics
    /// When the page has none.
    #[track_caller]
    pub fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> Page {
        let action = between(&page.body, "action=\"", "\"");
        let action = action.unwrap_or_else(|| panic!("no form in {page:?}")).replace("&amp;", "&");
        let url = if action.starts_with('/') { format!("{}{action}", host(&page.url)) } else { action };
        let hidden = page.body.split("<input").skip(1).filter(|input| input.contains("type=\"hidden\""));
        let hidden = hidden
            .filter_map(|input| Some((between(input, "name=\"", "\"")?, between(input, "value=\"", "\"")?)));
        let given = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let form: Vec<String> = hidden.chain(given).map(|(name, value)| format!("{name}={value}")).collect();
        self.open(&url, Some(&form.join("&")))
    }
}

/// `https://host:port` of an address.
fn host(url: &str) -> String {
    let uri: Uri = url.parse().unwrap_or_default();
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    format!("{}://{authority}", uri.scheme_str().unwrap_or("https"))
}

fn between(text: &str, before: &str, after: &str) -> Option<String> {
    Some(text.split_once(before)?.1.split_once(after)?.0.to_owned())
}
