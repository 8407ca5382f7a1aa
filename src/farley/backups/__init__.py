"""Backups: everything an instance holds in one file that both engines write and read; upgrades that can go back."""
