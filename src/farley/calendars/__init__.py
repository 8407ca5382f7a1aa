"""Calendars: events and tasks as the iCalendar objects they came as, and what is read out of them."""
