//! All sections and keys that there are.

/// A section of the policy file.
pub(super) struct Section {
    /// With dots between; empty for what stands before the first section.
    pub(super) name: &'static str,
    /// Whether there may be several, as `[[name]]`.
    pub(super) several: bool,
    pub(super) keys: &'static [&'static str],
}

impl Section {
    /// As an administrator writes it.
    pub(super) fn heading(&self) -> String {
        match (self.name, self.several) {
            ("", _) => "the top of the file".to_owned(),
            (name, true) => format!("[[{name}]]"),
            (name, false) => format!("[{name}]"),
        }
    }

    /// The name of a section within this one.
    pub(super) fn inner(&self, key: &str) -> String {
        match self.name {
            "" => key.to_owned(),
            name => format!("{name}.{key}"),
        }
    }
}

const fn one(name: &'static str, keys: &'static [&'static str]) -> Section {
    Section {
        name,
        several: false,
        keys,
    }
}

/// The first one is what stands before any section.
pub(super) const SECTIONS: &[Section] = &[
    one(
        "",
        &[
            "authserv_id",
            "internal_networks",
            "originating_daemons",
            "local_domains",
            "login_domain",
            "dns",
            "limits",
            "verify",
            "spf",
            "dmarc",
            "submission",
            "sign",
            "srs",
            "outbound",
            "strip",
            "control",
            // Of whoever loads the file: the milter.
            "milter",
            "log",
        ],
    ),
    one("dns", &["nameservers", "timeout", "zone_files"]),
    one(
        "limits",
        &["recipients", "header_octets", "header_fields", "signatures"],
    ),
    one("verify", &["enabled", "iprev", "on_temperror", "tag_field"]),
    one("spf", &["on_fail", "trusted_relays", "text"]),
    one(
        "dmarc",
        &[
            "honour_policy",
            "on_reject",
            "on_quarantine",
            "trusted_forwarders",
            "trusted_lists",
            "exceptions",
            "public_suffix_list",
            "text",
        ],
    ),
    one("dmarc.exceptions", &[]),
    one("submission", &["unsigned", "auth_results", "text"]),
    Section {
        name: "sign",
        several: true,
        keys: &[
            "domains",
            "signing_domain",
            "keys",
            "senders",
            "without_login",
            "expire_days",
            "canonicalization",
            "signed_fields",
            "oversigned_fields",
        ],
    },
    Section {
        name: "sign.keys",
        several: true,
        keys: &["selector", "file"],
    },
    one(
        "srs",
        &[
            "domain",
            "secret_file",
            "forward",
            "forwarded_recipients",
            "refuse_tampered",
            "excluded_domains",
            "separator",
            "hash_length",
            "hash_minimum",
            "max_age_days",
            "mint",
            "accept",
            "long_local_parts",
            "serve",
            "serve_mode",
            "text",
        ],
    ),
    one(
        "outbound",
        &[
            "state_file",
            "key_file",
            "on_alarm",
            "false_alarms_per_account_year",
            "watch",
            "declared",
            "accounts",
            "command",
            "mail_to",
            "mail_from",
            "sendmail",
            "announcements_per_hour",
            "text",
        ],
    ),
    one("outbound.declared", &[]),
    one("strip", &["fields", "of_submissions"]),
    one("control", &["socket", "mode"]),
    one("milter", &[]),
    one("log", &[]),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn file(path: &str) -> String {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(root.join(path)).unwrap()
    }

    #[test]
    fn the_documentation_knows_every_key() {
        let documentation = file("docs/filter.md");
        for section in SECTIONS {
            let missing: Vec<&&str> = section
                .keys
                .iter()
                .filter(|key| {
                    !documentation.contains(&format!("`{key}`"))
                        && !documentation.contains(&format!("[{key}]"))
                })
                .filter(|key| !["selector", "file"].contains(*key))
                .collect();
            assert!(missing.is_empty(), "{}: {missing:?}", section.heading());
        }
    }

    #[test]
    fn no_name_of_a_section_is_there_twice_and_the_first_is_the_top_of_the_file() {
        assert_eq!(SECTIONS[0].name, "");
        let names: std::collections::HashSet<&str> = SECTIONS.iter().map(|section| section.name).collect();
        assert_eq!(names.len(), SECTIONS.len());
    }
}
