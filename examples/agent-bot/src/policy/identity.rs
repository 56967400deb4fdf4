//! Who somebody is, as the platform tells it, remembered for a while.
//!
//! A write is decided on what the platform says about the person, not on what an event claims. What it says is kept for
//! [`KEEP`], that it says nothing for [`KEEP_NOTHING`]: somebody who lost a role keeps it here no longer than that.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use imchat_verify::Clock;
use tracing::warn;

use super::{Act, Decision, Policy};
use crate::platform::{Platform, Profile};
use crate::who::{Person, Place};

/// How long a profile counts.
pub const KEEP: Duration = Duration::from_secs(5 * 60);
/// How long it counts that there is none.
pub const KEEP_NOTHING: Duration = Duration::from_secs(20);
/// How long the platform may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// People in memory.
const MOST: usize = 10_000;

/// Looks people up.
pub struct Identity {
    clock: Arc<dyn Clock>,
    known: Mutex<HashMap<Person, Known>>,
}

struct Known {
    profile: Option<Profile>,
    /// Microseconds since 1970.
    until: u64,
}

impl Identity {
    /// Nobody is known yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, known: Mutex::default() }
    }

    /// What the platform says about this person; `None` where it says nothing, which the policy takes for no.
    pub async fn look_up(&self, platform: &dyn Platform, person: &Person) -> Option<Profile> {
        if platform.name() != person.platform {
            return None;
        }
        if let Some(remembered) = self.remembered(person) {
            return remembered;
        }
        let profile = match tokio::time::timeout(PATIENCE, platform.identify(person)).await {
            Ok(Ok(profile)) => Some(profile),
            Ok(Err(error)) => {
                warn!(%person, %error, "not looked up: what would be changed for them is denied");
                None
            }
            Err(_) => {
                warn!(%person, "not looked up in time: what would be changed for them is denied");
                None
            }
        };
        self.remember(person, profile.clone());
        profile
    }

    /// Forgets this person, for when the platform tells that something about them changed.
    pub fn forget(&self, person: &Person) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(person);
    }

    fn remembered(&self, person: &Person) -> Option<Option<Profile>> {
        let now = self.clock.micros();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(person).filter(|known| now < known.until).map(|known| known.profile.clone())
    }

    fn remember(&self, person: &Person, profile: Option<Profile>) {
        let keep = if profile.is_some() { KEEP } else { KEEP_NOTHING };
        let now = self.clock.micros();
        let until = now.saturating_add(u64::try_from(keep.as_micros()).unwrap_or(u64::MAX));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, known| now < known.until);
        }
        // Still full: whoever is new is asked about each time, which is slower and no less safe.
        if known.len() < MOST || known.contains_key(person) {
            known.insert(person.clone(), Known { profile, until });
        }
    }
}

/// Decides what the person who asks may.
pub trait Gate: Send + Sync {
    /// What becomes of this act.
    fn may<'a>(&'a self, act: Act<'a>) -> Pin<Box<dyn Future<Output = Decision> + Send + 'a>>;
}

/// Somebody who asks, somewhere. They are looked up before anything is changed for them, and not before.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// What holds.
    pub policy: &'a Policy,
    /// Who knows people.
    pub identity: &'a Identity,
    /// Whom to look up at.
    pub platform: &'a dyn Platform,
    /// Who asks.
    pub person: &'a Person,
    /// Where.
    pub place: &'a Place,
}

impl Gate for Asking<'_> {
    fn may<'a>(&'a self, act: Act<'a>) -> Pin<Box<dyn Future<Output = Decision> + Send + 'a>> {
        let Self { policy, identity, platform, person, place } = *self;
        Box::pin(async move {
            let profile = match act {
                Act::Ask | Act::Read(_) if !policy.asks_by_group() => None,
                _ => identity.look_up(platform, person).await,
            };
            policy.decide(person, profile.as_ref(), place, act)
        })
    }
}

