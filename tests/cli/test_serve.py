"""The server as a process group: it answers, it ends, it leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Instance

PATIENCE_S = 60.0


@contextmanager
def serving(farley: Instance, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A running server and its address; ended at the end, whatever happens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = farley.start("serve", "--port", str(port), *options)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: answers(address) or process.poll() is not None)
        yield process, address
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.communicate(timeout=PATIENCE_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def wait_for(condition) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/login/", timeout=10) as response:
            return response.status == 200
    except urllib.error.HTTPError as error:
        raise AssertionError(error.read().decode()[:2000]) from error
    except OSError:
        return False


def members(group: int) -> list[int]:
    """The living processes of a process group."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def test_sigterm_ends_the_whole_group(farley: Instance) -> None:
    with serving(farley) as (process, _):
        assert len(members(process.pid)) >= 5  # web server and two workers, keeper, two queues
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        assert members(process.pid) == []


def test_ctrl_c_on_the_group_ends_it(farley: Instance) -> None:
    with serving(farley, "--workers", "1") as (process, _):
        os.killpg(process.pid, signal.SIGINT)
        process.wait(PATIENCE_S)
        wait_for(lambda: members(process.pid) == [])


def test_no_process_outlives_a_killed_server(farley: Instance) -> None:
    with serving(farley) as (process, _):
        process.kill()
        process.wait(PATIENCE_S)
        wait_for(lambda: members(process.pid) == [])


def test_a_killed_worker_is_replaced(farley: Instance) -> None:
    with serving(farley) as (process, address):
        before = set(members(process.pid))
        victim = max(before - {process.pid})
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: victim not in members(process.pid) and len(members(process.pid)) >= len(before))
        assert answers(address)


def test_a_second_server_on_the_data_folder_says_so(farley: Instance) -> None:
    with serving(farley, "--workers", "1"):
        result = farley.run("serve", "--port", "1")
    assert (result.code, "another `farley serve`" in result.stderr) == (2, True), result.stderr


def test_the_first_start_prints_a_code_for_other_machines(empty: Instance) -> None:
    with serving(empty, "--workers", "1") as (process, address):
        with urllib.request.urlopen(f"{address}/setup/", timeout=10) as response:
            assert response.status == 200
        process.terminate()
        output, _ = process.communicate(timeout=PATIENCE_S)
    assert b"one-time code: " in output
    code = (empty.folder / "secrets" / "first-administrator").read_text().strip()
    assert code.encode() in output


@pytest.mark.parametrize("host", ["evil.example.org", "127.0.0.1.evil.example.org"])
def test_another_host_name_is_refused(farley: Instance, host: str) -> None:
    with serving(farley, "--workers", "1") as (_, address):
        request = urllib.request.Request(f"{address}/login/", headers={"Host": host})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        with refused.value as answer:
            assert answer.code == 400
