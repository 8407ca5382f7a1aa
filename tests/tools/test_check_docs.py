from tools.check_docs import missing, settings_read, unknown_settings

CODE = '''
import os
"""FARLEY_IN_PROSE is not a setting by itself."""
SETTINGS = {"FARLEY_DATA": "data"}
url = os.environ.get("FARLEY_DATABASE_URL")
'''


def test_the_settings_are_the_names_that_stand_alone_in_a_string():
    assert settings_read([CODE]) == {"FARLEY_DATA", "FARLEY_DATABASE_URL"}


def test_a_setting_nobody_described_is_found():
    guide = {"docs/operator/settings.md": "`FARLEY_DATA` is a folder; FARLEY_URL without marks does not count."}
    found = [finding.message for finding in missing({"FARLEY_DATA", "FARLEY_URL"}, guide, "the setting")]
    assert found == ["the setting FARLEY_URL is not described"]


def test_a_name_in_a_code_block_is_described():
    guide = {"docs/operator/routes.md": "So:\n\n```\n/contacts/  the list\n```\n\n    /login/  the way in\n"}
    assert list(missing({"/contacts/", "/login/"}, guide, "the route")) == []


def test_a_setting_that_went_away_is_found_where_it_is_still_described():
    guide = {"docs/operator/settings.md": "one\n`FARLEY_GONE` did something\n"}
    assert [(finding.line, finding.message) for finding in unknown_settings({"FARLEY_DATA"}, guide)] == [
        (2, "there is no setting FARLEY_GONE")
    ]


def test_a_longer_address_does_not_describe_a_shorter_one():
    guide = {"docs/operator/routes.md": "`/contacts/import/` and `farley serve [--port]`"}
    found = [finding.message for finding in missing({"/contacts/", "/import/", "farley serve"}, guide, "the route")]
    assert found == ["the route /contacts/ is not described", "the route /import/ is not described"]
