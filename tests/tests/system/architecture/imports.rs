//! Compares the workspace's dependencies with the tables.

use super::rules::{ADAPTERS, DOMAIN_DEPENDENCIES, DRIVERS, Ours, POEM, RULES, Rule, Scope};
use super::workspace::{Crate, Workspace};

/// What is wrong with the dependencies.
pub(crate) fn complaints(workspace: &Workspace) -> Vec<String> {
    let of = |member| match rule_of(member) {
        Some(rule) => against(rule, member, workspace),
        None => vec![format!("{} has no row in the table of import rules", member.folder)],
    };
    workspace.crates.iter().flat_map(of).collect()
}

/// The row about a crate: one that names its folder comes before that of every adapter.
fn rule_of(member: &Crate) -> Option<&'static Rule> {
    let names = |rule: &&Rule| matches!(rule.scope, Scope::Folder(folder) if folder == member.folder);
    let adapter = || RULES.iter().find(|rule| rule.scope == Scope::EveryAdapter && is_adapter(member));
    RULES.iter().find(names).or_else(adapter)
}

fn is_adapter(member: &Crate) -> bool {
    member.folder.starts_with(ADAPTERS)
}

fn against(rule: &Rule, member: &Crate, workspace: &Workspace) -> Vec<String> {
    let mut complaints = vec![];
    let name = &member.name;
    for used in member.declared.iter().filter(|used| !used.dev) {
        if rule.never_directly.contains(&used.name.as_str()) {
            complaints.push(format!("{name} must not depend on {}", used.name));
        }
        let Some(ours) = workspace.crates.iter().find(|ours| ours.name == used.name) else { continue };
        let optionally = used.optional && rule.ours_optionally.contains(&used.name.as_str());
        if !optionally && !allowed(rule.ours, ours) {
            complaints.push(format!("{name} must not use {}", used.name));
        }
    }
    for &never in rule.never.iter().copied().flatten() {
        if member.sees.contains(never) {
            complaints.push(format!("{name} must never see {never}"));
        }
    }
    for &poem in POEM.iter().filter(|_| rule.ring < 4) {
        if member.tests_see.contains(poem) {
            complaints.push(format!("{name} is below the edges: its tests must never see {poem}"));
        }
    }
    let direct = member.declared.iter().filter(|used| !used.dev).count();
    if rule.ring == 0 && direct > DOMAIN_DEPENDENCIES {
        complaints.push(format!("{name} has {direct} direct dependencies, at most {DOMAIN_DEPENDENCIES} are allowed"));
    }
    complaints
}

fn allowed(rule: Ours, used: &Crate) -> bool {
    match rule {
        Ours::Everything => true,
        Ours::Only(names) => names.contains(&used.name.as_str()),
        Ours::AndAdapters(names) => names.contains(&used.name.as_str()) || is_adapter(used),
    }
}

