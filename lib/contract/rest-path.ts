/** Names of the parameters in the path of a REST route such as `GET /things/:thingId`, in their order. */
export function pathParams(rest: string): string[] {
  return [...rest.matchAll(/\/:(\w+)/g)].map(([, param]) => param as string);
}
