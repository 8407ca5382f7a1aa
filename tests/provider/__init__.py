"""A provider of OpenID Connect, as a company has one: django-allauth's, on loopback, with people and groups."""
