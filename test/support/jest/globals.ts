/** What the tests get when they import `@jest/globals`: see `runtime.ts`. */

let current: Readonly<Record<string, object>> = {};

/** From now on these are the functions behind the exports of this module. */
export function setGlobals(globals: Readonly<Record<string, object>>): void {
  current = globals;
}

/** Modules stay loaded from one test file to the next. Each test file has its own `test`, to which this one leads. */
function live(name: string): unknown {
  const target = () => current[name] as object;
  return new Proxy(() => {}, {
    apply: (_, self, args) => Reflect.apply(target() as () => unknown, self, args),
    get: (_, key) => Reflect.get(target(), key),
  });
}

export const jest = live("jest");
export const expect = live("expect");
export const describe = live("describe");
export const test = live("test");
export const beforeAll = live("beforeAll");
export const beforeEach = live("beforeEach");
export const afterEach = live("afterEach");
export const afterAll = live("afterAll");
