"""Packages with HTTP of their own; what is imported from fastapi is imported where it is used."""

import asyncio
from contextlib import asynccontextmanager


def mount(app):
    from fastapi import Request, WebSocket

    @app.get("/where")
    async def where(request: Request):
        return {"url": str(request.url), "path": request.url.path}

    @app.get("/stream")
    async def stream():
        from fastapi.responses import StreamingResponse

        async def chunks():
            yield "first "
            await asyncio.sleep(0.3)
            yield "last"

        return StreamingResponse(chunks(), media_type="text/plain")

    @app.get("/fails")
    def fails():
        raise ValueError("as asked")

    @app.websocket("/echo")
    async def echo(socket: WebSocket):
        await socket.accept()
        async for text in socket.iter_text():
            await socket.send_text(text.upper())


def mount_that_fails(app):
    raise ValueError("no routes today")


def mount_that_cannot_start(app):
    @asynccontextmanager
    async def lifespan(app):
        raise RuntimeError("no database")
        yield

    app.router.lifespan_context = lifespan


def create_asgi():
    events = []

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            events.append((await receive())["type"])
            scope["state"]["words"] = "from the start"
            await send({"type": "lifespan.startup.complete"})
            print((await receive())["type"], flush=True)
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = f"{scope['path']} {scope['root_path']} {scope['state']['words']} {events}"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body.encode()})

    return app


def create_service():
    return {"custom_handlers": {"greet": lambda parameters: "hello"}}


def create_number():
    return 7
