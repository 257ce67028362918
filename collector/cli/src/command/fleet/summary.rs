//! `fleet summary`: how many endpoints have which values.

use serde_json::Value;

use super::{Asked, remark};
use crate::command::again::{self, Pace};
use crate::{
    args::Summary,
    client::Client,
    failure::Failure,
    output::{self, Column, Listing, Screen, Show, column},
};

pub(super) fn run(summary: &Summary, screen: &Screen) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    let asked = Asked { filter: Some(summary.filter.join(" ")), ..Asked::default() }.resolved(&client)?;
    let by: Vec<&str> = summary.by.iter().map(|path| path.trim()).collect();
    let columns = columns(&by)?;
    let by = by.join(",");
    let filter = asked.filter.unwrap_or_default();
    let paths: Vec<&str> = by.split(',').chain(["count"]).collect();
    let listing = Listing { rows: "groups", name: paths[0], columns: &columns, wide: &[], csv: &paths };
    let params = [("by", by.as_str()), ("filter", filter.as_str()), ("state", summary.state.as_str())];
    let mut said = String::new();
    again::show(&client, Pace::told(summary.watching, "endpoint"), screen, || {
        let answer = client.get("fleet/summary", &params)?;
        let mut remark = remark(&answer, !filter.trim().is_empty());
        remark.extend(left_off(&answer).map(|left_off| format!("\n{left_off}")));
        if remark != said && screen.is_for_people() {
            output::note(&remark);
            said = remark;
        }
        listing.render(&answer, output::as_of(&answer), screen)
    })
}

fn columns(by: &[&str]) -> Result<Vec<Column>, Failure> {
    let named = by.iter().map(|path| Column::wanted(path));
    named.chain([Ok(column("ENDPOINTS", "count", Show::Text))]).collect()
}

fn left_off(answer: &Value) -> Option<String> {
    let count = answer["left_off"].as_u64().filter(|count| *count > 0)?;
    Some(format!("{count} smaller groups are left off; narrow the filter to see them"))
}
