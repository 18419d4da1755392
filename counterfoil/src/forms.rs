//! `counterfoil forms check`.

use counterfoil_core::Forms;
use counterfoil_machine::forms::load;

use crate::cli;
use crate::exit::configuration;

pub(crate) fn run(verb: &cli::Forms) -> anyhow::Result<()> {
    match verb {
        cli::Forms::Check(check) => {
            let forms = checked(&check.forms)?;
            for form in forms.iter() {
                let fields: Vec<_> = form.schema.properties().map(|(name, _)| name).collect();
                println!("{}: good ({})", form.id, fields.join(", "));
            }
            Ok(())
        }
    }
}

/// The forms of a directory; with any fault, all of them in one message.
pub(crate) fn checked(directory: &std::path::Path) -> anyhow::Result<Forms> {
    let forms = load(directory).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        configuration(format!("the forms are not usable:\n  {}", lines.join("\n  ")))
    })?;
    if forms.iter().next().is_none() {
        return Err(configuration(format!("there is no form (*.toml) in {}", directory.display())));
    }
    Ok(forms)
}
