import type { BuyXGetY } from "./promotion.ts";
import { type ItemChoice, isMeant, piecesOf } from "./purchase.ts";
import { cheapestFirst, type LeftLine, type Taken } from "./taken-pieces.ts";

/**
 * The pieces that a buyer gets for less: the cheapest ones, as often as there are other pieces to be bought for them. A piece
 * is never both.
 * @returns undefined when there are not enough pieces for once
 */
export function buyXGetY(
  { buy, get, maxTimes = Number.POSITIVE_INFINITY }: BuyXGetY,
  lines: readonly LeftLine[],
  isItem: (line: LeftLine) => boolean,
): Taken[] | undefined {
  const bought = chosen(buy, isItem);
  // Without a choice of its own, what a buyer gets is of the same items as what is bought.
  const gotten = names(get) ? chosen(get, isItem) : bought;
  const onlyBuy = piecesOf(lines.filter((line) => bought(line) && !gotten(line)));
  const both = piecesOf(lines.filter((line) => bought(line) && gotten(line)));
  const onlyGet = piecesOf(lines.filter((line) => gotten(line) && !bought(line)));
  // How many pieces that are good for both must be bought, or gotten, for so many times.
  const boughtOfBoth = (times: number) => Math.max(0, times * buy.quantity - onlyBuy);
  const gottenOfBoth = (times: number) => Math.max(0, times * get.quantity - onlyGet);
  const most = Math.floor((onlyBuy + both + onlyGet) / (buy.quantity + get.quantity));
  const times = largest(Math.min(most, maxTimes), (n) => boughtOfBoth(n) + gottenOfBoth(n) <= both);
  if (times === 0) return undefined;
  return takeCheapest(lines.filter(gotten), times * get.quantity, bought, both - boughtOfBoth(times));
}

/** @param spare how many of the pieces that are also good to be bought may be taken */
function takeCheapest(
  lines: readonly LeftLine[],
  pieces: number,
  isBought: (line: LeftLine) => boolean,
  spare: number,
): Taken[] {
  let [missing, left] = [pieces, spare];
  return lines.toSorted(cheapestFirst).flatMap((line) => {
    const own = Math.min(missing, line.quantity, isBought(line) ? left : line.quantity);
    missing -= own;
    if (isBought(line)) left -= own;
    return own > 0 ? [{ line, pieces: own }] : [];
  });
}

/** The largest whole number up to `most` for which something holds that holds for all smaller ones; 0 always does. */
function largest(most: number, holds: (n: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

const names = ({ skus, categories }: ItemChoice) => skus !== undefined || categories !== undefined;

/** A side of the effect that names no items means those of the promotion. */
function chosen(choice: ItemChoice, isItem: (line: LeftLine) => boolean): (line: LeftLine) => boolean {
  return names(choice) ? (line) => isMeant(line, choice) : isItem;
}
