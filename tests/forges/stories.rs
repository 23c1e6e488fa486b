//! The stories of the one comment, on every forge.

use chartshift::error::{Error, ErrorKind};
use chartshift::publish::Kind;
use chartshift::publish::sticky::{Key, Marker, Outcome, Post, Published, publish};
use chartshift::report::pull::Dialect;

use crate::fakes::{Act, Fake, Fault, Speech, State, all};
use crate::{HEAD, SECRET, opened};

/// When this run began.
const NOW: u64 = 1_767_000_000;
/// A revision before [`HEAD`].
const EARLIER: &str = "9e01c559e01c559e01c559e01c559e01c559e01c";

/// How a story ends.
#[derive(Debug)]
enum End {
    /// The comments afterwards: how many, and which holds the new text.
    Good(Outcome, usize, Option<usize>),
    /// The error's kind, and words in it.
    Bad(ErrorKind, &'static [&'static str]),
}

/// A story: what is there, what goes wrong, and how it ends.
struct Story {
    name: &'static str,
    /// Comments by author and body.
    there: Vec<(&'static str, String)>,
    faults: Vec<Fault>,
    /// Whether there is something to say.
    telling: bool,
    end: End,
    /// How many requests may write.
    writes: usize,
}

const NEW: &str = "### New\n\n| a | b |\n|---|---|\n| 1 | 2 |";
const OLD: &str = "### Old\n\nfindings";

struct Bodies {
    dialect: Dialect,
}

impl Bodies {
    fn of(&self, key: &str, head: &str, at: u64, text: &str) -> String {
        Marker::new(Key::parse(key).unwrap(), head, at).unwrap().mark(text, self.dialect)
    }

