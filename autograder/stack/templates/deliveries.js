"use strict";
// New deliveries are put at the top; what is already shown is left alone, so that nothing flickers.
const items = document.getElementById("items"), empty = document.getElementById("empty");
const count = document.getElementById("count"), clear = document.getElementById("clear");
const shown = () => [...items.children].filter(one => one.dataset.name);
const local = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "medium"});

function tidy() {
  const number = shown().length;
  empty.hidden = number > 0;
  clear.hidden = number === 0;
  const said = number ? `${number}, newest first` : "";
  if (count.textContent !== said) count.textContent = said;
  for (const time of items.querySelectorAll("time:not([title])")) {
    time.title = time.textContent;
    time.textContent = local.format(new Date(time.dateTime));
  }
  // Airflow is always where this page is, whatever address it was started with.
  for (const link of items.querySelectorAll('a[href^="http"]')) {
    const {pathname, search, hash} = new URL(link.href);
    if (pathname.startsWith(items.dataset.airflow)) link.href = pathname + search + hash;
  }
}

async function look() {
  try {
    const newest = shown()[0]?.dataset.name ?? "";
    const answer = await fetch("items?after=" + encodeURIComponent(newest), {cache: "no-store"});
    if (answer.redirected || answer.status === 403) return location.reload();
    if (answer.ok) {
      const {names, items: found} = await answer.json(), kept = new Set(names);
      for (const one of shown()) if (!kept.has(one.dataset.name)) one.remove();
      for (const name of Object.keys(found).sort()) {
        const made = document.createElement("template");
        made.innerHTML = found[name];
        items.prepend(made.content);
      }
      tidy();
    }
  } catch { /* the server is away; it may come back */ }
  setTimeout(look, document.hidden ? 5000 : 1000);
}

clear.addEventListener("click", async () => {
  await fetch("items", {method: "DELETE", headers: {"X-XSRFToken": clear.dataset.token}});
  for (const one of shown()) one.remove();
  tidy();
  document.getElementById("head").focus();
});
tidy();
look();
