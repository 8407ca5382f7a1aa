"""Pages of accounts: signing in, security, devices, teams, the people of the house."""
