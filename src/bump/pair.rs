//! From two readings to what moved: each release of the new tree finds itself in the old one.

use std::collections::{BTreeMap, BTreeSet};

use super::claim::{Claim, Wanted};
use super::read::{self, Broken, Reading};
use super::side::Side;
use super::{Bump, Found, Source, Surroundings, Tool, Unreviewed, applicationset, flux, helmfile, layers, local, terraform};
use crate::error::{Place, Result};
use crate::fetch::tree::{ChangedFile, Tree};
use crate::version::Version;

/// See [`super::find`].
pub(super) fn find(old: &dyn Tree, new: &dyn Tree, changed: &[ChangedFile], surroundings: &Surroundings) -> Result<Found> {
    let (old, new) = (Side::new(old, surroundings), Side::new(new, surroundings));
    let mut users = flux::users(&old, &new, changed)?;
    let paths: Vec<&str> = changed.iter().flat_map(|file| [file.old.as_deref(), file.new.as_deref()]).flatten().collect();
    users.extend(applicationset::users(&new, &paths)?);
    users.extend(terraform::users(&new, &paths)?);
    users.extend(helmfile::users(&new, &paths)?);
    let files = Files::new(changed, users);
    let was = read_all(&old, &files.old)?;
    let is = read_all(&new, &files.new)?;
    let mut found = Found { bumps: Vec::new(), unreviewed: Vec::new(), parsed_files: 0 };
    for (was, is) in pairs(&files, &was.claims, &is.claims) {
        judge(&new, was, is, &mut found)?;
    }
    broken(&old, &new, &files, &was, &is, &mut found)?;
    let local = local::find(&old, &new, changed, &found.bumps)?;
    found.bumps.extend(local);
    without_marked_twice(&mut found);
    without_reviewed_in_parent(&mut found);
    found.bumps.sort_by(|a, b| (&a.place, &a.release, &a.namespace).cmp(&(&b.place, &b.release, &b.namespace)));
    found.unreviewed.sort_by(|a, b| (&a.place, &a.chart, &a.reason).cmp(&(&b.place, &b.chart, &b.reason)));
    found.unreviewed.dedup();
    found.parsed_files = old.parsed_files() + new.parsed_files();
    Ok(found)
}

/// The files to read on both sides, and where the old ones went.
struct Files {
    old: BTreeSet<String>,
    new: BTreeSet<String>,
    /// Old path → new path of files that moved.
    moved: BTreeMap<String, String>,
}

impl Files {
    fn new(changed: &[ChangedFile], users: impl IntoIterator<Item = String>) -> Self {
        let side = |pick: fn(&ChangedFile) -> &Option<String>| changed.iter().filter_map(pick_ref(pick)).map(read::representative);
        let mut files = Self {
            old: side(|file| &file.old).collect(),
            new: side(|file| &file.new).collect(),
            moved: changed.iter().filter_map(|file| Some((file.old.clone()?, file.new.clone()?))).filter(|(old, new)| old != new).collect(),
        };
        for path in users {
            files.old.insert(path.clone());
            files.new.insert(path);
        }
        files
    }

    /// What an old file is called in the new tree.
    fn now<'a>(&'a self, old: &'a str) -> &'a str {
        self.moved.get(old).map_or(old, String::as_str)
    }

    /// What a new file was called in the old tree.
    fn formerly<'a>(&'a self, new: &'a str) -> &'a str {
        self.moved.iter().find(|(_, to)| *to == new).map_or(new, |(from, _)| from)
    }
}

fn pick_ref(pick: fn(&ChangedFile) -> &Option<String>) -> impl Fn(&ChangedFile) -> Option<&str> {
    move |file| pick(file).as_deref()
}

/// A line that a tool's reader knows needs no marker.
fn without_marked_twice(found: &mut Found) {
    let known: BTreeSet<(String, u32)> =
        found.bumps.iter().filter(|bump| bump.tool != Tool::Marker).map(|bump| (bump.place.file.clone(), bump.place.line)).collect();
    found.bumps.retain(|bump| bump.tool != Tool::Marker || !known.contains(&(bump.place.file.clone(), bump.place.line)));
}

/// A dependency that moved in a chart whose own files changed, too, is a part of that chart's review.
fn without_reviewed_in_parent(found: &mut Found) {
    let folder = |source: &Source| if let Source::Folder(folder) = source { Some(format!("{folder}/")) } else { None };
    let reviewed: Vec<(String, String)> = found.bumps.iter().filter_map(|bump| Some((folder(&bump.old)?, folder(&bump.new)?))).collect();
    let inside = |bump: &Bump| {
        let file = |place: &Place, folder: &str| place.file.strip_prefix(folder).is_some_and(|rest| !rest.contains('/'));
        reviewed.iter().any(|(old, new)| file(&bump.old_place, old) && file(&bump.place, new))
    };
    found.bumps.retain(|bump| bump.tool != Tool::Dependency || !inside(bump));
}

