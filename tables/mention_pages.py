"""The pages of mentions: the list of them, and the way from one to its row."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse

from tables import mentions
from workspaces import ids
from workspaces.actors import Actor, member

SHOWN = 100  # lines of a page


@member()
def mentions_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Lists where the reader is named; a POST marks all of it as read."""
    if actor.user is None:
        raise Http404
    found = mentions.of_user(actor)
    if request.method == "POST":
        mentions.read(found)
        return redirect("mentions")
    offset = ids.parse(request.GET.get("offset", "")) or 0
    shown = list(found[offset : offset + SHOWN + 1])
    context = {
        "actor": actor,
        "mentions": shown[:SHOWN],
        "older": offset + SHOWN if len(shown) > SHOWN else None,
    }
    return render(request, "tables/mentions.html", context)


@member()
def open_mention(request: HttpRequest, actor: Actor, mention_id: int) -> HttpResponse:
    """Marks a mention as read, and leads to its row."""
    if actor.user is None:
        raise Http404
    found = mentions.of_user(actor).filter(pk=mention_id)
    mention = found.first()
    if mention is None:
        raise Http404
    mentions.read(found)
    table = reverse("table", args=[mention.comment.table_id])
    return HttpResponseRedirect(f"{table}?row={mention.comment.row_id}")
