//! In which lines two renders differ, and which moved defaults those lines read. Depends on `render`'s provenance.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::moved::Moved;
use crate::chart::Chart;
use crate::render::{Manifest, Origin, Rendered};
use crate::template::{Extent, Read};
use crate::value::{Node, Path, Step};

/// Says which moved defaults a read sees. Each read is looked up once.
#[derive(Debug)]
pub(super) struct Readers {
    /// Where moved defaults are set: their positions.
    places: BTreeMap<Path, Vec<usize>>,
    known: HashMap<Path, [Option<Arc<[usize]>>; 2]>,
}

impl Readers {
    /// For these defaults of a chart.
    pub(super) fn new(moved: &[Moved], chart: &Chart) -> Self {
        let subcharts: Vec<Path> = chart.mounted().iter().skip(1).map(|one| Path::keys(one.keys.iter().map(AsRef::as_ref))).collect();
        let mut places: BTreeMap<Path, Vec<usize>> = BTreeMap::new();
        for (index, one) in moved.iter().enumerate() {
            for (path, _) in one.settings() {
                let global = subcharts.iter().find_map(|subchart| as_global(path, subchart));
                for path in [Some(path.clone()), global].into_iter().flatten() {
                    places.entry(path).or_default().push(index);
                }
            }
        }
        Self { places, known: HashMap::new() }
    }

    /// The defaults that any of the reads sees, in order.
    pub(super) fn of<'r>(&mut self, reads: impl IntoIterator<Item = &'r Read>) -> Vec<usize> {
        let mut all: Vec<usize> = reads.into_iter().flat_map(|read| self.of_one(read).to_vec()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn of_one(&mut self, read: &Read) -> Arc<[usize]> {
        let extent = usize::from(read.extent == Extent::Whole);
        if let Some([shape, whole]) = self.known.get(&read.path)
            && let Some(known) = [shape, whole][extent]
        {
            return Arc::clone(known);
        }
        let found: Arc<[usize]> = self.look(read).into();
        self.known.entry(read.path.clone()).or_default()[extent] = Some(Arc::clone(&found));
        found
    }

    fn look(&self, read: &Read) -> Vec<usize> {
        let steps = read.path.steps();
        let above = (1..steps.len()).filter_map(|end| self.places.get_key_value(&steps[..end].iter().cloned().collect::<Path>()));
        let below = self.places.range(read.path.clone()..).take_while(|(path, _)| path.steps().starts_with(steps));
        above.chain(below).filter(|(path, _)| read.sees(path)).flat_map(|(_, indices)| indices).copied().collect()
    }
}

/// What a subchart's own global is for its templates: `sub.global.x` is `global.x`.
fn as_global(path: &Path, subchart: &Path) -> Option<Path> {
    let rest = path.steps().strip_prefix(subchart.steps())?;
    matches!(rest.first(), Some(Step::Key(key)) if **key == *"global").then(|| rest.iter().cloned().collect())
}

/// The defaults that one line of a render reads together, wherever it is more than one.
pub(super) fn meetings(rendered: &Rendered, readers: &mut Readers) -> BTreeSet<Vec<usize>> {
    let of_all = manifests(rendered).flat_map(lines).filter_map(|(_, origin)| origin);
    of_all.map(|origin| readers.of(origin.reads.iter().chain(&origin.conditions))).filter(|together| together.len() > 1).collect()
}

/// A line that one of two renders has more often than the other.
#[derive(Debug)]
pub(super) struct Line {
    /// Where it stands and what it says, as a number.
    pub(super) at: u64,
    /// Whether the plain render lacks it.
    pub(super) is_new: bool,
    /// Those of the defaults put back that it reads, in order. One: the line changed with that default, whatever became of the others.
    pub(super) readers: Vec<usize>,
}

/// How a trial's render differs from the plain one.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub(super) lines: Vec<Line>,
    /// As [`meetings`], for the trial's documents that differ.
    pub(super) groups: BTreeSet<Vec<usize>>,
}

/// A line's text, and the defaults it reads.
type Reading<'r> = (&'r [u8], Vec<usize>);

impl Difference {
    /// Compares document by document, those of one file that only one render has as a whole. `back`: the defaults that the trial puts
    /// back, in order.
    pub(super) fn new(plain: &Rendered, trial: &Rendered, back: &[usize], readers: &mut Readers) -> Self {
        let mut difference = Self::default();
        for (path, was, is) in differing(plain, trial) {
            let [was, is] = [was, is].map(|manifests| readings(&manifests, readers));
            difference.groups.extend(is.iter().map(|(_, readers)| readers).filter(|readers| readers.len() > 1).cloned());
            difference.add(path, true, &surplus(&is, &was, back));
            difference.add(path, false, &surplus(&was, &is, back));
        }
        difference
    }

