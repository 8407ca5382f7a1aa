"""Programs that sync contacts, as their sources and recordings of them say they work.

Each asks in its own words and makes of the answers what the real one does. Nothing here knows Farley's addresses: they
begin with the name of the server.
"""
