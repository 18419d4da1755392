//! Formats beyond JSON Schema's own, by their names in the OpenAPI registry: what a browser's controls for a time send.
//! They have no offset from UTC, and leave the seconds out when there are none.

/// `time-local`: `14:30` or `14:30:00`.
pub(super) fn is_time(text: &str) -> bool {
    let shape = matches!(text.len(), 5 | 8)
        && text.bytes().enumerate().all(|(at, byte)| match at {
            2 | 5 => byte == b':',
            _ => byte.is_ascii_digit(),
        });
    // Two digits each, so text compares as numbers do.
    shape && text[..2] <= *"23" && text[3..].split(':').all(|part| part <= "59")
}

/// `date-time-local`: `2026-11-22T14:30` or with seconds.
pub(super) fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    date.len() == 10 && date.parse::<jiff::civil::Date>().is_ok() && is_time(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_sends_is_a_time() {
        for good in ["00:00", "14:30", "23:59:59"] {
            assert!(is_time(good) && is_date_time(&format!("2024-02-29T{good}")), "{good}");
        }
        for bad in ["", "24:00", "14:60", "14:30:60", "1:30", "14:30Z", "14:30:00+01:00", "14.30", "14:3", "１4:3"] {
            assert!(!is_time(bad), "{bad}");
        }
        for bad in ["2023-02-29T14:30", "2024-02-29", "2024-02-29 14:30", "20240229T14:30", "T14:30"] {
            assert!(!is_date_time(bad), "{bad}");
        }
    }
}
