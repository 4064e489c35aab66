"""A browser without JavaScript: opens pages, fills their forms in, follows redirects, and keeps cookies."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

_VOID = {"input", "meta", "link", "br", "img", "hr"}


@dataclass
class Element:
    """One element of a page, with the text that is directly in it or below it."""

    tag: str
    attributes: dict[str, str]
    parents: tuple["Element", ...] = ()
    text: str = ""

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)


class Page(HTMLParser):
    """A page as its elements in order."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.answer = answer
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, tuple(self._open))
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    @property
    def url(self) -> str:
        return str(self.answer.url)

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def find(self, tag: str, **attributes: str) -> list[Element]:
        """Return the elements of a tag that have these attributes."""
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [
            element
            for element in self.elements
            if element.tag == tag and all(element.attributes.get(name) == value for name, value in wanted.items())
        ]

    @property
    def title(self) -> str:
        return self.find("h1")[0].text.strip()

    @property
    def text(self) -> str:
        return " ".join(self.find("main")[0].text.split())

    def fields(self, form: Element) -> Iterator[Element]:
        """Yield what a form sends: its inputs, and the buttons that could send it."""
        yield from (e for e in self.elements if form in e.parents and e.tag in {"input", "select", "button"})

    def form_with(self, name: str) -> Element:
        """Return the form that has a field or a button of this name, or the address of which ends so."""
        forms = self.find("form")
        named = [form for form in forms if name in {e.get("name") for e in self.fields(form)}]
        return (named or [form for form in forms if urlsplit(form.get("action")).path.endswith(name)])[0]


@dataclass
class Browser:
    """One browser of one person."""

    client: httpx.AsyncClient
    language: str = "en"
    headers: dict[str, str] = field(default_factory=dict)
    page: Page = field(init=False)

    async def open(self, address: str, **options: str) -> Page:
        """Go to an address, and on to where it redirects."""
        headers = {"Accept-Language": self.language, "Accept": "text/html", **self.headers}
        return await self._arrive(await self.client.get(address, headers=headers, params=options or None))

    async def submit(self, *, form: str = "", press: str = "", **values: str) -> Page:
        """Send the page's form that has the first of the values, or the one that is named; `press` is a button's value."""
        answer = await self.send(form=form, press=press, **values)
        return await self._arrive(answer)

    async def send(self, *, form: str = "", press: str = "", **values: str) -> httpx.Response:
        """Send a form, and return the answer to it alone."""
        page = self.page
        sent = page.form_with(form or next(iter(values), "csrf"))
        filled = {
            e.get("name"): e.get("value")
            for e in page.fields(sent)
            if e.tag == "input" and e.get("name") and (e.get("type") != "radio" or "checked" in e.attributes)
        }
        buttons = [e for e in page.fields(sent) if e.tag == "button" and e.get("name")]
        chosen = next((e for e in buttons if e.get("value") == press), None if press else next(iter(buttons), None))
        filled |= {chosen.get("name"): chosen.get("value")} if chosen else {}
        address = urljoin(page.url, sent.get("action"))
        parts = urlsplit(page.url)
        headers = {"Accept-Language": self.language, "Origin": f"{parts.scheme}://{parts.netloc}"}
        headers |= {"Sec-Fetch-Site": "same-origin", "Accept": "text/html", **self.headers}
        return await self.client.post(address, data=filled | values, headers=headers)

    async def _arrive(self, answer: httpx.Response) -> Page:
        for _ in range(20):
            if not answer.has_redirect_location:
                break
            address = urljoin(str(answer.url), answer.headers["location"])
            headers = {"Accept-Language": self.language, "Accept": "text/html", **self.headers}
            answer = await self.client.get(address, headers=headers)
        self.page = Page(answer)
        return self.page

    def cookie(self, name: str) -> str | None:
        return next((cookie.value for cookie in self.client.cookies.jar if cookie.name == name), None)
