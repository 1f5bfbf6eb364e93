//! A page of Markdown: its headings, links and code blocks.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The first heading.
    pub title: String,
    /// The first paragraph, without markup.
    pub lead: String,
    /// What a link to a part of the page names, in order.
    pub anchors: Vec<String>,
    /// Targets of links and images, in order.
    pub links: Vec<String>,
    /// Code blocks, in order.
    pub blocks: Vec<Block>,
}

/// A code block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// The line of its fence, from 1.
    pub line: usize,
    /// Its language; empty where none is given.
    pub language: String,
    /// The comment that stands directly before it, such as `file: note/Cargo.toml`.
    pub marker: Option<String>,
    /// Its lines.
    pub text: String,
}

impl Page {
    /// Reads a page.
    pub fn read(text: &str) -> Self {
        let mut page = Self::default();
        let mut heading: Option<String> = None;
        let mut lead: Option<String> = None;
        let mut block: Option<Block> = None;
        let mut marker: Option<String> = None;
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => page.add_heading(heading.take()),
                Event::Start(Tag::Paragraph) if page.lead.is_empty() => lead = Some(String::new()),
                Event::End(TagEnd::Paragraph) if lead.is_some() => {
                    page.lead = lead.take().unwrap_or_default();
                }
                Event::Start(Tag::CodeBlock(kind)) => {
                    block = Some(Block {
                        line: 1 + text[..range.start].matches('\n').count(),
                        language: language(&kind),
                        marker: marker.take(),
                        text: String::new(),
                    });
                }
                Event::End(TagEnd::CodeBlock) => page.blocks.extend(block.take()),
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.into_string());
                }
                Event::Html(html) | Event::InlineHtml(html) => {
                    page.links.extend(sources(&html));
                    marker = comment(&html).or(marker);
                }
                Event::Text(words) | Event::Code(words) => {
                    let sink = block.as_mut().map(|block| &mut block.text);
                    for sink in [sink, heading.as_mut(), lead.as_mut()]
                        .into_iter()
                        .flatten()
                    {
                        sink.push_str(&words);
                    }
                    if block.is_none() {
                        marker = None;
                    }
                }
                Event::SoftBreak => lead.iter_mut().for_each(|lead| lead.push(' ')),
                _ => {}
            }
        }
        page
    }

    fn add_heading(&mut self, words: Option<String>) {
        let words = words.unwrap_or_default();
        let slug = slug(&words);
        let same = |anchor: &&String| {
            let rest = anchor.strip_prefix(&slug);
            rest.is_some_and(|rest| {
                rest.is_empty()
                    || rest
                        .strip_prefix('-')
                        .is_some_and(|n| n.parse::<usize>().is_ok())
            })
        };
        let before = self.anchors.iter().filter(same).count();
        if self.title.is_empty() {
            self.title = words;
        }
        self.anchors.push(match before {
            0 => slug,
            n => format!("{slug}-{n}"),
        });
    }
}

/// What mdbook and GitHub make of a heading.
fn slug(words: &str) -> String {
    let mut slug = String::new();
    for letter in words.trim().chars() {
        if letter.is_alphanumeric() || letter == '_' || letter == '-' {
            slug.extend(letter.to_lowercase());
        } else if letter.is_whitespace() {
            slug.push('-');
        }
    }
    slug
}

fn language(kind: &CodeBlockKind<'_>) -> String {
    let CodeBlockKind::Fenced(info) = kind else {
        return String::new();
    };
    let word = info.split([',', ' ']).next().unwrap_or_default();
    word.to_owned()
}

/// The words of a comment that is all of `html`.
fn comment(html: &str) -> Option<String> {
    let words = html.trim().strip_prefix("<!--")?.strip_suffix("-->")?;
    Some(words.trim().to_owned())
}

/// What `src` and `href` attributes name.
fn sources(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for attribute in ["src=\"", "href=\"", "srcset=\""] {
        for rest in html.split(attribute).skip(1) {
            found.extend(rest.split('"').next().map(str::to_owned));
        }
    }
    found
}

#[test]
fn a_page_is_read_with_its_headings_links_and_marked_blocks() {
    let page = Page::read(
        "# One `two`!\n\nFirst *words*\nof it, [a link](x.md#y).\n\n## Again\n\n## Again\n\n\
         <!-- file: a.rs -->\n```rust,ignore\nlet [a](b);\n```\n\nText.\n\n```console\n$ ls\n```\n\
         <img src=\"p.svg\">\n",
    );
    assert_eq!(page.title, "One two!");
    assert_eq!(page.lead, "First words of it, a link.");
    assert_eq!(page.anchors, ["one-two", "again", "again-1"]);
    assert_eq!(page.links, ["x.md#y", "p.svg"]);
    let [file, console] = &page.blocks[..] else {
        panic!("{:?}", page.blocks);
    };
    assert_eq!(file.marker.as_deref(), Some("file: a.rs"));
    assert_eq!((file.language.as_str(), file.line), ("rust", 11));
    assert_eq!(file.text, "let [a](b);\n");
    assert_eq!(console.marker, None);
}
