"""Keeps one comment on a pull request current: `comment.py BODY NUMBER` takes the text from the file BODY. The comment
that begins with the same line is written over, or a new one is made. GITHUB_API_URL, GITHUB_REPOSITORY and GITHUB_TOKEN
are those of the runner."""

import json
import os
import sys
import urllib.request

PAGE = 100


def ask(method, path, document=None):
    url = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/issues/{path}"
    data = None if document is None else json.dumps(document).encode()
    headers = {"Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}", "Accept": "application/vnd.github+json",
               "Content-Type": "application/json", "X-GitHub-Api-Version": "2022-11-28"}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=30) as answer:
        return json.load(answer)


def known(number, marker):
    """The id of the comment that begins with the marker, if there is one."""
    page = 1
    while True:
        comments = ask("GET", f"{number}/comments?per_page={PAGE}&page={page}")
        for comment in comments:
            if (comment["body"] or "").startswith(marker):
                return comment["id"]
        if len(comments) < PAGE:
            return None
        page += 1


def main(file, number):
    with open(file, encoding="utf-8") as text:
        body = text.read()
    comment = known(number, body.splitlines()[0])
    if comment is None:
        ask("POST", f"{number}/comments", {"body": body})
    else:
        ask("PATCH", f"comments/{comment}", {"body": body})


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
