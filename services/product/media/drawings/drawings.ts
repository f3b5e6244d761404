/** Pixels of each side of a drawing. */
export const DRAWING_PIXELS = 1_200;

/** The picture of a demonstration product as SVG. */
export function drawingOf(name: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="1200"><title>${name}</title><rect width="1200" height="1200" fill="#eee"/></svg>`;
}
