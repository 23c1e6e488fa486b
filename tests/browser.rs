//! The page of a review in a real Chromium, driven through WebDriver: it filters, expands, fits a phone, and hostile text stays text.
//!
//! The pages are those of `testdata/reports`, which the formats' own tests keep up to date.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::unwrap_used)]

mod servers;

use std::path::Path;
use std::process::{Command, Stdio};

use fantoccini::{Client, ClientBuilder};
use serde_json::{Value, json};

use servers::{Running, comes_up, free_port, have};

/// Runs a conversation with a browser that shows a page; `None` when there is no browser here.
fn with_page<F: Future<Output = ()>>(page: &str, talk: impl FnOnce(Client) -> F) {
    if !have(&["chromedriver", "chromium"]) {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (_driver, client) = browser().await;
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/reports").join(page);
        client.goto(&format!("file://{}", file.display())).await.expect("a page that opens");
        talk(client.clone()).await;
        client.close().await.expect("a browser that ends");
    });
}

/// A browser and the driver it was started by. Like the other servers, the driver may find its port taken, and gets another then.
async fn browser() -> (Running, Client) {
    let mut refused = None;
    for _ in 0..5 {
        let port = free_port();
        let driver = Command::new("chromedriver").arg(format!("--port={port}")).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut driver = Running(driver.expect("a driver that starts"));
        if comes_up(&mut driver, port) {
            match ClientBuilder::new(hyper_connector()).capabilities(capabilities()).connect(&format!("http://127.0.0.1:{port}")).await {
                Ok(client) => return (driver, client),
                Err(error) => refused = Some(error),
            }
        }
    }
    panic!("no browser starts: {refused:?}");
}

fn hyper_connector() -> hyper_util::client::legacy::connect::HttpConnector {
    hyper_util::client::legacy::connect::HttpConnector::new()
}

fn capabilities() -> serde_json::Map<String, Value> {
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--window-size=1200,900",
    ];
    let Value::Object(map) = json!({"goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}}) else {
        unreachable!()
    };
    map
}

async fn ask(client: &Client, script: &str) -> Value {
    client.execute(script, Vec::new()).await.expect("a script that runs")
}

const VISIBLE: &str =
    "return [...document.querySelectorAll('.finding')].filter((one) => one.checkVisibility()).map((one) => one.dataset.level)";

#[test]
fn findings_are_filtered_by_level_kind_and_words() {
    with_page("thanos.html", |client| async move {
        let all = ask(&client, VISIBLE).await;
        assert_eq!(all, json!(["high", "medium"]));
        let set =
            |script: &str| format!("{script}; document.getElementById('filter').dispatchEvent(new Event('input', {{bubbles: true}}))");
        client.find(fantoccini::Locator::Css("input[value=high]")).await.unwrap().click().await.unwrap();
        assert_eq!(ask(&client, VISIBLE).await, json!(["medium"]));
        assert_eq!(ask(&client, "return document.getElementById('shown').textContent").await, json!("1 of 2 shown"));
        client.find(fantoccini::Locator::Css("input[value=high]")).await.unwrap().click().await.unwrap();
        ask(&client, &set("document.querySelector('select').value = 'service-account'")).await;
        assert_eq!(ask(&client, VISIBLE).await, json!(["high"]));
        ask(&client, &set("document.querySelector('select').value = ''")).await;
        client.find(fantoccini::Locator::Css("input[type=search]")).await.unwrap().send_keys("projected volume").await.unwrap();
        assert_eq!(ask(&client, VISIBLE).await, json!(["medium"]));
    });
}

#[test]
fn everything_expands_and_collapses_and_is_open_in_print() {
    with_page("thanos.html", |client| async move {
        let closed = "return [...document.querySelectorAll('details')].filter((one) => !one.open).length";
        let before = ask(&client, closed).await;
        assert!(before.as_u64().unwrap() > 0);
        ask(&client, "dispatchEvent(new Event('beforeprint'))").await;
        assert_eq!(ask(&client, closed).await, json!(0));
        ask(&client, "dispatchEvent(new Event('afterprint'))").await;
        assert_eq!(ask(&client, closed).await, before);
        client.find(fantoccini::Locator::Id("expand")).await.unwrap().click().await.unwrap();
        assert_eq!(ask(&client, closed).await, json!(0));
        let diff =
            "return document.querySelectorAll('details.file[open] ins').length > 0 && document.querySelector('ins').checkVisibility()";
        assert_eq!(ask(&client, diff).await, json!(true));
    });
}

#[test]
fn keyboard_and_screen_reader_find_their_way() {
    with_page("thanos.html", |client| async move {
        let sound = "const inputs = [...document.querySelectorAll('input, select')];
            return [document.documentElement.lang, document.querySelectorAll('h1').length, document.querySelectorAll('main').length,
                inputs.length > 0 && inputs.every((one) => one.labels.length === 1), document.title !== '',
                [...document.querySelectorAll('th')].every((one) => one.scope === 'col')]";
        assert_eq!(ask(&client, sound).await, json!(["en", 1, 1, true, true, true]));
        let body = client.find(fantoccini::Locator::Css("body")).await.unwrap();
        body.send_keys("\u{e004}").await.unwrap();
        assert_eq!(ask(&client, "return document.activeElement.className").await, json!("skip"));
    });
}

#[test]
fn a_phone_shows_the_page_without_scrolling_sideways() {
    for page in ["thanos.html", "hostile.html", "incomplete.html"] {
        with_page(page, |client| async move {
            client.set_window_size(500, 900).await.unwrap();
            ask(&client, "document.querySelectorAll('details').forEach((one) => one.open = true)").await;
            let overflow = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            assert_eq!(ask(&client, overflow).await, json!(0), "{page}");
        });
    }
}

#[test]
fn hostile_text_stays_text() {
    with_page("hostile.html", |client| async move {
        let born = "return [document.querySelectorAll('img, iframe, object, embed, svg, link, base, a:not(.skip)').length,
            document.scripts.length, document.querySelectorAll('style').length, document.querySelectorAll('meta').length,
            [...document.querySelectorAll('*')].every((one) => [...one.attributes].every((attribute) => !attribute.name.startsWith('on')))]";
        assert_eq!(ask(&client, born).await, json!([0, 1, 1, 4, true]));
        let there = "return document.body.textContent.includes('</details><img src=x>')";
        assert_eq!(ask(&client, there).await, json!(true), "the text itself is shown");
        // What the page's policy refuses: a script that was not there when the page was written.
        let injected = "const script = document.createElement('script'); script.textContent = 'window.ran = true';
            document.body.append(script); return window.ran === undefined";
        assert_eq!(ask(&client, injected).await, json!(true), "the policy stops scripts of others");
    });
}