impl fmt::Debug for Asking<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking").field("person", self.person).field("place", self.place).finish_non_exhaustive()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

    use time::OffsetDateTime;

    use super::*;
    use crate::message::{Action, Outbound};
    use crate::platform::{
        Address, Click, DecodeError, Decoded, Doing, Limits, Prompt, Rendered, SendError, Sent, Standing,
    };
    use crate::who::PlatformName;

    /// Answers, or does not, and counts the questions.
    #[derive(Default)]
    struct Directory {
        asked: AtomicU64,
        down: bool,
    }

    impl Platform for Directory {
        fn name(&self) -> PlatformName {
            PlatformName::Slack
        }
        fn decode(&self, _: &str, _: &[u8]) -> Result<Decoded, DecodeError> {
            Ok(Decoded::Ignored("a directory"))
        }
        fn render(&self, _: &Outbound) -> Vec<Rendered> {
            Vec::new()
        }
        fn limits(&self) -> Limits {
            Limits { text: 1, message: 1, parts: 1, buttons: 1, apart: Duration::ZERO }
        }
        fn send<'a>(&'a self, _: &'a Address, _: &'a Rendered, _: &'a str) -> Doing<'a, Sent, SendError> {
            Box::pin(async { Err(SendError::Unreachable) })
        }
        fn edit<'a>(&'a self, _: &'a Sent, _: &'a Rendered) -> Doing<'a, (), SendError> {
            Box::pin(async { Err(SendError::Unreachable) })
        }
        fn ask<'a>(&'a self, _: &'a Click, _: &'a Action, _: &'a Prompt) -> Doing<'a, (), SendError> {
            Box::pin(async { Err(SendError::Unreachable) })
        }
        fn identify<'a>(&'a self, person: &'a Person) -> Doing<'a, Profile, SendError> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                if self.down {
                    return Err(SendError::Unreachable);
                }
                let name = person.user.clone();
                Ok(Profile { name, standing: Standing::Member, groups: Vec::new() })
            })
        }
    }

    fn clock() -> (Arc<AtomicI64>, Identity) {
        let seconds = Arc::new(AtomicI64::new(1_000_000));
        let shown = Arc::clone(&seconds);
        let now =
            move || OffsetDateTime::UNIX_EPOCH.saturating_add(time::Duration::seconds(shown.load(Ordering::SeqCst)));
        (seconds, Identity::new(Arc::new(now)))
    }

    fn seconds_of(time: Duration) -> i64 {
        i64::try_from(time.as_secs()).unwrap()
    }

    fn ada() -> Person {
        Person { platform: PlatformName::Slack, tenant: "T1".to_owned(), user: "U1".to_owned() }
    }

    #[tokio::test]
    async fn a_profile_is_asked_for_once_and_again_when_it_has_ended() {
        let (seconds, identity) = clock();
        let directory = Directory::default();
        for (passed, asked) in [(0, 1), (seconds_of(KEEP) - 1, 1), (1, 2)] {
            seconds.fetch_add(passed, Ordering::SeqCst);
            assert_eq!(identity.look_up(&directory, &ada()).await.unwrap().name, "U1");
            assert_eq!(directory.asked.load(Ordering::SeqCst), asked);
        }
    }

    #[tokio::test]
    async fn that_nobody_answered_is_remembered_for_a_shorter_time() {
        let (seconds, identity) = clock();
        let down = Directory { down: true, ..Directory::default() };
        for (passed, asked) in [(0, 1), (seconds_of(KEEP_NOTHING) - 1, 1), (1, 2)] {
            seconds.fetch_add(passed, Ordering::SeqCst);
            assert_eq!(identity.look_up(&down, &ada()).await, None);
            assert_eq!(down.asked.load(Ordering::SeqCst), asked);
        }
        seconds.fetch_add(seconds_of(KEEP_NOTHING), Ordering::SeqCst);
        assert!(identity.look_up(&Directory::default(), &ada()).await.is_some(), "it came back");
    }

    #[tokio::test]
    async fn the_same_user_id_in_another_tenant_is_another_person() {
        let (_, identity) = clock();
        let directory = Directory::default();
        identity.look_up(&directory, &ada()).await;
        identity.look_up(&directory, &Person { tenant: "T2".to_owned(), ..ada() }).await;
        assert_eq!(directory.asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_platform_is_not_asked_about_people_of_another_one() {
        let (_, identity) = clock();
        let directory = Directory::default();
        let other = Person { platform: PlatformName::Discord, ..ada() };
        assert_eq!(identity.look_up(&directory, &other).await, None);
        assert_eq!(directory.asked.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn what_is_forgotten_is_asked_again() {
        let (_, identity) = clock();
        let directory = Directory::default();
        identity.look_up(&directory, &ada()).await;
        identity.forget(&ada());
        identity.look_up(&directory, &ada()).await;
        assert_eq!(directory.asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn memory_is_bounded_and_who_is_new_is_still_answered() {
        let (_, identity) = clock();
        let directory = Directory::default();
        for number in 0..=MOST {
            let person = Person { user: number.to_string(), ..ada() };
            assert!(identity.look_up(&directory, &person).await.is_some());
        }
        assert_eq!(identity.known.lock().unwrap().len(), MOST);
    }
}
