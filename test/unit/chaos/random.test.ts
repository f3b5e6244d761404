import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Random } from "#tools/chaos/random.ts";

const some = (random: Random) => Array.from({ length: 20 }, () => random.next());

test("the same seed gives the same chance, another one another", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (seed, other) => {
      expect(some(new Random(seed))).toEqual(some(new Random(seed)));
      fc.pre(seed !== other);
      expect(some(new Random(seed))).not.toEqual(some(new Random(other)));
    }),
  );
});

test("what is chosen is among the choices, and a shuffle loses nothing", () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.integer(), { minLength: 1 }), (seed, list) => {
      const random = new Random(seed);
      expect(list).toContain(random.of(list));
      expect(random.shuffled(list).sort()).toEqual([...list].sort());
      const number = random.between(3, 7);
      expect(number).toBeGreaterThanOrEqual(3);
      expect(number).toBeLessThanOrEqual(7);
    }),
  );
});
