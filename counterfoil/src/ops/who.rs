//! Who acts, as the history tells it.

use counterfoil_operations::history::Actor;

use crate::exit::configuration;

/// The name that was given, or this machine's user.
#[allow(
    clippy::disallowed_methods,
    reason = "the command reads its own environment"
)]
pub(crate) fn on_this_machine(given: Option<&str>) -> anyhow::Result<Actor> {
    if let Some(given) = given {
        return named(given);
    }
    let user = ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| Actor::parse(&std::env::var(name).ok()?));
    user.map_or_else(
        || named(&of_number(rustix::process::getuid().as_raw(), &passwd())),
        Ok,
    )
}

/// A name that was given.
pub(super) fn named(given: &str) -> anyhow::Result<Actor> {
    let why = "--as takes a name of 1 to 200 characters, none of them a control character";
    Actor::parse(given).ok_or_else(|| configuration(why))
}

/// What this machine calls its users: empty where it keeps no such file, as in a container of one program.
fn passwd() -> String {
    std::fs::read_to_string("/etc/passwd").unwrap_or_default()
}

/// The user of this number: `name:password:number:…`, a line each.
fn of_number(uid: u32, passwd: &str) -> String {
    let name = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| Actor::parse(name).is_some())?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| {
        if uid == 0 {
            "root".to_owned()
        } else {
            format!("uid {uid}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_without_a_variable_has_the_name_that_the_machine_knows() {
        let passwd = "root:x:0:0:root:/r:/bin/sh\nada:x:1000:1000:Ada:/a:/bin/sh\nbroken\n:x:7:7\n";
        for (uid, passwd, name) in [
            (0, passwd, "root"),
            (1000, passwd, "ada"),
            (7, passwd, "uid 7"),
            (0, "", "root"),
            (1001, "", "uid 1001"),
        ] {
            assert_eq!(of_number(uid, passwd), name);
        }
    }
}
