//! The fair race: every contender runs in turn for a short slice, over many rounds.
//!
//! Another program on the machine slows a round for all contenders alike, so ratios are taken
//! within a round first and the median over the rounds is what is reported.

use std::time::{Duration, Instant};

/// One thing under measurement: a name and one repetition of its work.
pub struct Contender<'a> {
    name: &'static str,
    work: Box<dyn FnMut() + 'a>,
}

impl std::fmt::Debug for Contender<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Contender").field(&self.name).finish()
    }
}

impl<'a> Contender<'a> {
    /// Names a piece of work; it is repeated as often as a slice holds.
    pub fn new(name: &'static str, work: impl FnMut() + 'a) -> Self {
        Self { name, work: Box::new(work) }
    }

    fn run(&mut self, repetitions: u64) -> Duration {
        let start = Instant::now();
        for _ in 0..repetitions {
            (self.work)();
        }
        start.elapsed()
    }

    /// How many repetitions fill a slice; finding out is the warm-up.
    fn calibrate(&mut self, slice: Duration) -> u64 {
        let mut repetitions = 1;
        loop {
            let took = self.run(repetitions);
            if took >= slice {
                let fit = repetitions as f64 * slice.as_secs_f64() / took.as_secs_f64();
                return (fit as u64).max(1);
            }
            repetitions *= 2;
        }
    }
}

/// What one contender took, one figure for each round.
#[derive(Clone, Debug)]
pub struct Timing {
    /// The contender.
    pub name: &'static str,
    /// Nanoseconds for one repetition, by round.
    pub ns: Vec<f64>,
}

impl Timing {
    /// The median over the rounds, in nanoseconds for one repetition.
    #[must_use]
    pub fn median(&self) -> f64 {
        median(self.ns.clone())
    }
}

/// Races the contenders for about `budget` in slices of about `slice`.
///
/// The starting place rotates and the direction alternates, so that nobody always runs behind the
/// same neighbour.
#[must_use]
pub fn race(contenders: &mut [Contender<'_>], budget: Duration, slice: Duration) -> Vec<Timing> {
    let repetitions: Vec<u64> = contenders.iter_mut().map(|c| c.calibrate(slice)).collect();
    let mut timings: Vec<Timing> = contenders.iter().map(|c| Timing { name: c.name, ns: Vec::new() }).collect();
    let start = Instant::now();
    let mut round = 0;
    while round < 5 || start.elapsed() < budget {
        for place in order(round, contenders.len()) {
            let (Some(contender), Some(timing), Some(&repetitions)) =
                (contenders.get_mut(place), timings.get_mut(place), repetitions.get(place))
            else {
                continue;
            };
            let took = contender.run(repetitions);
            timing.ns.push(took.as_secs_f64() * 1e9 / repetitions as f64);
        }
        round += 1;
    }
    timings
}

/// The order in which `count` contenders run in a round.
#[must_use]
pub fn order(round: usize, count: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    if count > 0 {
        places.rotate_left(round / 2 % count);
    }
    if round % 2 == 1 {
        places.reverse();
    }
    places
}

/// The median over the rounds of `above` divided by `below`.
#[must_use]
pub fn ratio(above: &[f64], below: &[f64]) -> f64 {
    median(above.iter().zip(below).map(|(a, b)| a / b).collect())
}

/// The middle figure; not a number if there is none.
#[must_use]
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match (figures.get(middle.wrapping_sub(1)), figures.get(middle)) {
        (Some(below), Some(above)) if figures.len().is_multiple_of(2) => f64::midpoint(*below, *above),
        (_, Some(at)) => *at,
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 9.0]), 3.0);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn every_contender_takes_every_place() {
        for place in 0..3 {
            let mut seen: Vec<usize> = (0..6).map(|round| order(round, 3)[place]).collect();
            seen.sort_unstable();
            assert_eq!(seen, [0, 0, 1, 1, 2, 2]);
        }
    }

    #[test]
    fn ratio_is_taken_within_a_round() {
        assert_eq!(ratio(&[2.0, 20.0, 200.0], &[1.0, 10.0, 100.0]), 2.0);
    }
}
