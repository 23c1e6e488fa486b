//! A gzipped tar archive becomes a list of files, in memory and within limits (Helm 3.17.3 `pkg/chart/loader/archive.go`).
//!
//! Names are cleaned and refused in Helm's order and words. Stricter than Helm, on purpose: links and devices are refused (Helm reads them
//! as empty files), so are names whose dropped first folder is absolute, `..` or a drive, and an archive that is damaged behind its last file.
//! Depends on `fetch`, `error` and its neighbours `limits` and `go`.

use std::io::{self, Read};
use std::sync::Arc;

use flate2::bufread::GzDecoder;
use tar::EntryType;

use super::limits::{Budget, Limits};
use super::{File, go};
use crate::error::{Error, ErrorKind, Result};
use crate::quote::quote;

/// How every gzip stream that holds deflated data begins.
const GZIP: [u8; 3] = [0x1f, 0x8b, 0x08];
/// How many bytes may follow the end of the tar archive within the gzip stream.
const TAIL: u64 = 4 << 20;
/// How long a header may be that tells the name of the entry behind it (Go's `archive/tar`).
const EXTENSION: u64 = 1 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The files of an archive, in its order, and the folder they were packed in.
pub(super) struct Unpacked {
    /// Paths without the folder that all of them stand in; contents without byte-order mark.
    pub(super) files: Vec<File>,
    /// The first component of the first file's name: as a rule the chart's name.
    pub(super) folder: String,
}

/// Whether these bytes can be a gzipped archive at all, with what they look like instead.
///
/// # Errors
/// [`ErrorKind::Corrupt`], in Helm's words.
pub(super) fn expect_gzip(packed: &[u8], origin: &str) -> Result<()> {
    if packed.starts_with(&GZIP) {
        return Ok(());
    }
    if origin.ends_with(".yml") || origin.ends_with(".yaml") {
        let message = format!("file '{origin}' seems to be a YAML file, but expected a gzipped archive");
        return Err(Error::new(ErrorKind::Corrupt, message).hint("give the folder that holds the chart, or its .tgz"));
    }
    let kind = sniffed(packed);
    let message = format!("file '{origin}' does not appear to be a gzipped archive; got '{kind}'");
    let error = Error::new(ErrorKind::Corrupt, message);
    Err(match kind {
        "text/html; charset=utf-8" => error.hint("a web page came instead of the chart: open the address in a browser to see why"),
        _ if packed.is_empty() => error.hint("the file is empty: fetch it again"),
        _ => error.hint("give a chart's folder, or the .tgz that `helm package` makes of it"),
    })
}

/// The media type as Go's `http.DetectContentType` would name it, as far as people mistake such files for charts. Helm asks for 512 bytes and
/// fills up with zeros, so that short text counts as binary.
fn sniffed(bytes: &[u8]) -> &'static str {
    let head = &bytes[..bytes.len().min(512)];
    let text = head.trim_ascii_start();
    let begins = |with: &str| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()));
    if ["<!DOCTYPE HTML", "<HTML", "<HEAD", "<SCRIPT", "<BODY", "<!--"].iter().any(|tag| begins(tag)) {
        "text/html; charset=utf-8"
    } else if begins("<?xml") {
        "text/xml; charset=utf-8"
    } else if head.starts_with(b"%PDF-") {
        "application/pdf"
    } else if head.starts_with(b"PK\x03\x04") {
        "application/zip"
    } else if head.len() == 512 && !head.iter().any(|byte| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f)) {
        "text/plain; charset=utf-8"
    } else {
        "application/octet-stream"
    }
}

/// Unpacks an archive.
///
/// # Errors
/// [`ErrorKind::Corrupt`] for what isn't an archive, is cut short or damaged; [`ErrorKind::Chart`] for entries that Helm or we refuse;
/// [`ErrorKind::Limit`] for Helm's limits and our own.
pub(super) fn unpack(packed: &[u8], budget: &mut Budget<'_>) -> Result<Unpacked> {
    if !packed.starts_with(&GZIP) {
        return Err(
            Error::new(ErrorKind::Corrupt, "gzip: invalid header").hint("the file's name ends in .tgz, but it is no gzipped archive")
        );
    }
    let mut stream = Inflating::new(packed, budget.limits);
    let unpacked = read_entries(&mut stream, budget);
    match unpacked {
        Ok(unpacked) => {
            stream.finish()?;
            Ok(unpacked)
        }
        // A read that fails because the stream is a bomb says so instead of what it broke.
        Err(error) => Err(stream.bomb().unwrap_or(error)),
    }
}

