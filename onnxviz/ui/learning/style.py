"""How a lesson looks: lines of a length that is good to read, and the list above the models."""

STYLE = """<style>
.st-key-learn-lesson { --line: 40rem; max-width: 62rem; }
.st-key-learn-lesson [data-testid="stMarkdownContainer"] :is(p, li, blockquote) { line-height: 1.65; }
.st-key-learn-lesson [data-testid="stMarkdownContainer"] > :is(p, ul, ol, blockquote) {
  max-width: var(--line);
}
.st-key-learn-lesson [data-testid="stMarkdownContainer"] li { margin-bottom: 0.35rem; }
.st-key-learn-lesson [data-testid="stCode"] { max-width: 54rem; }
.st-key-learn-lesson h1 { padding-top: 0; }
.st-key-learn-aim { padding-bottom: 0.6rem; }
.st-key-learn-aim p { font-size: 1.12rem; opacity: 0.8; }
[class*="st-key-learn-try-"], .st-key-learn-question { padding: 1.1rem 1.3rem 1.2rem; margin: 0.5rem 0; }
[class*="st-key-learn-try-"] h3, .st-key-learn-question h3 { padding: 0 0 0.5rem; }
.st-key-learn-question { background: color-mix(in srgb, currentColor 4%, transparent); }
.st-key-learn-question [role="radiogroup"] { gap: 0.6rem; max-width: var(--line); }
.st-key-learn-question [data-testid="stCheckbox"] { max-width: var(--line); }
.st-key-learn-question [data-testid="stAlert"] { max-width: 46rem; }

[data-testid="stLayoutWrapper"]:has(> .st-key-learn-contents) { order: -1; }
.st-key-learn-contents { padding-bottom: 1rem; }
.st-key-learn-contents [data-testid="stProgress"] { padding-bottom: 0.5rem; }
.st-key-learn-contents button {
  justify-content: flex-start; text-align: left; padding: 0.25rem 0.55rem; min-height: 0;
}
.st-key-learn-contents button p { font-size: 0.9rem; line-height: 1.35; }
.st-key-learn-contents button :is(div, span) { justify-content: flex-start; }
.st-key-learn-contents button > div > span { align-items: flex-start; width: 100%; }
.st-key-learn-contents button:hover { background: color-mix(in srgb, currentColor 6%, transparent); }
.st-key-learn-row-open button, .st-key-learn-row-open button:hover {
  background: color-mix(in srgb, currentColor 9%, transparent);
}
.st-key-learn-row-open button p { font-weight: 600; }
</style>"""
"""Of the page's own elements alone. 40 rem are about 75 characters. The app fills the side bar before the
page does: the list is put first there, where a reader looks for it."""
