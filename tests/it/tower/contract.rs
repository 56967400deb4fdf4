//! What tower asks of every layer: readiness, composition, errors that are the inner service's own.

use std::convert::Infallible;
use std::future::{Ready, pending, ready};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::Full;
use imchat_tower::{ResponseBody, WebhookService};
use imchat_verify::dedup::Settled;
use tower::buffer::Buffer;
use tower::limit::{ConcurrencyLimit, ConcurrencyLimitLayer};
use tower::util::{BoxCloneSyncService, MapRequestLayer};
use tower::{Layer as _, Service, ServiceBuilder, ServiceExt, service_fn};

use super::fixture::{Faulty, Inner, Script, Step, Strict, Verb, event, millis, seconds, slack, with_body};

#[tokio::test(start_paused = true)]
async fn works_around_a_concurrency_limit_of_one() {
    let inner = Inner::slow(millis(10));
    let limited = ConcurrencyLimit::new(inner.clone(), 1);
    let service = slack().dedup(Faulty::new()).build().unwrap().layer(limited);
    let all: Vec<_> = (0..20).map(|n| tokio::spawn(service.clone().oneshot(event(&format!("Ev{n}"))))).collect();
    for one in all {
        assert_eq!(one.await.unwrap().unwrap().status(), StatusCode::OK);
    }
    assert_eq!(inner.finished(), 20);
}

#[tokio::test(start_paused = true)]
async fn works_behind_a_concurrency_limit_of_one() {
    let inner = Inner::slow(millis(10));
    let webhook = slack().dedup(Faulty::new()).build().unwrap();
    let service = ServiceBuilder::new().layer(ConcurrencyLimitLayer::new(1)).layer(webhook).service(inner.clone());
    let all: Vec<_> = (0..20).map(|n| tokio::spawn(service.clone().oneshot(event(&format!("Ev{n}"))))).collect();
    for one in all {
        assert_eq!(one.await.unwrap().unwrap().status(), StatusCode::OK);
    }
    assert_eq!(inner.finished(), 20);
}

