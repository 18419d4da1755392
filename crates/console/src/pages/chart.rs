//! Failures over time as bars: the last day by the hour, or the last fortnight by the day where that says more. Drawn as
//! SVG without a style of its own, and told in words to those who do not see it.

use std::collections::BTreeMap;

use counterfoil_core::Timestamp;
use counterfoil_operations::causes::Group;
use maud::{Markup, html};

use super::bits::{number, span};

const HOUR: i64 = 60 * 60 * 1000;
/// Bars, and hours in each.
const DAY: (i64, i64) = (24, 1);
const FORTNIGHT: (i64, i64) = (14, 24);

/// One scale for all charts of a page.
pub(super) struct Scale {
    /// The last bar's place, counted in bars since 1970.
    last: i64,
    bars: i64,
    hours: i64,
}

impl Scale {
    /// By the hour, unless something failed before the last day.
    pub(super) fn new(groups: &[Group], now: Timestamp) -> Self {
        let this_hour = now.as_millis() / HOUR;
        let first = groups
            .iter()
            .filter_map(|group| group.hours.keys().next())
            .min();
        let recent = first.is_none_or(|first| this_hour - first < DAY.0);
        let (bars, hours) = if recent { DAY } else { FORTNIGHT };
        Self {
            last: this_hour / hours,
            bars,
            hours,
        }
    }

    /// What it covers, in words.
    pub(super) const fn title(&self) -> &'static str {
        if self.hours == 1 {
            "last 24 hours, by the hour"
        } else {
            "last 14 days, by the day"
        }
    }

    /// How many in each bar, oldest first.
    pub(super) fn counts(&self, hours: &BTreeMap<i64, u64>) -> Vec<u64> {
        let first = self.last - self.bars + 1;
        let mut counts = vec![0; usize::try_from(self.bars).unwrap_or_default()];
        for (hour, count) in hours {
            let place = usize::try_from(hour.div_euclid(self.hours) - first);
            if let Some(bar) = place.ok().and_then(|place| counts.get_mut(place)) {
                *bar += count;
            }
        }
        counts
    }

    /// When a bar begins, in UTC.
    fn begins(&self, place: usize) -> String {
        let bar = self.last - self.bars + 1 + i64::try_from(place).unwrap_or_default();
        let full = Timestamp::from_millis(bar * self.hours * HOUR).to_string();
        let (day, clock) = (
            full.get(5..10).unwrap_or_default(),
            full.get(11..16).unwrap_or_default(),
        );
        if self.hours == 1 {
            format!("{day} {clock}")
        } else {
            day.to_owned()
        }
    }
}

/// Of one cause, small.
pub(super) fn spark(scale: &Scale, group: &Group) -> Markup {
    bars(scale, &scale.counts(&group.hours), (120, 24))
}

/// Of all causes, with its ends named.
pub(super) fn large(scale: &Scale, groups: &[Group]) -> Markup {
    let mut all: BTreeMap<i64, u64> = BTreeMap::new();
    for (hour, count) in groups.iter().flat_map(|group| &group.hours) {
        *all.entry(*hour).or_default() += count;
    }
    let counts = scale.counts(&all);
    let most = counts.iter().max().copied().unwrap_or_default();
    html! {
        figure.chart {
            figcaption {
                span { strong { "Failures" } ", " (scale.title()) " (UTC)" }
                span { "most " (number(most)) }
            }
            (bars(scale, &counts, (960, 72)))
            p.axis aria-hidden="true" { span { (scale.begins(0)) } span { (scale.begins(counts.len().saturating_sub(1))) } }
        }
    }
}

fn bars(scale: &Scale, counts: &[u64], (width, height): (u64, u64)) -> Markup {
    let most = counts.iter().max().copied().unwrap_or_default().max(1);
    let slot = width / u64::try_from(counts.len().max(1)).unwrap_or(1);
    let gap = if slot > 20 { 4 } else { 1 };
    // Whole numbers: what is left over would be a gap at the end.
    let width = slot * u64::try_from(counts.len()).unwrap_or(1) - gap;
    html! {
        svg viewBox={ "0 0 " (width) " " (height) } preserveAspectRatio="none" role="img" aria-label=(words(scale, counts)) {
            @for (place, (count, x)) in counts.iter().zip((0..).step_by(usize::try_from(slot).unwrap_or(1))).enumerate() {
                // What is there is to be seen, however small beside the rest.
                @let tall = if *count == 0 { 1 } else { (count * height / most).max(3) };
                rect class=[(*count == 0).then_some("none")] x=(x) y=(height - tall) width=(slot - gap) height=(tall) {
                    title { (scale.begins(place)) ": " (number(*count)) }
                }
            }
        }
    }
}

fn words(scale: &Scale, counts: &[u64]) -> String {
    let total: u64 = counts.iter().sum();
    let last = counts.iter().rposition(|count| *count > 0);
    let bar =
        std::time::Duration::from_millis(u64::try_from(scale.hours * HOUR).unwrap_or_default());
    let last = last.map(|place| {
        format!(
            "; the last within {} from {}",
            span(bar),
            scale.begins(place)
        )
    });
    format!(
        "{} failures in the {}{}",
        number(total),
        scale.title(),
        last.unwrap_or_default()
    )
}
