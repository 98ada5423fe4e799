"""What is shipped is complete, and asks for what it needs: the wheel, the source archive, the Makefile."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import polytope_engine as pe

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "polytope_engine"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Where the name to import is not the name to install.
INSTALLED_AS = {
    "flint": "python-flint",
    "cdd": "pycddlib",
    "sklearn": "scikit-learn",
    "mpl_toolkits": "matplotlib",
}

DEMO = """
import sys
sys.path.insert(0, sys.argv[1])
import polytope_engine
from polytope_engine.data import DOMAIN_BOUNDS, load_demo
assert polytope_engine.__file__.startswith(sys.argv[1]), polytope_engine.__file__
for name in DOMAIN_BOUNDS:
    print(*load_demo(name))
"""


def names(requirements: list[str]) -> set[str]:
    """The packages of a list of requirements."""
    return {re.split(r"[^\w-]", requirement, maxsplit=1)[0] for requirement in requirements}


def imported(path: Path) -> Iterator[str]:
    """What the statements of a file import from other packages, by the names to install."""
    for node in ast.walk(ast.parse(path.read_text())):
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules = [node.module]
        for module in modules:
            top = module.split(".")[0]
            if top not in sys.stdlib_module_names | {"polytope_engine"}:
                yield INSTALLED_AS.get(top, top)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel and the source archive, built without a network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--directory", folder]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return {"wheel": wheel, "source": source}


def tracked(*below: str) -> set[str]:
    """The files of a folder that belong to the project, not to a run of it."""
    return {
        path.relative_to(ROOT).as_posix()
        for folder in below
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_the_package_and_nothing_else(archives: dict[str, Path]) -> None:
    with zipfile.ZipFile(archives["wheel"]) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == tracked("polytope_engine")
    assert {
        f"polytope_engine/data/{name}" for name in ("two_moons.npz", "cart_pole.npz", "README.md")
    } <= held
    assert {"polytope_engine/py.typed", "polytope_engine/plotting/study_page.html"} <= held


def test_the_shipped_networks_load_from_the_wheel_alone(archives: dict[str, Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(archives["wheel"]) as wheel:
        wheel.extractall(tmp_path)
    run = subprocess.run(
        [sys.executable, "-c", DEMO, tmp_path], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines() == [
        "<ReLUNetwork 2-24-24-2, 48 neurons> <HPolytope in R^2, 4 rows>",
        "<ReLUNetwork 4-32-32-1, 64 neurons> <HPolytope in R^4, 8 rows>",
    ]


def test_the_wheel_brings_the_command_and_the_license(archives: dict[str, Path]) -> None:
    with zipfile.ZipFile(archives["wheel"]) as wheel:
        (entry_points,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
        assert "polytope-engine = polytope_engine.cli:main" in wheel.read(entry_points).decode()
        assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())


def test_the_source_archive_can_test_itself(archives: dict[str, Path]) -> None:
    with tarfile.open(archives["source"]) as source:
        held = {name.split("/", 1)[1] for name in source.getnames()}
    needed = tracked("polytope_engine", "tests", "examples", "benchmarks", "docs")
    assert needed | {"conftest.py", "pyproject.toml", "Makefile", "README.md", "LICENSE"} <= held


def test_the_version_is_the_same_everywhere(archives: dict[str, Path]) -> None:
    assert f"polytope_engine-{pe.__version__}-py3-none-any.whl" == archives["wheel"].name
    assert f"\nversion: {pe.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_each_core_dependency_is_imported_and_each_import_is_a_dependency() -> None:
    used = {name for path in PACKAGE.rglob("*.py") for name in imported(path)}
    core = names(PROJECT["dependencies"])
    extras = ("torch", "onnx", "cdd", "cvx", "pandas", "plotly", "train")
    optional = names([wanted for extra in extras for wanted in PROJECT["optional-dependencies"][extra]])
    assert core <= used
    assert used <= core | optional


def test_the_extra_of_the_training_scripts_holds_what_they_import() -> None:
    used = {name for path in (ROOT / "examples").glob("*.py") for name in imported(path)} - {"training"}
    assert used <= names(PROJECT["dependencies"] + PROJECT["optional-dependencies"]["train"])


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = {"numba", "matplotlib", "torch", "onnx", "scipy", "cvxpy", "cdd", "networkx", "rich", "typer"}
    code = f"import sys, polytope_engine; print(*({heavy!r} & sys.modules.keys()))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "\n"


def planned(*arguments: str) -> str:
    """What make would do, by its own account."""
    clean = {
        key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS", "NETS"))
    }
    command = ["make", "--dry-run", *arguments]
    return subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=True).stdout


def test_on_a_fresh_machine_the_demo_installs_the_core_alone(tmp_path: Path) -> None:
    plan = planned("demo", f"VENV={tmp_path}/venv")
    assert plan.index("-m venv") < plan.index("install") < plan.index("polytope-engine demo")
    assert "torch" not in plan
    assert "[dev]" not in plan


def test_on_a_fresh_machine_the_tests_get_system_libraries_first(tmp_path: Path) -> None:
    plan = planned("test", f"VENV={tmp_path}/venv")
    assert (
        plan.index("apt-get update")
        < plan.index("libcdd-dev")
        < plan.index("[dev]")
        < plan.index("-m pytest")
    )


def test_a_second_run_installs_nothing(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for file in ("bin/python", ".cddlib", ".core", ".dev"):
        (tmp_path / file).touch()
    for target in ("demo", "test", "lint"):
        assert "pip install" not in planned(target, f"VENV={tmp_path}")


def test_a_folder_of_networks_reaches_pytest() -> None:
    assert "--nets some/folder" in planned("test", "NETS=some/folder")
    assert "--nets" not in planned("test")
