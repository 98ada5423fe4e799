"""The README is true: its example prints what it says, its links lead somewhere."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def fenced(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_examples_print_what_the_readme_says() -> None:
    names: dict[str, object] = {}
    codes = fenced("python")
    assert len(codes) == 2
    for code, expected in zip(codes, fenced("text"), strict=False):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "README.md", "exec"), names)
        assert printed.getvalue() == expected
        assert len(code.strip().splitlines()) <= 14


def test_links_and_pictures_are_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_the_map_of_the_code_names_every_folder() -> None:
    listed = set(re.findall(r"^  (\w+)/ ", README, flags=re.MULTILINE))
    folders = {
        path.parent.name
        for path in (ROOT / "polytope_engine").glob("*/__init__.py")
        if any(path.parent.glob("*.py"))
    }
    assert listed == folders - {"data"}
