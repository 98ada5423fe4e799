"""The command line in this process: what it answers with, and what it prints."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from polytope_engine.cli.application import application


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Shell:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *arguments: object) -> Answer:
        self.capsys.readouterr()
        code = application([str(a) for a in arguments], prog_name="polytope-engine", standalone_mode=False)
        out, err = self.capsys.readouterr()
        return Answer(code, out, err)
