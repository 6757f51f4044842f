"""The built documentation fits the window, in a real browser."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.docs.documents import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

TOO_WIDE = "() => document.documentElement.scrollWidth - innerWidth"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built pages."""
    folder = tmp_path_factory.mktemp("docs")
    command = [str(Path(sys.executable).with_name("sphinx-build")), "--quiet", "docs"]
    subprocess.run([*command, str(folder)], cwd=ROOT, check=True)  # noqa: S603 - ours
    return folder


@pytest.mark.parametrize("width", [800, 1280, 1400, 1920])
def test_no_page_is_wider_than_the_window(
    browser: Browser, built: Path, width: int
) -> None:
    """Neither a table nor the page's own contents leave the window to the right."""
    window = browser.new_page(viewport={"width": width, "height": 900})
    wider = {}
    for page in sorted(built.rglob("*.html")):
        window.goto(page.as_uri())
        wider[str(page.relative_to(built))] = int(window.evaluate(TOO_WIDE))
    window.close()
    assert {
        "models/marts/trials.html",
        "streams/tuning_job_details.html",
    } <= wider.keys()
    assert {page: pixels for page, pixels in wider.items() if pixels > 0} == {}
