"""What in a pasted line reaches somebody: e-mail addresses, websites, phone numbers with what is said of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from farley.codecs.pasted_words import (
    KIND_WORDS,
    LEGAL,
    MAIL_LABEL,
    PHONE_LABELS,
    PHONE_LETTERS,
    PHONE_WORD,
    PHONE_WORDS,
    WEB_LABEL,
)
from farley.codecs.vcard_draft import Draft, Reach

_DIRECT: Final = "direct"
_AT = re.compile(r"\s?[(\[{]\s?(?:at|ät)\s?[)\]}]\s?", re.IGNORECASE)
_DOT = re.compile(r"\s?[(\[{]\s?(?:dot|punkt)\s?[)\]}]\s?", re.IGNORECASE)
_EMAIL = re.compile(r"[<\[(]?(?:mailto:)?([\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24})[>\])]?")
_URL = re.compile(r"[<\[(]?((?:https?://|www\.)[^\s<>\"|,;\])]{3,500})[>\])]?", re.IGNORECASE)
_DOMAIN = re.compile(
    r"(?<![@\w.-])((?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,4}(?:com|org|net|info|biz|eu|de|at|ch|li|uk|ie|us|ca|au|nz|fr|nl|be|lu|"
    r"it|es|pt|pl|dk|se|no|fi|cz|io|ai|dev|app|tech|berlin|hamburg|bayern|koeln|cologne|wien|tirol|swiss|edu|gov|"
    r"agency|studio|design|law|shop|online|me|tv|co)(?:/[^\s<>\"|,;]{0,300})?)(?![\w@])"
)
_HANDLE = re.compile(
    r"(?<!\w)(skype|teams|matrix|jabber|xmpp|icq|threema|telegram|signal)\s*:\s*([@\w.:+-]{3,60})", re.IGNORECASE
)
_DIGITS = re.compile(r"\d")
_NUMBER = re.compile(
    r"(?<![\w.@/+-])(?:\+|\(\+|\()?\d(?:[\d \u2009().\u2010-\u2015/-]{3,28})\d"
    r"(?:-?\s?(?:ext\.?|x|DW|Durchwahl)\s?\d{1,6})?(?!\w|@)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    rf"(?:(?<!\w)(?:{PHONE_WORD}|[tpmcfowhd](?=\s*[.:)\s]))(?!\w)[\s./():&+\u2013-]{{0,4}}){{1,5}}\Z", re.IGNORECASE
)
_WORD = re.compile(rf"(?<!\w)(?:{PHONE_WORD}|[tpmcfowhd])(?!\w)", re.IGNORECASE)
_BEHIND = re.compile(rf"\s*[(\[]\s*((?:(?:{PHONE_WORD})[\s./-]*){{1,3}})[)\]]", re.IGNORECASE)
_SEEMS = re.compile(r"\+|00|\(|0\d")
_AMERICAN = re.compile(r"(?:1[ .-])?\d{3}[ .-]\d{3}[ .-]\d{4}(?!\d)")
_DATE = re.compile(
    r"\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d\d|(?:19|20)\d\d-\d\d-\d\d|(?:19|20)\d\d\s?[-–/]\s?(?:19|20)\d\d"
)
_MOBILE = re.compile(
    r"(?:\+49|0049|0)\s?(?:\(0\))?[\s/.-]?1[567]|(?:\+44|0044)\s?(?:\(0\))?\s?7[1-9]|07[1-9]\d{2}\s?\d{3}"
)


def take_reaches(draft: Draft, line: str) -> str:
    """Add to `draft` what is found in `line`; return what is left of it."""
    line = _DOT.sub(".", _AT.sub("@", line)) if _AT.search(line) else line
    line = _taken(line, _EMAIL, lambda found, said: _email(draft, found, said), MAIL_LABEL)
    line = _HANDLE.sub(lambda found: _handle(draft, found), line)
    line = _taken(line, _URL, lambda found, _said: _url(draft, found), WEB_LABEL)
    line = _taken(line, _DOMAIN, lambda found, _said: _url(draft, found), WEB_LABEL)
    return _without_phones(draft, line)


def _taken(line: str, pattern: re.Pattern[str], add: Callable[[str, str], None], label: re.Pattern[str]) -> str:
    """`line` without what the pattern finds, and without the words before it that only say what it is."""
    left, done = [], 0
    for found in pattern.finditer(line):
        before = line[done : found.start()].rstrip(" \t:<(")
        kind, bare = _kind_before(before)
        if told := label.search(bare):
            before = bare[: told.start()]
        elif told := label.search(before):
            before, kind = before[: told.start()], _kind_before(before[: told.start()])[0]
        else:
            kind = ""
        add(found[1], kind)
        left.append(before)
        done = found.end()
    return " ".join([*left, line[done:]]) if left else line


def _kind_before(text: str) -> tuple[str, str]:
    """`home` or `work`, where `text` ends by saying so, and what is before that."""
    bare = text.rstrip(" :()[]")
    words = bare.rsplit(None, 1)
    kind = KIND_WORDS.get(words[-1].casefold().strip("()[]"), "") if words else ""
    return (kind, (words[0] if len(words) > 1 else "").rstrip(" ([")) if kind else ("", text)


def _email(draft: Draft, address: str, kind: str) -> None:
    if all(each.value.casefold() != address.casefold() for each in draft.emails):
        draft.emails.append(Reach(address, (kind,) if kind else ()))


def _handle(draft: Draft, found: re.Match[str]) -> str:
    service, handle = found.groups()
    if sum(map(str.isdigit, handle)) > 5:
        return found[0]  # a number: it is read as one, with its label
    draft.chats.append((service.casefold(), handle))
    return " "


def _url(draft: Draft, address: str) -> None:
    address = address.rstrip(".,;:!?)")
    if all(_bare(each.value) != _bare(address) for each in draft.urls):
        draft.urls.append(Reach(address))


def _bare(address: str) -> str:
    return re.sub(r"\A(?:https?://)?(?:www\.)?", "", address.casefold()).rstrip("/")


def _without_phones(draft: Draft, line: str) -> str:
    if LEGAL.search(line):
        return line
    left, done = [], 0
    for found in _NUMBER.finditer(line):
        before, number = line[done : found.start()], found[0].strip()
        told = _LABEL.search(before)
        if not _is_number(number, has_label=told is not None):
            continue
        end = found.end()
        if behind := _BEHIND.match(line, end):
            end = behind.end()
        said = f"{told[0] if told else ''} {behind[1] if behind else ''}"
        types, label = _said(said)
        if not types and _MOBILE.match(number):
            types = ("cell",)
        number = number if number.count("(") == number.count(")") else number.strip("()")
        if all(each.value != number or each.types != types for each in draft.phones):
            draft.phones.append(Reach(number, types, label))
        left.append(before[: told.start()] if told else before)
        done = end
    return " ".join([*left, line[done:]]) if left else line


def _is_number(text: str, *, has_label: bool) -> bool:
    """Whether these digits are a phone number, and no date, postcode or other number."""
    count = len(_DIGITS.findall(text))
    if _DATE.fullmatch(text) or count > 17:
        return False
    if has_label:
        return count >= 4
    return count >= 7 and bool(_SEEMS.match(text) or _AMERICAN.fullmatch(text))


def _said(text: str) -> tuple[tuple[str, ...], str]:
    """Types, and a label for what no type says."""
    types: list[str] = []
    label = ""
    for word in _WORD.findall(text.casefold()):
        if word in PHONE_LABELS:
            label = label or PHONE_LABELS[word]
        else:
            said = PHONE_WORDS[word] if word in PHONE_WORDS else PHONE_LETTERS.get(word, ())
            if said == (_DIRECT,):
                label = label or "Direct"
            else:
                types += said
    if "fax" in types and "cell" not in types and re.search(r"tel|fon|phone", text.casefold().replace("telefax", "")):
        types = ["voice", *types]  # "Tel./Fax": both
    return tuple(dict.fromkeys(types)), label