/// Waits until this very instance is ready, and calls it.
async fn call<S, B, R>(service: &mut S, request: Request<B>) -> Response<R>
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible>,
{
    service.ready().await.unwrap().call(request).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_gives_back_what_readiness_took() {
    let inner = Inner::new();
    let mut service = slack().build().unwrap().layer(ConcurrencyLimit::new(inner.clone(), 1));
    for _ in 0..3 {
        let forged = event("Ev1").map(|_| Full::<Bytes>::from("forged"));
        assert_eq!(call(&mut service, forged).await.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(call(&mut service, event("Ev1")).await.status(), StatusCode::OK);

    // Dropped while the body arrives: the permit is free again.
    let stuck = with_body(event("Ev2"), Script::new([Step::Never]));
    assert!(tokio::time::timeout(millis(1), call(&mut service, stuck)).await.is_err());
    assert_eq!(call(&mut service, event("Ev2")).await.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn works_around_a_buffer_and_behind_one() {
    let inner = Inner::new();
    let around = slack().dedup(Faulty::new()).build().unwrap().layer(Buffer::new(inner.clone(), 1));
    let behind = Buffer::new(slack().dedup(Faulty::new()).build().unwrap().layer(inner.clone()), 1);
    for n in 0..10 {
        assert_eq!(around.clone().oneshot(event(&format!("Ev{n}"))).await.unwrap().status(), StatusCode::OK);
        assert_eq!(behind.clone().oneshot(event(&format!("Ev{n}"))).await.unwrap().status(), StatusCode::OK);
    }
    assert_eq!(inner.finished(), 20);
}

#[tokio::test(start_paused = true)]
async fn the_instance_that_was_polled_ready_is_the_one_that_is_called() {
    let mut service = slack().dedup(Faulty::new()).build().unwrap().layer(Strict::default());
    for n in 0..3 {
        assert_eq!(call(&mut service, event(&format!("Ev{n}"))).await.status(), StatusCode::OK);
    }
    // The clone of a ready service is not ready: the inner one says so by its panic.
    let ready = ServiceExt::<Request<Full<Bytes>>>::ready(&mut service).await.unwrap();
    assert_eq!(ready.clone().call(event("Ev9")).await.unwrap().status(), StatusCode::INTERNAL_SERVER_ERROR);
}

/// A service that is never ready, or that fails to be.
#[derive(Debug, Clone, Copy)]
struct Unready(Option<&'static str>);

impl Service<Request<Full<Bytes>>> for Unready {
    type Response = Response<Full<Bytes>>;
    type Error = &'static str;
    type Future = Ready<Result<Self::Response, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        self.0.map_or(Poll::Pending, |error| Poll::Ready(Err(error)))
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        panic!("called though never ready")
    }
}

#[tokio::test(start_paused = true)]
async fn is_ready_exactly_when_the_inner_service_is() {
    let layer = slack().build().unwrap();
    let mut waits: WebhookService<Unready> = layer.layer(Unready(None));
    let ready = ServiceExt::<Request<Full<Bytes>>>::ready(&mut waits);
    assert!(tokio::time::timeout(seconds(3600), ready).await.is_err());

    let mut fails = layer.layer(Unready(Some("the inner service is gone")));
    let error = ServiceExt::<Request<Full<Bytes>>>::ready(&mut fails).await.err();
    assert_eq!(error, Some("the inner service is gone"));
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_inner_service_passes_through_and_gives_the_claim_back() {
    for detached in [false, true] {
        let store = Faulty::new();
        let mut builder = slack().dedup(store.clone());
        if detached {
            builder = builder.detach(|work| drop(tokio::spawn(work)));
        }
        let service = builder.build().unwrap().layer(service_fn(|_: Request<Full<Bytes>>| {
            ready(Err::<Response<Full<Bytes>>, _>("the database is gone"))
        }));

        assert_eq!(service.clone().oneshot(event("Ev1")).await.err(), Some("the database is gone"));
        assert_eq!(store.log()[1..], [Verb::Release(Settled::Ok)]);
        assert_eq!(service.oneshot(event("Ev1")).await.err(), Some("the database is gone"), "it ran again at once");
    }
}

#[tokio::test(start_paused = true)]
async fn composes_with_other_layers_on_both_sides_and_can_be_boxed() {
    let inner = Inner::new();
    let service = ServiceBuilder::new()
        .layer(MapRequestLayer::new(|mut request: Request<Full<Bytes>>| {
            // What stands outside may add headers; they prove nothing and break nothing.
            request.headers_mut().insert("x-request-id", "7".parse().unwrap());
            request
        }))
        .layer(slack().build().unwrap())
        .layer(MapRequestLayer::new(|request: Request<Full<Bytes>>| {
            assert_eq!(request.headers()["x-request-id"], "7");
            request
        }))
        .service(inner.clone());
    type Answer = Response<ResponseBody<Full<Bytes>>>;
    let boxed: BoxCloneSyncService<Request<Full<Bytes>>, Answer, Infallible> = BoxCloneSyncService::new(service);
    assert_eq!(boxed.oneshot(event("Ev1")).await.unwrap().status(), StatusCode::OK);
    assert_eq!(inner.finished(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_layer_serves_many_routes_which_share_its_budget() {
    let layer = slack().unproved_budget(100).build().unwrap();
    let (first, second) = (layer.layer(Inner::new()), layer.layer(Inner::new()));
    let body = Script::new([Step::Data(vec![b'x'; 100].into()), Step::Never]);
    let mut held = Box::pin(first.oneshot(with_body(event("Ev1"), body)));
    assert!(tokio::time::timeout(millis(1), &mut held).await.is_err());
    assert_eq!(second.oneshot(event("Ev1")).await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn the_inner_services_body_passes_through_with_its_size() {
    let service = slack().dedup(Faulty::new()).build().unwrap().layer(service_fn(|_: Request<Full<Bytes>>| {
        ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("0123456789"))))
    }));
    let taken = service.clone().oneshot(event("Ev1")).await.unwrap().into_body();
    let refused = service.oneshot(event("Ev1").map(|_| Full::<Bytes>::from("forged"))).await.unwrap().into_body();
    assert_eq!((taken.size_hint().exact(), taken.is_end_stream()), (Some(10), false));
    assert_eq!(refused.size_hint().exact(), Some(12));
}

#[test]
fn the_service_and_its_future_can_cross_threads() {
    fn send_and_sync<T: Send + Sync + Clone + 'static>(_: &T) {}
    fn send<T: Send + 'static>(_: T) {}
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let _entered = runtime.enter();
    let mut service = slack()
        .dedup(Faulty::new())
        .build()
        .unwrap()
        .layer(service_fn(|_: Request<Full<Bytes>>| pending::<Result<Response<Full<Bytes>>, Infallible>>()));
    send_and_sync(&service);
    send(service.call(event("Ev1")));
}
