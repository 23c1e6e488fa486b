//! A chart folder read as Helm's directory loader reads it (Helm 3.17 `pkg/chart/loader/directory.go`, `internal/sympath`): depth first, names
//! in byte order, links followed under their own name, `.helmignore` of the top folder honoured.
//!
//! Where Helm has no limit, this has one with a name: a folder may come from a pull request.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::RawFile;
use super::helmignore::IgnoreRules;
use super::tree::Tree;
use crate::error::{Context as _, Error, ErrorKind, Result};

const IGNORE_FILE: &str = ".helmignore";

/// What a folder may hold and which links are followed.
#[derive(Debug, Clone)]
pub struct FolderLimits {
    /// The most bytes of one file: Helm's 5 MiB.
    pub file_bytes: u64,
    /// The most bytes of all files together: Helm's 100 MiB for archives.
    pub chart_bytes: u64,
    /// The most files and folders looked at, each as often as links lead to it.
    pub entries: usize,
    /// Whether links may lead out of the chart folder. Helm follows them; who reads a stranger's folder shouldn't.
    pub outside_links: bool,
}

impl Default for FolderLimits {
    fn default() -> Self {
        Self { file_bytes: 5 << 20, chart_bytes: 100 << 20, entries: 100_000, outside_links: true }
    }
}

/// A folder's files in Helm's walking order, and what a reader should know about them.
#[derive(Debug)]
pub struct Folder {
    /// The files that `.helmignore` leaves.
    pub files: Vec<RawFile>,
    /// Sentences without a final stop: links that lead out of the folder, names that aren't UTF-8.
    pub notices: Vec<String>,
}

/// Reads a chart folder.
///
/// # Errors
/// [`ErrorKind::NotFound`] when there is no such folder, [`ErrorKind::Syntax`] for a broken `.helmignore`, [`ErrorKind::Chart`] for devices,
/// pipes, broken links and links that go in a circle, [`ErrorKind::Limit`] for what is too large, [`ErrorKind::Denied`] for forbidden links,
/// [`ErrorKind::Io`] when the disk fails.
pub fn read(folder: &Path, limits: &FolderLimits) -> Result<Folder> {
    let doing = || format!("cannot read the chart folder {}", folder.display());
    let top = fs::canonicalize(folder).map_err(|error| io_error(folder, &error)).doing(doing)?;
    let rules = ignore_rules(&top).doing(doing)?;
    let mut walk =
        Walk { top: &top, limits, rules, read: Folder { files: Vec::new(), notices: Vec::new() }, entries: 0, bytes: 0, open: Vec::new() };
    walk.folder(&top, "").doing(doing)?;
    Ok(walk.read)
}

/// Reads a chart folder of a repository's tree, with the same rules. A tree has no links to follow: what is one in the repository is no file.
///
/// # Errors
/// Those of [`read`] that don't come from the disk, and those of the tree.
pub fn in_tree(tree: &dyn Tree, folder: &str, limits: &FolderLimits) -> Result<Vec<RawFile>> {
    let doing = || format!("cannot read the chart folder {folder} of the repository");
    let folder = folder.trim_end_matches('/');
    let place = |path: &str| if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
    let read = || {
        let ignore_file = place(IGNORE_FILE);
        let text = tree.read(&ignore_file)?.unwrap_or_default();
        let rules = IgnoreRules::parse(&ignore_file, &String::from_utf8_lossy(&text))?;
        let start = if folder.is_empty() { 0 } else { folder.len() + 1 };
        let mut paths: Vec<String> = tree.files(folder)?.iter().filter_map(|path| path.get(start..)).map(str::to_owned).collect();
        // Helm walks folder by folder: names are compared one by one, not with the slash between them.
        paths.sort_by(|a, b| a.split('/').cmp(b.split('/')));
        paths.retain(|path| !is_ignored(&rules, path));
        if paths.len() > limits.entries {
            return Err(too_many(limits));
        }
        let mut files = Vec::with_capacity(paths.len());
        let mut left = limits.chart_bytes;
        for path in paths {
            let Some(bytes) = tree.read(&place(&path))? else { continue };
            if bytes.len() as u64 > limits.file_bytes.min(left) {
                return Err(too_large(limits, &path, limits.file_bytes.min(left)));
            }
            left -= bytes.len() as u64;
            files.push(RawFile { path, bytes });
        }
        if files.is_empty() {
            return Err(Error::new(ErrorKind::NotFound, format!("there are no files in {folder}")));
        }
        Ok(files)
    };
    read().doing(doing)
}

/// Whether the rules leave a file out, or a folder above it.
fn is_ignored(rules: &IgnoreRules, path: &str) -> bool {
    path.match_indices('/').any(|(at, _)| rules.ignore(&path[..at], true)) || rules.ignore(path, false)
}

fn too_many(limits: &FolderLimits) -> Error {
    Error::new(ErrorKind::Limit, format!("there are more than {} files and folders", limits.entries))
        .hint(format!("is this a chart folder? {IGNORE_FILE} can leave parts of it out"))
}

