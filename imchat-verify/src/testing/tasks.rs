//! Futures run to their end, alone and side by side, without a runtime.

use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use std::boxed::Box;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;
use std::thread::{self, Thread};
use std::vec::Vec;

/// Work that runs beside a case.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future to its end on this thread: for stores that need no runtime.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

struct Gathered<T> {
    told: Vec<T>,
    left: usize,
    waiting: Option<Waker>,
}

/// Counts a task as ended, also one that panics.
struct Ends<T>(Arc<Mutex<Gathered<T>>>);

impl<T> Drop for Ends<T> {
    fn drop(&mut self) {
        let mut gathered = lock(&self.0);
        gathered.left -= 1;
        if let Some(waiting) = gathered.waiting.take() {
            waiting.wake();
        }
    }
}

fn lock<T>(gathered: &Mutex<Gathered<T>>) -> MutexGuard<'_, Gathered<T>> {
    gathered.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `count` tasks side by side and waits for all; what they told, in the order they ended.
pub(super) async fn gather<T, F>(count: usize, spawn: impl Fn(Task), task: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let shared = Arc::new(Mutex::new(Gathered { told: Vec::new(), left: count, waiting: None }));
    for number in 0..count {
        let (ends, task) = (Ends(shared.clone()), task(number));
        spawn(Box::pin(async move {
            let told = task.await;
            lock(&ends.0).told.push(told);
        }));
    }
    poll_fn(|context| {
        let mut gathered = lock(&shared);
        if gathered.left > 0 {
            gathered.waiting = Some(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(core::mem::take(&mut gathered.told))
    })
    .await
}