    fn own(&self, head: &str, at: u64, text: &str) -> String {
        self.of("thanos", head, at, text)
    }
}

fn fault(on: Act, status: u16) -> Fault {
    Fault { on, status, headers: &[], done: false }
}

#[rustfmt::skip]
fn stories(speech: &dyn Speech) -> Vec<Story> {
    let me = speech.me();
    let bodies = Bodies { dialect: if speech.basic() { Dialect::Basic } else { Dialect::Full } };
    let own = |at, text| (me, bodies.own(EARLIER, at, text));
    let story = |name, there, end, writes| Story { name, there, faults: Vec::new(), telling: true, end, writes };
    let failing = |name, there, faults, end, writes| Story { name, there, faults, telling: true, end, writes };
    let chatter = || (0..130).map(|number| ("someone", format!("comment {number}"))).collect::<Vec<_>>();
    let middle = format!("I quote:\n\n{}\n\nWhat is this?", bodies.own(EARLIER, NOW - 9, OLD));
    use End::{Bad, Good};
    use Outcome::{Created, NewerExists, Nothing, Unchanged, Updated};
    vec![
        story("create", vec![("someone", "hello".into())], Good(Created, 2, Some(1)), 1),
        story("update", vec![own(NOW - 9, OLD), ("someone", "hello".into())], Good(Updated, 2, Some(0)), 1),
        story("the same run again", vec![own(NOW, OLD)], Good(Updated, 1, Some(0)), 1),
        story("a new head, the same text", vec![own(NOW - 9, NEW)], Good(Updated, 1, Some(0)), 1),
        story("unchanged", vec![(me, bodies.own(HEAD, NOW - 9, NEW))], Good(Unchanged, 1, None), 0),
        story("unchanged but for line ends", vec![(me, bodies.own(HEAD, NOW - 9, NEW).replace('\n', "\r\n"))], Good(Unchanged, 1, None), 0),
        story("a newer run was faster", vec![own(NOW + 1, OLD)], Good(NewerExists, 1, None), 0),
        story("the marker by another author", vec![("someone", bodies.own(EARLIER, NOW - 9, OLD))], Good(Created, 2, Some(1)), 1),
        story("a newer marker by another author", vec![("someone", bodies.own(EARLIER, NOW + 9, OLD))], Good(Created, 2, Some(1)), 1),
        story("the marker in the middle of a person's comment", vec![("someone", middle.clone())], Good(Created, 2, Some(1)), 1),
        story("the marker in the middle of our own", vec![(me, middle)], Good(Created, 2, Some(1)), 1),
        story("another report of ours", vec![(me, bodies.of("minio", EARLIER, NOW - 9, OLD))], Good(Created, 2, Some(1)), 1),
        story("a key that begins alike", vec![(me, bodies.of("thanos-2", EARLIER, NOW - 9, OLD))], Good(Created, 2, Some(1)), 1),
        story("three pages", [chatter(), vec![own(NOW - 9, OLD)]].concat(), Good(Updated, 131, Some(130)), 1),
        story("two of ours", vec![own(NOW - 5, OLD), own(NOW - 9, OLD)], Good(Updated, 2, Some(0)), 1),
        Story { telling: false, ..story("becomes clean", vec![own(NOW - 9, OLD)], Good(Updated, 1, Some(0)), 1) },
        Story { telling: false, ..story("nothing to say", vec![("someone", "hello".into())], Good(Nothing, 1, None), 0) },
        failing("may not write", vec![], vec![fault(Act::Create, 403)], Bad(ErrorKind::Denied, &["403", "cannot comment on pull request 7"]), 1),
        failing("may not edit", vec![own(NOW - 9, OLD)], vec![fault(Act::Update, 403)], Bad(ErrorKind::Denied, &["403", "cannot edit the comment on pull request 7"]), 1),
        failing("too long", vec![], vec![fault(Act::Create, speech.too_long())], Bad(ErrorKind::Limit, &["too long"]), 1),
        failing("breaks, then works", vec![], vec![fault(Act::Create, 500)], Good(Created, 1, Some(0)), 2),
        failing("breaks, but did it", vec![], vec![Fault { done: true, ..fault(Act::Create, 502) }], Good(Created, 1, Some(0)), 1),
        failing("breaks on editing, then works", vec![own(NOW - 9, OLD)], vec![fault(Act::Update, 500)], Good(Updated, 1, Some(0)), 2),
        failing("breaks on reading, then works", vec![own(NOW - 9, OLD)], vec![fault(Act::List, 502), fault(Act::List, 503)], Good(Updated, 1, Some(0)), 1),
        failing("stays broken", vec![], vec![fault(Act::Create, 500); 9], Bad(ErrorKind::Network, &["500"]), 4),
        failing("too many requests", vec![], vec![Fault { headers: &["retry-after: 0"], ..fault(Act::Create, 429) }], Good(Created, 1, Some(0)), 2),
        failing("wants a longer wait than there is", vec![], vec![Fault { headers: &["retry-after: 60"], ..fault(Act::Create, 429) }; 9], Bad(ErrorKind::Network, &["429"]), 1),
        failing("deleted on the way", vec![own(NOW - 9, OLD)], vec![fault(Act::Update, 404)], Good(Updated, 1, Some(0)), 2),
    ]
}

#[test]
fn each_story_ends_alike_on_every_forge() {
    let mut told = 0;
    for speech in all() {
        for story in stories(speech.as_ref()) {
            let mut state = State { faults: story.faults.clone(), ..State::default() };
            story.there.iter().for_each(|(author, body)| {
                state.add(author, body);
            });
            let before = state.comments.clone();
            let fake = Fake::start(speech.clone(), state);
            let forge = opened(speech.kind(), &fake.address()).unwrap();
            let marker = Marker::new(Key::parse("thanos").unwrap(), HEAD, NOW).unwrap();
            let result = publish(forge.as_ref(), &Post { marker: &marker, text: NEW, blocks: true, telling: story.telling });
            let name = format!("{}: {}", speech.kind(), story.name);
            check_end(&name, &story, &result);
            check_comments(&name, &story, &fake.state.lock().unwrap(), &before, &marker.mark(NEW, forge.limits().dialect));
            told += 1;
        }
    }
    assert_eq!(told, 28 * 7);
}

/// Where a forge doesn't say who we are, nobody's comment is edited, and the reader is told what would help.
#[test]
fn who_is_not_known_edits_nothing() {
    for (kind, status) in [(Kind::GitHub, 403), (Kind::Gitea, 403), (Kind::BitbucketCloud, 401), (Kind::BitbucketCloud, 403)] {
        let speech = all().into_iter().find(|speech| speech.kind() == kind).unwrap();
        let dialect = if speech.basic() { Dialect::Basic } else { Dialect::Full };
        let mut state = State { faults: vec![fault(Act::Me, status)], ..State::default() };
        state.add(speech.me(), &Bodies { dialect }.own(EARLIER, NOW - 9, OLD));
        let fake = Fake::start(speech.clone(), state);
        let marker = Marker::new(Key::parse("thanos").unwrap(), HEAD, NOW).unwrap();
        let forge = opened(kind, &fake.address()).unwrap();
        let published = publish(forge.as_ref(), &Post { marker: &marker, text: NEW, blocks: true, telling: true }).unwrap();
        assert_eq!(published.outcome, Outcome::Created, "{kind}");
        assert!(published.remarks[0].contains(&format!("name the author, `{}`", speech.me())), "{kind}: {published:?}");
        assert_eq!(fake.state.lock().unwrap().comments.len(), 2, "{kind}");
    }
}

fn check_end(name: &str, story: &Story, result: &Result<Published, Error>) {
    match (&story.end, result) {
        (End::Good(outcome, ..), Ok(published)) => {
            assert_eq!(published.outcome, *outcome, "{name}");
            assert_eq!(published.url.is_some(), *outcome != Outcome::Nothing, "{name}: {published:?}");
            let many = story.name == "two of ours";
            assert_eq!(published.remarks.len(), usize::from(many), "{name}: {published:?}");
        }
        (End::Bad(kind, words), Err(error)) => {
            let report = error.report();
            assert_eq!(error.kind(), *kind, "{name}: {report}");
            assert!(words.iter().all(|words| report.contains(words)), "{name}: {report}");
            assert!(!report.contains(SECRET), "{name}: {report}");
        }
        (end, result) => panic!("{name}: {end:?} was expected, not {result:?}"),
    }
}

/// Who else's comments are as they were, and ours says what it should.
fn check_comments(name: &str, story: &Story, state: &State, before: &[crate::fakes::Kept], body: &str) {
    let writes = state.acts.iter().filter(|act| matches!(act, Act::Create | Act::Update)).count();
    assert_eq!(writes, story.writes, "{name}: {:?}", state.acts);
    let (count, changed) = match story.end {
        End::Good(_, count, changed) => (count, changed),
        End::Bad(..) => (before.len(), None),
    };
    assert_eq!(state.comments.len(), count, "{name}");
    for (place, comment) in state.comments.iter().enumerate() {
        if changed == Some(place) {
            assert_eq!(comment.body.trim(), body.trim(), "{name}");
        } else {
            assert_eq!(comment, &before[place], "{name}");
        }
    }
}
