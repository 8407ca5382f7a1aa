"""Phone numbers as E.164."""

from __future__ import annotations

import re

from farley.codecs.remembering import remembered

_PLAIN = re.compile(r"[\s()./\u00a0\u2010-\u2015-]+")
_CODES = {  # regions that write a 0 before the national form, their country code, and digits of a whole number
    "DE": ("49", 7, 13),
    "AT": ("43", 7, 13),
    "CH": ("41", 9, 9),
    "GB": ("44", 10, 10),
    "FR": ("33", 9, 9),
    "NL": ("31", 9, 9),
    "BE": ("32", 8, 9),
    "SE": ("46", 7, 9),
}
_NATIONAL = {
    region: re.compile(f"0([1-9][0-9]{{{least - 1},{most - 1}}})") for region, (_, least, most) in _CODES.items()
}
_INTERNATIONAL = re.compile(
    "|".join(f"{code}[1-9][0-9]{{{least - 1},{most - 1}}}" for code, least, most in _CODES.values())
)
_NORTH_AMERICAN = re.compile("[+]1[2-9][0-9]{9}")


@remembered(20_000)
def e164(number: str, region: str) -> str:
    """`number` as E.164 (`+49301234`); where it cannot be read, its digits; where it has none, "".

    National forms are read as numbers of `region` (ISO 3166). An extension is left out.
    """
    if len(number) > 250:
        return ""
    # What most numbers look like is read here: phonenumbers would take 130 us to say the same.
    plain = _PLAIN.sub("", number)
    if _NORTH_AMERICAN.fullmatch(plain):
        return plain
    if region in _CODES:
        bare = plain[1:] if plain[:1] == "+" else plain[2:] if plain[:2] == "00" else ""
        if bare[2:3] == "0":  # +49 (0)30: every code above has two digits
            bare = bare[:2] + bare[3:]
        if _INTERNATIONAL.fullmatch(bare):
            return f"+{bare}"
        if found := _NATIONAL[region].fullmatch(plain):
            return f"+{_CODES[region][0]}{found[1]}"
    import phonenumbers  # 90 ms to load, and most numbers never get here

    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return re.sub(r"\D", "", number, flags=re.ASCII)[:50]
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@remembered(20_000)
def international(number: str, region: str) -> str:
    """`number` as it is written from everywhere (`+49 30 123456`); as it is where it is so already, or is none.

    National forms are read as numbers of `region`. An extension stays.
    """
    import phonenumbers

    if len(number) > 250 or not any(sign.isdigit() for sign in number):
        return number
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return number
    digits = re.sub(r"\D", "", number, flags=re.ASCII)
    is_written_so = number.startswith("+") and digits == f"{parsed.country_code}{parsed.national_number}"
    if is_written_so or not phonenumbers.is_valid_number(parsed):
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@remembered(20_000)
def is_clear(number: str, region: str) -> bool:
    """Whether `number` says its country, or is written as numbers of `region` are: with the 0, where they have one.

    (617) 236-0442 would be a number in Germany, too, but hardly anybody there writes it so.
    """
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number[:250], region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return False
    if parsed.country_code_source != phonenumbers.CountryCodeSource.FROM_DEFAULT_COUNTRY:
        return True
    prefix = phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) or ""
    return not prefix.startswith("0") or phonenumbers.normalize_digits_only(number).startswith(prefix)
