//! The names that people type, and what they probably meant.

use dogwatch_model::{TeamId, ToolId};

use crate::{filter, finding::Category, matrix::Matrix};

/// A name that is neither a tool of the matrix nor a category.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no tool or category `{name}`; {mend}")]
pub struct UnknownName {
    /// The name.
    pub name: String,
    /// What was probably meant, or what there is.
    pub mend: String,
}

/// A team that the matrix does not know: an expectation of it could never be met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no team `{name}`; {mend}")]
pub struct UnknownTeam {
    /// The name.
    pub name: String,
    /// What was probably meant, or what there is.
    pub mend: String,
}

/// Makes sure that the matrix knows a team.
///
/// # Errors
/// [`UnknownTeam`] when it does not.
pub fn known_team(matrix: &Matrix, team: &TeamId) -> Result<(), UnknownTeam> {
    if matrix.directory().team(team).is_some() {
        return Ok(());
    }
    let teams: Vec<_> = matrix.directory().teams().map(|team| team.id.as_str()).collect();
    let mend = meant(team.as_str(), &teams).unwrap_or_else(|| format!("teams: {}", teams.join(", ")));
    Err(UnknownTeam { name: team.to_string(), mend })
}

/// The tool and the category that a name means. A tool brings its category along, a category its one tool.
pub(super) fn resolve(
    name: &str,
    matrix: &Matrix,
) -> Result<(Option<ToolId>, Option<Category>), UnknownName> {
    let category: Option<Category> = name.parse().ok();
    if let Some(tool) = matrix.tools().find(|tool| tool.id.as_str() == name) {
        return Ok((Some(tool.id.clone()), tool.category().or(category)));
    }
    if let Some(category) = category {
        let mut serving = matrix.tools().filter(|tool| tool.categories().any(|serves| serves == category));
        let only = serving.next().filter(|_| serving.next().is_none());
        return Ok((only.map(|tool| tool.id.clone()), Some(category)));
    }
    let tools: Vec<_> = matrix.tools().map(|tool| tool.id.as_str()).collect();
    let categories: Vec<_> = Category::ALL.iter().map(|category| category.as_str()).collect();
    let all: Vec<_> = tools.iter().chain(&categories).copied().collect();
    let mend = meant(name, &all)
        .unwrap_or_else(|| format!("tools: {}; categories: {}", tools.join(", "), categories.join(", ")));
    Err(UnknownName { name: name.to_owned(), mend })
}

fn meant(name: &str, known: &[&str]) -> Option<String> {
    filter::nearest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"))
}
