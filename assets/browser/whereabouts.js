/**
 * Where a person is on a latent canvas, as short words for its address, and the way back there.
 *
 *   view     x, y of the middle and magnification         tool, colour, over, panel   which is chosen
 *   hidden   numbers of classes                           lasso    corners x, y
 *   group    name of a kept group, base64 of its UTF-8    plane    the beginning of a hash of the plane that places are
 *                                                         in, where it is no linear one
 *   probe    i: number of the image that was taken up; c: the code, base64 of its float32 values; x, y: a place in the
 *            plane, for codes of more than 64 numbers, which would make a long address
 *   walk     way, position 0 to 1, numbers of the images joined by ".", corners x, y of a drawn line
 *
 * What is not as at first is written. A value that makes no sense here is passed over.
 */

import { TOOLS } from './tools.js';
import { LARGEST, SMALLEST } from './view.js';

const MOST_NUMBERS = 64; // of a code that is written whole
const DIGITS = 5;

/**
 * The fields in the order in which they are restored. `read` gives what to write, '' for nothing; `restore` says whether
 * it is done with the value: an image or a number that is not there may come with a later scene. `early`: needs points only.
 */
const FIELDS = {
  plane: { early: true, read: ({ scene }) => planeOf(scene), restore: () => true },
  view: {
    early: true,
    read: ({ map }) => (map?.view.touched ? list([map.view.x, map.view.y, map.view.magnification]) : ''),
    restore({ map }, text) {
      const [x, y, magnification] = numbers(text, 3) ?? [];
      if (map && magnification >= SMALLEST && magnification <= LARGEST) map.showView(x, y, magnification);
    },
  },
  tool: {
    early: true,
    read: ({ map }) => (map && map.tool !== (map.canMove ? 'probe' : 'picture') ? map.tool : ''),
    restore({ map }, tool) {
      if (map && Object.hasOwn(TOOLS, tool) && (map.canMove || !TOOLS[tool].moves)) map.setTool(tool);
    },
  },
  hidden: {
    early: true,
    read: ({ map }) => [...(map?.legend.hidden ?? [])].sort((a, b) => a - b).join(','),
    restore({ map }, text) {
      map?.hideClasses((numbers(text) ?? []).filter((each) => Number.isInteger(each) && each >= 0));
    },
  },
  colour: {
    read: ({ map }) => (map && map.colouring !== 'class' ? map.colouring : ''),
    restore({ map, scene }, text) {
      const known = scene.colourings.find(({ key }) => key === text);
      if (known) map?.setColouring(known.key);
      return Boolean(known);
    },
  },
  over: {
    read: ({ layers }) => (layers && layers.shown !== 'none' ? layers.shown : ''),
    restore({ layers }, layer) {
      if ([...(layers?.box.options ?? [])].some(({ value }) => value === layer)) layers.show(layer);
    },
  },
  walk: { read: ({ walk, scene }) => walkText(walk, scene), restore: restoreWalk },
  probe: { read: ({ explorer, scene }) => probeText(explorer, scene), restore: restoreProbe },
  lasso: {
    read: ({ map }) => (map?.lassoClosed && map.selected ? list(map.lasso.flat()) : ''),
    restore({ map }, text) {
      const corners = places(text);
      if (map && corners?.length > 2) map.takeLasso(corners);
    },
  },
  group: {
    read: ({ group }) => (group?.keptName ? base64(new TextEncoder().encode(group.keptName)) : ''),
    restore({ group }, text) {
      const name = bytes(text);
      if (name) group?.chooseNamed(new TextDecoder().decode(name));
    },
  },
  panel: {
    read: ({ panels }) => (panels.first && panels.shown !== panels.first ? panels.shown : ''),
    restore: ({ panels }, panel) => panels.show(panel),
  },
};

/** @param {object} canvas its scene, explorer, map, layers, walk and panels @returns {Object<string, string>} fields */
export function whereabouts(canvas) {
  const all = Object.entries(FIELDS).map(([name, { read }]) => [name, read(canvas)]);
  return Object.fromEntries(all.filter(([, text]) => text !== ''));
}

