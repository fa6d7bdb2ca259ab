// The page follows the clusters by itself: what has changed since the last look is put in place, nothing is loaded anew.
const everyMs = 1000 * Number(document.body.dataset.everyS);
async function look() {
  try {
    if (!document.hidden) {
      const answer = await fetch(location.pathname, {cache: "no-store"});
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["moment", "content"]) {
        const now = document.getElementById(id), then = page.getElementById(id);
        if (then && now.innerHTML !== then.innerHTML) {
          const box = now.querySelector(".wide"), place = box ? [box.scrollLeft, box.scrollTop] : [0, 0];
          now.replaceWith(document.adoptNode(then));
          then.querySelector(".wide")?.scrollTo(...place);
        }
      }
      document.body.classList.toggle("gone", !answer.ok);
    }
  } catch { document.body.classList.add("gone"); }
  setTimeout(look, everyMs);
}
setTimeout(look, everyMs);
