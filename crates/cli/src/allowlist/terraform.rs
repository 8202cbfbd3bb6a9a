//! Rules as a resource of Terraform's provider `azurerm`.

use std::fmt::Write as _;

use super::rules::{FIRST_APPLICATION, FIRST_NETWORK, Rules};

/// Writes a rule collection group of a policy of Azure Firewall that exists.
pub(super) fn write(rules: &Rules) -> String {
    let mut text = "# Outbound rules for Azure AI Speech.\n".to_owned();
    for note in &rules.remarks {
        let _ = writeln!(text, "# {}", note.text);
    }
    text += VARIABLES;
    for (i, group) in rules.groups.iter().enumerate() {
        if !group.networks.is_empty() {
            open(&mut text, "network_rule_collection", group.id, "networks", FIRST_NETWORK + i);
            for rule in &group.networks {
                let _ = writeln!(text, "\n    rule {{");
                set(&mut text, 21, "name", &quoted(&rule.name));
                set(&mut text, 21, "description", &quoted(&rule.description));
                set(&mut text, 21, "protocols", &format!("[{}]", quoted(&rule.transport.to_ascii_uppercase())));
                set(&mut text, 21, "source_addresses", "var.source_addresses");
                set(&mut text, 21, "destination_addresses", &format!("[{}]", quoted(&rule.destination)));
                set(&mut text, 21, "destination_ports", &format!("[{}]", quoted(&rule.port.to_string())));
                text += "    }\n";
            }
            text += "  }\n";
        }
        if !group.applications.is_empty() {
            open(&mut text, "application_rule_collection", group.id, "hosts", FIRST_APPLICATION + i);
            for rule in &group.applications {
                let _ = writeln!(text, "\n    rule {{");
                set(&mut text, 16, "name", &quoted(&rule.name));
                set(&mut text, 16, "description", &quoted(&rule.description));
                set(&mut text, 16, "source_addresses", "var.source_addresses");
                let hosts: Vec<String> = rule.hosts.iter().map(|host| format!("        {},\n", quoted(host))).collect();
                set(&mut text, 0, "destination_fqdns", &format!("[\n{}      ]", hosts.concat()));
                let _ = writeln!(text, "\n      protocols {{");
                let _ = writeln!(text, "        type = {}\n        port = {}", quoted(rule.protocol), rule.port);
                text += "      }\n    }\n";
            }
            text += "  }\n";
        }
    }
    text += "}\n";
    text
}

fn open(text: &mut String, block: &str, group: &str, part: &str, priority: usize) {
    let name = quoted(&format!("speech-{group}-{part}"));
    let _ =
        writeln!(text, "\n  {block} {{\n    name     = {name}\n    priority = {priority}\n    action   = \"Allow\"");
}

/// Writes an argument; `width` aligns it with its neighbours as `terraform fmt` does.
fn set(text: &mut String, width: usize, name: &str, value: &str) {
    let _ = writeln!(text, "      {name:<width$} = {value}");
}

/// Returns a string of HCL. Its values are host names, tags and constant sentences; what HCL would read is escaped anyway.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '$' | '%' if rest.peek() == Some(&'{') => quoted.extend([c, c]),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

const VARIABLES: &str = "
variable \"firewall_policy_id\" {
  type = string
}

variable \"source_addresses\" {
  type = list(string)
}

variable \"priority\" {
  type    = number
  default = 1000
}

resource \"azurerm_firewall_policy_rule_collection_group\" \"speech\" {
  name               = \"speech\"
  firewall_policy_id = var.firewall_policy_id
  priority           = var.priority
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_cannot_end_early_or_become_a_template() {
        assert_eq!(quoted("a\"b\\c${d}%{e}\nf $5"), r#""a\"b\\c$${d}%%{e} f $5""#);
    }
}
