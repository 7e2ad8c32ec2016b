//! Figures over rounds: the middle one, and how far the others lie around it.

/// What one measured phase came to.
#[derive(Clone, Copy, Debug)]
pub struct Phase {
    /// Messages that came back, or were delivered.
    pub messages: u64,
    /// How long it took by the clock.
    pub nanoseconds: u64,
    /// CPU that the server spent, in nanoseconds.
    pub cpu: u64,
}

impl Phase {
    /// CPU nanoseconds a message.
    pub fn cost(self) -> f64 {
        self.cpu as f64 / self.messages.max(1) as f64
    }

    /// Messages a second.
    pub fn rate(self) -> f64 {
        self.messages as f64 * 1e9 / self.nanoseconds.max(1) as f64
    }
}

/// Median and extremes of something measured once a round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// The middle one.
    pub median: f64,
    /// The smallest.
    pub least: f64,
    /// The largest.
    pub most: f64,
}

impl Figures {
    /// Of at least one value.
    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        let last = values.len().saturating_sub(1);
        let median = f64::midpoint(at(last / 2), at(last.div_ceil(2)));
        Self { median, least: at(0), most: at(last) }
    }
}

/// All rounds of all candidates of one shape; the first candidate is the baseline.
pub struct Rounds {
    names: Vec<String>,
    phases: Vec<Vec<Phase>>,
}

impl Rounds {
    /// Begins with no rounds.
    pub fn new(names: Vec<String>) -> Self {
        let phases = names.iter().map(|_| Vec::new()).collect();
        Self { names, phases }
    }

    /// Takes what a candidate did in this round.
    pub fn add(&mut self, candidate: usize, phase: Phase) {
        self.phases[candidate].push(phase);
    }

    /// Prints the table. Ratios are taken within each round, against the baseline of that round.
    pub fn print(&self, title: &str) {
        println!("\n{title}");
        println!(
            "  {:<26} {:>24} {:>14} {:>22} {:>10}",
            "", "CPU ns each (min..max)", "a second", "CPU ratio (min..max)", "rate ratio"
        );
        let Some(base) = self.phases.first() else { return };
        for (name, phases) in self.names.iter().zip(&self.phases) {
            let cost = Figures::of(phases.iter().map(|phase| phase.cost()));
            let rate = Figures::of(phases.iter().map(|phase| phase.rate()));
            let pairs = || phases.iter().zip(base);
            let ratio = Figures::of(pairs().map(|(ours, base)| ours.cost() / base.cost()));
            let speed = Figures::of(pairs().map(|(ours, base)| ours.rate() / base.rate()));
            println!(
                "  {name:<26} {:>24} {:>14.0} {:>22} {:>10.2}",
                format!("{:.0} ({:.0}..{:.0})", cost.median, cost.least, cost.most),
                rate.median,
                format!("{:.2} ({:.2}..{:.2})", ratio.median, ratio.least, ratio.most),
                speed.median,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Figures;

    #[test]
    fn the_median_of_an_even_count_lies_between_the_two_in_the_middle() {
        let figures = Figures::of([4.0, 1.0, 2.0, 3.0].into_iter());
        assert_eq!(figures, Figures { median: 2.5, least: 1.0, most: 4.0 });
        assert_eq!(Figures::of([5.0, 1.0, 2.0].into_iter()).median, 2.0);
    }
}
