"""`farley mirror`: one Farley mirrors an address book of another one, each with a process and a database of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.cli.conftest import Databases, Instance, card
from tests.cli.test_serve import serving

MIRROR = ("--space", "sales", "--as", "alice")


def exported(farley: Instance, space: str) -> set[bytes]:
    out = farley.run("export", "--space", space, "--as", "alice").octets
    return {each + b"END:VCARD\r\n" for each in out.split(b"END:VCARD\r\n") if each}


def test_two_farleys_are_kept_in_step_both_ways(
    farley: Instance, template: Instance, tmp_path: Path, databases: Databases | None
) -> None:
    folder = tmp_path / "other"
    shutil.copytree(template.folder, folder)
    settings = {"FARLEY_MIRROR_NETWORKS": "127.0.0.0/8"}
    other = Instance(folder, databases.make(template.database) if databases else "", settings)
    cards = [
        card("ada@farley", "Ada King", "X-OWN;A=b:k\\,ept", "item1.TEL:+49 30 1", "item1.X-ABLabel:Büro"),
        card("bob", "Bob Müller", "NOTE:a\\nb", version="4.0"),
        b"BEGIN:VCARD\r\nVERSION:2.1\r\nUID:old\r\nN;ENCODING=QUOTED-PRINTABLE:M=FCller\r\nFN:Old\r\nEND:VCARD\r\n",
    ]
    (tmp_path / "in.vcf").write_bytes(b"".join(cards))
    assert farley.run("import", tmp_path / "in.vcf", "--space", "sales", "--as", "alice").code == 0
    secret = farley.run("device", "add", "mirror", "--as", "alice").stdout.strip()
    with serving(farley, "--workers", "1") as (_process, address):
        where = ("--url", address, "--user", "alice", "--password-stdin")
        several = other.run("mirror", "add", "elsewhere", *where, *MIRROR, stdin=secret)
        assert several.code == 2
        book = next(word for word in several.stderr.split() if word.endswith("/sales/"))
        wrong = other.run("mirror", "add", "elsewhere", *where, *MIRROR, stdin="wrong")
        assert (wrong.code, "does not accept" in wrong.stderr) == (2, True), wrong.stderr
        made = other.run("mirror", "add", "elsewhere", *where, "--book", book, "--both-ways", *MIRROR, stdin=secret)
        assert made.code == 0, made.stderr

        first = other.run("mirror", "run", "elsewhere", *MIRROR)
        assert (first.code, "3 added, 0 changed" in first.stdout) == (0, True), first
        assert exported(other, "sales") == exported(farley, "sales") == set(cards)
        assert "Nothing has changed." in other.run("mirror", "run", "elsewhere", *MIRROR).stdout

        new = card("new", "New Here")
        (tmp_path / "new.vcf").write_bytes(new)
        other.run("import", tmp_path / "new.vcf", "--space", "sales", "--as", "alice")
        sent = other.run("mirror", "run", "elsewhere", *MIRROR)
        assert "outside 1 added" in sent.stdout
        assert exported(other, "sales") == exported(farley, "sales") == {*cards, new}
        listed = other.run("mirror", "list", "--as", "alice").stdout
        assert book in listed
    failed = other.run("mirror", "run", "elsewhere", *MIRROR)
    assert (failed.code, "cannot be reached" in failed.stderr) == (1, True), failed
    checked = other.run("check")
    assert (checked.code, "mirror 1 of the space sales" in checked.stdout) == (1, True)
    assert secret not in checked.stdout + listed + other.run("mirror", "log", "elsewhere", *MIRROR).stdout
    assert other.run("mirror", "remove", "elsewhere", *MIRROR).code == 0
    assert len(exported(other, "sales")) == 4
    assert other.run("check").code == 0
