"""Settings of columns as files, and the gallery of those for well-known APIs."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.http import content_disposition_header
from ninja import Router, Status

from enrichment import lookup
from enrichment.api import described
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from enrichment.columns import gallery, recipe_export, recipe_import, recipes
from workspaces.models import Role

router = Router(tags=["Columns"])


class RecipeImport(Body):
    """`recipe` is the content of a file, or the id of one in the gallery, with `answers` to what that asks for.

    `columns` maps names in the recipe to columns of this table. `secrets` create the recipe's connection.
    """

    recipe: Any
    columns: dict[str, str] = {}
    answers: dict[str, str] = {}
    connection_id: int | None = None
    confirm_host: str | None = None
    secrets: dict[str, str] | None = None
    dry_run: bool = False


@router.get("/recipes", summary="List the gallery of recipes")
def list_recipes(request: HttpRequest) -> dict[str, Any]:
    """Lists the recipes for well-known APIs. `problems` names files in this server's folder that can't be read."""
    found, problems = gallery.entries()
    return {"items": [_described(entry) for entry in found], "problems": [each.message for each in problems]}


def _described(entry: gallery.Entry) -> dict[str, Any]:
    connection = entry.recipe.connection
    return {
        "id": entry.id,
        "name": entry.recipe.name,
        **entry.about.model_dump(mode="json"),
        "connection": connection.kind if connection else None,
    }


@router.get("/columns/{column_id}/recipe", summary="Export a column's settings")
def export_recipe(request: HttpRequest, column_id: str) -> HttpResponse:
    """Returns the settings as a file for another table: columns by name, without secrets."""
    column = lookup.column(actor(request), column_id)
    answer = JsonResponse(recipe_export.export(column), json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = content_disposition_header(True, f"{column.name}.marl.json") or "attachment"
    return answer


@router.post(
    "/tables/{table_id}/columns/import",
    response={200: dict, 201: dict},
    summary="Import a column's settings",
)
def import_recipe(request: HttpRequest, table_id: str, body: RecipeImport) -> Status[dict[str, Any]]:
    """Creates a column from exported settings. With `dry_run`, returns what the settings need instead."""
    who = actor(request)
    table = lookup.table(who, table_id, Role.EDITOR)
    of_gallery = isinstance(body.recipe, str)
    recipe = gallery.get(body.recipe) if of_gallery else recipes.read(body.recipe)
    if body.dry_run:
        return Status(200, recipe_import.dry_run(who, table, recipe))
    choices = recipe_import.Choices(
        body.columns, body.connection_id, body.secrets, body.confirm_host, body.answers, of_gallery
    )
    return Status(201, described.column(recipe_import.create(who, table, recipe, choices)))
