"""The tests' own Postgres: two runs of tests on one machine share it with nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("psycopg", reason="the demo's packages are needed: make setup")

from tests.postgres import serving

pytestmark = pytest.mark.warehouse


def test_it_needs_none_of_pytests_folders(tmp_path: Path) -> None:
    """The data lies where another user can get to, whatever becomes of the folders that
    another pytest closes when it starts."""
    modes = {above: above.stat().st_mode for above in tmp_path.parents}
    with serving() as server:
        _, ((data,),) = server.ask("show data_directory")
        folder = Path(data).parent
        assert {above: above.stat().st_mode for above in tmp_path.parents} == modes
        assert not folder.is_relative_to(tmp_path.parents[1])
        assert [
            above for above in folder.parents if above.stat().st_mode & 1 == 0
        ] == []
        assert server.ask("select 1")[1] == [(1,)]
    assert not folder.exists()
