/** The smallest page to take away: two sliders, and the image of the code that they set. */

import { openDecoder } from './decoder.js';
import { element } from './dom.js';
import { block, header } from './embedded.js';
import { openPlain } from './plain.js';

export async function open(main) {
  const { latent, shape, plain, hash } = header();
  const [channels, height, width] = shape;
  const bytes = await block('decoder');
  const decoder = plain ? openPlain(bytes) : await openDecoder(hash, bytes);
  const canvas = element('canvas', { width, height, role: 'img', 'aria-label': 'Decoded image' });
  const sliders = [0, 1].map((index) =>
    element('input', { type: 'range', min: -3, max: 3, step: 0.01, value: 0, 'aria-label': `Number ${index + 1}` }),
  );
  const draw = (images, done) => {
    const pixels = new ImageData(width, height);
    for (let i = 0; i < width * height; i += 1) {
      for (let c = 0; c < 3; c += 1) pixels.data[4 * i + c] = 255 * images[Math.min(c, channels - 1) * width * height + i];
      pixels.data[4 * i + 3] = 255;
    }
    canvas.getContext('2d').putImageData(pixels, 0, 0);
    main.image = images;
    done();
  };
  const decode = () =>
    new Promise((done, fail) => {
      const code = Float32Array.from({ length: latent }, (_, index) => Number(sliders[index]?.value ?? 0));
      decoder.request('probe', code, 1, (images) => draw(images, done), fail);
    });
  sliders.forEach((slider) => slider.addEventListener('input', decode));
  main.replaceChildren(canvas, ...sliders);
  await decode();
  main.opened = performance.now(); // since the file began to be read
}
