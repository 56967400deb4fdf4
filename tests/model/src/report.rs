//! What `cargo xtask model` prints.

use std::io::{self, Write};

use crate::check::{explore, shortest, world_of, worlds};
use crate::designs::{Dedup, LOSING, SAFE, SLIPS};
use crate::platform::ONE_KEY;
use crate::properties::{INVARIANTS, REACHED, is_stated};
use crate::trace;

/// Checks everything and prints it as it goes; says whether all is as it should be.
///
/// # Errors
///
/// When the output cannot be written.
pub(crate) fn print(out: &mut impl Write) -> io::Result<bool> {
    let (safe, states) = profiles(out)?;
    let losing = designs(out)?;
    let noticed = slips(out)?;
    let good = safe == SAFE.len() && losing == LOSING.len() && noticed == SLIPS.len();
    writeln!(
        out,
        "\nmodel profiles={safe}/{} states={states} losing={losing}/{} slips={noticed}/{}",
        SAFE.len(),
        LOSING.len(),
        SLIPS.len(),
    )?;
    Ok(good)
}

fn profiles(out: &mut impl Write) -> io::Result<(usize, usize)> {
    let (mut safe, mut states) = (0_usize, 0_usize);
    writeln!(out, "The profiles that hold")?;
    for design in SAFE {
        writeln!(out, "\n{}: {}", design.name, design.says)?;
        let (mut broken, mut reached) = (Vec::new(), Vec::new());
        for world in worlds(design) {
            let explored = explore(design, world);
            writeln!(
                out,
                "  {:<20} {:>8} unique states, depth {:>2}, up to {} faults",
                world.name, explored.unique, explored.depth, world.faults,
            )?;
            states = states.saturating_add(explored.unique);
            broken.extend(explored.broken.into_iter().map(|name| (name, world)));
            reached.extend(explored.reached);
        }
        let holds = INVARIANTS.iter().map(|(name, _)| *name);
        let holds = holds.filter(|name| is_stated(name, design.dedup == Dedup::Row));
        let holds: Vec<_> = holds.filter(|name| broken.iter().all(|(other, _)| other != name)).collect();
        writeln!(out, "  hold: {}", holds.join(", "))?;
        let missed: Vec<_> = REACHED.iter().map(|(place, _)| *place).filter(|place| !reached.contains(place)).collect();
        if !missed.is_empty() {
            writeln!(out, "  NEVER REACHED, so the model is too tame: {}", missed.join("; "))?;
        }
        for (name, world) in &broken {
            writeln!(out, "  BROKEN: {name}, in the world of {}", world.name)?;
            if let Some((model, run)) = shortest(design, *world, name) {
                numbered(out, &trace::lines(&model, &run, name))?;
            }
        }
        safe = safe.saturating_add(usize::from(broken.is_empty() && missed.is_empty()));
    }
    Ok((safe, states))
}

fn designs(out: &mut impl Write) -> io::Result<usize> {
    let mut losing = 0_usize;
    writeln!(out, "\nThe designs that lose, each by one of its shortest runs")?;
    for (design, breaks) in LOSING {
        writeln!(out, "\n{}: {}", design.name, design.says)?;
        let mut lost = true;
        for (number, name) in breaks.iter().enumerate() {
            match shortest(design, ONE_KEY, name) {
                Some((model, run)) if number == 0 => numbered(out, &trace::lines(&model, &run, name))?,
                Some(_) => {}
                None => {
                    lost = false;
                    writeln!(out, "  NO RUN BREAKS {name}: the checker looks away, or the design is safe")?;
                }
            }
        }
        let also: Vec<_> = breaks.iter().skip(1).copied().collect();
        if !also.is_empty() {
            writeln!(out, "  breaks as well: {}", also.join(", "))?;
        }
        losing = losing.saturating_add(usize::from(lost));
    }
    Ok(losing)
}

fn slips(out: &mut impl Write) -> io::Result<usize> {
    let mut noticed = 0_usize;
    writeln!(out, "\nSlips put into a profile that holds, and what notices them")?;
    for (design, slip, name) in SLIPS {
        match shortest(design.with(slip), world_of(design, slip), name) {
            Some((_, run)) => {
                noticed = noticed.saturating_add(1);
                let steps = run.len().saturating_sub(1);
                writeln!(out, "  {:<30} {:<17} {name}, after {steps} steps", design.name, format!("{slip:?}"))?;
            }
            None => writeln!(out, "  {:<30} {:<17} NOTHING NOTICES: {name} holds", design.name, format!("{slip:?}"))?,
        }
    }
    Ok(noticed)
}

fn numbered(out: &mut impl Write, lines: &[String]) -> io::Result<()> {
    for (number, line) in (1..).zip(lines) {
        writeln!(out, "  {number:>2}  {line}")?;
    }
    Ok(())
}
