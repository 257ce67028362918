//! Windows: what "Installed apps" shows, from the keys that installers leave. Pure.

use dogwatch_model::Software;

use super::entry;

/// The values of one key below `Uninstall`.
#[derive(Debug, Default)]
pub(super) struct Product {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    /// `SystemComponent` is 1: a part of something else, not shown.
    pub(super) is_component: bool,
    /// `ParentKeyName`: an update of another product.
    pub(super) parent: Option<String>,
    /// `ReleaseType`: `Hotfix`, `Security Update`, `Update Rollup` …
    pub(super) release: Option<String>,
}

/// The entry, if the product is shown at all: it has a name and is no part or update of another.
pub(super) fn listed(product: Product) -> Option<Software> {
    let Product { name, version, is_component, parent, release } = product;
    let is_update =
        parent.is_some_and(|parent| !parent.is_empty()) || release.is_some_and(|release| !release.is_empty());
    let name = name.filter(|name| !name.trim().is_empty() && !is_component && !is_update)?;
    Some(entry("registry", name.trim(), version.as_deref().map_or("", str::trim)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(name: &str) -> Product {
        Product { name: Some(name.into()), version: Some("1.0 ".into()), ..Product::default() }
    }

    #[test]
    fn products_are_listed_and_their_parts_and_updates_are_not() {
        assert_eq!(listed(product(" 7-Zip")), Some(entry("registry", "7-Zip", "1.0")));
        assert_eq!(listed(Product { version: None, ..product("Tool") }), Some(entry("registry", "Tool", "")));
        assert_eq!(listed(Product { is_component: true, ..product("Runtime") }), None);
        assert_eq!(listed(Product { parent: Some("Office".into()), ..product("KB1") }), None);
        assert_eq!(listed(Product { release: Some("Hotfix".into()), ..product("KB2") }), None);
        assert_eq!(listed(Product { name: Some(" ".into()), ..Product::default() }), None);
    }
}
