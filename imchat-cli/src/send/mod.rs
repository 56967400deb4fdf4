//! `imchat send`: signs a body and posts it, once or often, and counts what comes back.

mod load;
mod plan;
mod summary;

use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};

use self::plan::Plan;
use self::summary::Summary;
use crate::args::SendArgs;
use crate::report::Outcome;
use crate::stop::Stop;

pub(crate) fn run(args: &SendArgs) -> Outcome {
    let plan = Arc::new(Plan::of(args)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Stop::fault(format!("cannot start the network: {error}; try again")))?;
    let bar = bar(args.count.saturating_mul(plan.times()));
    let samples = runtime.block_on(load::run(&plan, args.count, args.concurrency, &bar));
    bar.finish_and_clear();
    Ok(Box::new(Summary::of(samples?, &plan, args.count)))
}

/// Drawn on stderr, and only where that is a terminal.
fn bar(count: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len}, {elapsed} so far, {eta} to go");
    match style {
        Ok(style) if count > 1 => ProgressBar::new(count).with_style(style),
        _ => ProgressBar::hidden(),
    }
}
