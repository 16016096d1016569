"""One wheel with four packages and the built pages; refused when the pages are missing."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.house.tree import PACKAGES, ROOT, copy_checkout, files


def _build(checkout: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(checkout / "out")]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    assert (ROOT / "web/dist/web-manifest.json").is_file(), "build the web client first: scripts/test does it"
    checkout = copy_checkout(tmp_path_factory.mktemp("checkout"))
    shutil.copytree(ROOT / "web/dist", checkout / "web/dist")
    done = _build(checkout)
    assert done.returncode == 0, done.stdout + done.stderr
    [built] = (checkout / "out").glob("*.whl")
    return zipfile.ZipFile(built)


def test_the_wheel_holds_exactly_our_packages(wheel: zipfile.ZipFile) -> None:
    top = {name.split("/")[0] for name in wheel.namelist()}
    [about] = [name for name in top if name.endswith(".dist-info")]
    assert top - {about} == set(PACKAGES)
    assert f"{about}/licenses/LICENSE" in wheel.namelist()


def test_the_wheel_carries_every_module_and_the_built_pages(wheel: zipfile.ZipFile) -> None:
    inside = set(wheel.namelist())
    modules = {path.relative_to(ROOT).as_posix() for path in files() if path.suffix == ".py"}
    assert {name for name in modules if name.split("/")[0] in PACKAGES} <= inside
    pages = {
        path.relative_to(ROOT / "web/dist").as_posix() for path in (ROOT / "web/dist").rglob("*") if path.is_file()
    }
    assert {f"server/_web/{page}" for page in pages} == {name for name in inside if name.startswith("server/_web/")}
    assert not [name for name in inside if "node_modules" in name or name.startswith("tests")]


def test_the_wheel_installs_one_command(wheel: zipfile.ZipFile) -> None:
    [about] = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    scripts = configparser.ConfigParser()
    scripts.read_string(wheel.read(about).decode())
    assert dict(scripts["console_scripts"]) == {"careroom": "server.cli:main"}


def test_the_installed_wheel_runs_and_finds_its_pages(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    assert wheel.filename
    target = tmp_path / "installed"
    install = ["install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--target", str(target)]
    subprocess.run([sys.executable, "-m", "pip", *install, wheel.filename], check=True)
    env = {**os.environ, "PYTHONPATH": str(target)}
    where = "import server.api.pages as pages; print(pages.web_root())"
    found = subprocess.run(
        [sys.executable, "-c", where], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == str(target / "server/_web")
    command = [sys.executable, str(target / "bin/careroom"), "--help"]
    helped = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert helped.returncode == 0, helped.stderr
    assert "serve" in helped.stdout


def test_a_wheel_without_pages_is_refused_in_one_sentence(tmp_path: Path) -> None:
    done = _build(copy_checkout(tmp_path))
    assert done.returncode != 0
    said = (done.stdout + done.stderr).strip()
    assert said.startswith("The web client is not built")
    assert "\n" not in said


def test_no_dependency_owns_our_package_names() -> None:
    owners = {
        (found.name, path.parts[0])
        for found in distributions()
        if found.name != "careroom"
        for path in found.files or []
        if path.parts[0] in PACKAGES or path.parts[0] in {f"{package}.py" for package in PACKAGES}
    }
    assert not owners