fn read_all(side: &Side<'_>, paths: &BTreeSet<String>) -> Result<Reading> {
    let mut reading = Reading::default();
    for path in paths {
        read::read(side, path, &mut reading)?;
    }
    Ok(reading)
}

/// Whether an old claim is continued by a new one.
type Rule<'r> = &'r dyn Fn(&Claim, &Claim) -> bool;

/// Each new claim with the old claim that it continues.
///
/// First those of the same owner in the same file, then those whose owner moved to another file, and last the one that is left over on
/// both sides of an owner when its chart or its repository is the same: a renamed chart, or a repository that moved.
fn pairs<'a>(files: &Files, old: &'a [Claim], new: &'a [Claim]) -> Vec<(&'a Claim, &'a Claim)> {
    let mut left: Vec<Option<&Claim>> = old.iter().map(Some).collect();
    let mut found: Vec<Option<&Claim>> = vec![None; new.len()];
    let same_file = |was: &Claim, is: &Claim| files.now(&was.file) == is.file && was.owner == is.owner && was.slot == is.slot;
    let same_owner = |was: &Claim, is: &Claim| !is.owner.is_empty() && was.owner == is.owner && was.slot == is.slot;
    let rules: [Rule<'_>; 2] = [&same_file, &same_owner];
    for rule in rules {
        for (is, found) in new.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            let place = left.iter().position(|was| was.is_some_and(|was| was.tool == is.tool && rule(was, is)));
            *found = place.and_then(|place| left[place].take());
        }
    }
    let remaining: Vec<&Claim> = left.into_iter().flatten().collect();
    for (at, is) in new.iter().enumerate() {
        let siblings = |claim: &Claim| claim.tool == is.tool && claim.owner == is.owner && files.now(&claim.file) == is.file;
        let alone =
            new.iter().zip(&found).filter(|(other, found)| found.is_none() && other.file == is.file && siblings(other)).count() == 1;
        let mut candidates = remaining.iter().filter(|was| siblings(was));
        if let (None, true, Some(was), None) = (found[at], alone, candidates.next(), candidates.next())
            && related(was, is)
        {
            found[at] = Some(was);
        }
    }
    new.iter().zip(found).filter_map(|(is, was)| Some((was?, is))).collect()
}

/// Whether two charts have so much in common that one may have taken the other's place.
fn related(was: &Claim, is: &Claim) -> bool {
    let address = |claim: &Claim| match &claim.wanted {
        Wanted::Known(Source::Repository { url, .. }) => Some(url.expose().as_str().trim_end_matches('/').to_owned()),
        Wanted::Known(Source::Oci { repository, .. }) => Some(super::text::folder(repository).to_owned()),
        _ => None,
    };
    was.release == is.release && (was.chart == is.chart || matches!((address(was), address(is)), (Some(was), Some(is)) if was == is))
}

/// One release in both trees: moved, can't be told, or the same.
fn judge(side: &Side<'_>, was: &Claim, is: &Claim, found: &mut Found) -> Result<()> {
    match (&was.wanted, &is.wanted) {
        (Wanted::Known(old), Wanted::Known(new)) if !same(old, new) => {
            let releases = if is.tool == Tool::Dependency { local::through_parents(side, is)? } else { vec![is.clone()] };
            for release in &releases {
                found.bumps.push(bump(side, was, release, old, new)?);
            }
        }
        (_, Wanted::Unknown { reason, hint, .. }) | (Wanted::Unknown { reason, hint, .. }, _) if was.wanted != is.wanted => {
            let reason = if matches!(is.wanted, Wanted::Known(_)) { format!("in the old version, {reason}") } else { reason.clone() };
            let (tool, place, chart) = (is.tool, is.place.clone(), is.chart.clone());
            found.unreviewed.push(Unreviewed { tool, place, chart, reason, hint: hint.clone() });
        }
        _ => {}
    }
    Ok(())
}

/// A release's move from one source to another, with its values.
pub(super) fn bump(side: &Side<'_>, was: &Claim, is: &Claim, old: &Source, new: &Source) -> Result<Bump> {
    let layers = layers::resolve(side, is)?;
    let mut unread = is.unread.clone();
    unread.extend(layers.unread);
    Ok(Bump {
        tool: is.tool,
        place: is.place.clone(),
        old_place: was.place.clone(),
        chart: is.chart.clone(),
        old: old.clone(),
        new: new.clone(),
        release: is.release.clone(),
        namespace: if is.namespace.is_empty() { "default".into() } else { is.namespace.clone() },
        values: layers.values,
        values_files: layers.files,
        values_key: is.values_key.clone(),
        switched_off: is.switched_off.clone(),
        kube_version: is.kube_version.clone(),
        api_versions: is.api_versions.clone(),
        unread,
    })
}

