"""A `farley serve` that several clients ask at once: `ask_at_once`; as a program, one that asks for it."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

from benchmarks._instances import ROOT, Instance
from benchmarks.serving import PATIENCE_S, free_port, wait_for_an_answer


def ask_at_once(instance: Instance, requests: str, *, clients: int, seconds: float) -> float:
    """Answers a second to `requests`, a JSON list of [path, query] and headers, each client asking them in turn."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("farley")), "serve", "--port", str(port)]
    server = subprocess.Popen(
        command, cwd=ROOT, env=instance.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_an_answer(server, port)
        asking = [sys.executable, "-m", "benchmarks._clients", str(port), str(clients), str(seconds)]
        done = subprocess.run(asking, cwd=ROOT, input=requests, stdout=subprocess.PIPE, text=True, check=True)
        return float(done.stdout)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=PATIENCE_S)


def _ask(port: int, requests: str, clients: int, seconds: float) -> float:
    paths, headers = json.loads(requests)
    counts = [0] * clients
    problems: list[str] = []
    end = time.monotonic() + seconds

    def one(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        turn = number * len(paths) // clients
        while time.monotonic() < end:
            path, query = paths[turn % len(paths)]
            connection.request("GET", f"{path}?{urlencode(query)}", headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:  # raised here it would end this client alone
                problems.append(f"{path} {query}: {answer.status}")
                return
            counts[number] += 1
            turn += 1

    threads = [threading.Thread(target=one, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise RuntimeError(problems[0])
    if not all(counts):
        raise RuntimeError("a client got no answer")
    return sum(counts) / seconds


if __name__ == "__main__":
    print(_ask(int(sys.argv[1]), sys.stdin.read(), int(sys.argv[2]), float(sys.argv[3])))
