from tools.check_sizes import oversized

LONG_FUNCTION = "def read():\n" + "    step()\n" * 80
TABLE = "TABLE = {\n" + "".join(f"    {n}: {n},\n" for n in range(900)) + "}\n"


def messages(path: str, source: str) -> list[str]:
    return [finding.message for finding in oversized(path, source)]


def test_a_function_of_81_lines_is_too_long_and_one_of_80_is_not():
    assert messages("src/a.py", LONG_FUNCTION) == ["read() has 81 lines, 80 are the limit"]
    assert messages("src/a.py", LONG_FUNCTION.removesuffix("    step()\n")) == []


def test_a_method_is_held_to_the_same_limit():
    method = "class Reader:\n" + "".join(f"    {line}\n" for line in LONG_FUNCTION.splitlines())
    assert messages("src/a.py", method) == ["read() has 81 lines, 80 are the limit"]


def test_a_module_of_more_than_800_lines_is_too_long():
    assert messages("src/a.py", "step()\n" * 801) == ["801 lines, 800 are the limit: split it by topic"]
    assert messages("src/a.py", "step()\n" * 800) == []


def test_a_data_table_does_not_count():
    assert messages("src/a.py", TABLE) == []
    assert messages("src/a.py", TABLE.replace("{", "frozenset({", 1).removesuffix("}\n") + "})\n") == []
    assert messages("src/a.py", TABLE + "step()\n" * 801) == ["801 lines, 800 are the limit: split it by topic"]


def test_style_sheets_are_held_to_the_limit_of_modules():
    assert messages("frontend/src/app.css", ".a {}\n" * 801) == ["801 lines, 800 are the limit: split it by topic"]
