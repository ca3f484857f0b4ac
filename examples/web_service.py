"""A web service over workflows: asyncio outside, actors inside, one system for the process.

Run it with any ASGI server, such as `uvicorn --app-dir examples web_service:app`.
"""

import contextlib
import os
from collections.abc import AsyncIterator

from repertory.actors import ActorSystem, Lifecycle, RepertoryError
from repertory.actors.errors import InvalidTransition, WorkflowExists, WorkflowNotFound
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

STATUS = {WorkflowNotFound: 404, WorkflowExists: 409, InvalidTransition: 409}


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    async with ActorSystem(os.environ.get("JOBS_DB")) as system:
        app.state.system = system
        yield


async def create(request: Request) -> JSONResponse:
    job = await request.app.state.system.start_async(
        Lifecycle, id=request.path_params["id"], context=await request.json()
    )
    return JSONResponse({"id": job.id, "state": job.state}, status_code=201)


async def send(request: Request) -> JSONResponse:
    job = request.app.state.system.get(request.path_params["id"])
    # The client's key makes a repeated request harmless.
    key = request.headers.get("Idempotency-Key")
    await job.ask_async(request.path_params["event"], await request.json(), key=key)
    return JSONResponse({"id": job.id, "state": job.state})


async def show(request: Request) -> JSONResponse:
    job = request.app.state.system.get(request.path_params["id"])
    return JSONResponse({"id": job.id, "state": job.state, "context": job.context})


async def refused(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error)}, status_code=STATUS.get(type(error), 400))


app = Starlette(
    lifespan=lifespan,
    routes=[
        Route("/jobs/{id}", create, methods=["PUT"]),
        Route("/jobs/{id}", show, methods=["GET"]),
        Route("/jobs/{id}/{event}", send, methods=["POST"]),
    ],
    exception_handlers={RepertoryError: refused},
)
