import json

from tools.lock_front_end import without_addresses


def test_the_lock_keeps_versions_and_hashes_and_loses_addresses():
    package = {"version": "2.0.11", "integrity": "sha512-abc", "license": "0BSD"}
    found = {**package, "resolved": "https://example.org/a.tgz", "funding": {"url": "https://example.org/give"}}
    cleaned = without_addresses(json.dumps({"lockfileVersion": 3, "packages": {"node_modules/htmx.org": found}}))
    assert json.loads(cleaned) == {"lockfileVersion": 3, "packages": {"node_modules/htmx.org": package}}
