// Scrolls the page to its top when what it shows becomes another.

const shown = new WeakMap();

export default function top({ parentElement, data }) {
  const before = shown.get(parentElement);
  shown.set(parentElement, data.page);
  if (before === undefined || before === data.page) return;
  parentElement.ownerDocument.querySelector('[data-testid="stMain"]')?.scrollTo({ top: 0 });
}
