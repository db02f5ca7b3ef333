"""The bare peer of the live streams: what NOTIFY says goes to every connection, as a server-sent event."""

from __future__ import annotations

import asyncio
import sys

import asyncpg


async def serve(url: str) -> None:
    """Until it is ended; the first line of standard output is the port."""
    writers: set[asyncio.StreamWriter] = set()

    async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"event: state\n\n")
        writers.add(writer)
        await reader.read()
        writers.discard(writer)
        writer.close()

    def notified(_connection: object, _pid: int, _channel: str, payload: object) -> None:
        text = f"event: state\ndata: {payload}\n\n".encode()
        for writer in writers:
            writer.write(text)

    connection = await asyncpg.connect(url)
    await connection.add_listener("bare", notified)
    server = await asyncio.start_server(taken, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
