from tests.cli.conftest import databases, farley, template

__all__ = ["databases", "farley", "template"]
