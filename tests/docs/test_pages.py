"""What the pages mention exists: files, targets, commands and their options, keys."""

import re
from pathlib import Path

import click
import pytest

from fourmu.cli import COMMANDS, application
from fourmu.config import Analysis
from fourmu.config.section import Section

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
CODE = re.compile(r"^```.*?^```|`[^`\n]+`|^    \S.*?$", re.DOTALL | re.MULTILINE)

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def code_lines(page):
    """Lines of code blocks (fenced or indented), and inline code; continued lines are joined."""
    for block in CODE.findall(page.read_text(encoding="utf-8")):
        yield from block.strip("`").replace("\\\n", " ").splitlines()


def anchors(page):
    """Names of the headings as links find them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in headings}


@each_page
def test_links_and_images_exist(page):
    for found in LINK.findall(page.read_text(encoding="utf-8")):
        link = found[0] or found[1]
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@each_page
def test_make_targets_exist(page):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    targets |= set(" ".join(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)).split())
    for line in code_lines(page):
        match = re.match(r"(?:\$ )?make ([^#]*)", line.strip())
        words = match.group(1).split() if match else []
        named = {word for word in words if "=" not in word}
        assert named <= targets, line


@each_page
def test_commands_and_their_options_exist(page):
    context = click.Context(application)
    for line in code_lines(page):
        match = re.match(r"(?:\$ )?(?:\S*/)?fourmu ([a-z-]+)\b(.*)", line.strip())
        if match is None:
            continue
        name, rest = match.groups()
        if name == "--help":
            continue
        assert name in COMMANDS, line
        command = application.get_command(context, name)
        if isinstance(command, click.Group):
            part, _, rest = rest.strip().partition(" ")
            command = command.get_command(context, part)
            assert command is not None, line
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"(?<!\S)--[a-z-]+", rest.split("#")[0])) <= {*known, "--help"}, line


@each_page
def test_configuration_keys_exist(page):
    for line in code_lines(page):
        parts = line.strip().rstrip(":").split(".")
        if len(parts) < 2 or parts[0] not in Analysis.model_fields:
            continue
        if parts[1] in ("json", "md", "yaml", "py"):
            continue
        section = Analysis
        for part in parts:
            part = part.split(":")[0]
            assert part in section.model_fields, line
            annotation = section.model_fields[part].annotation
            is_section = isinstance(annotation, type) and issubclass(annotation, Section)
            section = annotation if is_section else Section


@each_page
def test_every_table_has_an_end(page):
    text = page.read_text(encoding="utf-8")
    assert text.count("<!-- table: ") == text.count("<!-- end -->")


def test_every_page_of_the_documentation_is_reached():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "index.md" or f"({page.name}" in index
