"""What Marl is shipped with: every package has a licence that lets it be, and stands in the bills of materials."""

import json
import subprocess
from pathlib import Path

import pytest

from scripts import licences
from tests.config.test_requirements import pinned

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = [*licences.python_packages(), *licences.browser_packages()]


def test_the_page_names_every_package_with_its_licence() -> None:
    page = licences.PAGE.read_text()
    missing = [
        package for package in PACKAGES if f"| {package.name} | {package.version} | {package.licence or ''}" not in page
    ]
    assert missing == [], "run `make licences`"
    assert page.count("\n| ") == len(PACKAGES) + 2, "run `make licences`"  # and two heads


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_licence_is_permissive_or_a_known_exception(package: licences.Package) -> None:
    if package.name in licences.WEAK:
        assert package.licence == licences.WEAK[package.name]
    elif package.licence:  # "": not needed on this system
        assert licences.is_permissive(package.licence)


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "AGPL-3.0-only", "MIT AND GPL-2.0-only", "", "Proprietary"])
def test_other_licences_are_noticed(licence: str) -> None:
    assert not licences.is_permissive(licence)


def test_one_of_several_licences_is_enough() -> None:
    assert licences.is_permissive("GPL-2.0-only OR MIT")
    assert licences.is_permissive("Apache-2.0 AND BSD-2-Clause")


def test_the_bills_of_materials_name_every_pinned_package(tmp_path: Path) -> None:
    done = subprocess.run(["sh", "scripts/sbom.sh", str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    server, browser = (json.loads((tmp_path / f"marl-{part}.cdx.json").read_text()) for part in ("server", "browser"))
    assert {server["bomFormat"], browser["bomFormat"]} == {"CycloneDX"}
    assert {part["name"].lower().replace("_", "-") for part in server["components"]} == pinned("requirements.txt")
    named = {f"{part.get('group', '')}/{part['name']}".lstrip("/"): part["version"] for part in browser["components"]}
    assert named == {package.name: package.version for package in licences.browser_packages()}
