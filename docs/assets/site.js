// Buttons, scores and the way to the running things, where the course is studied live. `study.js` comes first: it sets
// `window.study`, to null where the site is only published. With scripts off, every button leads to the page that says how.
"use strict";

(() => {
  const labels = { lab: "Lab", airflow: "Airflow", inbox: "Inbox", slack: "Slack" };

  // JupyterLab around this page, when the page is a tab in it.
  const around = () => {
    try {
      return window.parent === window ? null : (window.parent.jupyterapp ?? null);
    } catch {
      return null; // a page of another origin is around us, and none of our business
    }
  };

  const isPlainClick = (event) => !(event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);

  const say = (link, sentence, bad) => {
    const row = link.parentElement;
    let note = row.querySelector(".door-note");
    if (!note) {
      note = document.createElement("span");
      note.className = "door-note";
      note.setAttribute("role", "status");
      row.append(note);
    }
    note.classList.toggle("is-bad", bad);
    note.innerHTML = sentence;
  };

  const openInLab = async (link, lab) => {
    link.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${window.study.open}${link.dataset.open}?format=json`, { cache: "no-store" });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      const { path } = await answer.json();
      await lab.commands.execute("docmanager:open", { path, options: { mode: "split-right" } });
    } catch (error) {
      console.warn(error);
      say(link, "It could not be opened. Is the server of <code>make study</code> still running?", true);
    } finally {
      link.removeAttribute("aria-busy");
    }
  };

  const wireButtons = (study) => {
    for (const link of document.querySelectorAll("a[data-open]")) {
      if (!study) {
        say(link, "on your own machine: <code>make study</code>", false);
        continue;
      }
      link.href = study.open + link.dataset.open;
      link.addEventListener("click", (event) => {
        const lab = around();
        if (!lab || !isPlainClick(event)) return;
        event.preventDefault();
        openInLab(link, lab);
      });
    }
  };

  const openBeside = (event, name, address) => {
    const lab = around();
    if (!lab || !isPlainClick(event) || !lab.commands.hasCommand("server-proxy:open")) return;
    event.preventDefault();
    lab.commands.execute("server-proxy:open", { id: `server-proxy:${name}`, title: labels[name], url: address, newBrowserTab: false });
  };

  const doors = (study) => {
    const nav = document.createElement("nav");
    nav.className = "doors";
    nav.setAttribute("aria-label", "Running now");
    for (const [name, label] of Object.entries(labels)) {
      // A page that is a tab of the lab has the lab around it.
      if (!study[name] || (name === "lab" && around())) continue;
      const link = document.createElement("a");
      link.href = study[name];
      link.textContent = label;
      if (name !== "lab") {
        link.addEventListener("click", (event) => openBeside(event, name, study[name]));
        if (around()) link.target = "_blank";
      }
      nav.append(link);
    }
    return nav;
  };

  const showScores = (progress) => {
    for (const place of document.querySelectorAll("[data-score]")) {
      const best = progress?.[place.dataset.score];
      const part = place.dataset.part;
      const score = part ? best?.parts?.[part] : best?.score;
      place.hidden = score == null;
      if (score == null) continue;
      const most = part ? Number(place.dataset.max) : best.max_score;
      const full = score >= most;
      place.classList.toggle("is-full", full);
      place.textContent = `${full ? "✓ " : ""}${score} of ${most}`;
      place.title = "Your best result";
    }
  };

  // A check in a notebook beside this page makes a better result while the page is open.
  const keepScoresFresh = (study) => {
    let asked = 0;
    const ask = () => {
      if (document.hidden || Date.now() - asked < 3000) return;
      asked = Date.now();
      const script = document.createElement("script");
      script.src = `${study.course}assets/study.js`;
      script.addEventListener("load", () => {
        showScores(window.study?.progress);
        script.remove();
      });
      script.addEventListener("error", () => script.remove());
      document.head.append(script);
    };
    window.addEventListener("focus", ask);
    window.addEventListener("pageshow", (event) => event.persisted && ask());
    document.addEventListener("visibilitychange", ask);
  };

  // The theme opens its menu and its search with labels, which a keyboard does not reach, and gives the search no name.
  const reachLabels = () => {
    document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
    for (const label of document.querySelectorAll('.md-header label[for="__drawer"], .md-header label[for="__search"].md-header__button')) {
      label.tabIndex = 0;
      label.setAttribute("role", "button");
      label.setAttribute("aria-label", label.htmlFor === "__drawer" ? "Menu" : "Search");
      label.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        label.click();
      });
    }
  };

  // What scrolls sideways can be reached, and then scrolled, with a keyboard. The theme does so for code, but not where
  // there is a touch screen, to which a keyboard may be connected.
  const reachWide = () => {
    for (const wide of document.querySelectorAll(".md-typeset__scrollwrap, .md-typeset figure, .md-typeset pre > code")) {
      if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
      else wide.removeAttribute("tabindex");
    }
  };

  const study = window.study ?? null;
  reachLabels();
  reachWide();
  window.addEventListener("load", reachWide);
  window.addEventListener("resize", reachWide);
  document.addEventListener("toggle", reachWide, true); // something was unfolded
  document.addEventListener("change", reachWide); // another tab, in a group of them
  wireButtons(study);
  if (study) {
    document.querySelector(".md-tabs .md-grid")?.append(doors(study));
    document.querySelector(".md-nav--primary")?.append(doors(study));
    showScores(study.progress);
    keepScoresFresh(study);
  }
})();
