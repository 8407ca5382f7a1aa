"""`farley user password` and `reset-factor`."""

from __future__ import annotations

from tests.cli.conftest import Instance


def test_a_password_is_given_and_a_factor_reset_by_command(farley: Instance) -> None:
    short = farley.run("user", "password", "alice", "--password-stdin", stdin="short\n")
    assert short.code == 2
    assert "at least 10 characters" in short.stderr
    given = farley.run("user", "password", "alice", "--password-stdin", stdin="a new and long sentence\n")
    assert (given.code, given.stdout) == (0, "alice has another password, and is signed out everywhere.\n")
    nothing = farley.run("user", "reset-factor", "alice")
    assert (nothing.code, nothing.stderr) == (2, "farley: alice has no second factor\n")
