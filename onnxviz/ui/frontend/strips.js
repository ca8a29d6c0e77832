// Sentences under the toolbar: what part of the graph is shown, and notes about the picture.
import { element, setText } from "./dom.js";

/** Returns {strips, show()}; a dismissed note stays away until the page says something else. */
export function makeStrips(app, run) {
  const { document, controller: { signal } } = app;
  const sentence = element(document, "span", { class: "sentence" });
  const back = element(document, "button", { type: "button" }, "Show everything (x)");
  const focus = element(document, "div", { class: "strip focus", role: "status" }, sentence, back);
  const notes = element(document, "span", { class: "sentence" });
  const away = element(document, "button", { type: "button", "aria-label": "Dismiss the note" }, "Dismiss");
  const note = element(document, "div", { class: "strip note", role: "status" }, notes, away);
  const strips = element(document, "div", { class: "strips" }, focus, note);
  let dismissed = "";
  back.addEventListener("click", () => {
    run("unfocus");
    app.canvas.focus();
  }, { signal });
  away.addEventListener("click", () => {
    dismissed = notes.textContent;
    note.hidden = true;
    app.canvas.focus();
  }, { signal });
  return {
    strips,
    show: () => {
      setText(sentence, app.view?.focus ?? "");
      focus.hidden = !app.view?.focus;
      const said = (app.view?.notes ?? []).join(" ");
      if (said !== dismissed) dismissed = "";
      setText(notes, said);
      note.hidden = !said || said === dismissed;
    },
  };
}
