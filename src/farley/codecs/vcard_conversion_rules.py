"""How vCard 3.0 and 4.0 say the same: the tables that conversion follows. `docs/compliance/vcard-conversion.md` shows
each of them by example, and the examples are tests.

RFC 6350 appendix A lists what changed; RFC 4770, 6474, 6715, 8605 and 9554 what came in between and since.
"""

from typing import Final

# 3.0 -> 4.0, the value being the same. What a version has no property for is carried as X-….
RENAMED: Final = {
    "X-ADDRESSBOOKSERVER-KIND": "KIND",
    "X-ADDRESSBOOKSERVER-MEMBER": "MEMBER",
    "MAILER": "X-MAILER",
    "CLASS": "X-CLASS",
    "NAME": "X-NAME",
    "PROFILE": "X-PROFILE",
    "LABEL": "X-LABEL",
    "SORT-STRING": "X-SORT-STRING",
    "X-GENDER": "GENDER",
    "X-LANG": "LANG",
    "X-XML": "XML",
    "X-CLIENTPIDMAP": "CLIENTPIDMAP",
    "X-RELATED": "RELATED",
    "X-BIRTHPLACE": "BIRTHPLACE",
    "X-DEATHPLACE": "DEATHPLACE",
    "X-DEATHDATE": "DEATHDATE",
    "X-EXPERTISE": "EXPERTISE",
    "X-HOBBY": "HOBBY",
    "X-INTEREST": "INTEREST",
    "X-ORG-DIRECTORY": "ORG-DIRECTORY",
    "X-CONTACT-URI": "CONTACT-URI",
    "X-CREATED": "CREATED",
    "X-GRAMGENDER": "GRAMGENDER",
    "X-LANGUAGE": "LANGUAGE",
    "X-PRONOUNS": "PRONOUNS",
    "X-JSPROP": "JSPROP",
    "X-SOCIALPROFILE": "SOCIALPROFILE",
}
RENAMED_BACK: Final = {new: old for old, new in RENAMED.items()}

# Read as if they were another 3.0 property; going back gives that other one.
ALIASES: Final = {
    "X-KIND": "X-ADDRESSBOOKSERVER-KIND",
    "X-EVOLUTION-ANNIVERSARY": "X-ANNIVERSARY",
    "X-KADDRESSBOOK-X-ANNIVERSARY": "X-ANNIVERSARY",
    "X-SKYPE-USERNAME": "X-SKYPE",
    "X-GOOGLE-TALK": "X-GTALK",
}

# Instant messaging: the X- property of 3.0 and the scheme of an IMPP URI.
MESSENGERS: Final = {
    "X-AIM": "aim",
    "X-ICQ": "icq",
    "X-MSN": "msnim",
    "X-YAHOO": "ymsgr",
    "X-SKYPE": "skype",
    "X-JABBER": "xmpp",
    "X-GTALK": "gtalk",
    "X-GADUGADU": "gg",
    "X-QQ": "qq",
    "X-SIP": "sip",
}
MESSENGERS_BACK: Final = {scheme: name for name, scheme in MESSENGERS.items()}

# Parameters 3.0 does not know: it carries them as X-….
PARAMETERS: Final = frozenset(
    {"PREF", "ALTID", "PID", "SORT-AS", "CALSCALE", "GEO", "TZ", "MEDIATYPE", "INDEX", "LEVEL", "CC", "PROP-ID",
     "DERIVED", "PHONETIC", "SCRIPT", "AUTHOR", "AUTHOR-NAME", "CREATED", "SERVICE-TYPE", "USERNAME", "JSPTR",
     "JSCOMPS", "LABEL"}
)  # fmt: skip

GENDERS: Final = {"male": "M", "female": "F", "other": "O", "none": "N", "unknown": "U"}

# RELATED's TYPE and the label Apple gives an X-ABRELATEDNAMES; the first of a type is the one written.
RELATIONS: Final = (
    ("spouse", "_$!<Spouse>!$_"),
    ("spouse", "_$!<Husband>!$_"),
    ("spouse", "_$!<Wife>!$_"),
    ("child", "_$!<Child>!$_"),
    ("child", "_$!<Son>!$_"),
    ("child", "_$!<Daughter>!$_"),
    ("parent", "_$!<Parent>!$_"),
    ("parent", "_$!<Mother>!$_"),
    ("parent", "_$!<Father>!$_"),
    ("sibling", "_$!<Sibling>!$_"),
    ("sibling", "_$!<Brother>!$_"),
    ("sibling", "_$!<Sister>!$_"),
    ("friend", "_$!<Friend>!$_"),
    ("sweetheart", "_$!<Partner>!$_"),
    ("contact", "contact"),
    ("acquaintance", "acquaintance"),
    ("met", "met"),
    ("co-worker", "co-worker"),
    ("colleague", "colleague"),
    ("co-resident", "co-resident"),
    ("neighbor", "neighbor"),
    ("kin", "kin"),
    ("muse", "muse"),
    ("crush", "crush"),
    ("date", "date"),
    ("me", "me"),
    ("agent", "agent"),
    ("emergency", "emergency"),
)
LABEL_OF_RELATION: Final = dict(reversed(RELATIONS))
RELATION_OF_LABEL: Final = {label: relation for relation, label in RELATIONS}
ANNIVERSARY_LABEL: Final = "_$!<Anniversary>!$_"

# Names that some rule of 3.0 <-> 4.0 is about. Lines of all others stay as they are.
RULED: Final = (
    frozenset(RENAMED)
    | frozenset(RENAMED_BACK)
    | frozenset(ALIASES)
    | frozenset(MESSENGERS)
    | {"VERSION", "N", "ADR", "TEL", "IMPP", "PHOTO", "LOGO", "SOUND", "KEY", "BDAY", "ANNIVERSARY", "X-ANNIVERSARY",
       "X-ABDATE", "X-ABRELATEDNAMES", "X-ABSHOWAS", "REV", "GEO", "TZ", "AGENT", "X-MS-CARDPICTURE"}
)  # fmt: skip
