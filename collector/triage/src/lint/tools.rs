//! Whether each tool has one owner, each function one tool, and each border a rule.

use dogwatch_model::ToolId;

use super::{Code, Review, Step};
use crate::matrix::{Matrix, Selector, Tool};

pub(super) fn check(review: &mut Review<'_>) {
    let matrix = review.matrix;
    // In the order of the file: of two tools for one function, the later one is the second.
    let mut tools: Vec<&Tool> = matrix.tools().collect();
    tools.sort_by_key(|tool| tool.line);
    for (index, tool) in tools.iter().enumerate() {
        owner(review, tool);
        if let Some(twin) = tools[..index].iter().find(|twin| shares_function(twin, tool)) {
            let what = format!("tools `{}` and `{}` are for the same function", twin.id, tool.id);
            let mend = "keep one, or say by `scope` which part of the estate each is for";
            review.warn(Code::SameFunction, ("tool", tool.id.as_str(), &[Step::Key("function")]), what, mend);
        }
        borders(review, tool);
    }
    for row in matrix.rows().iter().filter(|row| row.boundary_with.is_some() && row.lead.is_none()) {
        let what = format!("row `{}` stands at a border and does not say who leads", row.id);
        let place = ("row", row.id.as_str(), &[Step::Key("boundary_with")][..]);
        review.warn(Code::NoBoundaryRule, place, what, "name the team in `lead`");
    }
}

fn owner(review: &mut Review<'_>, tool: &Tool) {
    let known = review.matrix.directory();
    let named = tool.person.as_ref().and_then(|person| known.person(person));
    let (owner, id) = (&tool.owner, tool.id.as_str());
    match named {
        Some(person) if person.team != *owner => {
            let what = format!(
                "`{id}` is owned by `{owner}`, and `{}` of `{}` is to know it best",
                person.id, person.team
            );
            let mend = "name a person of the owning team, or give the tool to the other team";
            review.error(Code::ToolOwner, ("tool", id, &[Step::Key("person")]), what, mend);
        }
        None if known.people().any(|person| person.team == *owner && !person.disabled) => {
            let what = format!("nobody of team `{owner}` is named as the owner of `{id}`");
            let mend = "name the one who knows it best in `person`, and who stands in for them in `deputy`";
            review.warn(Code::ToolOwner, ("tool", id, &[]), what, mend);
        }
        _ => {}
    }
}

fn shares_function(one: &Tool, other: &Tool) -> bool {
    // Two parts of one estate may have a tool each.
    if one.scope.is_some() && other.scope.is_some() && one.scope != other.scope {
        return false;
    }
    let words = |tool: &Tool| -> Vec<String> {
        tool.function
            .split(',')
            .map(|word| word.trim().to_lowercase())
            .filter(|word| !word.is_empty())
            .collect()
    };
    let theirs = words(other);
    words(one).iter().any(|word| theirs.contains(word))
}

fn borders(review: &mut Review<'_>, tool: &Tool) {
    let matrix = review.matrix;
    for (index, neighbour) in tool.neighbours.iter().enumerate() {
        if ruled(matrix, &tool.id, neighbour) {
            continue;
        }
        let what = format!(
            "`{}` and `{neighbour}` are neighbours, and no rule says who leads what concerns both",
            tool.id
        );
        let path = [Step::Key("neighbours"), Step::Item(index)];
        let mend = "add a [[boundary]] of the two, or a row with `boundary_with` and `lead`";
        review.warn(Code::NoBoundaryRule, ("tool", tool.id.as_str(), &path), what, mend);
    }
}

fn ruled(matrix: &Matrix, one: &ToolId, other: &ToolId) -> bool {
    let concerns = |selector: &Selector, id: &ToolId| {
        let categories = || matrix.tool(id).into_iter().flat_map(Tool::categories);
        let by_category = || categories().any(|category| selector.categories.contains(&category));
        (selector.tools.is_empty() || selector.tools.contains(id))
            && (selector.categories.is_empty() || by_category())
    };
    let both = |first: &Selector, then: &Selector| {
        (concerns(first, one) && concerns(then, other)) || (concerns(first, other) && concerns(then, one))
    };
    let by_row = |row: &crate::matrix::Row| {
        let border = row.boundary_with.as_ref();
        let there = |a: &ToolId, b: &ToolId| row.selects.tools.contains(a) && border == Some(b);
        row.lead.is_some() && (there(one, other) || there(other, one))
    };
    matrix.boundaries().iter().any(|rule| both(&rule.first, &rule.then)) || matrix.rows().iter().any(by_row)
}
