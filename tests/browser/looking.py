"""Questions that every page can be asked. Each answers with sentences; an empty list is what one wants."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from axe_playwright_python.base import AxeBase
    from playwright.sync_api import Frame, Page

__all__ = ["axe", "faint", "sideways"]

_GRAVE = ("serious", "critical")

# The contrast of every piece of text against the colour that is painted behind it, as WCAG 2 defines it; axe leaves
# out the words in pictures.
_FAINT = """() => {
const parse = c => { const n = c.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n };
const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
const linear = v => v / 255 <= .04045 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4;
const light = c => .2126 * linear(c[0]) + .7152 * linear(c[1]) + .0722 * linear(c[2]);
const behind = e => {
  const all = [];
  for (; e; e = e.parentElement) all.push(parse(getComputedStyle(e).backgroundColor));
  return all.reverse().reduce((below, one) => over(one, below), [255, 255, 255, 1]) };
const poor = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const e = walk.currentNode.parentElement, style = getComputedStyle(e);
  if (!walk.currentNode.data.trim() || ['STYLE', 'TITLE', 'DESC', 'title', 'desc'].includes(e.tagName)) continue;
  const back = behind(e), ink = over(parse(e.closest('svg') ? style.fill : style.color), back);
  const [a, b] = [light(ink), light(back)].sort((x, y) => y - x), ratio = (a + .05) / (b + .05);
  const words = walk.currentNode.data.trim().slice(0, 40);
  if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${e.className.baseVal ?? e.className} ${words}`);
}
return [...new Set(poor)];
}"""

_SIDEWAYS = """() => {
const root = document.documentElement, room = root.clientWidth, over = root.scrollWidth - room;
if (over <= 0) return [];
const name = e => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + [...e.classList].map(c => '.' + c).join('');
const wide = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > room + 0.5);
const first = wide.filter(e => ![...e.children].some(c => wide.includes(c))).slice(0, 5).map(name);
return [`The page is ${over} pixels wider than its window of ${room}: ${first.join(', ')}.`];
}"""


@cache
def _engine() -> AxeBase:
    from axe_playwright_python.sync_playwright import Axe

    return Axe()


def axe(
    where: Page | Frame, context: str | dict[str, Any] | None = None, *, without: tuple[str, ...] = ()
) -> list[str]:
    """The serious and critical faults that axe finds on a page, or in one of its frames.

    ``context`` is a selector, or axe's own ``{"include": …, "exclude": …}``; ``without`` names rules that are not
    asked. Frames in the page are left out: ask them one by one, where scripts may run in them.
    """
    options = {
        "resultTypes": ["violations"],
        "iframes": False,
        "rules": {rule: {"enabled": False} for rule in without},
    }
    if not where.evaluate("'axe' in window"):
        where.evaluate(_engine().axe_script)
    found = where.evaluate("([where, how]) => axe.run(where ?? document, how)", [context, options])[
        "violations"
    ]
    return [
        f"{fault['impact']}: {fault['help']} ({fault['id']}) at {' '.join(map(str, node['target']))}: "
        + "; ".join(one["message"] for kind in ("any", "all", "none") for one in node[kind])
        for fault in found
        if fault["impact"] in _GRAVE
        for node in fault["nodes"]
    ]


def faint(where: Page | Frame) -> list[str]:
    """Texts whose contrast is below 4.5: the ratio, the element's class and the first words."""
    return list(where.evaluate(_FAINT))


def sideways(page: Page) -> list[str]:
    """Whether the page can be scrolled sideways, and the innermost elements that stick out."""
    return list(page.evaluate(_SIDEWAYS))
