//! The agent by COM. The one file of the project with `unsafe`: each block is calls of methods that COM's type library
//! declares, on interfaces that this thread created and that are dropped before it leaves COM.

#![expect(unsafe_code, reason = "COM has no safe face")]

use jiff::Timestamp;
use sysinfo::System;
use windows::{
    Win32::{
        Foundation::{DECIMAL, VARIANT_FALSE},
        System::{
            Com::{
                CLSCTX_INPROC_SERVER, COINIT_MULTITHREADED, CoCreateInstance, CoInitializeEx, CoUninitialize,
            },
            UpdateAgent::{
                AutomaticUpdates, IAutomaticUpdates2, IStringCollection, IUpdate, IUpdate2,
                IUpdateHistoryEntry, IUpdateSearcher, IUpdateSession, UpdateSession,
                aunlScheduledInstallation, irbAlwaysRequiresReboot, irbNeverReboots, orcSucceeded,
                orcSucceededWithErrors, uoInstallation, utDriver,
            },
        },
    },
    core::{BSTR, Error, Interface as _},
};

use super::{Agent, Attempt, Fault, Found, RebootBehaviour, Settings};

/// The latest installations that are looked at.
const HISTORY: i32 = 100;
/// No machine misses more; a damaged data store may say so.
const UPDATES: i32 = 5_000;
const TEXTS: i32 = 200;

/// This thread is in COM, until this is dropped.
struct Apartment;

impl Drop for Apartment {
    fn drop(&mut self) {
        // SAFETY: balances the CoInitializeEx of `connect` on the same thread; `Wua` is not `Send`.
        unsafe { CoUninitialize() }
    }
}

/// The agent of this machine. Fields are dropped in order: the interface, then the apartment it lives in.
pub(super) struct Wua {
    searcher: IUpdateSearcher,
    _apartment: Apartment,
}

fn at(step: &'static str) -> impl Fn(Error) -> Fault {
    move |error| Fault { step, hresult: error.code().0 }
}

/// Connects on the calling thread, which must not be in COM yet.
pub(super) fn connect() -> Result<Wua, Fault> {
    // SAFETY: no interface exists on this thread yet.
    unsafe { CoInitializeEx(None, COINIT_MULTITHREADED) }.ok().map_err(at("start COM"))?;
    let apartment = Apartment;
    // SAFETY: this thread is in COM; the class and the interface belong together.
    let searcher = unsafe {
        let session: IUpdateSession =
            CoCreateInstance(&UpdateSession, None, CLSCTX_INPROC_SERVER).map_err(at("open a session"))?;
        session.SetClientApplicationID(&BSTR::from("dogwatch-agent")).map_err(at("open a session"))?;
        let searcher = session.CreateUpdateSearcher().map_err(at("make a searcher"))?;
        // What is known here already: a search must not make the machine fetch anything.
        searcher.SetOnline(VARIANT_FALSE).map_err(at("stay offline"))?;
        searcher
    };
    Ok(Wua { searcher, _apartment: apartment })
}

/// The machine's last boot.
pub(super) fn boot_at() -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(System::boot_time()).ok()?).ok()
}

impl Agent for Wua {
    fn search(&mut self) -> Result<Vec<Found>, Fault> {
        let failed = at("search");
        // SAFETY: interfaces of this thread, see the module.
        unsafe {
            let result = self.searcher.Search(&BSTR::from("IsInstalled=0")).map_err(&failed)?;
            let updates = result.Updates().map_err(&failed)?;
            let count = updates.Count().map_err(&failed)?.clamp(0, UPDATES);
            (0..count)
                .map(|index| updates.get_Item(index).map(|update| found(&update)).map_err(&failed))
                .collect()
        }
    }

    fn history(&mut self) -> Result<Vec<Attempt>, Fault> {
        let failed = at("read its history");
        // SAFETY: interfaces of this thread, see the module.
        unsafe {
            let count = self.searcher.GetTotalHistoryCount().map_err(&failed)?.clamp(0, HISTORY);
            if count == 0 {
                return Ok(Vec::new());
            }
            let entries = self.searcher.QueryHistory(0, count).map_err(&failed)?;
            let count = entries.Count().map_err(&failed)?.clamp(0, HISTORY);
            let entries = (0..count).filter_map(|index| entries.get_Item(index).ok());
            Ok(entries.filter_map(|entry| attempt(&entry)).collect())
        }
    }

