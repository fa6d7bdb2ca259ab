// The page follows the cloud by itself: what has changed since the last look is put in place, nothing is loaded anew.
const EVERY_MS = 1000;
const scrolled = () => [...document.querySelectorAll(".wide")].map(box => box.scrollLeft);
async function look() {
  try {
    if (!document.hidden) {
      const answer = await fetch(location.pathname + location.search, {cache: "no-store"});
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["moment", "content"]) {
        const now = document.getElementById(id), then = page.getElementById(id);
        if (then && now.innerHTML !== then.innerHTML) {
          const places = scrolled();
          now.replaceWith(document.adoptNode(then));
          document.querySelectorAll(".wide").forEach((box, n) => { box.scrollLeft = places[n] ?? 0; });
        }
      }
      document.body.classList.toggle("gone", !answer.ok);
    }
  } catch { document.body.classList.add("gone"); }
  setTimeout(look, EVERY_MS);
}
setTimeout(look, EVERY_MS);
