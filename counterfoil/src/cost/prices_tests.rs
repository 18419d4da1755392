//! Price files, good and bad.

use super::*;

fn with(old: &str, new: &str) -> Result<Prices, String> {
    assert!(BUILT_IN.contains(old), "{old}");
    Prices::parse(&BUILT_IN.replacen(old, new, 1))
}

#[test]
fn the_prices_built_in_are_read_to_the_last_digit() {
    let prices = Prices::parse(BUILT_IN).unwrap();
    assert_eq!(
        (prices.as_of.as_str(), prices.region.as_str()),
        ("2026-11-23", "us-east-1")
    );
    for (good, dollars, per) in [
        (Good::LambdaArm, "0.0000133334", "1"),
        (Good::WriteUnit, "0.625", "1000000"),
        (Good::KmsRequest, "0.03", "10000"),
    ] {
        let price = prices.price(good);
        assert_eq!(
            (price.dollars, price.per),
            (dollars.parse().unwrap(), per.parse().unwrap())
        );
    }
    assert!(Good::ALL.iter().all(|good| {
        prices
            .price(*good)
            .source
            .starts_with("https://aws.amazon.com/")
    }));
    assert_eq!(
        with("dollars = 0.0000133334", "dollars = 1.33334e-5")
            .unwrap()
            .price(Good::LambdaArm)
            .dollars,
        { prices.price(Good::LambdaArm).dollars }
    );
}

#[test]
fn a_fault_says_where_it_is_and_what_was_meant() {
    for (old, new, wanted) in [
        (
            "[sqs.request]",
            "[sqs.requests]",
            "line 34, column 6: unknown key \"requests\"; did you mean \"request\"?",
        ),
        (
            "[dynamodb.write_unit]",
            "[dynamo.write_unit]",
            "unknown key \"dynamo\"",
        ),
        (
            "dollars = 1.00",
            "dolars = 1.00",
            "line 11, column 1: unknown key \"dolars\"; did you mean \"dollars\"?",
        ),
        (
            "dollars = 1.00",
            "dollars = \"1.00\"",
            "dollars is a number from 0 to 1000",
        ),
        ("dollars = 1.00", "dollars = -1", "dollars is a number"),
        ("dollars = 1.00", "dollars = 1e300", "dollars is a number"),
        ("dollars = 1.00", "dollars = nan", "dollars is a number"),
        ("per = 1_000_000\n", "", "[http_api.request] has no per"),
        ("per = 1_000_000\n", "per = 0\n", "per is how many units"),
        (
            "source = \"https://aws.amazon.com/api-gateway/pricing/\"",
            "source = \"\"",
            "source is a text",
        ),
        ("as_of = \"2026-11-23\"", "as_of = \"November\"", "no date"),
        (
            "as_of = \"2026-11-23\"",
            "as_of = 2026-11-23",
            "as_of is a text, in quotes",
        ),
        ("region = \"us-east-1\"", "", "there is no region"),
        ("[sns.request]", "[sns", "line 62, column 5: not TOML"),
    ] {
        let fault = with(old, new).unwrap_err();
        assert!(fault.contains(wanted), "{new}: {fault}");
    }
}

#[test]
fn every_price_is_needed() {
    for good in Good::ALL {
        let head = format!("[{}]", good.path());
        let (before, rest) = BUILT_IN.split_once(&head).unwrap();
        let after = rest.find("\n[").map_or("", |at| &rest[at..]);
        let fault = Prices::parse(&format!("{before}{after}")).unwrap_err();
        assert!(
            fault.contains(&format!("there is no {head}; every price is needed")),
            "{fault}"
        );
    }
}
