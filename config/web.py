"""The web server of a single machine, on a socket that the supervisor already listens on."""

import socket
import sys

import uvicorn


def main() -> None:
    config = uvicorn.Config(
        "config.asgi:application", lifespan="off", access_log=False, server_header=False, timeout_graceful_shutdown=2
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


if __name__ == "__main__":
    main()
