//! Runs the checker.

use stateright::{Checker as _, Expectation, Model as _};

use crate::action::Action;
use crate::designs::{Dedup, Design, Slip};
use crate::model::Receiver;
use crate::platform::{self, World};
use crate::properties::REACHED;
use crate::state::State;

/// What became of exploring every state of a design in a world.
#[derive(Debug)]
pub(crate) struct Explored {
    /// How many states there are.
    pub(crate) unique: usize,
    /// How many steps lead to the furthest of them.
    pub(crate) depth: usize,
    /// The invariants that do not hold.
    pub(crate) broken: Vec<&'static str>,
    /// The places that a run can get to.
    pub(crate) reached: Vec<&'static str>,
}

/// Explores every state.
pub(crate) fn explore(design: Design, world: World) -> Explored {
    let checker = Receiver { design, world, only: None }.checker().spawn_bfs().join();
    let found = checker.discoveries();
    let broken = |name: &&&'static str| REACHED.iter().all(|(place, _)| *place != **name);
    Explored {
        unique: checker.unique_state_count(),
        depth: checker.max_depth().saturating_sub(1),
        broken: found.keys().filter(broken).copied().collect(),
        reached: REACHED.iter().map(|(place, _)| *place).filter(|place| found.contains_key(place)).collect(),
    }
}

/// The moments of a run, each with the step that was taken then.
pub(crate) type Run = Vec<(State, Option<Action>)>;

/// One of the shortest runs that break an invariant, if any does.
///
/// The checker goes breadth first, on one thread, and stops at the first thing it finds where there is but one to find.
pub(crate) fn shortest(design: Design, world: World, invariant: &'static str) -> Option<(Receiver, Run)> {
    let model = Receiver { design, world, only: Some(invariant) };
    debug_assert_eq!(model.property(invariant).expectation, Expectation::Always);
    let run = model.clone().checker().spawn_bfs().join().discovery(invariant)?;
    Some((model, run.into_vec()))
}

/// The worlds in which a design is looked at.
pub(crate) fn worlds(design: Design) -> impl Iterator<Item = World> {
    platform::WORLDS.into_iter().filter(move |world| design.dedup == Dedup::Row || world.workers == 0)
}

/// The world in which a slip shows.
pub(crate) fn world_of(design: Design, slip: Slip) -> World {
    match slip {
        Slip::DigestIgnored => platform::OTHER_BODY,
        Slip::ScopeIgnored => platform::TWO_SCOPES,
        Slip::LaneIgnored | Slip::DeadHeadBlocks => platform::ONE_LANE,
        Slip::AckedInDoubt | Slip::AckedByDrain | Slip::ConflictIgnored => platform::ONE_KEY,
        _ if design.dedup == Dedup::Row => platform::ONE_JOB,
        _ => platform::ONE_KEY,
    }
}
