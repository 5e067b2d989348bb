/*
 * Opens a page made of one file: gives each module an address made of its text, in the order in which they need each
 * other, and calls `open` of the last one with the page's <main>.
 *
 * aecore/analysis/bundle.py writes the modules down; an import says lab:NAME where the repository says ./NAME. This is
 * a script and no module: it is the one that the page's security policy admits, by its hash.
 */
(async () => {
  const main = document.querySelector('main');
  try {
    const modules = JSON.parse(document.getElementById('lab-modules').textContent);
    const addresses = {};
    for (const [name, source] of modules) {
      const linked = source.replace(/(['"])lab:([\w./-]+)\1/g, (whole, quote, other) =>
        addresses[other] ? quote + addresses[other] + quote : whole,
      );
      addresses[name] = URL.createObjectURL(new Blob([linked], { type: 'text/javascript' }));
    }
    const { open } = await import(addresses[modules.at(-1)[0]]);
    await open(main);
    main.dataset.state = 'ready';
  } catch (error) {
    main.dataset.state = 'failed';
    main.setAttribute('role', 'alert');
    main.textContent = `This page could not be opened (${error.message}). It needs a browser of 2023 or newer.`;
  }
})();
