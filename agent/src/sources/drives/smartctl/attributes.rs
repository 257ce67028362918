//! Attributes of ATA drives: numbered, named by smartctl's database of drives, and meaning what each maker likes.
//!
//! A number alone says little: 198 counts bad sectors of most drives and gibibytes read of some, so where makers differ
//! the name decides. What each name means was seen in recorded answers and in the database of smartmontools 7.3.

use serde::Deserialize;

/// Sectors, or blocks of flash, that were replaced; all makers that have it agree.
const REALLOCATED: u32 = 5;
const PENDING: u32 = 197;
const UNCORRECTABLE: u32 = 198;
/// Names of solid-state drives' attributes whose value counts down from 100 as the drive wears, whatever the name says.
/// The surer ones stand first: a drive may have several.
const LIFE_LEFT: &[&str] = &[
    "Media_Wearout_Indicator",
    "SSD_Life_Left",
    "SSD_Life_Left_Perc",
    "Percent_Lifetime_Remain",
    "Percent_Lifetime_Used",
    "Percent_Life_Remaining",
    "Perc_Rated_Life_Remain",
    "Perc_Rated_Life_Used",
    "PCT_Life_Remaining",
    "Remaining_Lifetime_Perc",
    "Lifetime_Remaining%",
    "DriveLife_Remaining%",
    "Drive_Life_Remaining%",
    "Remaining_Life",
    "Lifetime_Left",
    "Wear_Leveling_Count",
];
/// Of these some firmware leaves the value at 100 for ever and counts down in the raw number.
const COUNTED_RAW: &[&str] = &["SSD_Life_Left", "Remaining_Lifetime_Perc"];

/// The table of a drive.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Attributes {
    table: Vec<Attribute>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attribute {
    id: u32,
    name: String,
    value: u64,
    raw: Raw,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Raw {
    value: u64,
}

impl Attributes {
    /// Sectors that were replaced.
    pub(super) fn reallocated(&self) -> Option<u64> {
        self.count(REALLOCATED, |_| true)
    }

    /// Sectors that cannot be read now.
    pub(super) fn pending(&self) -> Option<u64> {
        self.count(PENDING, |name| name.contains("Pending"))
    }

    /// Sectors that could not be read.
    pub(super) fn uncorrectable(&self) -> Option<u64> {
        self.count(UNCORRECTABLE, |name| name.contains("Uncor"))
    }

    /// How much of a solid-state drive's life is used up; of a turning disk these attributes mean something else.
    pub(super) fn wear_percent(&self) -> Option<f64> {
        let named = |name: &str| self.table.iter().find(|attribute| attribute.name == name);
        let left = LIFE_LEFT.iter().find_map(|name| named(name)?.life_left())?;
        Some(f64::from(100 - left))
    }

    /// The raw number of an attribute whose name is what we take it for. Makers keep other things in its upper half.
    fn count(&self, id: u32, means: impl Fn(&str) -> bool) -> Option<u64> {
        let attribute = self.table.iter().find(|attribute| attribute.id == id && means(&attribute.name))?;
        Some(attribute.raw.value & 0xffff_ffff)
    }
}

impl Attribute {
    /// Percent. Zero is what drives say that do not count; and raw, so is one.
    fn life_left(&self) -> Option<u8> {
        let raw = Some(self.raw.value).filter(|raw| (2..100).contains(raw));
        let counted_raw = self.value == 100 && COUNTED_RAW.contains(&self.name.as_str());
        let left = raw.filter(|_| counted_raw).unwrap_or(self.value);
        u8::try_from(left).ok().filter(|left| (1..=100).contains(left))
    }
}
