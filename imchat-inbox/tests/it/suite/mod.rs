//! What holds on every database. Each test gets a room of its own.

pub mod accepting;
pub mod dead_letters;
pub mod lanes;
pub mod settling;
pub mod upkeep;
pub mod waking;
pub mod working;

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
            a_text_may_hold_any_character,
            a_body_over_the_limit_is_refused_and_those_beside_it_are_not,
            a_row_that_the_database_refuses_fails_alone,
            a_caller_that_goes_away_loses_nothing,
            items_of_a_batch_are_told_in_their_order,
            an_item_that_is_no_row_keeps_the_others_out,
            items_that_the_database_refuses_fail_together_and_alone,
            a_key_is_new_again_once_its_retention_is_over,
            a_body_is_sealed_in_its_row,
        }
        $crate::suite::suite! { $room; settling:
            a_job_is_taken_once_and_done,
            a_fence_grows_with_every_attempt,
            an_ended_lease_settles_nothing,
            a_heartbeat_keeps_a_lease,
            a_retry_waits_and_then_comes_back,
            the_last_retry_is_a_dead_letter,
            a_job_whose_workers_die_is_a_dead_letter,
            two_inboxes_never_take_the_same_job,
            higher_priorities_come_first_and_then_older_ones,
            a_scheduled_job_waits_for_its_time,
            many_settle_at_once,
            one_job_settled_twice_at_once_is_settled_once,
            jobs_that_nobody_waits_for_are_given_back,
        }
        $crate::suite::suite! { $room; lanes:
            what_waits_behind_a_job_is_shown_in_order_and_stays_where_it_is,
            a_lane_is_worked_on_in_the_order_of_acceptance,
            a_head_that_waits_holds_its_lane,
            a_poisonous_head_holds_its_lane_no_longer_than_its_attempts,
            a_dead_letter_that_is_revived_waits_for_its_turn,
            a_job_that_is_given_up_lets_its_lane_go_on,
            nothing_is_stranded_while_many_write_and_work,
        }
        $crate::suite::suite! { $room; dead_letters:
            a_dead_letter_is_listed_with_its_reason_and_keeps_its_body,
            a_replay_is_the_same_key_with_all_its_attempts,
            a_discarded_one_is_gone_and_its_key_is_not,
            a_redelivery_revives_a_dead_letter,
            a_retry_by_itself_does_not_revive_one,
            lists_are_paged,
            a_body_that_does_not_open_is_a_dead_letter_until_it_does,
        }
        $crate::suite::suite! { $room; upkeep:
            tombstones_go_after_their_retention_in_small_steps,
            quarantined_bodies_go_after_the_retention_too,
            a_fence_is_above_that_of_a_row_that_is_gone,
            counts_are_of_what_is_there,
            a_clock_that_is_put_back_loses_no_job,
        }
        $crate::suite::suite! { $room; waking:
            a_wait_ends_when_a_job_comes,
            a_wait_ends_when_a_retry_falls_due,
            a_wait_ends_when_a_lane_is_free,
            a_notice_before_the_wait_is_not_missed,
            a_job_of_another_inbox_is_found,
        }
        $crate::suite::suite! { $room; working:
            a_worker_settles_as_its_service_says,
            a_worker_hears_of_jobs_that_come,
            a_worker_renews_the_lease_of_a_job_that_takes_longer,
            a_worker_that_lost_a_lease_writes_nothing,
            a_worker_that_stops_gives_its_jobs_to_others,
            a_worker_that_stops_wakes_others,
            a_worker_keeps_lanes_in_order_and_passes_poison,
            two_workers_share_the_work,
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
