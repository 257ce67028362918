//! A figure with its unit, its peer, its target, and the table they are printed in.

use std::fmt;

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Figure {
    name: String,
    unit: &'static str,
    bare: Option<f64>,
    ours: f64,
    target: Target,
}

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Target {
    None,
    AtMost(f64),
    AtMostTimesBare(f64),
}

impl Figure {
    /// A figure that has no target of its own.
    pub fn new(name: impl Into<String>, unit: &'static str, ours: f64) -> Self {
        Self { name: name.into(), unit, bare: None, ours, target: Target::None }
    }

    /// The same for the bare peer.
    #[must_use]
    pub const fn beside(mut self, bare: f64) -> Self {
        self.bare = Some(bare);
        self
    }

    /// Should be at most this.
    #[must_use]
    pub const fn at_most(mut self, limit: f64) -> Self {
        self.target = Target::AtMost(limit);
        self
    }

    /// Should be at most so many times the bare peer's.
    #[must_use]
    pub const fn at_most_times_bare(mut self, times: f64) -> Self {
        self.target = Target::AtMostTimesBare(times);
        self
    }

    fn ratio(&self) -> Option<f64> {
        self.bare.map(|bare| self.ours / bare)
    }

    /// Whether it is what it should be; `None` without a target.
    pub fn met(&self) -> Option<bool> {
        match self.target {
            Target::None => None,
            Target::AtMost(limit) => Some(self.ours <= limit),
            Target::AtMostTimesBare(times) => self.ratio().map(|ratio| ratio <= times),
        }
    }

    fn cells(&self) -> [String; 6] {
        let value = |value: f64| format!("{} {}", round(value), self.unit);
        let target = match self.target {
            Target::None => String::new(),
            Target::AtMost(limit) => format!("≤ {}", value(limit)),
            Target::AtMostTimesBare(times) => format!("≤ {times} × bare"),
        };
        let verdict = match self.met() {
            None => "",
            Some(true) => "met",
            Some(false) => "MISSED",
        };
        [
            self.name.clone(),
            self.bare.map(value).unwrap_or_default(),
            value(self.ours),
            self.ratio().map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
            target,
            verdict.to_owned(),
        ]
    }
}

/// Three significant digits are what a benchmark knows.
fn round(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// All figures of a run, for print.
#[derive(Debug, Clone, Default)]
pub struct Table(Vec<Figure>);

impl Extend<Figure> for Table {
    fn extend<T: IntoIterator<Item = Figure>>(&mut self, figures: T) {
        self.0.extend(figures);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["figure", "bare", "ours", "ratio", "target", ""].map(str::to_owned);
        let rows: Vec<[String; 6]> = std::iter::once(head).chain(self.0.iter().map(Figure::cells)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 6] = std::array::from_fn(width);
        for row in &rows {
            let [name, bare, ours, ratio, target, verdict] = row;
            let [w_name, w_bare, w_ours, w_ratio, w_target, _] = widths;
            let line = format!(
                "{name:w_name$}  {bare:>w_bare$}  {ours:>w_ours$}  {ratio:>w_ratio$}  {target:w_target$}  {verdict}"
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_target_goes_by_the_bare_peer() {
        let figure = |ours| Figure::new("cpu", "µs", ours).beside(20.0).at_most_times_bare(1.7);
        assert_eq!(figure(34.0).met(), Some(true));
        assert_eq!(figure(35.0).met(), Some(false));
    }

    #[test]
    fn the_table_lines_up_and_says_what_is_missed() {
        let mut table = Table::default();
        table.extend([
            Figure::new("processor time per report", "µs", 41.25).beside(23.0).at_most_times_bare(1.7),
            Figure::new("queryable after kill -9", "ms", 812.0).at_most(1000.0),
        ]);
        assert_eq!(
            table.to_string(),
            "figure                        bare     ours  ratio  target\n\
             processor time per report  23.0 µs  41.2 µs   1.79  ≤ 1.7 × bare  MISSED\n\
             queryable after kill -9              812 ms         ≤ 1000 ms     met\n"
        );
    }
}
