"""`farley user password`, `reset-factor` and `change`."""

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


def test_an_account_gets_another_name_address_and_office_by_command(farley: Instance) -> None:
    changed = farley.run("user", "change", "bob", "--full-name", "Bob Byron", "--email", "b@example.org", "--admin")
    assert (changed.code, changed.stdout) == (0, "bob\tb@example.org\tBob Byron\tadmin\n")
    assert "bob\tb@example.org\tBob Byron\tadmin" in farley.run("user", "list").stdout
    taken = farley.run("user", "change", "bob", "--email", "ALICE@example.org")
    assert (taken.code, "Another account has the e-mail address" in taken.stderr) == (2, True)
    last = farley.run("user", "change", "bob", "--no-admin")
    assert (last.code, last.stderr) == (2, "farley: bob is the last administrator; make another one first\n")