fn read_entries(stream: &mut Inflating<'_>, budget: &mut Budget<'_>) -> Result<Unpacked> {
    let mut used = 0;
    let mut files: Vec<File> = Vec::new();
    let mut folder = String::new();
    let mut long_name = None;
    let mut archive = tar::Archive::new(stream);
    // Raw, because otherwise names are read whole before anybody can ask how long they are.
    for entry in archive.entries().map_err(broken)?.raw(true) {
        let mut entry = entry.map_err(broken)?;
        if let Some(name) = announced_name(&mut entry, budget.limits)? {
            long_name = Some(name).filter(|name| !name.is_empty()).or(long_name);
            continue;
        }
        budget.take_entry()?;
        let name = long_name.take().unwrap_or_else(|| entry.path_bytes().into_owned());
        let name = String::from_utf8_lossy(&name);
        if !is_file(&entry, &name)? {
            continue;
        }
        let (first, path) = inner_path(&name)?;
        let bytes = content(&mut entry, &name, &mut used, budget)?;
        if files.is_empty() {
            folder = first;
        }
        files.push(File { path, bytes });
    }
    if files.is_empty() {
        return Err(Error::new(ErrorKind::Chart, "no files in chart archive").hint("pack the chart again with `helm package`"));
    }
    Ok(Unpacked { files, folder })
}

/// What an extension header says of the name of the entry that follows, empty when it says nothing of it; `None` for any other entry.
fn announced_name<R: Read>(entry: &mut tar::Entry<'_, R>, limits: &Limits) -> Result<Option<Vec<u8>>> {
    let kind = entry.header().entry_type();
    if !matches!(kind, EntryType::GNULongName | EntryType::GNULongLink | EntryType::XHeader) {
        return Ok(None);
    }
    let size = entry.size();
    if size > EXTENSION {
        return Err(Error::new(ErrorKind::Limit, "archive/tar: header field too long")
            .context("the archive holds an extension header of too many bytes")
            .hint("pack the chart again with `helm package`"));
    }
    let mut content = Vec::new();
    let read = entry.take(size).read_to_end(&mut content).map_err(broken)? as u64;
    if read < size {
        return Err(cut_short());
    }
    let mut name = Vec::new();
    match kind {
        EntryType::GNULongName => name.extend(content.split(|byte| *byte == 0).next().unwrap_or_default()),
        EntryType::XHeader => {
            for extension in tar::PaxExtensions::new(&content) {
                let extension = extension.map_err(broken)?;
                match extension.key_bytes() {
                    b"path" => extension.value_bytes().clone_into(&mut name),
                    key if key.starts_with(b"GNU.sparse.") => return Err(refused_kind("a sparse file", &String::from_utf8_lossy(&name))),
                    _ => {}
                }
            }
        }
        _ => {}
    }
    if name.len() > limits.path_bytes {
        let shown = String::from_utf8_lossy(&name[..limits.path_bytes.min(80)]).into_owned();
        let message = format!("the archive holds a name longer than {} bytes: {}…", limits.path_bytes, quote(shown.as_bytes()));
        return Err(Error::new(ErrorKind::Limit, message).hint("pack the chart again with `helm package`, without that file"));
    }
    Ok(Some(name))
}

/// Whether the entry is a file; folders and headers are passed over, everything else is refused.
fn is_file<R: Read>(entry: &tar::Entry<'_, R>, name: &str) -> Result<bool> {
    const FILE_TYPE: u32 = !0o7777;
    const FOLDER: u32 = 0o040_000;
    let header = entry.header();
    Err(match header.entry_type() {
        EntryType::Directory | EntryType::XGlobalHeader => return Ok(false),
        EntryType::Symlink => refused_kind("a symbolic link", name),
        EntryType::Link => refused_kind("a hard link", name),
        EntryType::Char | EntryType::Block => refused_kind("a device", name),
        EntryType::Fifo => refused_kind("a pipe", name),
        EntryType::GNUSparse => refused_kind("a sparse file", name),
        _ => return Ok(!name.ends_with('/') && header.mode().unwrap_or(0) & FILE_TYPE != FOLDER),
    })
}

fn refused_kind(kind: &str, name: &str) -> Error {
    let message = format!("chart archive contains {kind}: {}", quote(name.as_bytes()));
    Error::new(ErrorKind::Chart, message).hint("pack the chart with `helm package`, which packs what links point to")
}

/// Splits an entry's name into its first folder and the cleaned path below it.
fn inner_path(name: &str) -> Result<(String, String)> {
    let refused = |message: String| {
        Err(Error::new(ErrorKind::Chart, message)
            .hint("no `helm package` writes such a name: don't trust the archive, or pack the chart again from its folder"))
    };
    let delimiter = if name.contains('\\') { '\\' } else { '/' };
    let (first, rest) = name.split_once(delimiter).unwrap_or((name, ""));
    let rest = if delimiter == '/' { rest.to_owned() } else { rest.replace(delimiter, "/") };
    if rest.starts_with('/') || first.is_empty() {
        return refused(format!("chart illegally contains absolute paths: {}", quote(name.as_bytes())));
    }
    let path = go::clean(&rest);
    if path == "." {
        return refused(format!("chart illegally contains content outside the base directory: {}", quote(name.as_bytes())));
    }
    if path.starts_with("..") || first == ".." {
        return refused(format!("chart illegally references parent directory: {}", quote(name.as_bytes())));
    }
    let is_drive = |text: &str| matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    if (is_drive(&path) && path.as_bytes().get(2) == Some(&b'/')) || (is_drive(first) && first.len() == 2) {
        return refused(format!("chart contains illegally named files: {}", quote(name.as_bytes())));
    }
    if first == "Chart.yaml" {
        return refused("chart yaml not in base directory".to_owned());
    }
    Ok((first.to_owned(), path))
}

