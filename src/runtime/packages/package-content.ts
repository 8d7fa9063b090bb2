/** One file or folder of a package. Names use `/`, have no trailing slash and have passed the checks of entry-names. */
export interface PackageFile {
  readonly name: string;
  readonly directory: boolean;
  /** Unpacked bytes as declared; 0 for a folder. */
  readonly size: number;
  readonly executable: boolean;
}

/** An opened package, zip or folder alike: every name and declared size is checked, nothing is extracted. The opener closes it. */
export interface PackageContent {
  /** Sorted by name. */
  readonly files: readonly PackageFile[];
  /** Lower-case hex sha256: of the file, or of a folder's names, modes and contents. */
  readonly digest: string;
  /** The bytes of one file, counted: PACKAGE_INVALID as soon as they are more, fewer or others than declared. */
  open(name: string): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Plain order by UTF-16 code unit: the same on every machine. */
export function compareNames(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
