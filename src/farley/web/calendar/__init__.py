"""Pages of calendars: days, weeks and months, events, tasks, meetings with a person."""
