// Reloads the page when another has replaced it. A script beside the page names the latest
// one: a page that was opened as a file can read nothing else. Only pages that
// `sagemaker-tuning --every` has made look for it.

const SECONDS_BETWEEN_LOOKS = 5;

function lookForLatest({ script, page }) {
  const loaded = el("script", {
    src: `${script}?${Date.now()}`,
    load: () => { loaded.remove(); if (window.latestPage !== page) location.reload(); },
    error: () => loaded.remove(),
  });
  document.head.append(loaded);
}

if (DATA.latest) setInterval(() => lookForLatest(DATA.latest), SECONDS_BETWEEN_LOOKS * 1000);
