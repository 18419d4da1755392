//! What receivers that are dead cost intake: the load on a server that tells three of them (one refuses connections, one
//! hangs, one answers 500) beside the load on one that tells nobody, in alternating rounds. The ratios' medians count.

mod dead;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::load::{self, Ask};
use crate::samples::Figures;
use crate::server::{Scratch, Server};
use crate::settled;
use dead::{Dead, SECRET};

/// What is asked: within a tenth of a server that tells nobody.
const WITHIN: f64 = 0.1;
/// Until a server has warmed up, and the disk has written what others have left behind.
const WARM_UP: Duration = Duration::from_secs(1);

/// What to measure.
pub struct Plan {
    /// The server's program.
    pub server: PathBuf,
    /// The folder with the form `contact`.
    pub forms: PathBuf,
    /// Where the data goes.
    pub folder: Option<PathBuf>,
    /// How long each load lasts.
    pub load: Duration,
    /// Connections of each load.
    pub connections: u32,
    /// Rounds; each has a load of either kind.
    pub rounds: u32,
}

/// A round's two loads.
struct Round {
    none: Figures,
    dead: Figures,
}

/// Measures all of it, and gives the table.
pub fn run(plan: &Plan) -> Result<String> {
    let scratch = Scratch::new(plan.folder.as_deref())?;
    let dead = Dead::start()?;
    let none_at = home(plan, &scratch.path().join("none"), None)?;
    let dead_at = home(plan, &scratch.path().join("dead"), Some(&dead))?;
    let mut rounds = Vec::new();
    for number in 1..=plan.rounds {
        eprintln!("measuring round {number} of {}", plan.rounds);
        // Who is first has the quieter disk, or the louder: each is as often.
        let round = if number % 2 == 1 {
            let none = one_load(plan, &none_at)?;
            Round {
                none,
                dead: one_load(plan, &dead_at)?,
            }
        } else {
            let dead = one_load(plan, &dead_at)?;
            Round {
                none: one_load(plan, &none_at)?,
                dead,
            }
        };
        rounds.push(round);
    }
    let (hung, answered) = dead.told();
    ensure!(
        hung > 0 && answered > 0,
        "the dead receivers were told of nothing, so nothing was measured"
    );
    Ok(render(&rounds, (hung, answered)))
}

/// A folder with forms, and with receivers that are told of every submission where there are any.
fn home(plan: &Plan, folder: &Path, dead: Option<&Dead>) -> Result<PathBuf> {
    let forms = folder.join("forms");
    std::fs::create_dir_all(&forms)?;
    let form = plan.forms.join("contact.toml");
    let mut text = std::fs::read_to_string(&form)
        .with_context(|| format!("{} cannot be read", form.display()))?;
    if let Some(dead) = dead {
        text += &dead.rules();
        std::fs::write(folder.join("receivers.toml"), dead.receivers())?;
    }
    std::fs::write(forms.join("contact.toml"), text)?;
    Ok(folder.to_path_buf())
}

/// One load on a server that is started for it, so that no other is at work. Its data stays for the next round: what dead
/// receivers are owed grows, as it does where they stay dead.
fn one_load(plan: &Plan, home: &Path) -> Result<Figures> {
    let secret = [("BENCH_SECRET", SECRET)];
    let (forms, data) = (home.join("forms"), home.join("data"));
    let server = Server::start_told(&plan.server, (&forms, &data), &secret)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let loads = async {
        load::run(server.address, Ask::Submit, plan.connections, WARM_UP).await?;
        let done = load::run(server.address, Ask::Submit, plan.connections, plan.load).await?;
        settled::wait(server.address, &done.last).await?;
        anyhow::Ok(done)
    };
    let done = runtime.block_on(loads)?;
    server.stop()?;
    done.samples
        .figures(done.lasted, 1)
        .context("no submission was accepted")
}

fn render(rounds: &[Round], (hung, answered): (usize, usize)) -> String {
    let mut text = String::from(
        "            no receiver            three dead ones        ratio\n\
         round  accepted/s    p99 ms  accepted/s    p99 ms  accepted/s       p99\n",
    );
    for (number, round) in (1..).zip(rounds) {
        let Round { none, dead } = round;
        let _ = writeln!(
            text,
            "{number:>5}{:>12.0}{:>10.2}{:>12.0}{:>10.2}{:>12.3}{:>10.3}",
            none.per_second,
            none.p99,
            dead.per_second,
            dead.p99,
            accepted(round),
            p99(round)
        );
    }
    let (accepted, p99) = (median(rounds, accepted), median(rounds, p99));
    let verdict = |is_met: bool| if is_met { "met" } else { "MISSED" };
    let _ = writeln!(
        text,
        "median of accepted/s: {accepted:.3}, ≥ {:.1}: {}",
        1.0 - WITHIN,
        verdict(accepted >= 1.0 - WITHIN)
    );
    let _ = writeln!(
        text,
        "median of p99:        {p99:.3}, ≤ {:.1}: {}",
        1.0 + WITHIN,
        verdict(p99 <= 1.0 + WITHIN)
    );
    let _ = writeln!(
        text,
        "the one that hangs was tried {hung} times, the one that answers 500 {answered} times"
    );
    text
}

fn accepted(round: &Round) -> f64 {
    round.dead.per_second / round.none.per_second
}

fn p99(round: &Round) -> f64 {
    round.dead.p99 / round.none.p99
}

/// The middle of the rounds' ratios; of an even number, the mean of both.
fn median(rounds: &[Round], ratio: fn(&Round) -> f64) -> f64 {
    let mut all: Vec<f64> = rounds.iter().map(ratio).collect();
    all.sort_by(f64::total_cmp);
    let at = |index: usize| all.get(index).copied().unwrap_or(f64::NAN);
    f64::midpoint(at(all.len().saturating_sub(1) / 2), at(all.len() / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(accepted: f64, p99: f64) -> Round {
        let figures = |per_second, p99| Figures {
            per_second,
            p50: 1.0,
            p99,
        };
        Round {
            none: figures(1000.0, 10.0),
            dead: figures(1000.0 * accepted, 10.0 * p99),
        }
    }

    #[test]
    fn the_median_decides_and_no_single_round() {
        let rounds = [round(0.2, 9.0), round(0.95, 1.05), round(1.4, 0.5)];
        let table = render(&rounds, (1, 2));
        assert!(table.contains("accepted/s: 0.950, ≥ 0.9: met"), "{table}");
        assert!(table.contains("p99:        1.050, ≤ 1.1: met"), "{table}");
    }

    #[test]
    fn of_an_even_number_the_middle_is_between_both() {
        let rounds = [
            round(0.5, 3.0),
            round(0.8, 1.1),
            round(0.9, 1.3),
            round(2.0, 0.1),
        ];
        let table = render(&rounds, (1, 2));
        assert!(
            table.contains("accepted/s: 0.850, ≥ 0.9: MISSED"),
            "{table}"
        );
        assert!(
            table.contains("p99:        1.200, ≤ 1.1: MISSED"),
            "{table}"
        );
    }
}
