//! Dependencies of a chart in the repository: Chart.yaml and requirements.yaml, with the lock that says the exact version.

use super::claim::{Claim, Part, Wanted};
use super::read::{Broken, Reading};
use super::side::Side;
use super::text::{field, fields, file_name, folder, is_templated, items};
use super::{Tool, Unread};
use crate::error::Result;
use crate::fetch::well_known;
use crate::value::{Data, Node};
use crate::version::{Constraint, Version};

/// Reads the dependencies that one file declares.
pub(super) fn read(side: &Side<'_>, path: &str, into: &mut Reading) -> Result<()> {
    let declared = match side.document(path) {
        Ok(Some(node)) => node,
        Ok(None) => return Ok(()),
        Err(error) => {
            into.broken.push(Broken::file(Tool::Dependency, path, &error));
            return Ok(());
        }
    };
    if items(&declared, "dependencies").is_empty() {
        return Ok(());
    }
    let chart = Chart::read(side, path, &declared);
    for (at, dependency) in items(&declared, "dependencies").iter().enumerate() {
        into.claims.extend(chart.claim(at, dependency));
    }
    Ok(())
}

/// The chart that has the dependencies.
struct Chart<'a> {
    path: &'a str,
    /// Its name, which is taken for the release's.
    name: String,
    declared: &'a Node,
    lock: Option<Node>,
    lock_trouble: Option<Unread>,
    values: Option<Node>,
}

impl<'a> Chart<'a> {
    fn read(side: &Side<'_>, path: &'a str, declared: &'a Node) -> Self {
        let of_chart = |name: &str| super::text::resolve(folder(path), name).unwrap_or_default();
        let v1 = file_name(path) == "requirements.yaml";
        let lock_path = of_chart(if v1 { "requirements.lock" } else { "Chart.lock" });
        let (lock, lock_trouble) = match side.document(&lock_path) {
            Ok(lock) => (lock, None),
            Err(error) => (None, Some(Unread::new(lock_path, super::side::innermost(&error)))),
        };
        let name = if v1 {
            side.document(&of_chart("Chart.yaml")).ok().flatten().as_ref().and_then(|node| field(node, "name"))
        } else {
            field(declared, "name")
        };
        let name = name.unwrap_or_else(|| file_name(folder(path)).to_owned());
        let values = side.document(&of_chart("values.yaml")).ok().flatten();
        Self { path, name, declared, lock, lock_trouble, values }
    }

    /// The claim of one dependency; `None` when it is a folder of the repository, which is compared as a chart of its own.
    fn claim(&self, at: usize, dependency: &Node) -> Option<Claim> {
        let name = field(dependency, "name")?;
        let repository = field(dependency, "repository").unwrap_or_default();
        if repository.is_empty() || repository.starts_with("file:") {
            return None;
        }
        let key = field(dependency, "alias").filter(|alias| !alias.is_empty()).unwrap_or_else(|| name.clone());
        let declared = field(dependency, "version").unwrap_or_default();
        let mut unread: Vec<Unread> = self.lock_trouble.iter().cloned().collect();
        let version_node = dependency.get("version").unwrap_or(dependency);
        let (version, place) = match self.locked(at, &name, &declared) {
            Locked::Nothing => (declared, version_node.at.place()),
            Locked::OutOfStep(lock) => {
                unread.push(Unread::new(lock.at.source.name.clone(), format!("it is out of step: {declared} is asked of {name}")));
                (declared, version_node.at.place())
            }
            Locked::At(node, version) if version == declared => {
                (version, if dependency.get("version").is_some() { version_node } else { &node }.at.place())
            }
            Locked::At(node, version) => (version, node.at.place()),
        };
        Some(Claim {
            tool: Tool::Dependency,
            file: self.path.to_owned(),
            owner: String::new(),
            slot: key.clone(),
            place,
            wanted: wanted(&repository, &name, &version),
            chart: name,
            release: self.name.clone(),
            namespace: String::new(),
            parts: vec![Part::File { path: super::text::resolve(folder(self.path), "values.yaml")?, optional: true }],
            switched_off: self.switched_off(dependency),
            values_key: Some(key),
            kube_version: None,
            api_versions: Vec::new(),
            unread,
        })
    }

    /// What the lock says of a dependency. Entries of one name (a chart under several aliases) are taken in order.
    fn locked(&self, at: usize, name: &str, declared: &str) -> Locked {
        let Some(lock) = &self.lock else { return Locked::Nothing };
        let of_name = |node: &&Node| field(node, "name").as_deref() == Some(name);
        let nth = items(self.declared, "dependencies")[..at].iter().filter(of_name).count();
        let Some(entry) = items(lock, "dependencies").iter().filter(of_name).nth(nth) else { return Locked::OutOfStep(lock.clone()) };
        let Some(version) = field(entry, "version") else { return Locked::OutOfStep(lock.clone()) };
        let fits = match (Constraint::parse(declared), Version::parse(&version)) {
            (Ok(constraint), Ok(version)) => declared.is_empty() || constraint.check(&version),
            _ => declared.is_empty() || declared == version,
        };
        match entry.get("version") {
            Some(node) if fits => Locked::At(node.clone(), version),
            _ => Locked::OutOfStep(entry.clone()),
        }
    }

    /// Why the dependency is not installed with the parent's values: the first of its conditions that says something, else its tags.
    fn switched_off(&self, dependency: &Node) -> Option<String> {
        let values = self.values.as_ref()?;
        let flag = |path: &str| match values.get_path(path.split('.')).map(|node| &node.data) {
            Some(Data::Bool(on)) => Some(*on),
            _ => None,
        };
        let conditions = field(dependency, "condition").unwrap_or_default();
        if let Some((path, on)) = conditions.split(',').map(str::trim).find_map(|path| flag(path).map(|on| (path, on))) {
            return (!on).then(|| format!("`{path}` is false in the values of {}", self.name));
        }
        let tags = fields(dependency, "tags");
        let said: Vec<(&String, bool)> = tags.iter().filter_map(|tag| Some((tag, flag(&format!("tags.{tag}"))?))).collect();
        let off = !said.is_empty() && said.iter().all(|(_, on)| !on);
        off.then(|| format!("the tag `{}` is false in the values of {}", said[0].0, self.name))
    }
}

/// What a lock says of one dependency.
enum Locked {
    /// There is no lock.
    Nothing,
    /// It doesn't fit what is declared; the node is where to look.
    OutOfStep(Node),
    /// The exact version, and where it stands.
    At(Node, String),
}

fn wanted(repository: &str, name: &str, version: &str) -> Wanted {
    let alias = repository.strip_prefix('@').or_else(|| repository.strip_prefix("alias:"));
    let Some(alias) = alias.filter(|alias| !is_templated(alias)) else { return Wanted::named(repository, name, version) };
    let unknown = Wanted::unknown(
        format!("{repository} {name} {version}"),
        format!("{repository} is a name that each user gives to a repository; the files don't say its address"),
    );
    unknown.hint(match well_known::address(alias) {
        Some(address) => format!("if it is that of the publisher {alias}, write `repository: {address}`"),
        None => "write the repository's URL in place of the name".into(),
    })
}
