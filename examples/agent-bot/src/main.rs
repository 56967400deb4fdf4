//! A chat-agent bot on imchat.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use agent_bot::admin::Admin;
use agent_bot::config::{Config, Storage};
use agent_bot::serve::Role;
use agent_bot::{admin, demo, serve};
use anyhow::Context;
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

/// A chat-agent bot on imchat.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Listens and answers; what it reads from the environment is in .env.example
    Serve {
        /// What this process does
        #[arg(long, value_enum, default_value_t = Role::All)]
        role: Role,
    },
    /// Looks at the configuration
    Config {
        #[command(subcommand)]
        command: Configuration,
    },
    /// For whoever looks after the bot; reads DATABASE_URL and TOKEN_ENCRYPTION_KEY
    Admin {
        #[command(subcommand)]
        command: Admin,
    },
    /// Lets you talk to the bot in a simulated Slack on this machine, or plays a scene there: no account, no network
    Demo {
        /// Plays the scene also in a terminal; without a terminal it always does
        #[arg(long)]
        scene: bool,
    },
}

#[derive(Subcommand)]
enum Configuration {
    /// Reads the environment and the policy file as `serve` does, and tells what it makes of them or what is wrong
    Check,
}

fn main() -> ExitCode {
    // Before anything else: two features of one build may each bring a provider, and a TLS client then panics. The only
    // error is that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();

    let cli = Cli::parse();
    let level = match cli.command {
        Command::Serve { .. } => "info",
        Command::Demo { .. } | Command::Config { .. } | Command::Admin { .. } => "error",
    };
    log_to_stderr(level, std::io::stderr().is_terminal()).init();
    match run(&cli.command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nothing is left to do when standard error is gone as well.
            let _ = writeln!(std::io::stderr(), "agent-bot: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all went as it should.
fn run(command: &Command) -> anyhow::Result<bool> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    let mut out = std::io::stdout();
    match command {
        Command::Serve { role } => {
            let config = Config::from_env()?;
            runtime.block_on(async {
                let stop = serve::asked_to_stop().context("cannot listen for signals")?;
                anyhow::Ok(serve::serve(&config, *role, &mut out, stop).await?)
            })?;
            Ok(true)
        }
        Command::Config { command: Configuration::Check } => {
            write!(out, "{}", Config::from_env()?.summary())?;
            Ok(true)
        }
        Command::Admin { command } => {
            let storage = Storage::from_env()?;
            Ok(runtime.block_on(admin::run(command, &storage, &mut out))?)
        }
        Command::Demo { scene } if *scene || !std::io::stdin().is_terminal() || !out.is_terminal() => {
            Ok(runtime.block_on(demo::run(&mut out))?)
        }
        Command::Demo { .. } => {
            runtime.block_on(async {
                let stop = serve::asked_to_stop().context("cannot listen for signals")?;
                let input = std::io::BufReader::new(std::io::stdin());
                anyhow::Ok(demo::talk(input, &mut out, takes_colours(), stop).await?)
            })?;
            Ok(true)
        }
    }
}

/// Whether this terminal does, and whoever uses it wants it to: <https://no-color.org>.
fn takes_colours() -> bool {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    set("NO_COLOR").is_none() && set("TERM").is_some_and(|terminal| terminal != "dumb")
}

/// `RUST_LOG` overrides the level.
fn log_to_stderr(level: &str, colours: bool) -> impl SubscriberInitExt {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without the cargo feature for colours the program panics at its start, but only on a terminal.
    #[test]
    fn a_terminal_gets_colours() {
        let _ = log_to_stderr("info", true);
    }
}
