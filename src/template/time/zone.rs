//! Time zones: UTC, that of the machine, one by its name, one by its offset alone.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Seconds of 400 years, after which the calendar and so the rules of zones repeat.
const CYCLE: i64 = 146_097 * super::SECONDS_PER_DAY;
/// Zones of whole hours without a name are the same for Go, wherever they came from, within these hours.
const SHARED_HOURS: std::ops::RangeInclusive<i32> = -12..=14;
/// Changes of a zone after this are not looked at for names of its clocks: 2038, after which its last rule goes on.
const LAST_CHANGE: i64 = 1 << 31;

/// The zone of the machine that a chart is rendered on: where Go's templates read dates without one. UTC unless another is handed in.
#[derive(Clone)]
pub struct LocalZone {
    name: Arc<str>,
    /// Nothing for UTC.
    rules: Option<TimeZone>,
}

impl LocalZone {
    /// The zone of a name such as `Europe/Berlin`, spelled exactly so; nothing where it is unknown.
    pub fn named(name: &str) -> Option<Self> {
        let rules = place(name)?;
        Some(Self { name: name.into(), rules: Some(rules) })
    }

    /// The zone that a file describes (RFC 9636), with a name for it; nothing where it doesn't.
    pub fn from_file(name: &str, content: &[u8]) -> Option<Self> {
        let rules = TimeZone::tzif(name, content).ok()?;
        Some(Self { name: name.into(), rules: Some(rules) })
    }
}

impl Default for LocalZone {
    fn default() -> Self {
        Self { name: "UTC".into(), rules: None }
    }
}

impl fmt::Debug for LocalZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl PartialEq for LocalZone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for LocalZone {}

/// What TOML gives without an offset: Go's library for TOML marks it by the name of its zone, and writes it again as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TomlLocal {
    /// A date.
    Date,
    /// A time of day.
    Time,
    /// Both.
    DateTime,
}

impl TomlLocal {
    fn name(self) -> &'static str {
        match self {
            Self::Date => "date-local",
            Self::Time => "time-local",
            Self::DateTime => "datetime-local",
        }
    }
}

/// Where clocks are read.
#[derive(Debug, Clone)]
pub enum Zone {
    /// `time.UTC`.
    Utc,
    /// `time.Local`.
    Local(LocalZone),
    /// A zone of a name.
    Place(TimeZone),
    /// A zone that is an offset in seconds and a name, which may be empty (`time.FixedZone`).
    Fixed(Rc<(String, i32)>),
    /// The same for what TOML gives without an offset.
    Toml(TomlLocal, i32),
    /// Go's zero `Location`, which reads as UTC.
    Nameless,
}

/// What a zone has at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offset {
    /// Seconds east of Greenwich.
    pub(crate) seconds: i32,
    /// Such as `CET`; may be empty.
    pub(crate) abbreviation: String,
    /// Whether it is summer time.
    pub(crate) is_summer: bool,
}

impl Zone {
    /// The zone that Go loads for a name; nothing where it finds none.
    pub(crate) fn load(name: &str, local: &LocalZone) -> Option<Self> {
        match name {
            "" | "UTC" => Some(Self::Utc),
            "Local" => Some(Self::Local(local.clone())),
            name => place(name).map(Self::Place),
        }
    }

    /// A zone of an offset and a name.
    pub(crate) fn fixed(name: &str, seconds: i32) -> Self {
        Self::Fixed(Rc::new((name.to_owned(), seconds)))
    }

    /// `Location.String`.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Utc => "UTC",
            Self::Local(local) => &local.name,
            Self::Place(rules) => rules.iana_name().unwrap_or_default(),
            Self::Fixed(fixed) => &fixed.0,
            Self::Toml(local, _) => local.name(),
            Self::Nameless => "",
        }
    }

    /// What it has at a moment, in seconds since 1970.
    pub(crate) fn at(&self, seconds: i64) -> Offset {
        let still = |seconds, name: &str| Offset { seconds, abbreviation: name.to_owned(), is_summer: false };
        match self {
            Self::Utc | Self::Nameless | Self::Local(LocalZone { rules: None, .. }) => still(0, "UTC"),
            Self::Local(LocalZone { rules: Some(rules), .. }) | Self::Place(rules) => offset_at(rules, seconds),
            Self::Fixed(fixed) => still(fixed.1, &fixed.0),
            Self::Toml(local, seconds) => still(*seconds, local.name()),
        }
    }

    /// The offset of clocks that are called so (`CEST`) when they show so many seconds since 1970; nothing where none ever are.
    pub(crate) fn offset_of_name(&self, name: &str, shown: i64) -> Option<i32> {
        let known = match self {
            Self::Local(LocalZone { rules: Some(rules), .. }) | Self::Place(rules) => named_offsets(rules, name),
            _ => Vec::new(),
        };
        let in_force = known.iter().map(|offset| self.at(shown.wrapping_sub((*offset).into()))).find(|at| at.abbreviation == name);
        in_force.map(|at| at.seconds).or_else(|| known.first().copied())
    }
}

impl Zone {
    /// Whether they are the same, or have the same name and offset.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fixed(one), Self::Fixed(other)) => one == other,
            (Self::Nameless, Self::Nameless) => true,
            _ => self == other,
        }
    }
}

/// Whether Go has the same location for both.
impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Utc, Self::Utc) => true,
            (Self::Local(one), Self::Local(other)) => one == other,
            (Self::Toml(one, _), Self::Toml(other, _)) => one == other,
            (Self::Fixed(one), Self::Fixed(other)) => {
                let is_shared = one.0.is_empty() && one.1 % 3600 == 0 && SHARED_HOURS.contains(&(one.1 / 3600));
                Rc::ptr_eq(one, other) || is_shared && one == other
            }
            _ => false,
        }
    }
}

impl Eq for Zone {}

/// The rules of a place; names are spelled exactly, as those of files are.
fn place(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok().filter(|rules| rules.iana_name() == Some(name))
}

fn offset_at(rules: &TimeZone, seconds: i64) -> Offset {
    let info = rules.to_offset_info(timestamp(seconds));
    Offset { seconds: info.offset().seconds(), abbreviation: info.abbreviation().to_owned(), is_summer: info.dst().is_dst() }
}

/// The moment, or one with the same rules where there is no such timestamp.
fn timestamp(seconds: i64) -> Timestamp {
    let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let known = if seconds > last { last - CYCLE + (seconds - last).rem_euclid(CYCLE) } else { seconds.max(first) };
    Timestamp::from_second(known).unwrap_or_default()
}

/// The offsets of all clocks of the zone with this abbreviation, those in force first coming first.
fn named_offsets(rules: &TimeZone, name: &str) -> Vec<i32> {
    let first = rules.to_offset_info(Timestamp::MIN);
    let changes = rules.following(Timestamp::MIN).take_while(|change| change.timestamp().as_second() < LAST_CHANGE);
    let changes = changes.map(|change| (change.abbreviation().to_owned(), change.offset().seconds()));
    let all = std::iter::once((first.abbreviation().to_owned(), first.offset().seconds())).chain(changes);
    let mut offsets = Vec::new();
    for (abbreviation, offset) in all {
        if abbreviation == name && !offsets.contains(&offset) {
            offsets.push(offset);
        }
    }
    offsets
}
