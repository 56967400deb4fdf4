//! Writes that wait for people, on each platform, with the ingress and the executor as processes of their own.

use agent_bot::state::Tx;
use chat_sim::Variant;
use http::StatusCode;

use crate::chats::{Chat, Event, HERE, Said, Who, on_each_platform};
use crate::play::until;
use crate::program::{Program, Scene};

on_each_platform!(
    what_is_approved_is_done_once_and_its_card_tells_so,
    what_is_rejected_is_not_done,
    what_nobody_decides_expires_and_a_click_after_that_is_told_so,
    a_double_click_and_whoever_is_later_change_nothing_and_are_told_so,
    who_may_not_approve_is_told_so_and_the_plan_waits_on,
    a_click_while_nothing_runs_but_the_ingress_decides_after_the_restart,
    a_card_of_a_plan_that_is_gone_is_answered,
    an_executor_that_is_killed_after_an_approval_leaves_one_effect,
);

const DONE: &str = "Done: checkout runs 1.4.2";

/// The processes.
struct Running {
    ingress: Program,
    _executor: Program,
}

async fn both<C: Chat>(scene: &Scene<C>) -> Running {
    Running { ingress: scene.start("ingress").await, _executor: scene.start("executor").await }
}

async fn delivered<C: Chat>(scene: &Scene<C>, ingress: &Program, event: &Event) {
    assert_eq!(scene.chat.deliver(&ingress.base, event, Variant::Fresh).await, StatusCode::OK);
}