/// Drivers that a crate other than their home depends on.
pub(crate) fn drivers_away_from_home(workspace: &Workspace) -> Vec<String> {
    let mut complaints = vec![];
    for member in &workspace.crates {
        if rule_of(member).is_some_and(|rule| rule.ours == Ours::Everything) {
            continue;
        }
        for used in member.declared.iter().filter(|used| !used.dev) {
            if let Some((driver, homes)) = DRIVERS.iter().find(|(driver, _)| *driver == used.name)
                && !homes.contains(&member.name.as_str())
            {
                let homes = homes.join(" and ");
                complaints.push(format!("{} depends on {driver}, which is at home in {homes}", member.name));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::super::workspace::Declared;
    use super::*;

    fn member(name: &str, folder: &str, uses: &[&str]) -> Crate {
        let declared =
            uses.iter().map(|used| Declared { name: (*used).to_owned(), dev: false, optional: false }).collect();
        let sees = uses.iter().map(|used| (*used).to_owned()).collect();
        Crate { name: name.to_owned(), folder: folder.to_owned(), declared, sees, ..Crate::default() }
    }

    /// A small house in order, and one crate more or in another's place.
    fn house_with(odd: Crate) -> Workspace {
        let mut crates = vec![
            member("wareroom-domain", "crates/domain", &["jiff"]),
            member("wareroom-ports", "crates/ports", &["wareroom-domain", "bytes"]),
            member("wareroom-application", "crates/application", &["wareroom-domain", "wareroom-ports", "tokio"]),
            member("wareroom-memory", "crates/adapters/memory", &["wareroom-domain", "wareroom-ports"]),
            member("wareroom-sqlite", "crates/adapters/sqlite", &["wareroom-domain", "wareroom-ports", "rusqlite"]),
            member(
                "wareroom-postgres",
                "crates/adapters/postgres",
                &["wareroom-domain", "wareroom-ports", "tokio-postgres"],
            ),
            member("wareroom-bootstrap", "crates/bootstrap", &["wareroom-application", "wareroom-sqlite"]),
            member("wareroom-app-worker", "crates/app-worker", &["wareroom-application"]),
            member("wareroom-process", "crates/process", &["wareroom-bootstrap", "hyper", "metrics"]),
            member("wareroom-app-api", "crates/app-api", &["wareroom-application", "poem", "poem-openapi", "hyper"]),
            member("wareroom-test-kit", "crates/test-kit", &["wareroom-bootstrap", "wareroom-app-api", "poem"]),
        ];
        crates.retain(|there| there.folder != odd.folder);
        crates.push(odd);
        Workspace { crates, ..Workspace::default() }
    }

    fn verdict(odd: Crate) -> Vec<String> {
        let house = house_with(odd);
        let mut all = complaints(&house);
        all.extend(drivers_away_from_home(&house));
        all
    }

    #[track_caller]
    fn assert_complaint(odd: Crate, expected: &str) {
        let complaints = verdict(odd);
        assert!(complaints.iter().any(|complaint| complaint == expected), "{expected:?} not in {complaints:?}");
    }

    #[test]
    fn a_house_in_order_passes() {
        let odd = member("wareroom-system", "crates/adapters/system", &["wareroom-ports"]);
        assert_eq!(verdict(odd), Vec::<String>::new());
    }

    #[test]
    fn a_wrong_edge_is_found_wherever_it_starts() {
        let wrong = [
            ("wareroom-domain", "crates/domain", "wareroom-ports"),
            ("wareroom-ports", "crates/ports", "wareroom-application"),
            ("wareroom-application", "crates/application", "wareroom-memory"),
            ("wareroom-sqlite", "crates/adapters/sqlite", "wareroom-application"),
            ("wareroom-sqlite", "crates/adapters/sqlite", "wareroom-memory"),
            ("wareroom-decorators", "crates/adapters/decorators", "wareroom-memory"),
            ("wareroom-port-contracts", "crates/port-contracts", "wareroom-memory"),
            ("wareroom-bootstrap", "crates/bootstrap", "wareroom-app-api"),
            ("wareroom-bootstrap", "crates/bootstrap", "wareroom-process"),
            ("wareroom-process", "crates/process", "wareroom-app-worker"),
            ("wareroom-process", "crates/process", "wareroom-postgres"),
            ("wareroom-app-api", "crates/app-api", "wareroom-sqlite"),
            ("wareroom-app-api", "crates/app-api", "wareroom-bootstrap"),
            ("wareroom-app-worker", "crates/app-worker", "wareroom-bootstrap"),
            ("wareroom-app-worker", "crates/app-worker", "wareroom-process"),
            ("wareroom", "crates/wareroom", "wareroom-sqlite"),
            ("wareroom", "crates/wareroom", "wareroom-test-kit"),
        ];
        for (name, folder, used) in wrong {
            assert_complaint(member(name, folder, &[used]), &format!("{name} must not use {used}"));
        }
    }

    #[test]
    fn what_a_ring_must_never_see_is_found_also_behind_others() {
        let wrong = [
            ("wareroom-domain", "crates/domain", "tokio"),
            ("wareroom-domain", "crates/domain", "serde_json"),
            ("wareroom-ports", "crates/ports", "serde_json"),
            ("wareroom-ports", "crates/ports", "rusqlite"),
            ("wareroom-application", "crates/application", "poem"),
            ("wareroom-application", "crates/application", "object_store"),
            ("wareroom-application", "crates/application", "metrics"),
            ("wareroom-sqlite", "crates/adapters/sqlite", "poem"),
            ("wareroom-decorators", "crates/adapters/decorators", "fred"),
            ("wareroom-bootstrap", "crates/bootstrap", "poem-openapi"),
            ("wareroom-process", "crates/process", "poem"),
        ];
        for (name, folder, seen) in wrong {
            let mut odd = member(name, folder, &["something-else"]);
            odd.sees.insert(seen.to_owned());
            assert_complaint(odd, &format!("{name} must never see {seen}"));
        }
    }

    #[test]
    fn tests_below_the_edges_must_not_bring_the_framework() {
        let mut odd = member("wareroom-memory", "crates/adapters/memory", &[]);
        odd.tests_see.insert("poem".to_owned());
        assert_complaint(odd, "wareroom-memory is below the edges: its tests must never see poem");
    }

    #[test]
    fn other_dev_dependencies_are_exempt() {
        let mut odd = member("wareroom-application", "crates/application", &["wareroom-ports"]);
        odd.declared.push(Declared { name: "wareroom-memory".to_owned(), dev: true, optional: false });
        odd.tests_see.insert("rusqlite".to_owned());
        assert_eq!(verdict(odd), Vec::<String>::new());
    }

    #[test]
    fn only_an_optional_bootstrap_is_let_into_an_edge() {
        let mut odd = member("wareroom-app-worker", "crates/app-worker", &["wareroom-application"]);
        odd.declared.push(Declared { name: "wareroom-bootstrap".to_owned(), dev: false, optional: true });
        assert_eq!(verdict(odd.clone()), Vec::<String>::new());
        odd.declared.push(Declared { name: "wareroom-sqlite".to_owned(), dev: false, optional: true });
        assert_complaint(odd, "wareroom-app-worker must not use wareroom-sqlite");
    }

    #[test]
    fn a_driver_away_from_home_is_found_also_when_it_is_optional() {
        let mut odd = member("wareroom-app-worker", "crates/app-worker", &[]);
        odd.declared.push(Declared { name: "rusqlite".to_owned(), dev: false, optional: true });
        assert_complaint(odd, "wareroom-app-worker depends on rusqlite, which is at home in wareroom-sqlite");
        let homes = "wareroom-app-api and wareroom-process";
        let odd = member("wareroom-app-worker", "crates/app-worker", &["hyper"]);
        assert_complaint(odd, &format!("wareroom-app-worker depends on hyper, which is at home in {homes}"));
    }

    #[test]
    fn a_crate_without_a_row_is_found() {
        assert_complaint(
            member("wareroom-extra", "crates/extra", &[]),
            "crates/extra has no row in the table of import rules",
        );
    }

    #[test]
    fn the_domain_stays_small() {
        let odd = member("wareroom-domain", "crates/domain", &["a", "b", "c", "d", "e", "f"]);
        assert_complaint(odd, "wareroom-domain has 6 direct dependencies, at most 5 are allowed");
        let odd = member("wareroom-domain", "crates/domain", &["serde"]);
        assert_complaint(odd, "wareroom-domain must not depend on serde");
    }
}
