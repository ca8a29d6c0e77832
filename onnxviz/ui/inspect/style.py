"""How the panel is set: a column of about 230 pixels takes smaller type and closer lines than a page."""

from __future__ import annotations

CLASS = "inspectpanel"
"""Part of the key of the container that the style is for; Streamlit makes a CSS class of it."""

STYLE = """<style>
[class*="inspectpanel"] p, [class*="inspectpanel"] li, [class*="inspectpanel"] td,
[class*="inspectpanel"] th, [class*="inspectpanel"] summary {
  font-size: 0.875rem; line-height: 1.4; overflow-wrap: anywhere;
}
[class*="inspectpanel"] p { margin-bottom: 0.3rem; }
[class*="inspectpanel"] h6 { font-size: 0.875rem; padding: 0.4rem 0 0; }
[class*="inspectpanel"] [data-testid="stMarkdownContainer"],
[class*="inspectpanel"] [data-testid="stCaptionContainer"] { margin-bottom: 0; }
[class*="inspectpanel"] [data-testid="stCaptionContainer"] p, [class*="inspectpanel"] button p,
[class*="inspectpanel"] p:last-child { margin-bottom: 0; }
[class*="inspectpanel"] small, [class*="inspectpanel"] p span[style*="font-size"],
[class*="inspectpanel"] [data-testid="stCaptionContainer"] p {
  font-size: 0.8rem; line-height: 1.35;
}
[class*="inspectpanel"] code { font-size: 0.8rem; padding: 0.1rem 0.25rem; overflow-wrap: anywhere; }
[class*="inspectpanel"] pre { padding: 0.4rem 0.5rem; }
[class*="inspectpanel"] pre code { font-size: 0.72rem; padding: 0; }
[class*="inspectpanel"] [data-testid="stBaseButton-tertiary"] {
  min-height: 1.4rem; text-align: left; justify-content: flex-start;
}
[class*="inspectpanel"] [data-testid="stBaseButton-tertiary"]:hover p { text-decoration: underline; }
[class*="inspectpanel"] table { width: 100%; }
[class*="inspectpanel"] td, [class*="inspectpanel"] th { padding: 0.1rem 0.25rem; border: 0; }
</style>"""
"""A constant of ours: nothing of a model is in it."""
