const pricePerPiece = 2.5;

const discounts = [
  { below: 50, percent: 0 },
  { below: 100, percent: 5 },
];

/** What so many pieces cost, less for many of them. The bug: nobody has thought of 100 and more. */
export function quote({ pieces }, { log }) {
  const discount = discounts.find(({ below }) => pieces < below);
  if (discount === undefined) log.error(`no discount for ${pieces} pieces`);
  const price = pieces * pricePerPiece * (1 - discount.percent / 100);
  return { pieces, price, version: '1.1.0' };
}
