"""The guide in the app."""

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from guide import pages, search
from workspaces.actors import Actor, PageRequest, member


@require_GET
@member()
def help_page(request: PageRequest, actor: Actor, name: str) -> HttpResponse:
    """Shows a page; a part of a page, such as the dialog of keys, gets its text alone."""
    try:
        page = pages.page(name)
    except LookupError:
        raise Http404 from None
    if request.htmx:
        return HttpResponse(page.html)
    return render(request, "guide/page.html", {"page": page, "chapters": _chapters()})


@require_GET
@member()
def help_search(request: PageRequest, actor: Actor) -> HttpResponse:
    """Leads to the first page, or shows what is found."""
    typed = request.GET.get("q", "").strip()
    if not typed:
        return redirect("help_page", pages.NAMES[0])
    context = {"typed": typed, "hits": search.find(typed), "chapters": _chapters()}
    return render(request, "guide/search.html", context)


@require_GET
@member()
def help_sections(request: PageRequest, actor: Actor) -> JsonResponse:
    """Lists what the search of commands leads to."""
    listed = [
        {"title": section.title, "page": page.title, "address": pages.address(page, section)}
        for page in map(pages.page, pages.NAMES)
        for section in page.sections
    ]
    return JsonResponse({"sections": listed})


def _chapters() -> dict[str, list[pages.Page]]:
    return {title: [pages.page(name) for name in names] for title, names in pages.CHAPTERS.items()}


@require_GET
@cache_control(private=True, max_age=3600)
@member()
def help_picture(request: PageRequest, actor: Actor, name: str) -> HttpResponse:
    if name not in {file.name for file in pages.PICTURES.glob("*.png")}:
        raise Http404
    return HttpResponse((pages.PICTURES / name).read_bytes(), content_type="image/png")
