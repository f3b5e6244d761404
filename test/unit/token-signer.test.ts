import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { TokenSigner } from "#lib/token-signer.ts";

const signer = new TokenSigner(Buffer.alloc(32, 1));
const other = new TokenSigner(Buffer.alloc(32, 2));
const parts = fc.array(fc.string(), { minLength: 1, maxLength: 3 });

test("a token proves the parts that it was made of, and no others", () => {
  fc.assert(
    fc.property(parts, parts, (mine, theirs) => {
      const token = signer.sign(...mine);
      expect(signer.sign(...mine)).toBe(token);
      expect(signer.proves(token, ...mine)).toBe(true);
      expect(signer.proves(token, ...theirs)).toBe(JSON.stringify(mine) === JSON.stringify(theirs));
      expect(other.proves(token, ...mine)).toBe(false);
    }),
  );
});

test("a token has 128 bits, and a missing, shortened or longer one proves nothing", () => {
  const token = signer.sign("order", "ord_1");
  expect(Buffer.from(token, "base64url")).toHaveLength(16);
  for (const wrong of [undefined, "", token.slice(1), `${token}A`, token.toUpperCase()])
    expect(signer.proves(wrong, "order", "ord_1")).toBe(false);
});
