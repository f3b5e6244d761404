import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { newsOf, statusAfter } from "#services/commerce/payments/domain/dispute.ts";

const status = fc.constantFrom("needs_response", "under_review", "won", "lost" as const);

test("however often and in whatever order a dispute is read, it is opened once, closed at most once, and stays closed", () => {
  fc.assert(
    fc.property(fc.array(status, { minLength: 1 }), (readings) => {
      let known: (typeof readings)[number] | undefined;
      const news: string[] = [];
      for (const read of readings) {
        news.push(...newsOf(known, read));
        known = statusAfter(known, read);
      }
      const closed = readings.find((read) => read === "won" || read === "lost");
      expect(news).toEqual(closed ? ["opened", "closed"] : ["opened"]);
      expect(known).toBe(closed ?? readings.at(-1));
    }),
  );
});
