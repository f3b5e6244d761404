/**
 * A Postgres array in its text form, for one bound parameter. `pg` would escape each element by itself, which takes most
 * of Node's time for a statement with thousands of them.
 */
export function arrayText(values: readonly string[] | readonly number[]): string {
  if (typeof values[0] !== "string") return `{${values.join(",")}}`;
  const escaped = /[\\"]/.test(values.join("")) ? values.map(escapedText) : values;
  return `{"${escaped.join('","')}"}`;
}

function escapedText(value: string | number): string {
  return String(value).replace(/[\\"]/g, "\\$&");
}
