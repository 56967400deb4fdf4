//! Many tasks, one owner; and random histories.

use std::sync::Arc;
use std::vec::Vec;

use super::model::History;
use super::{LONG, grant, key, told};
use crate::dedup::{Claim, DedupKey, DedupStore, Lease, Settled};
use crate::testing::Subject;
use crate::testing::tasks::gather;

const RACERS: usize = 100;
/// A race that is lost once in a while shows in some of these.
const RACES: usize = 8;

/// A hundred claims at once; whoever is not granted is told that the key is busy.
async fn race<S: Subject>(subject: &S, key: DedupKey) -> Vec<Lease> {
    let store = subject.store();
    let claim = |_| {
        let store: Arc<S::Store> = store.clone();
        async move { told(store.claim(&key, Some([7; 32]), LONG).await) }
    };
    let answers = gather(RACERS, |task| subject.spawn(task), claim).await;
    assert_eq!(answers.len(), RACERS, "a task of the race did not come to its end");
    let owner = |answer: Claim| match answer {
        Claim::Granted(lease) => Some(lease),
        Claim::Busy { .. } => None,
        other => panic!("a raced key is granted or busy, and the answer was {other:?}"),
    };
    answers.into_iter().filter_map(owner).collect()
}

/// Of a hundred tasks that claim a key at once, exactly one gets it.
pub async fn a_hundred_tasks_get_one_owner(subject: impl Subject) {
    for number in 0..RACES {
        let owners = race(&subject, key(&std::format!("raced {number}"))).await;
        assert_eq!(owners.len(), 1, "so many tasks own the key: {owners:?}");
    }
}

/// Of a hundred tasks that claim a key whose lease has ended, exactly one gets it, with a higher fence.
pub async fn a_hundred_tasks_get_one_owner_of_what_ended(subject: impl Subject) {
    let (store, pace) = (subject.store(), subject.pace());
    let keys: Vec<_> = (0..RACES).map(|number| key(&std::format!("raced again {number}"))).collect();
    let mut ended = Vec::new();
    for key in &keys {
        ended.push(grant(&*store, key, pace.short()).await);
    }
    subject.advance(pace.past_short()).await;
    for before in ended {
        let owners = race(&subject, *before.key()).await;
        assert_eq!(owners.len(), 1, "so many tasks own the key: {owners:?}");
        for owner in owners {
            assert!(owner.fence() > before.fence(), "fence {} came after {}", owner.fence(), before.fence());
        }
    }
}

/// Of a hundred holders' copies of one lease that settle it at once, exactly one succeeds.
pub async fn a_lease_is_settled_once_also_at_once(subject: impl Subject) {
    let store = subject.store();
    let lease = grant(&*store, &key("settled at once"), LONG).await;
    let settle = |number| {
        let store = store.clone();
        async move {
            let done = if number % 2 == 0 { store.complete(&lease, LONG).await } else { store.release(&lease).await };
            told(done)
        }
    };
    let answers = gather(RACERS, |task| subject.spawn(task), settle).await;
    assert_eq!(answers.len(), RACERS, "a task of the race did not come to its end");
    assert_eq!(answers.iter().filter(|answer| **answer == Settled::Ok).count(), 1, "settled more or less than once");
}

/// Random verbs on several keys, with time passing between them, are answered as [`Entry`](crate::dedup::Entry) does.
///
/// The histories are the same in every run; a failure names its number and shows its steps.
pub async fn random_histories_agree_with_the_model(subject: impl Subject) {
    for seed in 0..subject.pace().histories {
        History::new(&subject, seed).run().await;
    }
}