fn too_large(limits: &FolderLimits, path: &str, most: u64) -> Error {
    let message = if most == limits.file_bytes {
        format!("the file {path} is larger than {} bytes, the most for one file of a chart", limits.file_bytes)
    } else {
        format!("the files up to {path} are larger than {} bytes, the most for a chart", limits.chart_bytes)
    };
    Error::new(ErrorKind::Limit, message).hint(format!("name what doesn't belong to the chart in {IGNORE_FILE}"))
}

fn ignore_rules(top: &Path) -> Result<IgnoreRules> {
    let file = top.join(IGNORE_FILE);
    let text = match fs::metadata(&file) {
        Ok(_) => fs::read(&file).map_err(|error| io_error(&file, &error))?,
        Err(_) => Vec::new(),
    };
    IgnoreRules::parse(&file.display().to_string(), &String::from_utf8_lossy(&text))
}

struct Walk<'a> {
    /// The chart folder without links.
    top: &'a Path,
    limits: &'a FolderLimits,
    rules: IgnoreRules,
    read: Folder,
    entries: usize,
    bytes: u64,
    /// The folders being read, outermost first, without links.
    open: Vec<PathBuf>,
}

impl Walk<'_> {
    /// Reads a folder; `path` is where it stands in the chart, with a `/` at its end unless it is the top.
    fn folder(&mut self, real: &Path, path: &str) -> Result<()> {
        if self.open.iter().any(|open| open == real) {
            return Err(Error::new(ErrorKind::Chart, format!("the link {} leads back to a folder it is in", path.trim_end_matches('/')))
                .hint(format!("remove the link, or name it in {IGNORE_FILE}")));
        }
        self.open.push(real.to_owned());
        for name in sorted_names(real)? {
            self.entries += 1;
            if self.entries > self.limits.entries {
                return Err(too_many(self.limits));
            }
            self.entry(&real.join(&name), &format!("{path}{}", name.to_string_lossy()), name.to_str().is_some())?;
        }
        self.open.pop();
        Ok(())
    }

    fn entry(&mut self, real: &Path, path: &str, is_utf8: bool) -> Result<()> {
        let mut info = fs::symlink_metadata(real).map_err(|error| io_error(real, &error))?;
        let mut target = real.to_owned();
        if info.is_symlink() {
            // Helm resolves a link before it asks the rules, so a broken one fails even when it is ignored.
            target = fs::canonicalize(real).map_err(|error| {
                Error::new(ErrorKind::Chart, format!("the link {path} leads nowhere ({})", reason(&error)))
                    .hint("remove the link; Helm refuses it, too")
            })?;
            info = fs::symlink_metadata(&target).map_err(|error| io_error(&target, &error))?;
        }
        if self.rules.ignore(path, info.is_dir()) {
            return Ok(());
        }
        self.admit_link(&target, path)?;
        if info.is_dir() {
            return self.folder(&target, &format!("{path}/"));
        }
        if !is_utf8 {
            self.read.notices.push(format!("the name of {path} is not UTF-8; what can't be read of it is replaced"));
        }
        self.file(&target, path, &info)
    }

    /// Refuses or tells of a link that leads out of the chart folder.
    fn admit_link(&mut self, target: &Path, path: &str) -> Result<()> {
        let parent = self.open.last().map_or(self.top, PathBuf::as_path);
        if target.starts_with(self.top) || (target.parent() == Some(parent)) {
            return Ok(());
        }
        if !self.limits.outside_links {
            return Err(Error::new(ErrorKind::Denied, format!("the link {path} leads out of the chart folder, to {}", target.display()))
                .hint("links out of the folder are not followed here; copy the file into the chart"));
        }
        self.read
            .notices
            .push(format!("{path} is a link out of the chart folder, to {}; what is there is used, as Helm does", target.display()));
        Ok(())
    }

    fn file(&mut self, target: &Path, path: &str, info: &fs::Metadata) -> Result<()> {
        if !info.is_file() {
            return Err(Error::new(ErrorKind::Chart, format!("{path} is a device, a pipe or a socket, not a file"))
                .hint(format!("remove it, or name it in {IGNORE_FILE}")));
        }
        let left = self.limits.chart_bytes.saturating_sub(self.bytes);
        let most = self.limits.file_bytes.min(left);
        let mut bytes = Vec::new();
        // The size on record can be wrong (it is 0 below /proc), so the limit holds for what is read.
        let opened = fs::File::open(target).and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes));
        opened.map_err(|error| io_error(target, &error))?;
        if bytes.len() as u64 > most {
            return Err(too_large(self.limits, path, most));
        }
        self.bytes += bytes.len() as u64;
        self.read.files.push(RawFile { path: path.to_owned(), bytes: Bytes::from(bytes) });
        Ok(())
    }
}

fn sorted_names(folder: &Path) -> Result<Vec<std::ffi::OsString>> {
    let names: io::Result<Vec<_>> =
        fs::read_dir(folder).and_then(|entries| entries.map(|entry| entry.map(|entry| entry.file_name())).collect());
    let mut names = names.map_err(|error| io_error(folder, &error))?;
    names.sort_unstable_by(|a, b| a.as_encoded_bytes().cmp(b.as_encoded_bytes()));
    Ok(names)
}

fn io_error(path: &Path, error: &io::Error) -> Error {
    let kind = if error.kind() == io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Io };
    Error::new(kind, format!("{}: {}", path.display(), reason(error)))
}

/// The reason without the number of the operating system.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests;
