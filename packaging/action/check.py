"""Checks a pull request: `check.py BODY NAME SOURCE [ARGUMENT]…` runs `stylus-upgrades check`, writes its findings as
workflow commands, which the runner shows beside the lines, and the text of a comment to the file BODY. Ends as `check`
ends."""

import json
import subprocess
import sys

LEVELS = {"danger": "error", "warning": "warning"}
SIGNS = {"danger": "✗", "warning": "!", "note": "·", "good": "✓"}
SLOT = 32


def ask(*words):
    """The document of a command, and how it ended."""
    done = subprocess.run(["stylus-upgrades", *words, "--json"], stdout=subprocess.PIPE, text=True)
    try:
        return json.loads(done.stdout), done.returncode
    except ValueError:
        return {}, done.returncode


def annotation(finding):
    """A workflow command: https://docs.github.com/actions/reference/workflow-commands-for-github-actions."""
    escape = lambda text: text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    level = LEVELS.get(finding["severity"], "notice")
    place = finding.get("place") or {}
    where = [f"file={escape(place['file'])}", f"line={place['line']}"] if place else []
    values = ",".join([*where, f"title={escape(finding['id']).replace(',', '%2C').replace(':', '%3A')}"])
    return f"::{level} {values}::{escape(finding['message'])}"


def drawing(layout, findings):
    """One line for each field: its slot, the bytes of it as a bar, its name and type, and what was found about it."""
    signs = {one["id"].split(":", 1)[1]: SIGNS[one["severity"]] for one in findings
             if one.get("part") == "layout" and ":" in one["id"]}
    rows = []
    for field in layout.get("storage", []):
        kind = layout.get("types", {}).get(field["type"], {})
        size, offset = int(kind.get("numberOfBytes", SLOT)), int(field["offset"])
        # The lowest byte of a slot is its last: it stands on the right.
        bytes_ = "".join("█" if offset <= byte < offset + size else "·" for byte in reversed(range(SLOT)))
        slots = -(-(offset + size) // SLOT)
        last = int(field["slot"], 0) + slots - 1
        slot = field["slot"] if slots == 1 else f"{field['slot']}–{last}"
        rows.append((signs.get(field["label"], " "), slot, bytes_, field["label"], kind.get("label", field["type"])))
    width = max((len(row[1]) for row in rows), default=0)
    return "\n".join(f"{sign} {slot:>{width}} {bytes_} {label}: {kind}" for sign, slot, bytes_, label, kind in rows)


def body(name, report, layout, error):
    """The comment, in Markdown. Its first line finds it again."""
    lines = [f"<!-- stylus-upgrades {name} -->"]
    if error:
        lines.append(f"### ✗ `{name}` was not checked")
        lines += ["", error.get("message", "stylus-upgrades wrote no report"), "", error.get("next", "")]
        return "\n".join(lines)
    findings = report["findings"]
    blocking = sum(one["severity"] == "danger" for one in findings)
    verdict = f"✗ {blocking} of {len(findings)} findings block an upgrade" if blocking else "✓ can be upgraded to this"
    lines += [f"### `{name}`: {verdict}", ""]
    if report.get("to"):
        lines += [f"{report.get('from') or 'unknown'} ({report['against']}) → {report['to']}, "
                  f"{report['code_bytes']:,} bytes of code", ""]
    if findings:
        lines += ["| | finding | |", "|---|---|---|"]
        cell = lambda text: text.replace("|", "\\|").replace("\n", " ")
        lines += [f"| {SIGNS[one['severity']]} | `{cell(one['id'])}` | {cell(one['message'])} |" for one in findings]
        lines.append("")
    if layout:
        lines += ["<details open><summary>Storage</summary>", "", "```text", drawing(layout, findings), "```",
                  "", "</details>", ""]
    return "\n".join(lines)


def main(file, name, source, *arguments):
    report, exit_code = ask("check", name, source, *arguments)
    error = None if "findings" in report else report.get("error", {})
    for finding in report.get("findings", []):
        print(annotation(finding))
    if error is not None:
        print(f"::error title={error.get('name', 'Failed')}::{error.get('message', 'stylus-upgrades wrote no report')}")
        error = error or {"message": "stylus-upgrades wrote no report"}
    shown, _ = ask("layout", "show", source) if error is None else ({}, 0)
    with open(file, "w", encoding="utf-8") as out:
        out.write(body(name, report, shown.get("layout"), error))
    return exit_code


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
