/** An ellipse on the ground, in pixels: centre and radii. */
export type Shadow = readonly [cx: number, cy: number, rx: number, ry: number];

/** What a drawing consists of: shadows under it, definitions such as gradients, and shapes. All in pixels of 1200. */
export interface Drawing {
  shadows: readonly Shadow[];
  defs?: string;
  body: string;
}

/** Pixels of each side of a drawing. */
export const DRAWING_PIXELS = 1_200;

/** The whole picture: the thing on a light ground, with a soft shadow. It has no text, because fonts differ by machine. */
export function picture({ shadows, defs = "", body }: Drawing): string {
  const shadow = (blur: string, scale: number, opacity: number) =>
    shadows
      .map(
        ([cx, cy, rx, ry]) =>
          `<ellipse cx="${cx}" cy="${cy}" rx="${rx * scale}" ry="${ry * scale}" fill="#2e2820" opacity="${opacity}" filter="url(#${blur})"/>`,
      )
      .join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${DRAWING_PIXELS}" height="${DRAWING_PIXELS}" viewBox="0 0 1200 1200">
<defs>
<radialGradient id="ground" cx="0.5" cy="0.42" r="0.78"><stop offset="0" stop-color="#fcfbf9"/><stop offset="0.6" stop-color="#f3f1ed"/><stop offset="1" stop-color="#e2dfd8"/></radialGradient>
<filter id="wide" x="-60%" y="-300%" width="220%" height="700%"><feGaussianBlur stdDeviation="30"/></filter>
<filter id="near" x="-60%" y="-300%" width="220%" height="700%"><feGaussianBlur stdDeviation="9"/></filter>
<filter id="blur" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="12"/></filter>
${defs}
</defs>
<rect width="1200" height="1200" fill="url(#ground)"/>
${shadow("wide", 1.12, 0.3)}${shadow("near", 0.96, 0.34)}
${body}
</svg>`;
}

function gradient(id: string, direction: string, colours: readonly string[]): string {
  const stops = colours.map((colour, at) => `<stop offset="${at / (colours.length - 1)}" stop-color="${colour}"/>`);
  return `<linearGradient id="${id}" ${direction}>${stops.join("")}</linearGradient>`;
}

/** A gradient from left to right, for what is round. */
export const across = (id: string, ...colours: string[]) => gradient(id, 'x1="0" y1="0" x2="1" y2="0"', colours);
/** A gradient from top to bottom. */
export const down = (id: string, ...colours: string[]) => gradient(id, 'x1="0" y1="0" x2="0" y2="1"', colours);
/** A gradient from the upper left to the lower right. */
export const slant = (id: string, ...colours: string[]) => gradient(id, 'x1="0" y1="0" x2="1" y2="1"', colours);

interface Paint {
  stroke?: string;
  width?: number;
  opacity?: number;
  /** SVG attributes besides. */
  more?: string;
}

function paint(fill: string, { stroke, width = 4, opacity, more = "" }: Paint): string {
  const line = stroke
    ? ` stroke="${stroke}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"`
    : "";
  return `fill="${fill}"${line}${opacity === undefined ? "" : ` opacity="${opacity}"`} ${more}`;
}

export const path = (d: string, fill: string, options: Paint = {}) => `<path d="${d}" ${paint(fill, options)}/>`;
export const line = (d: string, stroke: string, width: number, options: Paint = {}) =>
  path(d, "none", { stroke, width, ...options });
export const ellipse = (cx: number, cy: number, rx: number, ry: number, fill: string, options: Paint = {}) =>
  `<ellipse cx="${cx}" cy="${cy}" rx="${rx}" ry="${ry}" ${paint(fill, options)}/>`;
export const rect = (x: number, y: number, w: number, h: number, r: number, fill: string, options: Paint = {}) =>
  `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${r}" ${paint(fill, options)}/>`;
export const group = (transform: string, ...parts: string[]) => `<g transform="${transform}">${parts.join("")}</g>`;

/** The numbers from 0 to below `count`, each made into shapes. */
export const each = (count: number, shape: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => shape(n)).join("");

/** A number from 0 to below 1 that looks like chance, and is the same on every machine. */
export function chance(n: number): number {
  const wave = Math.sin(n * 12.9898 + 4.1414) * 43758.5453;
  return wave - Math.floor(wave);
}
