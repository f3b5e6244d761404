/** A page of A4 as all documents use it; in points. */
export const MM = 72 / 25.4;
export const PAGE = { width: 210 * MM, height: 297 * MM };
export const LEFT = 25 * MM;
export const RIGHT = PAGE.width - 20 * MM;
export const BOTTOM = PAGE.height - 37 * MM; // the end of what is above the foot
export const FOOT = PAGE.height - 30 * MM;
