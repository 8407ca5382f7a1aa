"""The words the example organisation is made of. Family names, firms and streets are put together from parts, so that
they sound right and belong to nobody; e-mail addresses end in .example (RFC 2606)."""

from __future__ import annotations

# given name, gender as vCard has it
GERMAN_GIVEN = (
    ("Anneke", "F"), ("Birte", "F"), ("Clara", "F"), ("Dörte", "F"), ("Elif", "F"), ("Friederike", "F"),
    ("Gesine", "F"), ("Hanna", "F"), ("Ida", "F"), ("Jördis", "F"), ("Käthe", "F"), ("Leyla", "F"),
    ("Mareike", "F"), ("Nele", "F"), ("Ottilie", "F"), ("Paula", "F"), ("Rieke", "F"), ("Sünje", "F"),
    ("Theda", "F"), ("Ulrike", "F"), ("Vroni", "F"), ("Wiebke", "F"), ("Yasemin", "F"), ("Zoë", "F"),
    ("Arne", "M"), ("Bartosz", "M"), ("Cem", "M"), ("Detlef", "M"), ("Emre", "M"), ("Fiete", "M"),
    ("Götz", "M"), ("Henning", "M"), ("Ingo", "M"), ("Jörg", "M"), ("Kjell", "M"), ("Lorenz", "M"),
    ("Malte", "M"), ("Norbert", "M"), ("Onno", "M"), ("Peer", "M"), ("Quirin", "M"), ("Ruben", "M"),
    ("Sören", "M"), ("Thore", "M"), ("Uwe", "M"), ("Veit", "M"), ("Wolfgang", "M"), ("Xaver", "M"),
)  # fmt: skip
ENGLISH_GIVEN = (
    ("Abigail", "F"), ("Beatrice", "F"), ("Charlotte", "F"), ("Daphne", "F"), ("Eleanor", "F"), ("Freya", "F"),
    ("Grace", "F"), ("Harriet", "F"), ("Imogen", "F"), ("Josephine", "F"), ("Keira", "F"), ("Olivia", "F"),
    ("Priya", "F"), ("Rosalind", "F"), ("Siobhán", "F"), ("Tabitha", "F"),
    ("Alistair", "M"), ("Barnaby", "M"), ("Callum", "M"), ("Dominic", "M"), ("Edmund", "M"), ("Fergus", "M"),
    ("Gareth", "M"), ("Hugh", "M"), ("Kofi", "M"), ("Lachlan", "M"), ("Nigel", "M"), ("Oscar", "M"),
    ("Rhys", "M"), ("Seamus", "M"), ("Theodore", "M"), ("Winston", "M"),
)  # fmt: skip
GERMAN_FAMILY_PARTS = (
    (
        "Birken", "Eschen", "Hasel", "Ahorn", "Föhren", "Weiden", "Silber", "Winter", "Sommer", "Moor", "Süder",
        "Alten", "Krähen", "Falken", "Drossel", "Königs", "Mühl", "Brücken", "Schlehen", "Grün", "Wiesen", "Ober",
        "Unter", "Hohen", "Stern",
    ),
    (
        "kamp", "strand", "horst", "tal", "garten", "hauser", "rode", "grund", "damm", "rieder", "lehner", "moser",
        "brück", "wald", "hoff", "bäumer", "wehr", "mann", "schläger", "stöver",
    ),
)  # fmt: skip
ENGLISH_FAMILY_PARTS = (
    ("Ash", "Thorn", "Wind", "Raven", "Marl", "Hazel", "Whit", "Fair", "Elder", "Cold", "Oak", "Brack", "Lark", "Holm"),
    ("combe", "mere", "hollow", "brook", "thorpe", "stead", "gate", "wick", "worth", "ley", "bourne", "garth"),
)
DOUBLE_NAMES = ("Sattler", "Løvgren", "Yıldız", "Nowak", "Šimůnek", "O’Dwyer", "von Thal", "Ferreira", "Nguyễn")

# what a firm does, what its name ends in
GERMAN_FIRMS = (
    ("Akustik", "GmbH & Co. KG"), ("Beschläge", "GmbH"), ("Elektrotechnik", "GmbH"), ("Holzhandel", "KG"),
    ("Architekten", "PartG mbB"), ("Gastronomie", "GmbH"), ("Klinikverbund", "gGmbH"), ("Spedition", "GmbH"),
    ("Textil", "AG"), ("Lichtplanung", "GmbH"), ("Steuerberatung", "PartG mbB"), ("Glasbau", "GmbH"),
    ("Verlag", "GmbH"), ("Stiftung", ""), ("Reederei", "& Söhne"), ("Polsterei", "e. K."),
)  # fmt: skip
ENGLISH_FIRMS = (
    ("Studios", "Ltd"), ("Hotels", "plc"), ("Coworking", "Ltd"), ("& Daughters Joinery", "Ltd"), ("Interiors", "LLP"),
    ("Press", "Ltd"), ("Lighting", "Ltd"), ("Harbour Trust", ""),
)  # fmt: skip
DEPARTMENTS = ("Einkauf", "Vertrieb", "Geschäftsleitung", "Projektleitung", "Buchhaltung", "Montage", "Marketing")
ENGLISH_DEPARTMENTS = ("Purchasing", "Sales", "Management", "Projects", "Accounts", "Operations")

