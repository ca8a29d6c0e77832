"""Whether a page has taken a model's text for markup: what to look for, in all of its shadow trees."""

from __future__ import annotations

from typing import Any

from tests.browser.steps import settle

_OBEYED = """() => {
  const found = [];
  const marks = [
    "img[onerror]", "img[src*='example.org']", "img[src='x']", "iframe[src*='example.org']", "svg[onload]",
    "a[href*='example.org']", "a[href^='javascript']", "a[href^='mailto:a@']", ".katex",
  ];
  const look = (root) => {
    for (const each of marks) if (root.querySelector(each)) found.push(each);
    for (const each of root.querySelectorAll("[data-testid=stIconMaterial]"))
      if (each.textContent.includes("pest_control")) found.push("an icon");
    for (const each of root.querySelectorAll("*")) {
      if (each.shadowRoot) look(each.shadowRoot);
      // A report keeps names in blocks of JSON, which no browser runs.
      const runs = each.tagName === "SCRIPT" && each.type !== "application/json";
      if (runs && each.textContent.includes("hacked")) found.push("a script");
      if (each.tagName === "SPAN" && each.textContent === "reddened") found.push("a colour");
    }
  };
  look(document);
  if (window.hacked) found.push("a script ran");
  return found;
}"""


def obeyed(page: Any) -> list[str]:
    """Which markup of the model became part of the page."""
    settle(page)
    found: list[str] = page.evaluate(_OBEYED)
    return found


def obeyed_in_file(page: Any) -> list[str]:
    """The same for a page that is no app, such as a report."""
    found: list[str] = page.evaluate(_OBEYED)
    return found
