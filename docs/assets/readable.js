// Gives names and keyboard access to what the theme's script adds: the copy buttons of code, and tables that scroll sideways.
function readable() {
  document.querySelectorAll(".md-code__nav").forEach((nav, place) => nav.setAttribute("aria-label", `Code ${place + 1}`));
  document.querySelectorAll(".md-typeset__scrollwrap").forEach((table) => (table.tabIndex = 0));
}
new MutationObserver(readable).observe(document.body, { childList: true, subtree: true });
readable();
