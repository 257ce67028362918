//! A file that comes, goes, breaks and is mended.

use std::{fs, path::PathBuf};

use super::*;
use crate::config::SourceName;

struct Scene {
    folder: tempfile::TempDir,
    live: super::super::Live,
    follower: Follower,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        fs::create_dir_all(&state).unwrap();
        fs::create_dir_all(folder.path().join("etc")).unwrap();
        fs::write(folder.path().join("etc/agent.toml"), "").unwrap();
        let config = Config::load(Some(&folder.path().join("etc/agent.toml")), Some(&state)).unwrap();
        let sender = watch::Sender::new(Arc::new(config));
        let live = sender.subscribe();
        Self { folder, live, follower: Follower::new(sender).unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("etc/agent.toml")
    }

    fn look(&mut self) -> Option<News> {
        self.follower.look(Timestamp::UNIX_EPOCH)
    }

    fn is_off(&self, source: SourceName) -> bool {
        !self.live.borrow().allows(source)
    }
}

#[test]
fn a_good_change_is_taken_and_is_no_news() {
    let mut scene = Scene::new();
    fs::write(scene.file(), "[narrow]\ndisable = [\"patch\"]\n").unwrap();
    assert_eq!(scene.look(), None);
    assert!(scene.is_off(SourceName::Patch));
    assert!(scene.live.has_changed().unwrap());
    scene.live.mark_unchanged();
    assert_eq!(scene.look(), None);
    assert!(!scene.live.has_changed().unwrap(), "the same again wakes nobody");
}

#[test]
fn a_bad_file_changes_nothing_and_is_told_once_until_it_is_mended() {
    let mut scene = Scene::new();
    fs::write(scene.file(), "[narrow]\ndisable = [\"patch\"]\n").unwrap();
    scene.look();
    fs::write(scene.file(), "[narrow]\n\ndisabel = []\n").unwrap();
    let News { fault, event } = scene.look().unwrap();
    assert_eq!(event.kind, "bad_config");
    assert!(event.detail.contains("agent.toml, line 3: unknown field `disabel`"), "{}", event.detail);
    assert_eq!(fault, Some(event.detail));
    assert!(scene.is_off(SourceName::Patch));
    assert_eq!(scene.look(), None);
    fs::remove_file(scene.file()).unwrap();
    let other = scene.look().unwrap();
    assert!(other.event.detail.contains("cannot read"), "{}", other.event.detail);
    fs::write(scene.file(), "").unwrap();
    let News { fault, event } = scene.look().unwrap();
    assert_eq!((fault, event.kind.as_str()), (None, "config_mended"));
    assert!(!scene.is_off(SourceName::Patch));
}

#[test]
fn a_start_on_a_bad_file_works_by_the_last_good_one() {
    let mut scene = Scene::new();
    fs::write(scene.file(), "nonsense").unwrap();
    let (file, state) = (scene.file(), scene.folder.path().join("state"));
    let located = || Config::located(Some(&file), Some(&state));
    assert!(at_start(located()).is_err(), "nothing good was ever seen");
    fs::write(scene.file(), "[narrow]\ndisable = [\"patch\"]\n").unwrap();
    scene.look();
    fs::write(scene.file(), "nonsense").unwrap();
    let started = at_start(located()).unwrap();
    assert!(!started.allows(SourceName::Patch));
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_write_is_not_taken() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut scene = Scene::new();
    fs::write(scene.file(), "[narrow]\ndisable = [\"patch\"]\n").unwrap();
    fs::set_permissions(scene.file(), fs::Permissions::from_mode(0o666)).unwrap();
    let news = scene.look().unwrap();
    assert!(news.event.detail.contains("may be written by others"), "{}", news.event.detail);
    assert!(!scene.is_off(SourceName::Patch));
}

#[cfg(unix)]
async fn wakes(scene: &Scene, files: &mut FileWatch, act: impl FnOnce()) {
    let watched = scene.follower.watch(files);
    act();
    timeout(Duration::from_secs(5), watched.changed()).await.unwrap();
}

/// However the file is exchanged, the watch sees it; no timer is behind it, since each folder could be watched.
#[cfg(unix)]
#[tokio::test]
async fn a_rename_a_link_and_another_folder_are_changes() {
    use std::os::unix::fs::symlink;
    let mut scene = Scene::new();
    let (root, mut files) = (scene.folder.path().to_owned(), FileWatch::start());
    assert!(!scene.follower.watch(&mut files).polled);
    wakes(&scene, &mut files, || {
        fs::write(root.join("etc/new"), "[narrow]\ndisable = [\"patch\"]\n").unwrap();
        fs::rename(root.join("etc/new"), root.join("etc/agent.toml")).unwrap();
    })
    .await;
    scene.look();
    assert!(scene.is_off(SourceName::Patch));

    // The folder becomes a link to one version of it, and then to the next.
    for (version, source) in [("v1", "health"), ("v2", "backup")] {
        fs::create_dir(root.join(version)).unwrap();
        fs::write(root.join(version).join("agent.toml"), format!("[narrow]\ndisable = [\"{source}\"]\n"))
            .unwrap();
    }
    wakes(&scene, &mut files, || {
        fs::rename(root.join("etc"), root.join("old")).unwrap();
        symlink("v1", root.join("etc")).unwrap();
    })
    .await;
    assert_eq!(scene.look(), None);
    assert!(scene.is_off(SourceName::Health) && !scene.is_off(SourceName::Patch));
    wakes(&scene, &mut files, || {
        symlink("v2", root.join("next")).unwrap();
        fs::rename(root.join("next"), root.join("etc")).unwrap();
    })
    .await;
    assert_eq!(scene.look(), None);
    assert!(scene.is_off(SourceName::Backup) && !scene.is_off(SourceName::Health));
    // And what is behind the link is watched too.
    wakes(&scene, &mut files, || fs::write(root.join("v2/agent.toml"), "").unwrap()).await;
    scene.look();
    assert!(!scene.is_off(SourceName::Backup));
}
