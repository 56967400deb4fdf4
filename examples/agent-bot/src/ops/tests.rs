use super::effects::Approved;
use super::*;
use crate::state::State;
use crate::state::testing::Room;

async fn world(state: &State) {
    let mut tx = state.begin().await.unwrap();
    for (name, health, version, on_call) in [("checkout", "degraded", "1.4.1", "Ada"), ("web", "healthy", "7", "Bob")] {
        let [name, health, version, on_call] = [name, health, version, on_call].map(str::to_owned);
        Ops.found(&mut tx, &Service { name, health, version, on_call, restarts: 0 }).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Commits what was carried out, and nothing of what failed.
async fn carry_out(state: &State, plan: &str, tool: &str, arguments: &str) -> Result<Effect, OpsError> {
    let mut tx = state.begin().await.unwrap();
    let effect = Ops.carry_out(&mut tx, &Approved { plan, tool, arguments, fence: 1 }).await?;
    tx.commit().await.unwrap();
    Ok(effect)
}

async fn effects(state: &State) -> i64 {
    Ops.effects(&mut state.read().await.unwrap()).await.unwrap()
}

#[tokio::test]
async fn each_tool_changes_what_it_says() {
    for room in Room::each().await {
        let state = room.state().await;
        world(&state).await;
        let done = carry_out(&state, "p1", "restart_service", r#"{"service":"checkout"}"#).await.unwrap();
        assert_eq!(done, Effect { result: "checkout was restarted".to_owned(), now: true });
        let done = carry_out(&state, "p2", "deploy", r#"{"service":"checkout","version":"1.4.2"}"#).await.unwrap();
        assert_eq!(done.result, "checkout runs 1.4.2");
        let done = carry_out(&state, "p3", "merge", r#"{"number":12,"repository":"shop/web"}"#).await.unwrap();
        assert_eq!(done.result, "pull request 12 of shop/web was merged");
        let service = Ops.service(&mut state.read().await.unwrap(), "checkout").await.unwrap().unwrap();
        assert_eq!((&*service.health, &*service.version, service.restarts), ("healthy", "1.4.2", 1));
        assert_eq!(effects(&state).await, 3);
    }
}

#[tokio::test]
async fn a_plan_has_one_effect_however_often_it_is_tried() {
    for room in Room::each().await {
        let state = room.state().await;
        world(&state).await;
        for now in [true, false, false] {
            let done = carry_out(&state, "p1", "restart_service", r#"{"service":"web"}"#).await.unwrap();
            assert_eq!(done, Effect { result: "web was restarted".to_owned(), now });
        }
        let service = Ops.service(&mut state.read().await.unwrap(), "web").await.unwrap().unwrap();
        assert_eq!((service.restarts, effects(&state).await), (1, 1));
    }
}

#[tokio::test]
async fn an_effect_that_is_not_committed_did_not_happen() {
    for room in Room::each().await {
        let state = room.state().await;
        world(&state).await;
        let mut tx = state.begin().await.unwrap();
        let approved = Approved { plan: "p1", tool: "restart_service", arguments: r#"{"service":"web"}"#, fence: 1 };
        Ops.carry_out(&mut tx, &approved).await.unwrap();
        tx.rollback().await.unwrap();
        let service = Ops.service(&mut state.read().await.unwrap(), "web").await.unwrap().unwrap();
        assert_eq!((service.restarts, effects(&state).await), (0, 0));
    }
}

#[tokio::test]
async fn what_cannot_be_done_leaves_nothing() {
    for room in Room::each().await {
        let state = room.state().await;
        world(&state).await;
        for (tool, arguments) in [
            ("restart_service", r#"{"service":"nothing"}"#),
            ("deploy", r#"{"service":"nothing","version":"1"}"#),
            // Not as it was written down when it was approved.
            ("restart_service", r#"{ "service": "web" }"#),
            ("restart_service", r#"{"service":"web","force":true}"#),
            ("service_status", r#"{"service":"web"}"#),
            ("drop_database", "{}"),
        ] {
            assert!(carry_out(&state, "p1", tool, arguments).await.is_err(), "{tool} {arguments}");
        }
        assert_eq!(effects(&state).await, 0);
        carry_out(&state, "p1", "merge", r#"{"number":1,"repository":"a/b"}"#).await.unwrap();
        let again = carry_out(&state, "p2", "merge", r#"{"number":1,"repository":"a/b"}"#).await;
        assert!(matches!(again, Err(OpsError::Merged)), "another plan for what is done");
        assert_eq!(effects(&state).await, 1);
    }
}

#[tokio::test]
async fn the_reading_tools_tell_what_is_there() {
    use crate::agent::tools::{ReadError, Reads, named};
    use crate::sessions::Sessions;
    for room in Room::each().await {
        let state = room.state().await;
        world(&state).await;
        let desk = Desk::new(state.clone(), Sessions::default());
        let table = [
            (
                "service_status",
                r#"{"service":"checkout"}"#,
                "checkout is degraded, runs 1.4.1 and was restarted 0 times",
            ),
            ("service_status", r#"{"service":"nothing"}"#, "there is no service of this name; there are checkout, web"),
            ("on_call", r#"{"service":"web"}"#, "Bob is on call for web"),
            ("on_call", "{}", "checkout: Ada\nweb: Bob"),
            ("search_thread", r#"{"query":"x"}"#, "nothing in this conversation holds it"),
        ];
        for (tool, arguments, told) in table {
            let arguments = named(tool).unwrap().check(arguments).unwrap();
            assert_eq!(desk.read(tool, &arguments, "here").await.as_deref(), Ok(told));
        }
        let arguments = named("restart_service").unwrap().check(r#"{"service":"web"}"#).unwrap();
        assert_eq!(
            desk.read("restart_service", &arguments, "here").await,
            Err(ReadError::Unknown),
            "a read writes nothing"
        );
        assert_eq!(effects(&state).await, 0);
    }
}
