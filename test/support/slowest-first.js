import { statSync } from "node:fs";
import TestSequencer from "@jest/test-sequencer";

/** Where the slow tests are, the slowest first: those that start processes and wait for servers. */
const SLOW = ["/test/service/events/", "/test/system/", "/test/service/"];

const rank = ({ path }) => {
  const at = SLOW.findIndex((folder) => path.includes(folder));
  return at < 0 ? SLOW.length : at;
};

/**
 * Begins with the slow test files, so that at the end no worker is alone with one of them. Jest itself knows durations only
 * where it ran before; a fresh clone has none.
 */
export default class SlowestFirst extends TestSequencer {
  sort(tests) {
    const sizes = new Map(tests.map((test) => [test, statSync(test.path).size]));
    return [...tests].sort((a, b) => rank(a) - rank(b) || sizes.get(b) - sizes.get(a));
  }
}
