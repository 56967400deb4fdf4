//! What both platforms' servers share: requests that are remembered, and answers that are put in their way.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode, Uri};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A server that ends with its test.
pub struct Server {
    pub base: String,
    task: JoinHandle<()>,
}

impl Server {
    pub async fn start(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, task }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub uri: Uri,
    pub headers: HeaderMap,
}

impl Asked {
    pub fn query(&self, name: &str) -> Option<String> {
        query(&self.uri, name).into_iter().next()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

pub fn query(uri: &Uri, name: &str) -> Vec<String> {
    let url = reqwest::Url::parse(&format!("http://a{uri}")).unwrap();
    url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
}

/// An answer that comes instead of the platform's own.
#[derive(Debug, Clone)]
pub struct Instead {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

pub fn instead(status: u16, headers: &[(&'static str, &str)]) -> Instead {
    let headers = headers.iter().map(|(name, value)| (*name, String::from(*value))).collect();
    Instead { status, headers, body: Bytes::from_static(b"{\"message\":\"no\"}") }
}

/// The desk that every request passes.
#[derive(Debug, Clone, Default)]
pub struct Desk(Arc<Mutex<Papers>>);

#[derive(Debug, Default)]
struct Papers {
    asked: Vec<Asked>,
    script: VecDeque<Option<Instead>>,
}

impl Desk {
    /// The next requests get these answers; `None` is the platform's own.
    pub fn script(&self, answers: impl IntoIterator<Item = Option<Instead>>) {
        self.0.lock().unwrap().script.extend(answers);
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.0.lock().unwrap().asked.clone()
    }

    /// Notes the request; the answer that is put in its way, a wrong token's among them.
    pub fn pass(&self, request: &Request<Body>) -> Option<Response<Body>> {
        let mut papers = self.0.lock().unwrap();
        papers.asked.push(Asked {
            method: request.method().to_string(),
            uri: request.uri().clone(),
            headers: request.headers().clone(),
        });
        if let Some(Some(instead)) = papers.script.pop_front() {
            let mut answer = Response::builder().status(instead.status);
            for (name, value) in instead.headers {
                answer = answer.header(name, value);
            }
            return Some(answer.body(Body::from(instead.body)).unwrap());
        }
        let token = request.headers().get("authorization").map(|value| value.to_str().unwrap());
        (token != Some(&format!("Bearer {}", super::TOKEN))).then(|| status(401))
    }
}

pub fn status(code: u16) -> Response<Body> {
    Response::builder().status(StatusCode::from_u16(code).unwrap()).body(Body::empty()).unwrap()
}
