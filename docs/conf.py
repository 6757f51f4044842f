"""How Sphinx builds the documentation: `make docs`."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes  # type: ignore[import-untyped] # it has no types

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_PROJECT = tomllib.loads(
    (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
)["project"]

project = _PROJECT["name"]
release = version = _PROJECT["version"]
author = _PROJECT["authors"][0]["name"]
copyright = author  # noqa: A001 - Sphinx's name for it

extensions = ["myst_parser", "sphinx_copybutton"]
exclude_patterns = ["_build"]
nitpicky = True

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3  # as deep as pages link to

# Copies the commands of a console block without their prompts.
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True

html_theme = "furo"
html_title = f"{project} {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_copy_source = False
html_show_sphinx = False
html_use_index = False  # no page has entries for it
html_show_search_summary = False  # _static/excerpts.js does that
templates_path = ["_templates"]


def add_dark_pictures(app: Sphinx, doctree: nodes.document) -> None:
    """Give each picture with a twin, such as `report-dark.png`, one per theme."""
    folder = Path(app.env.doc2path(app.env.current_document.docname)).parent
    for picture in list(doctree.findall(nodes.image)):
        path = Path(picture["uri"])
        twin = path.with_stem(f"{path.stem}-dark")
        if (folder / twin).is_file():
            dark = picture.copy()
            dark["uri"] = twin.as_posix()
            picture["classes"].append("only-light")
            dark["classes"].append("only-dark")
            picture.replace_self([picture, dark])


def write_texts(app: Sphinx, error: Exception | None) -> None:
    """Write the text of each section, by page and anchor, for the search's excerpts."""
    if error or app.builder.name != "html":
        return
    texts = {
        page: {
            section["ids"][0]: " ".join(_text(section).split())
            for section in app.env.get_doctree(page).findall(nodes.section)
        }
        for page in sorted(app.env.found_docs)
    }
    script = app.outdir / "_static" / "texts.js"
    script.write_text(f"const TEXTS = {json.dumps(texts)};\n", encoding="utf-8")


def _text(section: nodes.section) -> str:
    """The section's own text, without the page's title, which a result repeats."""
    is_page = isinstance(section.parent, nodes.document)
    left_out = (nodes.section, nodes.raw, *((nodes.title,) if is_page else ()))
    own = [child for child in section.children if not isinstance(child, left_out)]
    return "\n".join(child.astext() for child in own)


def setup(app: Sphinx) -> None:
    """Register what this file adds to Sphinx."""
    before_sphinx_collects_pictures = 400
    app.connect("doctree-read", add_dark_pictures, before_sphinx_collects_pictures)
    app.connect("build-finished", write_texts)