/// Whether two sources are one: a slash behind a URL and a `v` before a version of a repository make no other chart.
fn same(old: &Source, new: &Source) -> bool {
    match (old, new) {
        (
            Source::Repository { url: old_url, chart: old_chart, version: old_version },
            Source::Repository { url: new_url, chart: new_chart, version: new_version },
        ) => {
            let bare = |url: &crate::fetch::RedactedUrl| url.expose().as_str().trim_end_matches('/').to_owned();
            bare(old_url) == bare(new_url) && old_chart == new_chart && same_version(old_version, new_version)
        }
        _ => old == new,
    }
}

fn same_version(old: &str, new: &str) -> bool {
    let bare = |text: &str| text.trim().trim_start_matches(['v', '=']).to_owned();
    let exact = |text: &str| Version::parse(text.trim()).is_ok();
    old.trim() == new.trim() || (exact(old) && exact(new) && bare(old) == bare(new))
}

/// Files and parts of them that can't be read, where they differ between the trees.
fn broken(old: &Side<'_>, new: &Side<'_>, files: &Files, was: &Reading, is: &Reading, found: &mut Found) -> Result<()> {
    for broken in &is.broken {
        match telling_line(old, files.formerly(&broken.file), new, &broken.file)? {
            Telling::Same => {}
            Telling::Differs(line) => found.unreviewed.push(templated(broken, line)),
            Telling::Nothing => found.unreviewed.push(unreviewed(broken)),
        }
    }
    for broken in &was.broken {
        let now = files.now(&broken.file);
        if is.broken.iter().any(|is| is.file == now) {
            continue;
        }
        for claim in is.claims.iter().filter(|claim| claim.file == now) {
            let reason = format!("the old {} can't be read: {}", broken.file, broken.why);
            let (tool, place, chart) = (claim.tool, claim.place.clone(), claim.chart.clone());
            found.unreviewed.push(Unreviewed { tool, place, chart, reason, hint: None });
        }
    }
    Ok(())
}

fn unreviewed(broken: &Broken) -> Unreviewed {
    let reason = format!("the file can't be read: {}", broken.why);
    Unreviewed { tool: broken.tool, place: broken.place.clone(), chart: String::new(), reason, hint: None }
}

fn templated(broken: &Broken, line: usize) -> Unreviewed {
    let place = Place { file: broken.file.clone(), line: u32::try_from(line).unwrap_or(u32::MAX), column: 0 };
    let reason = "the file is a template: what it says of a chart is not known before it is rendered".to_owned();
    Unreviewed { tool: broken.tool, place, chart: String::new(), reason, hint: None }
}

/// What the lines of a template tell of charts: the file of a chart that makes Applications is not YAML before it is rendered, and most
/// changes of it move no chart.
enum Telling {
    /// It is no template, in one tree or in both.
    Nothing,
    /// The same in both trees.
    Same,
    /// Something else; the first line of it in the new tree, from 1.
    Differs(usize),
}

fn telling_line(old: &Side<'_>, old_path: &str, new: &Side<'_>, new_path: &str) -> Result<Telling> {
    const KEYS: [&str; 9] = ["targetRevision:", "version:", "repoURL:", "chart:", "repository:", "url:", "tag:", "semver:", "digest:"];
    let (Some(old), Some(new)) = (old.bytes(old_path)?, new.bytes(new_path)?) else { return Ok(Telling::Nothing) };
    let (old, new) = (String::from_utf8_lossy(&old).into_owned(), String::from_utf8_lossy(&new).into_owned());
    if !old.contains("{{") || !new.contains("{{") {
        return Ok(Telling::Nothing);
    }
    let telling = |text: &str| -> Vec<(usize, String)> {
        let is_telling = |line: &str| KEYS.iter().any(|key| line.trim_start_matches(['-', ' ']).starts_with(key));
        text.lines().enumerate().filter(|(_, line)| is_telling(line)).map(|(at, line)| (at + 1, line.trim().to_owned())).collect()
    };
    let (old, new) = (telling(&old), telling(&new));
    let same = old.iter().zip(&new).take_while(|(old, new)| old.1 == new.1).count();
    Ok(match new.get(same) {
        None if old.len() == new.len() => Telling::Same,
        line => Telling::Differs(line.or(new.last()).map_or(1, |(line, _)| *line)),
    })
}
