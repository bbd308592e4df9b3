// An address may name a section of a page (#money). Streamlit scrolls to it once, when its heading arrives: what follows
// may then be too short for the heading to reach the top, and charts above it have still to grow. So the section is kept
// at the top while the page grows, until the reader scrolls, points or types.
(() => {
  window.otmSection?.abort(); // of the page before
  const page = (window.otmSection = new AbortController());
  const content = document.querySelector('[data-testid="stMainBlockContainer"]');
  const growth = new ResizeObserver(() => {
    document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  });
  const keep = () => growth.observe(content); // observing calls once at the start
  const release = () => growth.disconnect();
  keep();
  window.addEventListener("hashchange", keep, { signal: page.signal });
  for (const move of ["wheel", "touchstart", "pointerdown", "keydown"])
    window.addEventListener(move, release, { capture: true, passive: true, signal: page.signal });
  page.signal.addEventListener("abort", release);
  // A link of an error summary leads into the field itself, as a label would.
  const enter = (event) => {
    const link = event.target.closest?.(".otm-summary a");
    const place = link && document.getElementById(link.hash.slice(1))?.closest('[data-testid="stElementContainer"]');
    if (place) setTimeout(() => place.nextElementSibling?.querySelector("input, textarea, button")?.focus());
  };
  document.addEventListener("click", enter, { signal: page.signal });
})();