# as women and as men are titled
GERMAN_TITLES = (
    ("Geschäftsführerin", "Geschäftsführer"), ("Einkäuferin", "Einkäufer"), ("Architektin", "Architekt"),
    ("Projektleiterin", "Projektleiter"), ("Tischlermeisterin", "Tischlermeister"),
    ("Innenarchitektin", "Innenarchitekt"), ("Assistentin der Geschäftsleitung", "Assistent der Geschäftsleitung"),
    ("Bauleiterin", "Bauleiter"), ("Leiterin Öffentlichkeitsarbeit", "Leiter Öffentlichkeitsarbeit"),
    ("Buchhalterin", "Buchhalter"), ("Redakteurin", "Redakteur"), ("Verwaltungsleiterin", "Verwaltungsleiter"),
)  # fmt: skip
ENGLISH_TITLES = (
    "Managing Director", "Head of Purchasing", "Architect", "Interior Designer", "Project Manager", "Office Manager",
    "Editor", "Facilities Manager", "Account Manager", "Site Manager",
)  # fmt: skip

# city, postcode, region; the area code is of a range kept for fiction, wherever somebody lives
GERMAN_CITIES = (
    ("Hamburg", "20457", "Hamburg"), ("Berlin", "10119", "Berlin"), ("Köln", "50667", "Nordrhein-Westfalen"),
    ("Frankfurt am Main", "60311", "Hessen"), ("München", "80331", "Bayern"), ("Leipzig", "04109", "Sachsen"),
    ("Flensburg", "24937", "Schleswig-Holstein"), ("Lübeck", "23552", "Schleswig-Holstein"),
    ("Münster", "48143", "Nordrhein-Westfalen"), ("Würzburg", "97070", "Bayern"), ("Görlitz", "02826", "Sachsen"),
    ("Rostock", "18055", "Mecklenburg-Vorpommern"), ("Tübingen", "72070", "Baden-Württemberg"),
    ("Kassel", "34117", "Hessen"), ("Bremen", "28195", "Bremen"), ("Osnabrück", "49074", "Niedersachsen"),
)  # fmt: skip
ENGLISH_CITIES = (
    ("London", "E1 6AN", "Greater London"), ("Bristol", "BS1 4ST", "Bristol"), ("Manchester", "M1 1AE", "Lancashire"),
    ("Edinburgh", "EH1 1YZ", "Midlothian"), ("York", "YO1 7HH", "North Yorkshire"), ("Norwich", "NR1 3JT", "Norfolk"),
)  # fmt: skip
GERMAN_STREETS = (
    "Drechslergasse", "Am Hobelwerk", "Leimstraße", "Furnierweg", "Zinkenallee", "Hinter der Säge", "Eichelplatz",
    "Kapplatz", "Spanufer", "Intarsienring", "Beizstraße", "Nutweg", "An der Raspel", "Stemmeisenstraße",
)  # fmt: skip
ENGLISH_STREETS = (
    "Dovetail Lane", "Mortise Street", "Chisel Row", "Tenon Road", "Veneer Close", "Spokeshave Yard", "Plane Terrace",
)  # fmt: skip

# In ranges that no subscriber is ever given: Bundesnetzagentur "Drama Numbers", Ofcom "numbers for drama", NANPA 555-01
GERMAN_LANDLINES = (("30", "23125"), ("40", "66969"), ("221", "4710"), ("69", "90009"), ("89", "99998"))
GERMAN_MOBILE = ("176", "040690")
BRITISH_LANDLINES = (("20", "7946 0"), ("117", "496 0"), ("131", "496 0"), ("161", "496 0"))
BRITISH_MOBILE = ("7700", "900")

GERMAN_NOTES = (
    "Kommt gern in den Showroom.",
    "Nur per E-Mail, telefonisch schwer zu erreichen.",
    "Messe Leipzig: hat Interesse an Steharbeitsplätzen, Muster in Eiche geräuchert mitgegeben.",
    "Ruft freitags zurück.\nVertretung im Sommer: Frau Krähenhorst.",
    "Bezahlt pünktlich, verhandelt hart; bitte früh ein Angebot schicken.",
    "Anlieferung nur über den Hof, Aufzug bis 400 kg, Tor schließt um 16:30 Uhr.",
    "Kennt Jana aus dem Segelverein.\nMag keinen Kaffee, aber Ostfriesentee.",
    "Wünscht Rechnungen an die Zentrale; Kostenstelle steht auf jedem Auftrag.",
)
ENGLISH_NOTES = (
    "Prefers a call before ten.",
    "Met at the Leipzig fair; asked for walnut samples, brass fittings with a darker patina.",
    "Needs the freight lift; goods entrance closes at 4 pm.",
    "Send quotes in euros and pounds.\nDecisions are made by the board, first Thursday of the month.",
    "Very happy with the breakfast room. Might need a second one; ask in spring.",
)

# tag, share of the people who carry it: from one in two down to one in ten thousand
TAG_SHARES = (
    ("Kunde", 0.5), ("Newsletter", 0.25), ("Interessent", 0.12), ("Weihnachtskarte", 0.1), ("Lieferant", 0.08),
    ("Partner", 0.05), ("Messe 26", 0.03), ("Architektur", 0.02), ("Presse", 0.01), ("VIP", 0.005), ("Jury", 0.001),
    ("Gründungsmitglied", 0.0001),
)  # fmt: skip
FIRM_TAGS = ("Kunde", "Lieferant", "Partner", "Interessent", "Presse")
