//! The caller's own transactions: the job and the caller's rows are written both or neither.

/// The tests over one kind of room; `$begin` begins a transaction on a connection as the documentation says.
macro_rules! transactions {
    ($room:ty, $begin:expr) => {
        mod transactions {
            use imchat_inbox::{NewJob, Queue};
            use imchat_verify::dedup::Settled;
            use imchat_verify::inbox::{Accepted, Inbox};
            use sqlx::Connection as _;

            use super::*;
            use crate::room::{LEASE, SECOND, START, delivery, ids, in_lane};

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_job_is_written_with_the_callers_rows_or_not_at_all() {
                let Some(room) = <$room>::new().await else { return };
                let inbox = room.inbox().await;
                let mut db = room.connect().await;
                sqlx::query("CREATE TABLE orders (id bigint)").execute(&mut db).await.unwrap();
                for commit in [false, true] {
                    let mut transaction = db.begin_with($begin).await.unwrap();
                    sqlx::query("INSERT INTO orders VALUES (7)").execute(&mut *transaction).await.unwrap();
                    let job = NewJob::new(in_lane("order 7", "orders"));
                    assert_eq!(inbox.enqueue_in(&mut transaction, job.clone()).await.unwrap(), Accepted::New);
                    let again = inbox.enqueue_in(&mut transaction, job).await.unwrap();
                    assert!(matches!(again, Accepted::Duplicate { .. }));
                    if commit {
                        transaction.commit().await.unwrap();
                        inbox.wake();
                    } else {
                        transaction.rollback().await.unwrap();
                        assert_eq!(inbox.take(9, LEASE).await.unwrap(), []);
                    }
                }
                inbox.wait().await;
                assert_eq!(ids(&inbox.take(9, LEASE).await.unwrap()), ["order 7"]);
                assert_eq!(room.number("SELECT count(*) FROM orders").await, 1);
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_lease_ends_with_the_callers_rows_or_not_at_all() {
                let Some(room) = <$room>::new().await else { return };
                let inbox = room.inbox().await;
                let mut db = room.connect().await;
                inbox.accept(in_lane("a1", "a")).await.unwrap();
                inbox.accept(in_lane("a2", "a")).await.unwrap();
                let job = inbox.take(9, LEASE).await.unwrap().remove(0);
                for commit in [false, true] {
                    let mut transaction = db.begin_with($begin).await.unwrap();
                    assert_eq!(inbox.done_in(&mut transaction, &job.lease).await.unwrap(), Settled::Ok);
                    if commit {
                        transaction.commit().await.unwrap();
                    } else {
                        transaction.rollback().await.unwrap();
                        assert_eq!(inbox.take(9, LEASE).await.unwrap(), []);
                    }
                }
                assert_eq!(inbox.done(&job.lease).await.unwrap(), Settled::Lost);
                assert_eq!(ids(&inbox.take(9, LEASE).await.unwrap()), ["a2"]);
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn an_ended_lease_is_lost_in_the_callers_transaction_too() {
                let Some(room) = <$room>::new().await else { return };
                let inbox = room.inbox().await;
                let mut db = room.connect().await;
                inbox.accept(delivery("a")).await.unwrap();
                let job = inbox.take(1, LEASE).await.unwrap().remove(0);
                room.set_micros(START + 60 * SECOND).await;
                let mut transaction = db.begin_with($begin).await.unwrap();
                assert_eq!(inbox.done_in(&mut transaction, &job.lease).await.unwrap(), Settled::Lost);
                transaction.rollback().await.unwrap();
            }
        }
    };
}
pub(crate) use transactions;