    fn settings(&mut self) -> Settings {
        // SAFETY: this thread is in COM; the class and the interface belong together.
        unsafe {
            let Ok(automatic) =
                CoCreateInstance::<_, IAutomaticUpdates2>(&AutomaticUpdates, None, CLSCTX_INPROC_SERVER)
            else {
                return Settings::default();
            };
            let level = automatic.Settings().and_then(|settings| settings.NotificationLevel());
            let searched = automatic.Results().and_then(|results| results.LastSearchSuccessDate());
            Settings {
                installs_by_itself: level.ok().map(|level| level == aunlScheduledInstallation),
                // A DATE, or empty when it never searched.
                searched: searched.ok().and_then(|date| f64::try_from(&date).ok()),
            }
        }
    }
}

/// What an update tells of itself; what it refuses to tell is left empty.
fn found(update: &IUpdate) -> Found {
    let yes =
        |told: windows::core::Result<windows::Win32::Foundation::VARIANT_BOOL>| told.is_ok_and(bool::from);
    // SAFETY: an interface of this thread, see the module.
    unsafe {
        let second = update.cast::<IUpdate2>().ok();
        Found {
            id: update
                .Identity()
                .and_then(|identity| identity.UpdateID())
                .map(|id| id.to_string())
                .unwrap_or_default(),
            title: update.Title().map(|title| title.to_string()).unwrap_or_default(),
            kbs: update.KBArticleIDs().map(|kbs| texts(&kbs)).unwrap_or_default(),
            cves: second
                .as_ref()
                .and_then(|second| second.CveIDs().ok())
                .map(|cves| texts(&cves))
                .unwrap_or_default(),
            msrc_severity: update.MsrcSeverity().map(|severity| severity.to_string()).unwrap_or_default(),
            bulletins: update.SecurityBulletinIDs().map(|ids| texts(&ids)).unwrap_or_default(),
            categories: categories(update),
            is_driver: update.Type().is_ok_and(|kind| kind == utDriver),
            is_hidden: yes(update.IsHidden()),
            is_downloaded: yes(update.IsDownloaded()),
            reboot_required: second.is_some_and(|second| yes(second.RebootRequired())),
            reboot_behaviour: reboot_behaviour(update),
            size_bytes: update.MaxDownloadSize().ok().and_then(|size| whole(&size)),
            changed: update.LastDeploymentChangeTime().ok(),
            supersedes: update.SupersededUpdateIDs().map(|ids| texts(&ids)).unwrap_or_default(),
        }
    }
}

fn reboot_behaviour(update: &IUpdate) -> Option<RebootBehaviour> {
    // SAFETY: an interface of this thread, see the module.
    let told = unsafe { update.InstallationBehavior().and_then(|behaviour| behaviour.RebootBehavior()) };
    told.ok().map(|behaviour| match behaviour {
        behaviour if behaviour == irbNeverReboots => RebootBehaviour::Never,
        behaviour if behaviour == irbAlwaysRequiresReboot => RebootBehaviour::Always,
        _ => RebootBehaviour::Perhaps,
    })
}

fn categories(update: &IUpdate) -> Vec<String> {
    // SAFETY: interfaces of this thread, see the module.
    unsafe {
        let Ok(categories) = update.Categories() else { return Vec::new() };
        let count = categories.Count().unwrap_or(0).clamp(0, TEXTS);
        let ids = (0..count).filter_map(|index| categories.get_Item(index).ok()?.CategoryID().ok());
        ids.map(|id| id.to_string()).collect()
    }
}

fn texts(collection: &IStringCollection) -> Vec<String> {
    // SAFETY: an interface of this thread, see the module.
    unsafe {
        let count = collection.Count().unwrap_or(0).clamp(0, TEXTS);
        (0..count).filter_map(|index| Some(collection.get_Item(index).ok()?.to_string())).collect()
    }
}

/// An installation; removals are none.
fn attempt(entry: &IUpdateHistoryEntry) -> Option<Attempt> {
    // SAFETY: an interface of this thread, see the module.
    unsafe {
        if entry.Operation().ok()? != uoInstallation {
            return None;
        }
        let result = entry.ResultCode().ok()?;
        Some(Attempt {
            id: entry.UpdateIdentity().ok()?.UpdateID().ok()?.to_string(),
            at: entry.Date().ok()?,
            succeeded: result == orcSucceeded || result == orcSucceededWithErrors,
            hresult: entry.HResult().unwrap_or(0),
        })
    }
}

/// A decimal without a fraction and a sign, below 2^64: a size.
fn whole(decimal: &DECIMAL) -> Option<u64> {
    // SAFETY: both unions are plain numbers, every pattern of bits is one.
    let (sign_and_scale, low) = unsafe { (decimal.Anonymous1.signscale, decimal.Anonymous2.Lo64) };
    (sign_and_scale == 0 && decimal.Hi32 == 0).then_some(low)
}