    fn add(&mut self, path: &str, is_new: bool, lines: &[Reading<'_>]) {
        for (text, readers) in lines {
            let mut hasher = DefaultHasher::new();
            (path, is_new, text).hash(&mut hasher);
            self.lines.push(Line { at: hasher.finish(), is_new, readers: readers.clone() });
        }
    }
}

fn readings<'r>(manifests: &[&'r Manifest], readers: &mut Readers) -> Vec<Reading<'r>> {
    let lines = manifests.iter().flat_map(|manifest| lines(manifest));
    lines
        .filter(|(text, _)| !text.is_empty())
        .map(|(text, origin)| (text, origin.map(|origin| readers.of(origin.reads.iter().chain(&origin.conditions))).unwrap_or_default()))
        .collect()
}

/// The lines that are in `of` more often than in `than`, with the defaults put back that brought them. A line that stands several times is
/// one default's as soon as it would be there more often with that default alone.
fn surplus<'r>(of: &[Reading<'r>], than: &[Reading<'r>], back: &[usize]) -> Vec<Reading<'r>> {
    let mut counts: HashMap<&[u8], usize> = HashMap::new();
    for (text, _) in than {
        *counts.entry(text).or_default() += 1;
    }
    let mut by_text: BTreeMap<&[u8], Vec<Vec<usize>>> = BTreeMap::new();
    for (text, readers) in of {
        let of_back = readers.iter().copied().filter(|index| back.binary_search(index).is_ok()).collect();
        by_text.entry(text).or_default().push(of_back);
    }
    let mut found = Vec::new();
    for (text, places) in by_text {
        let known = counts.get(text).copied().unwrap_or_default();
        if places.len() <= known {
            continue;
        }
        let all: BTreeSet<usize> = places.iter().flatten().copied().collect();
        let with = |index: usize| places.iter().filter(|readers| readers.iter().all(|one| *one == index)).count();
        let alone: Vec<usize> = all.iter().copied().filter(|index| with(*index) > known).collect();
        if alone.is_empty() {
            found.push((text, all.into_iter().collect()));
        }
        found.extend(alone.into_iter().map(|index| (text, vec![index])));
    }
    found
}

/// By file, the documents that differ.
fn differing<'r>(plain: &'r Rendered, trial: &'r Rendered) -> Vec<(&'r str, Vec<&'r Manifest>, Vec<&'r Manifest>)> {
    let (mut was, is) = (documents(plain), documents(trial));
    let mut found = Vec::new();
    let mut alone: BTreeMap<&str, [Vec<&Manifest>; 2]> = BTreeMap::new();
    for (key, manifests) in is {
        match was.remove(&key) {
            Some(others) if others.iter().map(|one| &one.text).eq(manifests.iter().map(|one| &one.text)) => {}
            Some(others) => found.push((key.0, others, manifests)),
            None => alone.entry(key.0).or_default()[1].extend(manifests),
        }
    }
    for (key, manifests) in was {
        alone.entry(key.0).or_default()[0].extend(manifests);
    }
    found.extend(alone.into_iter().map(|(path, [was, is])| (path, was, is)));
    found
}

/// The documents of a render by file, kind and name.
fn documents(rendered: &Rendered) -> BTreeMap<(&str, &str, &str), Vec<&Manifest>> {
    let mut all: BTreeMap<_, Vec<&Manifest>> = BTreeMap::new();
    for manifest in manifests(rendered) {
        let name = manifest.object.get_path(["metadata", "name"]).and_then(Node::as_str).unwrap_or_default();
        all.entry((&*manifest.path, &*manifest.kind, name)).or_default().push(manifest);
    }
    all
}

fn manifests(rendered: &Rendered) -> impl Iterator<Item = &Manifest> {
    rendered.manifests.iter().chain(rendered.hooks.iter().map(|hook| &hook.manifest))
}

fn lines(manifest: &Manifest) -> impl Iterator<Item = (&[u8], Option<Origin>)> {
    let numbered = manifest.text.split(|byte| *byte == b'\n').zip(1..);
    // The last line of a document has lost the blanks at its end.
    numbered.map(|(text, number)| (text.trim_ascii_end(), manifest.provenance.as_ref().and_then(|provenance| provenance.line(number))))
}
