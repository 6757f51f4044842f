"""The tests' own Postgres is isolated from other test runs on the same machine."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("psycopg", reason="the demo's packages are needed: make setup")

from tests.postgres import serving

pytestmark = pytest.mark.warehouse


def test_it_needs_none_of_pytests_folders(tmp_path: Path) -> None:
    """Another user can reach the data, even after another pytest closes its folders
    when it starts."""
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
