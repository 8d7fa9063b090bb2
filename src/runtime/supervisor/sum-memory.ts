/** Bytes of all together; undefined while none of them was measured. */
export function sumMemory(figures: readonly (number | undefined)[]): number | undefined {
  const measured = figures.filter((bytes) => bytes !== undefined);
  return measured.length === 0 ? undefined : measured.reduce((sum, bytes) => sum + bytes, 0);
}
