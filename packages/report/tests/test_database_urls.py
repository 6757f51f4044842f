"""No error repeats a password, however odd the URL, and odd passwords work."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_report import warehouse
from sagemaker_tuning_report.warehouse import UnusableError, opened

from .conftest import report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRETS = ("s3cret", "hunter2")


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


ODD = [
    "postgresql://me:s3cret%ethunter2@127.0.0.1:{port}/x",
    "postgresql://me:s3cret hunter2@127.0.0.1:{port}/x",
    "postgresql://me:s3cret@hunter2@127.0.0.1:{port}/x",
    "postgresql://me:s3cret/hunter2@127.0.0.1:{port}/x",
    "postgresql://me:s3cret#hunter2@127.0.0.1:{port}/x",
    "postgresql://me:s3cret?hunter2@127.0.0.1:{port}/x",
    "postgresql://me:s3cret:hunter2@127.0.0.1:{port}/x",
    "postgresql://me:s3cret[hunter2]@127.0.0.1:{port}/x",
    "postgresql://127.0.0.1:{port}/x?user=me&password=s3cret%ethunter2",
    "postgresql://127.0.0.1:{port}/x?user=me&pass_word=s3crethunter2",
    "postgresql+psycopg://me:s3crethunter2@127.0.0.1:port/x",
    "host=127.0.0.1 port={port} user=me password=s3crethunter2",
    "postgresql:me:s3crethunter2@127.0.0.1:{port}/x",
    "me:s3crethunter2@postgresql://127.0.0.1:{port}/x",
    "duckdb:///me:s3crethunter2@127.0.0.1",
    f"host=127.0.0.1 password=s3cret{'x' * 5000}",
    "host=127.0.0.1 password=s3cret\0hunter2",
    "md:analytics?motherduck_token=s3crethunter2",
]


@pytest.mark.parametrize("url", ODD)
def test_an_odd_url_is_not_repeated(url: str, port: int) -> None:
    """If a warehouse cannot be opened, the one line has no part of the password."""
    pytest.importorskip("psycopg")
    with (
        pytest.raises(UnusableError) as raised,
        opened(url.replace("{port}", str(port))),
    ):
        pass
    said = str(raised.value)
    assert [secret for secret in SECRETS if secret in said] == []
    assert "\n" not in said
    assert raised.value.__cause__ is None


def test_words_of_the_snowflake_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Snowflake driver's words are not repeated either."""

    def connect(**given: object) -> None:
        message = f"250001: Incorrect username or password in {given}"
        raise RuntimeError(message)

    monkeypatch.setattr("snowflake.connector.connect", connect)
    with (
        pytest.raises(UnusableError) as raised,
        opened("snowflake://me:s3cret@acme/x?passcode=hunter2"),
    ):
        pass
    assert str(raised.value) == (
        "cannot open the snowflake warehouse at acme: the user or the password is wrong"
    )


PASSWORDS = ["s3cret%et", "s3 cret", "s3@cret", "s3/cret", "s3#cret", "s3:cret"]


@pytest.mark.parametrize("password", PASSWORDS)
def test_an_odd_password_works(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password needs no percent-encoding, unless it has a question mark or what looks
    like percent-encoding."""
    given: list[Any] = []
    monkeypatch.setitem(warehouse._KINDS, "postgresql", given.append)  # noqa: SLF001
    url = f"postgresql://me:{password}@one.example:5433,[::1]/x%2Fy?sslmode=verify-full"
    warehouse._connected(url)  # noqa: SLF001 - needs no server
    (login,) = given
    assert login.password == password
    assert (login.user, login.host, login.port) == ("me", "one.example,::1", "5433,")
    assert (login.path, login.options) == ("x/y", {"sslmode": "verify-full"})


@pytest.mark.warehouse
def test_the_line_names_kind_and_host(port: int) -> None:
    """The error says which warehouse at which host, and why."""
    done = report(DATABASE_URL=f"postgresql://me:s3cret@127.0.0.1:{port}/x")
    assert done.stderr == (
        "Error: cannot open the postgresql warehouse at 127.0.0.1: "
        "nothing listens at that host and port\n"
    )


def test_duckdb_has_no_network(tmp_path: Path) -> None:
    """DuckDB installs no extension and reads no other file, even if a view in the
    warehouse asks for it."""
    driver = pytest.importorskip("duckdb")
    other = tmp_path / "other.csv"
    other.write_text("a\n1\n", encoding="utf-8")
    file = tmp_path / "tuning.duckdb"
    with driver.connect(str(file)) as connection:
        connection.execute("create table sagemaker_tuning__trials (a int)")
        connection.execute(f"create view outside as from '{other}'")
    with opened(str(file)) as warehouse:
        setting = "select current_setting('autoinstall_known_extensions') as value"
        assert warehouse.select(setting) == [{"value": False}]
        with pytest.raises(UnusableError, match="disabled"):
            warehouse.select("select * from outside")
