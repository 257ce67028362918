//! A small fleet against the bare peer, both in this process.

use super::*;
use crate::load::{bare::Bare, enrol::enrol};

/// Far longer than anything here takes; a failure is a failure, not a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

async fn attached(agents: usize) -> Fleet {
    let bare = Bare::bind().await.unwrap();
    let token = bare.join_token().unwrap();
    tokio::spawn(bare.serve());
    let identities = enrol(&token, "test", agents).await.unwrap();
    assert_eq!(identities.len(), agents);
    Fleet::attach(Fleet::crew(identities)).await.unwrap()
}

#[tokio::test]
async fn everybody_introduces_itself_and_leaves_with_nothing_forgotten() {
    let fleet = attached(5).await;
    let counts = fleet.tally().counts();
    assert_eq!((counts.connected, counts.sent, counts.acknowledged, counts.lost), (5, 15, 15, 0));
    let crew = timeout(PATIENCE, fleet.leave()).await.unwrap();
    assert!(crew.iter().all(|agent| agent.acknowledged_samples() == 1));
}

#[tokio::test]
async fn an_ordered_sample_is_acknowledged_amid_a_hot_fleet() {
    let fleet = attached(3).await;
    fleet.set(Mode::Hot { under_way: 2 });
    for agent in 0..3 {
        timeout(PATIENCE, fleet.sample_now(agent, RootVolume::Full)).await.unwrap().unwrap();
    }
    assert!(fleet.tally().counts().acknowledged >= 9 + 3, "introductions and ordered samples are counted");
    let crew = timeout(PATIENCE, fleet.vanish()).await.unwrap();
    assert_eq!(crew.len(), 3);
}

#[tokio::test]
async fn a_crew_that_left_comes_back_where_it_was() {
    let bare = Bare::bind().await.unwrap();
    let token = bare.join_token().unwrap();
    tokio::spawn(bare.serve());
    let crew = Fleet::crew(enrol(&token, "test", 2).await.unwrap());
    let crew = Fleet::attach(crew).await.unwrap().leave().await;
    let fleet = Fleet::attach(crew).await.unwrap();
    assert_eq!(fleet.tally().counts().sent, 0, "what was acknowledged is not sent again");
    fleet.sample_now(0, RootVolume::Roomy).await.unwrap();
    let crew = fleet.leave().await;
    let mut samples: Vec<u64> = crew.iter().map(Agent::acknowledged_samples).collect();
    samples.sort_unstable();
    assert_eq!(samples, [1, 2]);
}
