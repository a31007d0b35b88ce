"""Airflow's Execution API without HTTP: its route functions, called directly on one session.

``DirectTransport`` stands where the network stands in Airflow's own client, so the meaning of every request
(which route, which statement, which answer) is Airflow's. It finds the route, solves its dependencies and calls
the function; the web application, its versions and its thread pool are never built. ``tests/airflow33`` holds
it row by row against the HTTP path.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, cast
from urllib.parse import parse_qs
from uuid import UUID

import httpx
from airflow.api_fastapi.common.dagbag import create_dag_bag, dag_bag_from_app
from airflow.api_fastapi.common.db.common import _get_session
from airflow.api_fastapi.common.exceptions import ERROR_HANDLERS
from airflow.api_fastapi.execution_api.datamodels.token import TIClaims, TIToken
from airflow.api_fastapi.execution_api.deps import _container
from airflow.api_fastapi.execution_api.routes import execution_api_router
from airflow.api_fastapi.execution_api.routes.connections import has_connection_access
from airflow.api_fastapi.execution_api.routes.variables import has_variable_access
from airflow.api_fastapi.execution_api.routes.xcoms import has_xcom_access
from airflow.api_fastapi.execution_api.security import get_team_name_dep, require_auth
from airflow.sdk.api.client import Client
from airflow.utils.session import create_session
from fastapi import HTTPException, Response
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_body_to_args, request_params_to_args
from fastapi.encoders import jsonable_encoder
from fastapi.routing import APIRoute
from sqlalchemy.orm import Session
from starlette.datastructures import QueryParams
from starlette.routing import Match

__all__ = ["DirectTransport", "direct_client"]

_REMOVED = "_CADWYN_DELETED_ROUTE"
"""Cadwyn's tag for routes that only older versions of the API have."""

_NO_TASK = UUID(int=0)


class _Services:
    """Stands for the service container; its one service issues fresh tokens, which nobody here checks."""

    def get(self, kind: type) -> _Services:
        return self

    def generate(self, *args: Any, **kwargs: Any) -> str:
        return ""


class _Unsupported(BaseException):
    """A fault of ours, which is not to pass for an answer: whoever goes on after any ``Exception`` lets it pass."""


def _finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that never waits for anything."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    coroutine.close()
    raise _Unsupported("a route of the Execution API waits for an event loop")


