//! What an error can say of the next attempt.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// An error of any type, as tower has them.
pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// An error that no attempt betters: the job becomes a dead letter at once.
///
/// It may stand anywhere in the chain of an error's sources. It reads as the error that it holds.
///
/// ```
/// # use imchat_inbox::worker::Permanent;
/// fn amount(body: &str) -> Result<u64, Permanent> {
///     body.parse().map_err(Permanent::new)
/// }
/// assert_eq!(amount("ten").unwrap_err().to_string(), "invalid digit found in string");
/// ```
#[derive(Debug)]
pub struct Permanent(BoxError);

impl Permanent {
    /// This error, for good. A text will do.
    #[must_use]
    pub fn new(error: impl Into<BoxError>) -> Self {
        Self(error.into())
    }

    /// The error that it holds.
    #[must_use]
    pub fn get_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl fmt::Display for Permanent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Permanent {
    /// The source of the error that it reads as, so that nothing is said twice.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// An error after which the job is due again in just this long, such as the `Retry-After` of a 429.
///
/// It may stand anywhere in the chain of an error's sources. It reads as the error that it holds.
#[derive(Debug)]
pub struct RetryAfter {
    after: Duration,
    error: BoxError,
}

impl RetryAfter {
    /// This error, to be tried again after this long. A text will do.
    #[must_use]
    pub fn new(after: Duration, error: impl Into<BoxError>) -> Self {
        Self { after, error: error.into() }
    }

    /// How long the job waits.
    #[must_use]
    pub const fn after(&self) -> Duration {
        self.after
    }

    /// The error that it holds.
    #[must_use]
    pub fn get_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.error
    }
}

impl fmt::Display for RetryAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Error for RetryAfter {
    /// The source of the error that it reads as, so that nothing is said twice.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

/// What an error says of the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Never,
    After(Duration),
    Unsaid,
}

impl Next {
    /// Somewhere in the chain; that no attempt betters it stands above when the next would be.
    pub(super) fn of(error: &(dyn Error + 'static)) -> Self {
        let mut next = Self::Unsaid;
        for error in chain(error) {
            // One of these may hold the other, which is not among the sources then.
            if error.is::<Permanent>() {
                return Self::Never;
            }
            if let Some(told) = error.downcast_ref::<RetryAfter>() {
                if Self::of(&*told.error) == Self::Never {
                    return Self::Never;
                }
                next = if next == Self::Unsaid { Self::After(told.after) } else { next };
            }
        }
        next
    }
}

/// The texts of an error and its sources in one line, each said once.
pub(super) fn why(error: &(dyn Error + 'static)) -> String {
    let mut told = String::new();
    for error in chain(error) {
        let text = error.to_string();
        if told.is_empty() {
            told = text;
        } else if !text.is_empty() && !told.contains(&text) {
            told.push_str(": ");
            told.push_str(&text);
        }
    }
    crate::desk::reason(&told)
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    // One whose source is itself would never end.
    std::iter::successors(Some(error), |&error: &&'a (dyn Error + 'static)| error.source()).take(64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Over(&'static str, BoxError);

    impl fmt::Display for Over {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Over {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&*self.1)
        }
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn permanence_is_found_at_any_depth() {
        let at_the_bottom = Over("a", Over("b", Permanent::new("gone").into()).into());
        assert_eq!(Next::of(&at_the_bottom), Next::Never);
        assert_eq!(Next::of(&Over("a", "b".into())), Next::Unsaid);
    }

    #[test]
    fn how_long_to_wait_is_found_at_any_depth_and_the_outermost_counts() {
        let inner = RetryAfter::new(MINUTE, "slow down");
        assert_eq!(Next::of(&Over("a", inner.into())), Next::After(MINUTE));
        let outer = RetryAfter::new(Duration::ZERO, Over("a", RetryAfter::new(MINUTE, "slow down").into()));
        assert_eq!(Next::of(&outer), Next::After(Duration::ZERO));
    }

    #[test]
    fn what_is_permanent_is_not_tried_again_whatever_else_is_said() {
        assert_eq!(Next::of(&RetryAfter::new(MINUTE, Permanent::new("gone"))), Next::Never);
        assert_eq!(Next::of(&Permanent::new(RetryAfter::new(MINUTE, "gone"))), Next::Never);
        assert_eq!(
            Next::of(&Over("a", RetryAfter::new(MINUTE, Over("b", Permanent::new("c").into())).into())),
            Next::Never
        );
    }

    #[test]
    fn a_reason_says_every_source_once() {
        let error = Over("no answer was posted", Permanent::new(Over("refused", "not_in_channel".into())).into());
        assert_eq!(why(&error), "no answer was posted: refused: not_in_channel");
        assert_eq!(why(&Over("refused with 403", "403".into())), "refused with 403");
    }

    #[test]
    fn a_reason_is_bounded() {
        assert_eq!(why(&Permanent::new("é".repeat(5000))).chars().count(), 1000);
    }
}
