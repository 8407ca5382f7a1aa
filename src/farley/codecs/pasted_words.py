"""The words by which pasted text is understood, German and English: labels, titles, firms, jobs, places."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final


def _any_of(words: Iterable[str]) -> str:
    """A pattern for these words and patterns, the longest first."""
    return "|".join(sorted(words, key=len, reverse=True))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words before (or in brackets behind) a phone number: types of TEL, or a label of its own.
PHONE_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "telefonnummer": (), "telefon": (), "telephone": (), "telefoon": (), "tél": (), "tel": (), "phone": (), "fon": (),
    "ph": (),
    "call": (), "ruf": (), "rufnummer": (), "number": (), "nr": (), "no": (), "line": (), "☎": (), "📞": (), "✆": (),
    "☏": (), "mobiltelefon": ("cell",), "mobilnummer": ("cell",), "mobil": ("cell",), "mobile": ("cell",),
    "mob": ("cell",), "handy": ("cell",), "cellphone": ("cell",), "cell": ("cell",), "natel": ("cell",),
    "funk": ("cell",), "📱": ("cell",), "telefax": ("fax",), "fax": ("fax",), "faksimile": ("fax",), "📠": ("fax",),
    "office": ("work",), "büro": ("work",), "geschäftlich": ("work",), "dienstlich": ("work",), "work": ("work",),
    "business": ("work",), "firma": ("work",), "privat": ("home",), "private": ("home",), "home": ("home",),
    "personal": ("home",), "zuhause": ("home",), "zentrale": ("main",), "main": ("main",), "switchboard": ("main",),
    "hauptnummer": ("main",), "vermittlung": ("main",), "pager": ("pager",),
}  # fmt: skip
PHONE_LABELS: Final = {
    "durchwahl": "Durchwahl", "direktwahl": "Durchwahl", "direkt": "Durchwahl", "dw": "Durchwahl", "direct": "Direct",
    "ddi": "Direct", "whatsapp": "WhatsApp", "signal": "Signal", "telegram": "Telegram", "threema": "Threema",
    "hotline": "Hotline", "support": "Support", "sekretariat": "Sekretariat", "vorzimmer": "Vorzimmer",
    "assistant": "Assistant", "notfall": "Notfall", "emergency": "Emergency", "toll-free": "Toll-free",
}  # fmt: skip
PHONE_LETTERS: Final[dict[str, tuple[str, ...]]] = {
    "t": (), "p": (), "m": ("cell",), "c": ("cell",), "f": ("fax",), "o": ("work",), "w": ("work",), "h": ("home",),
    "d": ("direct",),
}  # fmt: skip
KIND_WORDS: Final = {
    "privat": "home", "private": "home", "personal": "home", "home": "home", "geschäftlich": "work",
    "dienstlich": "work", "büro": "work", "work": "work", "office": "work", "business": "work",
}  # fmt: skip
PHONE_WORD: Final = _any_of(map(re.escape, [*PHONE_WORDS, *PHONE_LABELS]))

# What a line says of itself: "Firma: Muster GmbH". The target is a fact of the draft.
FIELDS: Final = {
    "name": "name", "ansprechpartner": "name", "ansprechpartnerin": "name", "kontakt": "name", "contact": "name",
    "full name": "name", "von": "name", "from": "name", "inhaber": "name", "inhaberin": "name", "owner": "name",
    "vorname": "given", "first name": "given",
    "nachname": "family", "familienname": "family", "last name": "family", "surname": "family", "firma": "org",
    "unternehmen": "org", "organisation": "org", "organization": "org", "company": "org", "arbeitgeber": "org",
    "position": "title", "funktion": "title", "titel": "title", "title": "title", "job title": "title",
    "beruf": "title", "rolle": "role", "role": "role", "abteilung": "unit", "department": "unit", "dept": "unit",
    "bereich": "unit", "referat": "unit", "adresse": "address", "anschrift": "address", "address": "address",
    "postanschrift": "address", "hausanschrift": "address", "besucheradresse": "address", "a": "address",
    "office address": "address", "mailing address": "address", "straße": "street", "strasse": "street",
    "street": "street", "land": "country", "country": "country", "ort": "place", "plz/ort": "place",
    "plz ort": "place", "wohnort": "place",
}  # fmt: skip
FIELD: Final = re.compile(rf"(?:ihre?\s+|your\s+)?({_any_of(map(re.escape, FIELDS))})\s*:\s*(\S.*)", re.IGNORECASE)
MAIL_LABEL: Final = re.compile(
    r"(?<!\w)(?:e-?mail(?:-?adresse| address)?|mail(?:to)?|e|✉|📧|📩)\s*[:.]?\s*\Z", re.IGNORECASE
)
WEB_LABEL: Final = re.compile(
    r"(?<!\w)(?:web(?:site|seite)?|internet|homepage|home page|url|www|w|i|🌐|🔗|linked-?in|xing|twitter|x|facebook|"
    r"instagram|github|blog|online)\s*[:.]?\s*\Z",
    re.IGNORECASE,
)

PREFIXES: Final = re.compile(
    r"(?:(?:Univ\.-|Hon\.-|Apl\.\s?|Jun\.-)?Prof(?:essor(?:in)?|in)?\b\.?|D?Dr\b\.?(?:in\b)?(?:-Ing\b\.?)?|"
    r"Dipl\.?\s?-\s?\w+\.?(?:\s?\((?:FH|Univ|TU|BA)\.?\))?|Mag\b\.?(?:a\.)?|Ing\.|DI\b|PD\b|Priv\.-Doz\.|med\.|dent\.|"
    r"vet\.|rer\.|nat\.|pol\.|oec\.|phil\.|jur\.|iur\.|theol\.|techn\.|mont\.|agr\.|h\.\s?c\.|habil\.|Herrn?\b|Frau\b|"
    r"Mr\b\.?|Mrs\b\.?|Ms\b\.?|Mx\b\.?|Miss\b|Sir\b|Dame\b|Lord\b|Lady\b|Rev\b\.?|Hon\.|RA(?:in)?\b|StB\b|WP\b)(?=\s|\Z)"
)
SUFFIX: Final = re.compile(
    r"(?:E?MBA|M\.?\s?B\.?\s?A\.?|LL\.?\s?[MB]\.?|[MB]\.?\s?(?:Sc|A|Eng|Ed|Phil|F\.?A|Arch)\.?|Ph\.?\s?D\.?|M\.?D\.?|"
    r"J\.?D\.?|D\.?D\.?S\.?|Jr\.?|Sr\.?|II|III|IV|CPA|CFA|ACA|ACCA|FCA|PMP|Esq\.?|OBE|MBE|CBE|MRICS|FRICS|CISSP|CIPP/E|"
    r"CEng|MIET|MPH|RN|P\.?E\.?|\(FH\)|FRCS|QC|KC)"
)
ASIDE: Final = re.compile(  # before a name: who signs for whom
    r"(?:i\.\s?A\.|i\.\s?V\.|ppa\.?|im Auftrag|in Vertretung|gez\.|Ihre?|Your|Ihr Ansprechpartner)\s+", re.IGNORECASE
)
PRONOUNS: Final = re.compile(
    r"\s*[(\[]\s*(?:she|he|they|sie|er|xier|dey)\s*/\s*[\w/ ]{2,20}[)\]]|\s*\((?:m/w/d|keine Pronomen)\)", re.IGNORECASE
)

ORGANISATION: Final = re.compile(
    r"(?<!\w)(?:\w*universität|university|\w*hochschule|college|school|\w*schule|gymnasium|\w*institut|institute|"
    r"\w*ministerium|ministry|\w*amt|council|\w*bank|sparkasse|\w*klinikum|\w*klinik|\w*krankenhaus|hospital|\w*praxis|"
    r"\w*kanzlei|\w*verband|\w*verein|\w*stiftung|foundation|\w*gesellschaft|\w*genossenschaft|association|society|"
    r"\w*agentur|agency|\w*werke?|\w*bau|stadt|gemeinde|landkreis|city of|studios?|labs?|group|gruppe|holding|ventures|"
    r"partners|consulting|solutions|services|systems|technologies|software|\w*verlag|\w*apotheke|\w*hotel|theater|museum|"
    r"\& co|\& söhne|\& sons|\& partner|bros|trust|limited|incorporated|corporation|company|sa|sas|ltda|"
    r"p\.\s?c\.|pllc|n\.v\.|oyj?|a/s|s\.p\.a|pty)(?!\w)",
    re.IGNORECASE,
)
UNIT: Final = re.compile(
    r"(?<!\w)(?:abteilung|abt\.|department|dept\.|referat|dezernat|fachbereich|fachgebiet|lehrstuhl|division|fakultät|"
    r"faculty|team|sachgebiet|geschäftsbereich|stabsstelle|business unit)(?!\w)",
    re.IGNORECASE,
)
JOB: Final = re.compile(
    r"(?<!\w)(?:\w*(?:manager|leiter|leitung|geschäftsführer|führer|direktor|entwickler|berater|assistent|sachbearbeiter|"
    r"ingenieur|anwalt|professor|referent|koordinator|redakteur|architekt|arzt|ärzt|inhaber|beauftragter|sekretär|trainer|"
    r"mitarbeiter|verkäufer|kaufmann|meister|lehrer|wissenschaftler|forscher|vorstand|planer|gestalter|makler|prüfer|"
    r"händler|techniker|administrator|gründer|disponent|controller|buchhalter|apotheker|schreiber|therapeut|notar)"
    r"(?:in|innen|/in|\*in|:in|/-in|kauffrau)?|\w*ärztin|\w*anwältin|kauffrau|\w*beauftragte|prokurist(?:in)?|ceo|cto|cfo|"
    r"coo|cmo|cio|ciso|cpo|vp|svp|evp|director|head|chief|president|vice[ -]president|chair(?:man|woman|person)?|"
    r"partner|founder|co-founder|owner|engineer|developer|designer|consultant|analyst|specialist|officer|assistant|associate|"
    r"executive|representative|coordinator|lead|leader|supervisor|lecturer|researcher|scientist|teacher|nurse|surgeon|"
    r"physician|attorney|solicitor|barrister|accountant|architect|editor|journalist|author|artist|photographer|intern|"
    r"trainee|student(?:in)?|werkstudent(?:in)?|praktikant(?:in)?|auszubildende[r]?|azubi|doktorand(?:in)?|postdoc|"
    r"fellow|secretary|treasurer|administrator|technician|strategist|planner|buyer|recruiter|advisor|adviser|sales|"
    r"vertrieb|einkauf|marketing|kundenbetreuung|kundenservice|sekretariat|buchhaltung|personalwesen|empfang|"
    r"softwareentwicklung|produktmanagement|projektmanagement|öffentlichkeitsarbeit|human resources|customer success)"
    r"(?!\w)",
    re.IGNORECASE,
)
NO_JOB: Final = re.compile(
    r"(?<!\w)(?:geschäftsführer(?:in|ung)?|vorstand|aufsichtsrat\w*|directors?)\s*:", re.IGNORECASE
)
LEGAL: Final = re.compile(
    r"(?<!\w)(?:HRB|HRA|HR\s?[AB]|Amtsgericht|Registergericht|Handelsregister|Reg(?:istered|istration|\.)|UID|USt|Ust|VAT|"
    r"Steuer-?\s?(?:Nr|nummer)|St\.-Nr|IBAN|BIC|SWIFT|Kto|BLZ|Sitz der|Company N|Firmenbuch\w*|FN|ATU|Gläubiger|Tax ID|"
    r"EORI|DUNS|Finanzamt)(?!\w)"
)
GREETING: Final = re.compile(
    r"(?:--+|__+|==+|\*\*+|(?:mit\s+)?(?:freundlichen?|besten?|herzlichen?|lieben?|viele[nr]?|schönen?|sonnigen?)\s+"
    r"(?:grüßen?|grüssen?|gruß|gruss)(?:\s+(?:aus|von|nach)\s+\S+)?|(?:liebe )?grüße|mfg|lg|vg|bg|hochachtungsvoll|"
    r"(?:best|kind|warm|kindest|warmest|many)?\s*(?:regards|wishes|thanks)|best|cheers|thanks|thank you|sincerely|"
    r"yours (?:sincerely|truly|faithfully)|(?:vielen )?dank|danke|sent from my \w+|von meinem \w+ gesendet|"
    r"gesendet von .{1,40}|herrn?|frau|kontakt|contact|impressum)\s*[,.!:]*",
    re.IGNORECASE,
)
QUOTED: Final = re.compile(  # from here on it is another mail
    r"On .{5,80} wrote:|Am .{5,80} schrieb .{0,80}:|-{2,}\s*(?:Original|Ursprüngliche|Forwarded|Weitergeleitete).*",
    re.IGNORECASE,
)
ADDRESSED: Final = re.compile(  # a name in a sentence
    r"(?:(?<!\w)(?:Frau|Herrn?|Mrs?\.?|Ms\.?)\s+(?:Dr\.\s+)?|(?<!\w)Dr\.(?: med\.| dent\.| jur\.)?\s+(?=\S+\s+\S))"
    r"([^\W\d_a-z][\w'’-]+(?:\s+[^\W\d_a-z][\w'’-]+){0,2})"
)
COUNTRIES: Final = _words(
    """
    deutschland germany bundesrepublik österreich austria schweiz switzerland suisse svizzera liechtenstein
    luxemburg luxembourg frankreich france italien italy italia spanien spain españa niederlande netherlands
    nederland belgien belgium dänemark denmark schweden sweden norwegen norway finnland finland polen poland
    polska tschechien czechia uk england scotland wales ireland irland usa us canada kanada australia australien
    """
) | {"united kingdom", "great britain", "northern ireland", "united states", "united states of america", "u.s.a.",
     "vereinigtes königreich", "new zealand", "the netherlands", "czech republic"}  # fmt: skip
STATES: Final = _words(
    """
    AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK
    OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR
    """
)
STREET: Final = re.compile(
    r"\w*(?:straße|strasse|str\.|str\b|gasse|weg\b|platz|allee|ring\b|damm\b|ufer\b|chaussee|promenade|stieg|pfad|markt\b|"
    r"graben\b|brücke|berg\b|hof\b)|(?<!\w)(?:street|st\.?|road|rd\.?|avenue|ave\.?|lane|ln\.?|drive|dr\.?|boulevard|blvd\.?|"
    r"square|court|ct\.?|way|place|parkway|pkwy|highway|hwy|terrace|close|crescent|row|quay|gardens|rue|via|calle|plaza|broadway)(?!\w)",
    re.IGNORECASE,
)
BOX: Final = re.compile(r"(?:postfach|p\.?\s?o\.?\s?box|pf\.)\s+[\d ]+", re.IGNORECASE)
EXTRA: Final = re.compile(
    r"(?<!\w)(?:c/o|z\.\s?hd\.|floor|fl\.|etage|suite|ste\.?|unit|building|bldg\.?|gebäude|haus|house|stock|stockwerk|\d+\.\s?og|eg|"
    r"room|raum|zimmer|apt\.?|apartment|flat|hinterhaus|aufgang|tower|park|centre|center|campus|estate|mill)(?!\w)",
    re.IGNORECASE,
)
FREE_MAIL: Final = _words(
    """
    gmail googlemail gmx web outlook hotmail live msn yahoo t-online icloud me mac posteo mailbox freenet aol
    proton protonmail pm arcor online vodafone bluewin hispeed aon chello btinternet sky comcast verizon
    """
)
PARTICLES: Final = _words(
    """
    von van vom de der den zu zur zum del della di da dos du la le ter ten und bin al el y e zu
    """
)
