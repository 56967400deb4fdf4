//! The traits of an inbox, for both databases alike: writes by the desk, reads by the database's own statements.

macro_rules! verbs {
    ($inbox:ty) => {
        impl imchat_verify::inbox::Inbox for $inbox {
            type Error = $crate::InboxError;

            fn retention(&self) -> std::time::Duration {
                self.0.desk.retention
            }

            async fn accept(
                &self,
                delivery: imchat_verify::inbox::Delivery,
            ) -> Result<imchat_verify::inbox::Accepted, $crate::InboxError> {
                self.0.desk.enqueue($crate::NewJob::new(delivery)).await
            }

            async fn accept_all(
                &self,
                deliveries: Vec<imchat_verify::inbox::Delivery>,
            ) -> Result<Vec<imchat_verify::inbox::Accepted>, $crate::InboxError> {
                self.0.desk.enqueue_all(deliveries.into_iter().map($crate::NewJob::new)).await
            }
        }

        impl $crate::Queue for $inbox {
            async fn take(
                &self,
                most: usize,
                lease: std::time::Duration,
            ) -> Result<Vec<$crate::Job>, $crate::InboxError> {
                self.0.desk.take(most, lease).await
            }

            async fn heartbeat(
                &self,
                lease: &$crate::JobLease,
                length: std::time::Duration,
            ) -> Result<imchat_verify::dedup::Settled, $crate::InboxError> {
                self.0.desk.orders.settle(lease, $crate::writer::Way::Renew(length)).await
            }

            async fn done(
                &self,
                lease: &$crate::JobLease,
            ) -> Result<imchat_verify::dedup::Settled, $crate::InboxError> {
                self.0.desk.orders.settle(lease, $crate::writer::Way::Done).await
            }

            async fn retry(
                &self,
                lease: &$crate::JobLease,
                after: std::time::Duration,
                why: &str,
            ) -> Result<imchat_verify::dedup::Settled, $crate::InboxError> {
                self.0.desk.retry(lease, after, why).await
            }

            async fn bury(
                &self,
                lease: &$crate::JobLease,
                why: &str,
            ) -> Result<imchat_verify::dedup::Settled, $crate::InboxError> {
                self.0.desk.bury(lease, why).await
            }

            async fn give_back(
                &self,
                lease: &$crate::JobLease,
            ) -> Result<imchat_verify::dedup::Settled, $crate::InboxError> {
                self.0.desk.orders.settle(lease, $crate::writer::Way::GiveBack).await
            }

            async fn behind(
                &self,
                lease: &$crate::JobLease,
                most: u32,
            ) -> Result<Vec<imchat_verify::inbox::Delivery>, $crate::InboxError> {
                let waiting = self.0.reads.behind(lease.id(), most).await?;
                // One that no key opens becomes a dead letter in its turn.
                let open = waiting.into_iter().filter_map(|stored| self.0.desk.open(stored).ok());
                Ok(open.map(|stored| stored.delivery).collect())
            }

            async fn wait(&self) {
                // Where the database cannot say when, the polling interval has to do.
                let next_due = self.0.reads.next_due().await.ok().flatten();
                self.0.desk.wait(next_due).await;
            }
        }

        impl $crate::DeadLetters for $inbox {
            async fn dead_letters(&self, after: i64, most: u32) -> Result<Vec<$crate::DeadLetter>, $crate::InboxError> {
                self.0.reads.dead_letters(after, most).await
            }

            async fn inspect(&self, id: i64) -> Result<Option<imchat_verify::inbox::Delivery>, $crate::InboxError> {
                let Some(stored) = self.0.reads.dead_letter(id).await? else { return Ok(None) };
                Ok(Some(self.0.desk.open(stored)?.delivery))
            }

            async fn replay(&self, id: i64, who: &str, why: &str) -> Result<bool, $crate::InboxError> {
                let (who, why) = ($crate::desk::reason(who), $crate::desk::reason(why));
                Ok(self.0.desk.orders.act($crate::writer::Act::Replay { id, who, why }).await? > 0)
            }

            async fn discard(&self, id: i64, who: &str, why: &str) -> Result<bool, $crate::InboxError> {
                let (who, why) = ($crate::desk::reason(who), $crate::desk::reason(why));
                Ok(self.0.desk.orders.act($crate::writer::Act::Discard { id, who, why }).await? > 0)
            }

            async fn audit(&self, after: i64, most: u32) -> Result<Vec<$crate::Audited>, $crate::InboxError> {
                self.0.reads.audit(after, most).await
            }

            async fn quarantined(&self, after: i64, most: u32) -> Result<Vec<$crate::Quarantined>, $crate::InboxError> {
                self.0.reads.quarantined(after, most).await
            }
        }

        impl $crate::Upkeep for $inbox {
            async fn purge(&self, most: u32) -> Result<u64, $crate::InboxError> {
                self.0.desk.orders.act($crate::writer::Act::Purge { most }).await
            }

            async fn counts(&self) -> Result<$crate::Counts, $crate::InboxError> {
                self.0.reads.counts().await
            }
        }
    };
}

pub(crate) use verbs;
