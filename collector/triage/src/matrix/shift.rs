//! Who answers for something else since the matrix changed: rights that were given for the work before are to be looked at.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{PersonId, Side, TeamId};

use super::{Matrix, Party, Row};

/// One change of who is responsible or accountable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// In words: ``row `patching`: responsible noc → it``.
    pub what: String,
    teams: BTreeSet<TeamId>,
    people: BTreeSet<PersonId>,
    sides: BTreeSet<Side>,
}

/// Who answers, by what for and how: `row x`, `responsible`.
type Answers<'m> = BTreeMap<(String, &'static str), Party>;

impl Shift {
    /// Whether it concerns somebody: their team, themself, or where their team is not known, their side.
    pub fn concerns(&self, person: &PersonId, side: Side, team: Option<&TeamId>) -> bool {
        self.sides.contains(&side)
            && (self.people.contains(person) || team.is_none_or(|team| self.teams.contains(team)))
    }
}

/// Every change of who owns a tool, is responsible or accountable, from one matrix to the other.
pub fn shifts(before: &Matrix, after: &Matrix) -> Vec<Shift> {
    let (was, is) = (answers(before), answers(after));
    let keys: BTreeSet<_> = was.keys().chain(is.keys()).collect();
    let found = keys.into_iter().filter_map(|key| {
        let (old, new) = (was.get(key), is.get(key));
        (old != new).then(|| shift(key, (old, before), (new, after)))
    });
    found.collect()
}

fn shift(
    (what, how): &(String, &'static str),
    old: (Option<&Party>, &Matrix),
    new: (Option<&Party>, &Matrix),
) -> Shift {
    let name = |party: Option<&Party>| party.map_or_else(|| "nobody".to_owned(), named);
    let what = format!("{what}: {how} {} → {}", name(old.0), name(new.0));
    let mut shift = Shift { what, teams: BTreeSet::new(), people: BTreeSet::new(), sides: BTreeSet::new() };
    for (party, matrix) in [old, new] {
        let known = matrix.directory();
        match party {
            Some(Party::Team(team)) => {
                shift.sides.extend(known.team(team).map(|team| team.side));
                shift.teams.insert(team.clone());
            }
            Some(Party::Person(person)) => {
                shift.sides.extend(known.person(person).map(|person| person.side));
                shift.people.insert(person.clone());
            }
            None => {}
        }
    }
    shift
}

fn named(party: &Party) -> String {
    match party {
        Party::Team(team) => team.to_string(),
        Party::Person(person) => person.to_string(),
    }
}

fn answers(matrix: &Matrix) -> Answers<'_> {
    let rows = matrix.rows().iter().chain(matrix.catch_all());
    let of_rows = rows.flat_map(|row: &Row| {
        let what = format!("row `{}`", row.id);
        [
            ((what.clone(), "responsible"), Party::Team(row.responsible.clone())),
            ((what, "accountable"), row.accountable.clone()),
        ]
    });
    let of_tools = matrix
        .tools()
        .map(|tool| ((format!("tool `{}`", tool.id), "owner"), Party::Team(tool.owner.clone())));
    of_rows.chain(of_tools).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
[org]
id = "acme"
name = "Acme"
last_resort = "noc"

[[team]]
id = "noc"
side = "msp"

[[team]]
id = "field"
side = "msp"

[[team]]
id = "it"
side = "internal"

[[tool]]
id = "backup"
function = "backup"
owner = "noc"

[[row]]
id = "backups"
categories = ["backup"]
responsible = "noc"
accountable = "it"
"#;

    fn matrix(text: &str) -> Matrix {
        Matrix::parse(text, "acme.toml", "v".into(), None).unwrap()
    }

    #[test]
    fn only_those_are_concerned_whose_duty_came_or_went() {
        let before = matrix(TEXT);
        assert_eq!(shifts(&before, &matrix(TEXT)), []);
        let renamed = TEXT.replace("name = \"Acme\"", "name = \"Acme Inc.\"");
        assert_eq!(shifts(&before, &matrix(&renamed)), [], "what nobody answers for moves nothing");
        let moved = matrix(&TEXT.replace("responsible = \"noc\"", "responsible = \"it\""));
        let found = shifts(&before, &moved);
        let [one] = &found[..] else { panic!("{found:?}") };
        assert_eq!(one.what, "row `backups`: responsible noc → it");
        let person: PersonId = "kim".parse().unwrap();
        let concerns = |side, team: Option<&str>| {
            one.concerns(&person, side, team.map(|team| team.parse().unwrap()).as_ref())
        };
        assert!(concerns(Side::Msp, Some("noc")) && concerns(Side::Internal, Some("it")));
        assert!(!concerns(Side::Msp, Some("field")), "another team of that side did neither");
        assert!(concerns(Side::Msp, None), "whose team nobody knows may have done it");
        assert!(!concerns(Side::Vendor, None));
        let other = matrix(&TEXT.replace("owner = \"noc\"", "owner = \"field\""));
        assert_eq!(shifts(&before, &other)[0].what, "tool `backup`: owner noc → field");
    }
}
