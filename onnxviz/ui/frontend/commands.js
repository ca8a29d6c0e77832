// Commands of keys and buttons: which part of the viewer, or the page, each is for.
import { ask } from "./app.js";
import { goToChange, toggleOnly } from "./changes.js";
import { isField } from "./dom.js";
import { PAGE_COMMANDS, commandOf } from "./keys.js";
import { levelsAround } from "./levels.js";
import { run } from "./moves.js";
import { canPick, togglePick } from "./picking.js";
import { playCommand } from "./player.js";
import { goBy } from "./search.js";
import { focusOn, startPath } from "./selection.js";

/** Do what a button or a key is for. */
export function perform(app, command) {
  if (PAGE_COMMANDS.has(command)) {
    if (app.view && app.scene) askPage(app, command);
    return;
  }
  if (command === "press") {
    if (!togglePick(app, app.marks.selected)) playCommand(app, "play");
    return;
  }
  if (playCommand(app, command)) return;
  const here = {
    help: () => app.help.showModal(),
    fullscreen: () => fill(app),
    find: () => app.search.input.focus(),
    next: () => goBy(app, 1),
    previous: () => goBy(app, -1),
    changeAfter: () => goToChange(app, 1),
    changeBefore: () => goToChange(app, -1),
    onlyChanges: () => app.view && app.scene?.compares && toggleOnly(app),
    save: () => (app.saveMenu.popup.isOpen() ? app.saveMenu.popup.close() : app.saveMenu.popup.open()),
    outline: () => {
      const shown = app.outline.panel.classList.toggle("shown");
      app.buttons.outline.setAttribute("aria-pressed", String(shown));
      if (shown) app.outline.focusRow();
    },
  };
  if (Object.hasOwn(here, command)) here[command]();
  else run(app, command);
}

function askPage(app, command) {
  const { view } = app;
  const [less, more] = levelsAround(view, app.scene);
  const depth = { less, more }[command];
  const idle = { undo: !view.undo, redo: !view.redo, unfocus: !view.focus }[command];
  if (["neighbours", "ancestors", "descendants"].includes(command)) focusOn(app, command);
  else if (command === "path") startPath(app);
  else if (command === "less" || command === "more") depth !== null && ask(app, "depth", { depth });
  else if (!idle) ask(app, command);
}

/** Full screen, or the whole window where the browser refuses (an embedded frame, a phone). */
function fill(app) {
  if (app.document.fullscreenElement) {
    app.document.exitFullscreen();
    return;
  }
  const instead = () => {
    app.root.classList.toggle("filling");
    app.selection.show();
  };
  if (app.root.requestFullscreen) app.root.requestFullscreen().catch(instead);
  else instead();
}

/** Whether there is something that the command is for; else the page may have the key. */
function isFor(app, command) {
  if (command === "press") return Boolean(app.player.folding) || canPick(app, app.marks.selected);
  return !command.startsWith("step") || Boolean(app.player.folding);
}

/** What a key that is pressed in the viewer does. */
export function onKey(app, event) {
  if (app.help.open || isField(event.target)) return;
  if (event.key === "Escape" && !app.path && app.root.classList.contains("filling")) {
    app.root.classList.remove("filling");
    app.selection.show();
    return;
  }
  const command = commandOf(event);
  const onButton = event.target instanceof app.window.HTMLButtonElement;
  if (!command || (onButton && (event.key === "Enter" || event.key === " ")) || !isFor(app, command)) return;
  // Streamlit has shortcuts of its own on the page ("r", "c"): what is handled here is not theirs.
  event.stopPropagation();
  event.preventDefault();
  const far = event.shiftKey && event.key.startsWith("Arrow");
  for (let times = far ? 5 : 1; times > 0; times -= 1) perform(app, command);
}