/// Alice asks for something of high risk: the card, once it stands.
async fn asked<C: Chat>(scene: &Scene<C>, ingress: &Program) -> Said {
    delivered(scene, ingress, &scene.chat.ask(HERE, 0, Who::Alice, "please deploy checkout 1.4.2")).await;
    until(async || scene.chat.card().is_some()).await;
    scene.rests().await;
    let card = scene.chat.card().expect("a card");
    assert_eq!(card.at, scene.chat.at(HERE), "it stands in its thread");
    assert!(card.text.contains("Deploy checkout 1.4.2") && card.text.contains("high"), "{}", card.text);
    assert!(card.text.contains(r#""version":"1.4.2""#), "{}", card.text);
    assert_eq!(scene.store.effects().await.0, 0, "it waits");
    card
}

async fn pressed<C: Chat>(scene: &Scene<C>, ingress: &Program, card: &Said, who: Who, verb: &str) {
    delivered(scene, ingress, &scene.chat.press(card, who, verb)).await;
    scene.rests().await;
}

/// Waits until the card says this, and nothing is left on it to press.
async fn says<C: Chat>(scene: &Scene<C>, card: &Said, text: &str) {
    until(async || scene.chat.standing(&card.id).text.contains(text)).await;
    assert_eq!(scene.chat.standing(&card.id).buttons, Vec::<String>::new());
}

async fn told<C: Chat>(scene: &Scene<C>, who: Who, text: &str) {
    until(async || !scene.chat.told(who).is_empty()).await;
    scene.rests().await;
    let told = scene.chat.told(who);
    assert!(told.len() == 1 && told[0].contains(text), "{told:?}");
}

async fn what_is_approved_is_done_once_and_its_card_tells_so<C: Chat>() {
    let scene = Scene::<C>::open(600).await;
    let running = both(&scene).await;
    let card = asked(&scene, &running.ingress).await;
    pressed(&scene, &running.ingress, &card, Who::Bob, "approve").await;
    says(&scene, &card, DONE).await;
    assert_eq!(scene.store.effects().await.0, 1);
    assert_eq!(scene.chat.told(Who::Bob), Vec::<String>::new(), "the card tells who decided");
}

async fn what_is_rejected_is_not_done<C: Chat>() {
    let scene = Scene::<C>::open(600).await;
    let running = both(&scene).await;
    let card = asked(&scene, &running.ingress).await;
    pressed(&scene, &running.ingress, &card, Who::Bob, "reject").await;
    says(&scene, &card, "Nothing was done").await;
    assert_eq!(scene.store.effects().await.0, 0);
}

async fn what_nobody_decides_expires_and_a_click_after_that_is_told_so<C: Chat>() {
    let scene = Scene::<C>::open(1).await;
    let running = both(&scene).await;
    delivered(&scene, &running.ingress, &scene.chat.ask(HERE, 0, Who::Alice, "deploy checkout 1.4.2")).await;
    until(async || scene.chat.card().is_some()).await;
    let card = scene.chat.card().expect("a card");
    says(&scene, &card, "Expired").await;
    pressed(&scene, &running.ingress, &card, Who::Bob, "approve").await;
    told(&scene, Who::Bob, "This expired").await;
    assert_eq!(scene.store.effects().await.0, 0);
}

async fn a_double_click_and_whoever_is_later_change_nothing_and_are_told_so<C: Chat>() {
    let scene = Scene::<C>::open(600).await;
    let running = both(&scene).await;
    let card = asked(&scene, &running.ingress).await;
    let first = scene.chat.press(&card, Who::Bob, "approve");
    for variant in [Variant::Fresh, Variant::Fresh, Variant::Retry { num: 1, reason: "http_timeout" }] {
        assert_eq!(scene.chat.deliver(&running.ingress.base, &first, variant).await, StatusCode::OK);
    }
    pressed(&scene, &running.ingress, &card, Who::Bob, "approve").await;
    pressed(&scene, &running.ingress, &card, Who::Alice, "reject").await;
    says(&scene, &card, DONE).await;
    for who in [Who::Bob, Who::Alice] {
        told(&scene, who, "This was approved already").await;
    }
    assert_eq!(scene.store.effects().await.0, 1);
}

async fn who_may_not_approve_is_told_so_and_the_plan_waits_on<C: Chat>() {
    let scene = Scene::<C>::open(600).await;
    let running = both(&scene).await;
    let card = asked(&scene, &running.ingress).await;
    pressed(&scene, &running.ingress, &card, Who::Alice, "approve").await;
    told(&scene, Who::Alice, "somebody else has to decide").await;
    assert_eq!(scene.store.effects().await.0, 0);
    assert_eq!(scene.chat.standing(&card.id).buttons, card.buttons, "it waits on");
    pressed(&scene, &running.ingress, &card, Who::Bob, "approve").await;
    says(&scene, &card, DONE).await;
    assert_eq!(scene.store.effects().await.0, 1);
}

async fn a_click_while_nothing_runs_but_the_ingress_decides_after_the_restart<C: Chat>() {
    let scene = Scene::<C>::open(600).await;
    let Running { ingress, _executor: executor } = both(&scene).await;
    let card = asked(&scene, &ingress).await;
    executor.kill();
    ingress.kill();
    let ingress = scene.start("ingress").await;
    delivered(&scene, &ingress, &scene.chat.press(&card, Who::Bob, "approve")).await;
    ingress.kill();
    assert_eq!(scene.store.effects().await.0, 0, "it is only written down");
    let _executor = scene.start("executor").await;
    says(&scene, &card, DONE).await;
    assert_eq!(scene.store.effects().await.0, 1);
}

async fn a_card_of_a_plan_that_is_gone_is_answered<C: Chat>() {
    let scene = Scene::<C>::open(600).await;
    let running = both(&scene).await;
    let card = asked(&scene, &running.ingress).await;
    changed(&scene, "DELETE FROM bot_plans").await;
    pressed(&scene, &running.ingress, &card, Who::Bob, "approve").await;
    told(&scene, Who::Bob, "I do not know this request any more").await;
    assert_eq!(scene.store.effects().await.0, 0);
}

/// Where the executor is when it is killed.
struct Point {
    name: &'static str,
    /// Holds it there.
    held: &'static str,
    /// Counts 1 once it is there.
    reached: &'static str,
    /// Effects by then.
    effects: i64,
}

/// So much to count that nobody sees its end.
macro_rules! for_ever {
    () => {
        "SELECT count(*) FROM (WITH RECURSIVE n(i) AS \
         (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000) SELECT i FROM n)"
    };
}

const POINTS: [Point; 4] = [
    Point {
        name: "approved, and begun by nobody",
        held: "CREATE TRIGGER held BEFORE UPDATE OF state ON bot_plans WHEN new.state = 'running' \
               BEGIN SELECT raise(ABORT, 'held'); END",
        reached: "SELECT count(*) AS there FROM bot_plans WHERE state = 'approved'",
        effects: 0,
    },
    Point {
        name: "within the effect's transaction, before the effect",
        held: concat!("CREATE TRIGGER held BEFORE INSERT ON bot_effects BEGIN ", for_ever!(), "; END"),
        reached: "SELECT count(*) AS there FROM bot_plans WHERE state = 'running'",
        effects: 0,
    },
    Point {
        name: "within the effect's transaction, after the effect",
        held: concat!(
            "CREATE TRIGGER held BEFORE UPDATE OF state ON bot_plans WHEN new.state = 'done' BEGIN ",
            for_ever!(),
            "; END"
        ),
        reached: "SELECT count(*) AS there FROM bot_plans WHERE state = 'running'",
        effects: 0,
    },
    Point {
        name: "done, and told to nobody",
        held: "CREATE TRIGGER held BEFORE UPDATE OF state ON bot_outbox WHEN new.state = 'sending' \
               BEGIN SELECT raise(ABORT, 'held'); END",
        reached: "SELECT count(*) AS there FROM bot_plans WHERE state = 'done'",
        effects: 1,
    },
];

async fn an_executor_that_is_killed_after_an_approval_leaves_one_effect<C: Chat>() {
    for Point { name, held, reached, effects } in POINTS {
        let scene = Scene::<C>::open(600).await;
        let Running { ingress, _executor: executor } = both(&scene).await;
        let card = asked(&scene, &ingress).await;
        changed(&scene, held).await;
        delivered(&scene, &ingress, &scene.chat.press(&card, Who::Bob, "approve")).await;
        until(async || counted(&scene, reached).await == 1).await;
        executor.kill();
        assert_eq!(scene.store.effects().await.0, effects, "{name}");

        changed(&scene, "DROP TRIGGER held").await;
        // The leases of the dead executor are over by now.
        for sql in ["UPDATE bot_plans SET leased_until = 0", "UPDATE bot_outbox SET leased_until = 0"] {
            changed(&scene, sql).await;
        }
        let again = scene.start("executor").await;
        says(&scene, &card, DONE).await;
        scene.rests().await;
        assert_eq!(scene.store.effects().await.0, 1, "{name}: {}", again.log());
        // Nobody else gets hold of it after that.
        pressed(&scene, &ingress, &card, Who::Bob, "approve").await;
        told(&scene, Who::Bob, "This was approved already").await;
        assert_eq!(scene.store.effects().await.0, 1, "{name}");
    }
}

async fn changed<C: Chat>(scene: &Scene<C>, sql: &'static str) {
    let mut tx = scene.store.state.begin().await.expect("a transaction");
    tx.query(sql).run().await.expect("changed");
    tx.commit().await.expect("durable");
}

async fn counted<C: Chat>(scene: &Scene<C>, sql: &'static str) -> i64 {
    let mut tx: Tx = scene.store.state.read().await.expect("a transaction");
    let row = tx.query(sql).row().await.expect("read").expect("a row");
    row.number("there").expect("a number")
}
