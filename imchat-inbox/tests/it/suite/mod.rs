//! What holds on every database. Each test gets a room of its own.

pub mod accepting;
pub mod settling;

/// The whole suite over one kind of room.
macro_rules! suite {
    ($room:ty) => {
        $crate::suite::suite! { $room; accepting:
            a_new_key_is_new_and_then_a_duplicate,
            a_hundred_at_once_are_new_once,
            another_body_of_a_platform_that_may_differ_is_a_duplicate,
            another_body_of_a_platform_that_repeats_bodies_is_kept_in_quarantine,
            the_same_body_under_another_delivery_id_is_told,
            what_was_accepted_comes_back_as_it_was,
            a_body_over_the_limit_is_refused_and_those_beside_it_are_not,
        }
        $crate::suite::suite! { $room; settling:
            a_job_is_taken_once_and_done,
            a_fence_grows_with_every_attempt,
            an_ended_lease_settles_nothing,
        }
    };
    ($room:ty; $part:ident: $($name:ident,)*) => {
        mod $part {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    if let Some(room) = <$room>::new().await {
                        $crate::suite::$part::$name(&room).await;
                    }
                }
            )*
            use super::*;
        }
    };
}
pub(crate) use suite;
