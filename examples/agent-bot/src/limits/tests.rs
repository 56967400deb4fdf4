use std::sync::atomic::{AtomicI64, Ordering};

use time::OffsetDateTime;

use super::*;
use crate::who::PlatformName;

fn clock() -> (Arc<AtomicI64>, Arc<dyn Clock>) {
    let seconds = Arc::new(AtomicI64::new(1_000_000));
    let shown = Arc::clone(&seconds);
    let now = move || OffsetDateTime::UNIX_EPOCH.saturating_add(time::Duration::seconds(shown.load(Ordering::SeqCst)));
    (seconds, Arc::new(now))
}

fn scopes(user: u32, channel: u32, workspace: u32) -> Scopes {
    Scopes {
        user: Quota::new(user, MINUTE),
        channel: Quota::new(channel, MINUTE),
        workspace: Quota::new(workspace, MINUTE),
    }
}

fn person(tenant: &str, user: &str) -> Person {
    Person { platform: PlatformName::Slack, tenant: tenant.to_owned(), user: user.to_owned() }
}

fn place(tenant: &str, channel: &str) -> Place {
    let (tenant, channel) = (tenant.to_owned(), channel.to_owned());
    Place { platform: PlatformName::Slack, tenant, channel, thread: None }
}

fn over(verdict: Verdict) -> bool {
    verdict != Verdict::Within
}

#[tokio::test]
async fn who_floods_is_told_once_in_each_window_and_gets_through_when_it_has_passed() {
    let (seconds, clock) = clock();
    let limits = RateLimits::new(Allowances { messages: scopes(2, 9, 9), ..Allowances::default() }, &clock, None);
    let (ada, here) = (person("T1", "U1"), place("T1", "C1"));
    assert_eq!(limits.message(&ada, &here).await, Verdict::Within);
    assert_eq!(limits.message(&ada, &here).await, Verdict::Within);
    let retry_after = Duration::from_secs(30);
    assert_eq!(limits.message(&ada, &here).await, Verdict::Over { retry_after, notice: true });
    assert_eq!(limits.message(&ada, &here).await, Verdict::Over { retry_after, notice: false });
    seconds.fetch_add(30, Ordering::SeqCst);
    assert_eq!(limits.message(&ada, &here).await, Verdict::Within);
    assert_eq!(limits.message(&ada, &here).await, Verdict::Over { retry_after, notice: false }, "the same window");
    seconds.fetch_add(60, Ordering::SeqCst);
    for _ in 0..2 {
        assert_eq!(limits.message(&ada, &here).await, Verdict::Within);
    }
    assert_eq!(limits.message(&ada, &here).await, Verdict::Over { retry_after, notice: true }, "the next window");
}

#[tokio::test]
async fn each_of_the_three_has_its_own_bucket() {
    let (_, clock) = clock();
    let limits = RateLimits::new(Allowances { messages: scopes(2, 3, 4), ..Allowances::default() }, &clock, None);
    let (here, there) = (place("T1", "C1"), place("T1", "C2"));
    for user in ["U1", "U1", "U2"] {
        assert!(!over(limits.message(&person("T1", user), &here).await), "{user}");
    }
    assert!(over(limits.message(&person("T1", "U1"), &there).await), "the person, in any channel");
    assert!(over(limits.message(&person("T1", "U3"), &here).await), "the channel, for anybody");
    assert!(!over(limits.message(&person("T1", "U3"), &there).await));
    assert!(over(limits.message(&person("T1", "U4"), &there).await), "the workspace, anywhere");
    assert!(!over(limits.message(&person("T2", "U1"), &place("T2", "C1")).await), "another workspace");
}

#[tokio::test]
async fn one_who_floods_empties_nobody_elses_bucket() {
    let (_, clock) = clock();
    let limits = RateLimits::new(Allowances { messages: scopes(1, 2, 2), ..Allowances::default() }, &clock, None);
    let here = place("T1", "C1");
    for _ in 0..100 {
        let _ = limits.message(&person("T1", "U1"), &here).await;
    }
    assert!(!over(limits.message(&person("T1", "U2"), &here).await));
}

#[tokio::test]
async fn what_a_turn_has_used_is_taken_down_to_an_empty_bucket_and_no_further() {
    let (seconds, clock) = clock();
    let limits = RateLimits::new(Allowances { tokens: scopes(60, 1000, 1000), ..Allowances::default() }, &clock, None);
    let (ada, here) = (person("T1", "U1"), place("T1", "C1"));
    assert_eq!(limits.model(&ada, &here).await, Verdict::Within);
    limits.spent(&ada, &here, 40).await;
    assert_eq!(limits.model(&ada, &here).await, Verdict::Within);
    limits.spent(&ada, &here, 1_000_000).await;
    let verdict = limits.model(&ada, &here).await;
    assert_eq!(verdict, Verdict::Over { retry_after: Duration::from_secs(1), notice: true });
    seconds.fetch_add(2, Ordering::SeqCst);
    assert_eq!(limits.model(&ada, &here).await, Verdict::Within, "an overdraft is not carried on");
}

#[test]
fn no_two_share_a_bucket() {
    let key = |tenant: &str, id: &str| keys(&person(tenant, id), &place(tenant, id));
    for (one, other) in key("T:1", "U").iter().zip(key("T", "1:U").iter()) {
        assert_ne!(one, other);
    }
}
