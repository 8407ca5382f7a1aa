"""Farley as vdirsyncer's own suite of storage tests knows servers; that suite runs it, in an environment of its own."""

# mypy: ignore-errors
import os

import aiohttp
import aiostream
import pytest
import pytest_asyncio


class ServerMixin:
    @pytest_asyncio.fixture
    async def aio_connector(self):
        async with aiohttp.TCPConnector(limit_per_host=16) as connector:
            yield connector

    @pytest.fixture
    def get_storage_args(self, aio_connector):
        """An address book or calendar of this name, made by MKCOL where there is none yet, and empty."""
        account = {
            "url": f"{os.environ['SUITE_ADDRESS']}/dav/",
            "username": "alice",
            "password": os.environ["SUITE_SECRET"],
            "connector": aio_connector,
        }

        async def inner(collection="test"):
            if collection is None:
                return account
            try:
                found = await self.storage_class.create_collection(collection, **account)
            except aiohttp.ClientResponseError as error:
                if error.status != 405:  # else it is there
                    raise
                kind = "calendars" if self.storage_class.storage_name == "caldav" else "addressbooks"
                own = {"url": f"{account['url']}{kind}/alice/{collection}/", "collection": collection}
                found = account | own
            there = self.storage_class(**found)
            for href, etag in await aiostream.stream.list(there.list()):
                await there.delete(href, etag)
            return found

        return inner
