use std::collections::{BTreeSet, HashMap};

use stateright::Model as _;

use crate::check::{explore, shortest, world_of, worlds};
use crate::designs::{Design, INBOX, LEASE_TOGETHER, LEASE_TOMBSTONE, LOSING, SLIPS};
use crate::model::Receiver;
use crate::platform::{ONE_JOB, ONE_KEY, World};
use crate::properties::{INVARIANTS, REACHED};
use crate::trace;

/// As wide as a build without optimisation explores in seconds; `cargo xtask model` goes all the way.
fn narrow(world: World) -> World {
    world.with_faults(if world.workers > 0 && world.attempts.len() > 1 { 0 } else { 1 })
}

fn holds(design: Design) {
    let mut reached = BTreeSet::new();
    for world in worlds(design) {
        let explored = explore(design, narrow(world));
        assert_eq!(explored.broken, [""; 0], "{} in the world of {}", design.name, world.name);
        reached.extend(explored.reached);
    }
    assert_eq!(reached.len(), REACHED.len(), "{reached:?}");
}

#[test]
fn the_inbox_profile_holds() {
    holds(INBOX);
}

#[test]
fn the_lease_profile_holds_with_one_transaction() {
    holds(LEASE_TOGETHER);
}

#[test]
fn the_lease_profile_holds_with_tombstones() {
    holds(LEASE_TOMBSTONE);
}

#[test]
fn each_unsafe_design_breaks_what_it_is_said_to_break() {
    for (design, breaks) in LOSING {
        assert!(matches!(breaks.first(), Some(&("NoLoss" | "AtMostOneEnqueue"))), "{}", design.name);
        for name in breaks {
            assert!(shortest(design, ONE_KEY.with_faults(2), name).is_some(), "{} keeps {name}", design.name);
        }
    }
}

#[test]
fn each_slip_is_noticed() {
    for (design, slip, name) in SLIPS {
        let world = world_of(design, slip);
        assert!(shortest(design.with(slip), world, name).is_some(), "{slip:?} in the {} breaks no {name}", design.name);
    }
}

#[test]
fn no_invariant_is_idle() {
    let broken: BTreeSet<_> =
        LOSING.iter().flat_map(|(_, breaks)| *breaks).chain(SLIPS.iter().map(|(_, _, name)| name)).collect();
    assert_eq!(broken, INVARIANTS.iter().map(|(name, _)| name).collect());
}

/// What must happen eventually is checked at the ends of runs, which proves nothing of a run that goes round in circles.
#[test]
fn every_run_comes_to_an_end() {
    for (design, world) in [(INBOX, ONE_JOB), (LEASE_TOMBSTONE, ONE_KEY.with_faults(0))] {
        let model = Receiver { design, world, only: None };
        let mut open = model.init_states();
        // How many steps lead to each state, and then how many of those are still to be taken.
        let mut steps_to: HashMap<_, usize> = open.iter().map(|state| (state.clone(), 0)).collect();
        while let Some(state) = open.pop() {
            let next = model.next_states(&state);
            assert!(state.ended || !next.is_empty());
            for next in next {
                let seen = steps_to.len();
                *steps_to.entry(next.clone()).or_default() += 1;
                if steps_to.len() > seen {
                    open.push(next);
                }
            }
        }
        let mut ready: Vec<_> =
            steps_to.iter().filter(|(_, steps)| **steps == 0).map(|(state, _)| state.clone()).collect();
        let mut sorted = 0;
        while let Some(state) = ready.pop() {
            sorted += 1;
            for next in model.next_states(&state) {
                let steps = steps_to.get_mut(&next).unwrap();
                *steps -= 1;
                if *steps == 0 {
                    ready.push(next);
                }
            }
        }
        assert_eq!(sorted, steps_to.len(), "{} goes round in circles", design.name);
    }
}

#[test]
fn a_run_reads_as_a_story() {
    let (design, _) = LOSING.into_iter().find(|(design, _)| design.name == "F").unwrap();
    let (model, run) = shortest(design, ONE_KEY, "NoLoss").unwrap();
    assert_eq!(
        trace::lines(&model, &run, "NoLoss"),
        [
            "the platform sends: h0",
            "h0 claims, and crashes or hears so too late → 503",
            "time passes, to 1",
            "the platform tries again: h1",
            "h1 sees in-flight → 200",
            "the platform sees the 200 and stops",
            "nothing more happens",
            "the queue is empty: NoLoss is broken",
        ]
    );
}
