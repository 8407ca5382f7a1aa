"""iCalendar 2.0 and vCalendar 1.0: everything other rooms need, under one name."""

from farley.codecs.icalendar_judging import Remark, judge, repair
from farley.codecs.icalendar_object import Component, ICalendar, Property, write_property
from farley.codecs.icalendar_reading import Entry, headers, read_calendars
from farley.codecs.icalendar_scanning import MAX_OBJECT, InvalidICalendar
from farley.codecs.icalendar_values import Duration, Period, When

__all__ = [
    "MAX_OBJECT",
    "Component",
    "Duration",
    "Entry",
    "ICalendar",
    "InvalidICalendar",
    "Period",
    "Property",
    "Remark",
    "When",
    "headers",
    "judge",
    "read_calendars",
    "repair",
    "write_property",
]
