"""The protocol itself, without sessions: each request is answered by a server of its own, which lasts as long as it."""

import json
from typing import Any

from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic import ValidationError

from enrichment.mcp import tools
from enrichment.mcp.calls import Api, Receive, Scope, Send

LARGEST = 1_000_000  # characters of an answer, which are more than an assistant has room for
INSTRUCTIONS = """Marl is a spreadsheet whose columns are filled by HTTP APIs and formulas. List the tables first: other
tools take the ids of tables, columns and rows. Before you start a run, preview or test a row and estimate the run,
because requests really go out to the APIs of other companies. Then watch the run until it ends."""


async def serve(api: Api, scope: Scope, receive: Receive, send: Send, largest: int) -> None:
    """Answers a request of at most so many bytes, which the API has let in."""
    manager = StreamableHTTPSessionManager(
        _server(api), json_response=True, stateless=True, max_request_body_size=largest
    )
    async with manager.run():
        await manager.handle_request(scope, receive, send)


def _server(api: Api) -> Server[Any]:
    async def list_tools(_: ServerRequestContext[Any], __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_described(name, tool) for name, tool in tools.TOOLS.items()])

    async def call_tool(_: ServerRequestContext[Any], params: CallToolRequestParams) -> CallToolResult:
        return await _called(api, params)

    return Server("marl", title="Marl", instructions=INSTRUCTIONS, on_list_tools=list_tools, on_call_tool=call_tool)


def _described(name: str, tool: type[tools.Tool]) -> Tool:
    schema = tool.model_json_schema()
    description = schema.pop("description")
    return Tool(
        name=name,
        description=description,
        input_schema=schema,
        annotations=ToolAnnotations(read_only_hint=tool.reads_only, destructive_hint=False),
    )


async def _called(api: Api, params: CallToolRequestParams) -> CallToolResult:
    if (kind := tools.TOOLS.get(params.name)) is None:
        raise MCPError(INVALID_PARAMS, f"There is no tool {params.name[:100]}. Tools are: {', '.join(tools.TOOLS)}.")
    try:
        tool = kind.model_validate(params.arguments or {})
    except ValidationError as error:
        return _refused(_in_words(error))
    answer = await tool.answer(api)
    text = json.dumps(json.loads(answer.body), ensure_ascii=False)
    if len(text) > LARGEST:
        return _refused(f"The answer has {len(text):,} characters, and {LARGEST:,} are the most. Ask for fewer rows.")
    return CallToolResult(content=[TextContent(text=text)], is_error=answer.is_refusal)


def _in_words(error: ValidationError) -> str:
    """Returns which arguments are wrong, and how."""
    problems = (f"{'.'.join(map(str, item['loc']))}: {item['msg']}." for item in error.errors())
    return " ".join(["Some arguments are missing or invalid.", *problems])


def _refused(words: str) -> CallToolResult:
    """Returns a refusal in the form that the API gives it."""
    text = json.dumps({"error": {"code": "invalid", "message": words, "details": []}}, ensure_ascii=False)
    return CallToolResult(content=[TextContent(text=text)], is_error=True)