class DirectTransport(httpx.BaseTransport):
    """An httpx transport that answers from Airflow's route functions."""

    def __init__(self) -> None:
        self._routes = [
            route
            for route in execution_api_router.routes
            if isinstance(route, APIRoute) and _REMOVED not in route.tags
        ]
        self._dag_bag = create_dag_bag()

    def forget_dags(self) -> None:
        """Drop cached DAGs: the database was replaced."""
        self._dag_bag = create_dag_bag()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the API server would, errors included."""
        scope: dict[str, Any] = {
            "type": "http",
            "method": request.method,
            "path": request.url.path,
            "headers": [],
        }
        for route in self._routes:
            match, found = route.matches(scope)
            if match is Match.FULL:
                try:
                    return self._call(route, found["path_params"], request)
                except Exception as error:
                    return _refusal(error, request)
        return httpx.Response(404, json={"detail": "Not Found"})

    def _call(self, route: APIRoute, path: dict[str, str], request: httpx.Request) -> httpx.Response:
        reply = Response()
        reply.status_code = 0  # what the route function does not set is the route's own
        # Not the scoped session: the functions that a route calls may open and close that one themselves.
        with create_session(scoped=False) as session:
            call = _Call(self._dag_bag, session, path, request, reply)
            values = call.solve(route.dependant, body=route)
            result = call.invoke(route.dependant, values)
            if isinstance(result, Response):
                headers = dict(result.headers)
                return httpx.Response(result.status_code, content=bytes(result.body), headers=headers)
            status = reply.status_code or route.status_code or 200
            content = b"" if status == 204 else _serialized(route, result)
        headers = dict(reply.headers) | {"content-type": "application/json"}
        del headers["content-length"]
        return httpx.Response(status, content=content, headers=headers)


_HANDLERS = {handler.exception_cls: handler for handler in ERROR_HANDLERS}


def _refusal(error: Exception, request: httpx.Request) -> httpx.Response:
    """What the web application makes of an exception: its own error handlers decide, then it is an internal error."""
    handler = next((_HANDLERS[kind] for kind in type(error).__mro__ if kind in _HANDLERS), None)
    try:
        if handler is not None:
            handler.exception_handler(cast("Any", request), cast("Any", error))
    except HTTPException as told:
        error = told
    if isinstance(error, HTTPException):
        return httpx.Response(error.status_code, json=jsonable_encoder({"detail": error.detail}))
    content = {"message": "Internal server error", "correlation-id": request.headers.get("correlation-id")}
    return httpx.Response(500, json=content)


def _serialized(route: APIRoute, result: Any) -> bytes:
    field: Any = route.response_field
    if field is None:
        return json.dumps(jsonable_encoder(result)).encode()
    value, errors = field.validate(result, {}, loc=("response",))
    if errors:
        raise ValueError(f"{route.path}: the answer does not fit its model: {errors}")
    content: bytes = field.serialize_json(
        value,
        include=route.response_model_include,
        exclude=route.response_model_exclude,
        by_alias=route.response_model_by_alias,
        exclude_unset=route.response_model_exclude_unset,
        exclude_defaults=route.response_model_exclude_defaults,
        exclude_none=route.response_model_exclude_none,
    )
    return content


class _Call:
    """One request: where the values of a route function's parameters come from."""

    def __init__(
        self, dag_bag: Any, session: Session, path: dict[str, str], request: httpx.Request, reply: Response
    ) -> None:
        task = path.get("task_instance_id")
        token = TIToken(id=UUID(task) if task else _NO_TASK, claims=TIClaims(scope="execution"))
        self._known: dict[Callable[..., Any], Any] = {
            _get_session: session,
            dag_bag_from_app: dag_bag,
            require_auth: token,
            has_connection_access: token,
            has_variable_access: token,
            has_xcom_access: token,
            get_team_name_dep: None,
            _container: _Services(),
        }
        self._path, self._request, self._reply = path, request, reply
        self._query = QueryParams(
            [
                (k, v)
                for k, vs in parse_qs(request.url.query.decode(), keep_blank_values=True).items()
                for v in vs
            ]
        )

    def solve(self, dependant: Dependant, body: APIRoute | None = None) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for child in dependant.dependencies:
            call = cast("Callable[..., Any]", child.call)
            value = self._known[call] if call in self._known else self.invoke(child, self.solve(child))
            if child.name is not None:
                values[child.name] = value
        problems: list[Any] = []
        for fields, given in (
            (dependant.path_params, self._path),
            (dependant.query_params, self._query),
            (dependant.header_params, self._request.headers),
        ):
            found, errors = request_params_to_args(fields, cast("Any", given))
            values |= found
            problems += errors
        if body is not None and dependant.body_params:
            content = self._request.content
            found, errors = _finish(
                request_body_to_args(
                    dependant.body_params,
                    json.loads(content) if content else None,
                    body._embed_body_fields,
                )
            )
            values |= found
            problems += errors
        if problems:
            raise HTTPException(422, detail=jsonable_encoder(problems))
        if dependant.response_param_name:
            values[dependant.response_param_name] = self._reply
        if dependant.request_param_name:
            raise _Unsupported(f"{dependant.call} wants the HTTP request itself")
        return values

    def invoke(self, dependant: Dependant, values: dict[str, Any]) -> Any:
        result = cast("Callable[..., Any]", dependant.call)(**values)
        return _finish(result) if isinstance(result, Coroutine) else result


class _Client(Client):
    # Without Airflow's retries and their random waits: nothing here fails for a moment only.
    request = cast("Any", Client.request).__wrapped__


def direct_client() -> tuple[Client, DirectTransport]:
    """Airflow's own client of the Execution API, and the transport it speaks through."""
    transport = DirectTransport()
    client = _Client(base_url="http://execution.invalid", token="none", transport=transport)
    return client, transport
