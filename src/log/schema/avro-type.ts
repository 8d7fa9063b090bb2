/** The types of Avro without parts. */
export const primitiveNames = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;

export type PrimitiveName = (typeof primitiveNames)[number];

/** A schema that was read: names are resolved, so that a type that contains itself is a cycle of objects. */
export type AvroType = PrimitiveType | RecordType | EnumType | FixedType | ArrayType | MapType | UnionType;

export interface PrimitiveType {
  readonly kind: PrimitiveName;
}

export interface RecordType {
  readonly kind: 'record';
  /** With its namespace, as are all names here. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly fields: readonly RecordField[];
}

export interface RecordField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: AvroType;
  /** Undefined: it has none; null is a default like any other. */
  readonly default: unknown;
}

export interface EnumType {
  readonly kind: 'enum';
  readonly name: string;
  readonly aliases: readonly string[];
  readonly symbols: readonly string[];
  /** What a symbol that is not known is read as. */
  readonly default: string | undefined;
}

export interface FixedType {
  readonly kind: 'fixed';
  readonly name: string;
  readonly aliases: readonly string[];
  readonly size: number;
}

export interface ArrayType {
  readonly kind: 'array';
  readonly items: AvroType;
}

export interface MapType {
  readonly kind: 'map';
  readonly values: AvroType;
}

export interface UnionType {
  readonly kind: 'union';
  readonly branches: readonly AvroType[];
}

/** A type as people call it: its name, or its kind when it has none. */
export function nameOfType(type: AvroType): string {
  return 'name' in type ? type.name : type.kind;
}