/**
 * Go where `fields` say.
 *
 * @param {boolean} whole whether codes and pictures have come
 * @returns {Object<string, string>} the fields that have to wait for a later scene
 */
export function goTo(canvas, fields, whole) {
  const wanted = Object.entries(FIELDS).filter(([name]) => Object.hasOwn(fields, name));
  const waiting = wanted.filter(([name, { early, restore }]) => !(early || whole) || restore(canvas, fields[name]) === false);
  return Object.fromEntries(waiting.map(([name]) => [name, fields[name]]));
}

/** The fields without places of another plane than that of the scene. @returns {Object<string, string>} */
export function fittingIn(scene, fields) {
  if ((fields.plane ?? '') === planeOf(scene)) return fields;
  const { view, lasso, walk, ...others } = fields;
  return walk && !walk.startsWith('drawn') ? { ...others, walk } : others;
}

const planeOf = ({ inverse, blocks }) => (inverse ? blocks.points.hash.slice(0, 8) : '');

function probeText({ code, held, atHome, position }, { mean, ids, latent, plane }) {
  const image = held >= 0 ? `i${ids[held]}` : '';
  if (atHome || (held < 0 && code.every((value, i) => value === mean[i]))) return image;
  const [x, y] = plane ? position.map(short) : [];
  const place = latent <= MOST_NUMBERS ? `c${base64(new Uint8Array(new Float32Array(code).buffer))}` : plane ? `x${x},y${y}` : '';
  return [image, place].filter(Boolean).join(',');
}

function restoreProbe({ explorer, scene }, text) {
  const { i, c, x, y } = Object.fromEntries(text.split(',').map((part) => [part[0], part.slice(1)]));
  const index = i === undefined ? -1 : scene.indexOf(Number(i));
  if (i !== undefined && index < 0) return false;
  const now = performance.now();
  if (index >= 0 && index < scene.pictured) explorer.hold(index, now);
  const code = c === undefined ? null : floats(c, scene.latent);
  const place = numbers([x, y].join(), 2);
  if (code) explorer.put(code, now);
  else if (scene.plane && place) explorer.moveTo(...place, now);
  return true;
}

function walkText(walk, scene) {
  if (!walk?.used) return '';
  const stops = walk.stops.map((index) => scene.ids[index]).join('.');
  return [walk.way, short(walk.t), stops, ...(walk.line ? walk.line.places.flat().map(short) : [])].join(',');
}

function restoreWalk({ walk, scene }, text) {
  const [way, t, ids, ...rest] = text.split(',');
  if (!walk || !ids || !(t >= 0 && t <= 1)) return true;
  const stops = ids.split('.').map((id) => scene.indexOf(Number(id)));
  if (stops.some((index) => index < 0)) return false;
  const line = scene.plane && rest.length ? places(rest.join()) : null;
  if (stops.length > 1 && stops.every((index) => index < scene.pictured)) walk.restore(way, Number(t), stops, line);
  return true;
}

const short = (value) => Number(value.toPrecision(DIGITS));
const list = (values) => values.map(short).join(',');

/** Numbers joined by commas, null unless all are finite and, if asked for, `count` of them. */
function numbers(text, count) {
  const values = text.split(',').map((each) => (each.trim() === '' ? NaN : Number(each)));
  return values.every(Number.isFinite) && (count === undefined || values.length === count) ? values : null;
}

/** @returns {[number, number][]|null} */
function places(text) {
  const values = numbers(text);
  if (!values || values.length % 2) return null;
  return Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i], values[2 * i + 1]]);
}

/** With the letters that an address bears (RFC 4648, section 5). @param {Uint8Array} content */
function base64(content) {
  return btoa(String.fromCharCode(...content)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** @returns {Uint8Array|null} null for what is no base64 */
function bytes(text) {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

function floats(text, count) {
  const content = bytes(text);
  if (content?.length !== 4 * count) return null;
  const values = new Float32Array(content.buffer);
  return values.every(Number.isFinite) ? values : null;
}