/// What to try about Helm's limits.
const SMALLER: &str = "Helm refuses it, too: name what the chart doesn't need in .helmignore and pack it again with `helm package`";

/// An entry's content. `used` is what this archive has used of `chart_bytes`.
fn content<R: Read>(entry: &mut tar::Entry<'_, R>, name: &str, used: &mut u64, budget: &mut Budget<'_>) -> Result<Arc<[u8]>> {
    let Limits { chart_bytes, file_bytes, .. } = *budget.limits;
    let size = entry.size();
    let chart_is_too_large =
        || Error::new(ErrorKind::Limit, format!("decompressed chart is larger than the maximum size {chart_bytes}")).hint(SMALLER);
    if used.saturating_add(size) > chart_bytes {
        return Err(chart_is_too_large());
    }
    if size > file_bytes {
        let message = format!("decompressed chart file {} is larger than the maximum file size {file_bytes}", quote(name.as_bytes()));
        return Err(Error::new(ErrorKind::Limit, message).hint(SMALLER));
    }
    budget.take_bytes(size)?;
    // Read to where it stays; the size is within the limits.
    let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, usize::try_from(size).unwrap_or(usize::MAX)).collect();
    if let Some(room) = Arc::get_mut(&mut bytes) {
        entry.read_exact(room).map_err(broken)?;
    }
    // Helm refuses a chart that fills its limit to the last byte, too.
    *used += size;
    if *used == chart_bytes {
        return Err(chart_is_too_large());
    }
    Ok(if bytes.starts_with(BYTE_ORDER_MARK) { without_bom(&bytes).into() } else { bytes })
}

/// The content without the UTF-8 byte-order mark that Helm takes off every file.
pub(super) fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

fn cut_short() -> Error {
    Error::new(ErrorKind::Corrupt, "unexpected EOF").context("the archive is cut short").hint("fetch it again")
}

fn broken(cause: io::Error) -> Error {
    if cause.kind() == io::ErrorKind::UnexpectedEof {
        return cut_short();
    }
    // The tar reader's own errors are of no kind, flate2's are.
    let message = match cause.kind() {
        io::ErrorKind::Other => format!("archive/tar: invalid tar header: {cause}"),
        _ => format!("gzip: {cause}"),
    };
    Error::new(ErrorKind::Corrupt, message).context("the archive is damaged").hint("fetch it again")
}

/// The members of a gzip file, one after the other, up to a number of bytes. What follows the last member and isn't one is passed over, as Helm
/// does, which stops reading at the end of the tar archive.
struct Inflating<'a> {
    member: Option<GzDecoder<&'a [u8]>>,
    left: u64,
    most: u64,
    by_ratio: bool,
}

impl<'a> Inflating<'a> {
    fn new(packed: &'a [u8], limits: &Limits) -> Self {
        // Headers and padding of tar take at most this much of every entry.
        const OVERHEAD: u64 = 4 * 512;
        let by_ratio = (packed.len() as u64).saturating_mul(limits.ratio).max(limits.ratio_from);
        let by_size = limits.chart_bytes.saturating_add(limits.entries as u64 * OVERHEAD);
        let most = by_ratio.min(by_size);
        Self { member: Some(GzDecoder::new(packed)), left: most, most, by_ratio: by_ratio < by_size }
    }

    /// The error when the limit is what stopped the reading.
    fn bomb(&self) -> Option<Error> {
        let message = match (self.left, self.by_ratio) {
            (0, true) => format!("the archive is a decompression bomb: it unpacks to more than {} bytes", self.most),
            (0, false) => format!("the archive unpacks to more than {} bytes, headers among them", self.most),
            _ => return None,
        };
        Some(Error::new(ErrorKind::Limit, message).hint("no chart packs this tightly: don't trust the archive"))
    }

    /// Reads what follows the tar archive, so that the checksum at the end is checked.
    fn finish(mut self) -> Result<()> {
        io::copy(&mut (&mut self).take(TAIL), &mut io::sink()).map_err(|cause| self.bomb().unwrap_or_else(|| broken(cause)))?;
        Ok(())
    }
}

impl Read for Inflating<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(member) = &mut self.member else { return Ok(0) };
            let room = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
            if room == 0 && !buffer.is_empty() {
                return Err(io::Error::other("too much data"));
            }
            let read = member.read(&mut buffer[..room])?;
            self.left -= read as u64;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let rest = self.member.take().map(GzDecoder::into_inner).unwrap_or_default();
            self.member = rest.starts_with(&GZIP).then(|| GzDecoder::new(rest));
        }
    }
}
