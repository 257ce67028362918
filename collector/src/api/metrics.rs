//! `GET /metrics`: the collector's own figures as OpenMetrics, for Prometheus and its like.
//!
//! Totals over every org tell of each, so this is for who sees everything: a token with sight alone will do.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;

use super::{Shared, caller::Caller, problem::Problem};

/// What scrapers know the format by.
pub(crate) const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /metrics`
pub(crate) async fn show(State(api): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    let counted = caller.see(&api, |sight| sight.counted(caller.now));
    let counted = counted.ok_or_else(|| Problem::not_allowed("these figures are about every org"))?;
    let shown = api.core.meters.show(&counted);
    Ok(([(header::CONTENT_TYPE, OPENMETRICS)], shown).into_response())
}
