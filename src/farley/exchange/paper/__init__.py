"""Contacts on paper: address list, birthday list, labels. Typst sets them; `*.typ` beside this are the layouts."""
