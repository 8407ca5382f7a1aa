import pytest
from tools.check_templates import check, fix

TIDY = '<h1>{{ contact.full_name }}</h1>\n<img src="/a.png" alt="" width="1" height="1">\n'


@pytest.mark.parametrize(
    ("mark_up", "fault"),
    [
        ("{{contact.full_name}}\n", "a variable without its spaces"),
        ("{% load static i18n %}\n", "libraries out of order"),
        ('<img src="/a.png" width="1" height="1">\n', "a picture without alt"),
        ("<p>Twelve</div>\n", "an end without its beginning"),
        ('<a href="/contacts/" href="/">Contacts</a>\n', "an attribute given twice"),
    ],
)
def test_faulty_mark_up_is_found(tmp_path, mark_up, fault):
    page = tmp_path / "page.html"
    page.write_text(mark_up)
    assert check([str(page)]) == 1, fault


def test_tidy_mark_up_passes(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(TIDY)
    assert check([str(page)]) == 0


def test_what_djade_finds_it_also_mends(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("{{contact.full_name}}\n")
    fix([str(page)])
    assert page.read_text() == "{{ contact.full_name }}\n"
    assert check([str(page)]) == 0
