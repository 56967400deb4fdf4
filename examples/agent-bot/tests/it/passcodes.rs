//! The second factor on each platform: a passcode that is typed into a form.

use agent_bot::approvals::Passcodes;
use agent_bot::config::Secret;
use agent_bot::who::{Person, PlatformName};
use chat_sim::Variant;
use http::StatusCode;

use crate::chats::{Chat, HERE, Who, on_each_platform};
use crate::play::until;
use crate::program::Scene;

on_each_platform!(a_press_counts_with_the_right_passcode_and_not_without);

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// The rules, with Bob's passcode.
fn rules<C: Chat>() -> String {
    let bob = C::person(Who::Bob);
    let mut parts = bob.splitn(3, ':');
    let platform = match parts.next() {
        Some("slack") => PlatformName::Slack,
        Some("feishu") => PlatformName::Feishu,
        _ => PlatformName::Discord,
    };
    let (tenant, user) = (parts.next().expect("a tenant").to_owned(), parts.next().expect("a user").to_owned());
    let tag = Passcodes::tag(&Secret::new(KEY), &Person { platform, tenant, user }, "4711");
    format!(
        "[tools.restart_service]\nrule = \"ask\"\napprovers = [\"{bob}\"]\nsecond_factor = true\n\
         [passcodes]\n\"{bob}\" = \"{tag}\"\n"
    )
}

async fn a_press_counts_with_the_right_passcode_and_not_without<C: Chat>() {
    let scene = Scene::under(&rules::<C>(), C::open(1, 3).await).await.with("PASSCODE_KEY", KEY);
    let (ingress, _executor) = (scene.start("ingress").await, scene.start("executor").await);
    let asked = scene.chat.ask(HERE, 0, Who::Alice, "please restart checkout");
    assert_eq!(scene.chat.deliver(&ingress.base, &asked, Variant::Fresh).await, StatusCode::OK);
    until(async || scene.chat.card().is_some()).await;
    let card = scene.chat.card().expect("a card");
    let press = scene.chat.press(&card, Who::Bob, "approve");
    assert_eq!(scene.chat.deliver(&ingress.base, &press, Variant::Fresh).await, StatusCode::OK);
    until(async || scene.chat.asked_to_type(Who::Bob)).await;
    assert_eq!(scene.store.effects().await, (0, 0));

    scene.chat.type_in(&ingress.base, Who::Bob, "1234").await;
    let wrong = |told: &String| told.contains("That passcode is wrong");
    until(async || scene.chat.told(Who::Bob).iter().any(wrong)).await;
    assert_eq!(scene.store.effects().await, (0, 0));
    scene.chat.type_in(&ingress.base, Who::Bob, "4711").await;
    until(async || scene.chat.standing(&card.id).text.contains("Done: checkout was restarted")).await;
    scene.rests().await;
    assert_eq!(scene.store.effects().await, (1, 1));
    assert!(!scene.chat.said().iter().any(|said| said.raw.contains("4711")));
}
