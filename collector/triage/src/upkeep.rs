//! What people decide about an endpoint: its tags and labels, what it is for, where it stands.
//!
//! Facts come from the endpoint itself and nobody edits them here; who it *is* (its id, key and org) nobody changes at
//! all. A change that is refused leaves everything as it was, and one that changes nothing says so.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{Class, Criticality, Endpoint, SiteId, text::blurs};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Tags of one endpoint: more than anybody filters by, and a filter walks them all.
pub const MAX_TAGS: usize = 64;

/// Labels of one endpoint, for the same reason.
pub const MAX_LABELS: usize = 64;

/// Characters of a tag and of a label's key: they stand in a column.
pub const MAX_WORD_CHARS: usize = 64;

/// Characters of a label's value: an asset number, a cost centre, a room; not a document.
pub const MAX_VALUE_CHARS: usize = 256;

/// What is to change. What is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct EndpointChange {
    /// Tags to have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<String>,
    /// Tags not to have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
    /// Labels to set; `null` takes one away.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, Option<String>>,
    /// What kind of machine it is; the agent's guess counts no more then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// How much it hurts when it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criticality: Option<Criticality>,
    /// The site of its org where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
}

/// Why a change was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UpkeepError {
    /// A text that could not be shown in a line, or typed in a filter.
    #[error("{what} `{text}` {why}")]
    Text {
        /// Tag, label's key, label's value.
        what: &'static str,
        /// As it was given, without what cannot be seen.
        text: String,
        /// What is wrong with it, and what would be right.
        why: String,
    },
    /// One tag both to have and not to have.
    #[error("tag `{0}` is both to be added and to be removed; say one of the two")]
    Both(String),
    /// More than an endpoint may have.
    #[error("an endpoint has at most {most} {what}; remove some first")]
    TooMany {
        /// Tags or labels.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// Nothing was asked for.
    #[error("say what is to change: a tag, a label, a class, a criticality or a site")]
    Nothing,
}

impl EndpointChange {
    /// Changes an endpoint, and says in words what is different now; nothing when it was so already.
    ///
    /// # Errors
    /// [`UpkeepError`]; the endpoint is untouched then.
    pub fn apply(&self, endpoint: &mut Endpoint) -> Result<Vec<String>, UpkeepError> {
        if *self == Self::default() {
            return Err(UpkeepError::Nothing);
        }
        let mut said = Vec::new();
        let tags = self.tags(endpoint, &mut said)?;
        let labels = self.labels(endpoint, &mut said)?;
        endpoint.tags = tags;
        endpoint.labels = labels;
        if let Some(class) = self.class {
            match endpoint.class {
                None => said.push(format!("class {class}")),
                Some(before) if before != class => said.push(format!("class {before} → {class}")),
                Some(_) if !endpoint.class_fixed => {
                    said.push(format!("class {class}, whatever its agent guesses"));
                }
                Some(_) => {}
            }
            (endpoint.class, endpoint.class_fixed) = (Some(class), true);
        }
        if let Some(criticality) = self.criticality.filter(|wanted| *wanted != endpoint.criticality) {
            said.push(format!("criticality {} → {criticality}", endpoint.criticality));
            endpoint.criticality = criticality;
        }
        if let Some(site) = self.site.as_ref().filter(|wanted| **wanted != endpoint.site) {
            said.push(format!("site {} → {site}", endpoint.site));
            endpoint.site = site.clone();
        }
        Ok(said)
    }

    fn tags(&self, endpoint: &Endpoint, said: &mut Vec<String>) -> Result<Vec<String>, UpkeepError> {
        let mut tags: BTreeSet<String> = endpoint.tags.iter().cloned().collect();
        for tag in &self.remove {
            let tag = tag.trim();
            if self.add.iter().any(|added| added.trim() == tag) {
                return Err(UpkeepError::Both(shown(tag)));
            }
            if tags.remove(tag) {
                said.push(format!("tag {tag} removed"));
            }
        }
        for tag in &self.add {
            let tag = word("tag", tag)?;
            if tags.insert(tag.clone()) {
                said.push(format!("tag {tag} added"));
            }
        }
        if tags.len() > MAX_TAGS.max(endpoint.tags.len()) {
            return Err(UpkeepError::TooMany { what: "tags", most: MAX_TAGS });
        }
        Ok(tags.into_iter().collect())
    }

    fn labels(
        &self,
        endpoint: &Endpoint,
        said: &mut Vec<String>,
    ) -> Result<BTreeMap<String, String>, UpkeepError> {
        let mut labels = endpoint.labels.clone();
        for (key, value) in &self.labels {
            let Some(value) = value else {
                if labels.remove(key.trim()).is_some() {
                    said.push(format!("label {} removed", key.trim()));
                }
                continue;
            };
            let (key, value) = (word("label", key)?, text("label's value", value, MAX_VALUE_CHARS)?);
            let before = labels.insert(key.clone(), value.clone());
            if before.as_ref() != Some(&value) {
                said.push(format!("label {key} = {value}"));
            }
        }
        if labels.len() > MAX_LABELS.max(endpoint.labels.len()) {
            return Err(UpkeepError::TooMany { what: "labels", most: MAX_LABELS });
        }
        Ok(labels)
    }
}

/// A tag or a label's key: no spaces, no commas, no `=`, so that lists of them and the short form of filters stay clear.
fn word(what: &'static str, given: &str) -> Result<String, UpkeepError> {
    let given = text(what, given, MAX_WORD_CHARS)?;
    match given.chars().find(|c| c.is_whitespace() || matches!(c, ',' | '=' | '"' | '\'')) {
        Some(_) => {
            let why = "has a space, a comma, a quote or an `=`; write it as one word".to_owned();
            Err(UpkeepError::Text { what, text: shown(&given), why })
        }
        None => Ok(given),
    }
}

/// Text that can be shown in a line: trimmed, not empty, nothing in it that cannot be seen.
fn text(what: &'static str, given: &str, max_chars: usize) -> Result<String, UpkeepError> {
    let given = given.trim();
    let why = if given.is_empty() {
        "is empty".to_owned()
    } else if given.chars().count() > max_chars {
        format!("is longer than {max_chars} characters")
    } else if given.chars().any(blurs) {
        "has characters that cannot be seen".to_owned()
    } else {
        return Ok(given.to_owned());
    };
    Err(UpkeepError::Text { what, text: shown(given), why })
}

/// As much of a refused text as an error shows.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !blurs(*c)).take(MAX_WORD_CHARS).collect()
}

#[cfg(test)]
mod tests;
